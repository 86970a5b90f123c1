//! What protoc encodes is read, printed and written just as protoc would.
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod generated {
    include!("gen/everything.rs");
}

use ferrpc_proto::Message;
use generated::ferrpc::test::Everything;

fn check(text: &str, bytes: &[u8]) -> Everything {
    let message = Everything::decode(bytes).unwrap();
    assert!(message._unknown.is_empty());
    // protoc writes what is not ASCII in octal; we leave it readable.
    assert_eq!(message.to_string() + "\n", text.replace("\\303\\274", "ü"));
    assert_eq!(message.encode_to_vec().unwrap(), bytes);
    assert_eq!(message.encoded_len(), bytes.len());
    message
}

macro_rules! vector {
    ($name:literal) => {
        check(
            include_str!(concat!("vectors/", $name, ".txtpb")),
            include_bytes!(concat!("vectors/", $name, ".pb")),
        )
    };
}

#[test]
fn singular_fields_at_their_extremes() {
    let message = vector!("singular");
    assert_eq!((message.int32, message.uint64), (i32::MIN, u64::MAX));
    assert_eq!(message.node.as_ref().unwrap().children.len(), 2);
}

#[test]
fn defaults_are_kept_where_presence_is_explicit() {
    let message = vector!("presence");
    assert_eq!((message.maybe_int32, message.maybe_string.as_deref()), (Some(0), Some("")));
    assert!(message.maybe_point.is_some() && message.point.is_none());
}

#[test]
fn lists_of_every_kind() {
    let message = vector!("lists");
    assert_eq!(message.sint64s, [-64, 64]);
    assert!(message.floats[4].is_nan());
    assert_eq!(message.moods[3].0, 77);
}

#[test]
fn maps_of_every_kind() {
    let message = vector!("maps");
    assert_eq!(message.string_string.get("k").map(String::as_str), Some("v"));
    assert_eq!(message.bool_bytes.get(&true).unwrap(), b"\x01".as_slice());
}

#[test]
fn well_known_types() {
    let message = vector!("known");
    assert_eq!(message.at.as_ref().unwrap().seconds, 1_700_000_000);
    assert_eq!(message.wrapped.as_ref().unwrap().value, "w");
}
