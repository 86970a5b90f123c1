//! Bytes to messages and back: a message's own code, the engine that goes by tables, and views must take
//! and refuse the same, say the same of it, and write the same.

use ferrpc_proto::__private::{decode_all_by_table, encode_all_by_table};
use ferrpc_proto::descriptor::{FileDescriptorSet, FileOptions};
use ferrpc_proto::view::{Arena, View, Viewable};
use ferrpc_proto::{Bytes, DecodeError, DecodeErrorKind, DecodeLimits, Message, SlackBytes, wkt};

use crate::messages::{Bag, Deep, Defaults, Everything, Legacy, Node, Open, Order, Point};

/// Decodes the input but for its first byte, which says as what and within which limits.
pub fn codec(input: &[u8]) {
    let Some((&first, bytes)) = input.split_first() else { return };
    let limits = match first >> 4 {
        0 => DecodeLimits::new().depth_max(1),
        1 => DecodeLimits::new().depth_max(2),
        2 => DecodeLimits::new().memory_bytes_max(64),
        _ => DecodeLimits::new(),
    };
    TYPES[usize::from(first & 15) % TYPES.len()](bytes, &limits);
}

/// How many types there are: first bytes for seeds.
pub(crate) const TYPES_COUNT: usize = TYPES.len();

const TYPES: [fn(&[u8], &DecodeLimits); 13] = [
    viewed::<Everything>,
    viewed::<Node>,
    viewed::<Point>,
    viewed::<Deep>,
    viewed::<Legacy>,
    viewed::<Order>,
    viewed::<Defaults>,
    viewed::<Open>,
    viewed::<Bag>,
    owned::<FileDescriptorSet>,
    owned::<FileOptions>,
    owned::<wkt::Struct>,
    owned::<wkt::Any>,
];

fn viewed<M: Viewable>(bytes: &[u8], limits: &DecodeLimits) {
    let arena = Arena::new();
    match (M::decode_with(bytes, limits), M::View::decode_in_with(bytes, &arena, limits)) {
        (Ok(owned), Ok(view)) => {
            let owned = owned.encode_to_vec().expect("small enough");
            assert_eq!(view.to_owned_message().encode_to_vec().expect("small enough"), owned, "the view");
            let again = view.encode_to_vec().expect("small enough");
            let again = M::decode(&again).expect("was written by a view");
            assert_eq!(again.encode_to_vec().expect("small enough"), owned, "written by a view");
        }
        // Their parts take different amounts of it.
        (owned, view) if is_memory(owned.as_ref().err()) || is_memory(view.as_ref().err()) => {}
        (Err(owned), Err(view)) => assert_eq!(owned.to_string(), view.to_string()),
        (owned, view) => panic!("owned: {owned:?}, view: {view:?}"),
    }
    self::owned::<M>(bytes, limits);
}

fn is_memory(error: Option<&DecodeError>) -> bool {
    error.is_some_and(|it| matches!(it.kind(), DecodeErrorKind::OverBudget { .. }))
}

fn owned<M: Message>(bytes: &[u8], limits: &DecodeLimits) {
    let own = M::decode_with(bytes, limits);
    let mut padded = bytes.to_vec();
    let others = [
        ("by table", decode_all_by_table::<M>(bytes, limits)),
        ("shared", M::decode_shared(&Bytes::copy_from_slice(bytes), limits)),
        ("with slack", M::decode_slack(SlackBytes::pad(&mut padded), limits)),
    ];
    // By bytes: a NaN does not equal itself.
    let encoded = own.as_ref().map(|own| own.encode_to_vec().expect("small enough"));
    for (how, other) in others {
        let other = other.map(|other| other.encode_to_vec().expect("small enough"));
        // Of two faults, memory is not always found last.
        if encoded.is_err()
            && other.is_err()
            && (is_memory(own.as_ref().err()) || is_memory(other.as_ref().err()))
        {
            continue;
        }
        match (&encoded, other) {
            (Ok(own), Ok(other)) => assert_eq!(*own, other, "{how}"),
            (Err(own), Err(other)) => assert_eq!(own.to_string(), other.to_string(), "{how}"),
            (own, other) => panic!("own: {own:?}, {how}: {other:?}"),
        }
    }
    let (Ok(own), Ok(encoded)) = (&own, &encoded) else { return };
    assert_eq!(own.encoded_len(), encoded.len());
    assert_eq!(encode_all_by_table(own).expect("small enough"), *encoded);
    assert_eq!(own.encode_to_bytes().expect("small enough"), *encoded);
    let again = M::decode(encoded).expect("what was encoded");
    assert_eq!(again.encode_to_vec().expect("small enough"), *encoded);
    assert!(format!("{own:?}").len() + own.to_string().len() > 0);
}
