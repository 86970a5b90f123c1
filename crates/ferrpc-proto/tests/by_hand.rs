//! The shape of generated code, by hand: what a crate that forbids unsafe code can write with the
//! macros, and that the engines serve it.
#![forbid(unsafe_code)]
#![deny(warnings)]
// Generated code brings its own allowances.
#![allow(missing_docs, unreachable_pub, unnameable_types, clippy::use_self, clippy::exhaustive_enums)]

use ferrpc_proto::{
    Bytes, DecodeErrorKind, DecodeLimits, EncodeError, Map, Message, Piece, Segments, Sub, UnknownFields,
};

#[derive(Clone, Default, PartialEq)]
pub struct Person {
    pub name: String,
    pub id: i32,
    pub nick: Option<String>,
    pub scores: Vec<i64>,
    pub deltas: Vec<i32>,
    pub kind: Kind,
    pub kinds: Vec<Kind>,
    pub home: Sub<Place>,
    pub friends: Vec<Person>,
    pub counters: Map<String, u64>,
    pub places: Map<i32, Place>,
    pub boss: Sub<Person>,
    pub contact: Option<person::Contact>,
    pub weight: f64,
    pub _unknown: UnknownFields,
}

ferrpc_proto::__message! {
    Person, "test.Person", boxed;
    (1 "name" name implicit string)
    (2 "id" id implicit int32)
    (3 "nick" nick optional string)
    (4 "scores" scores packed int64)
    (5 "deltas" deltas repeated sint32)
    (6 "kind" kind implicit open)
    (7 "kinds" kinds packed open)
    (8 "home" home sub message)
    (9 "friends" friends repeated message)
    (10 "counters" counters map string uint64)
    (11 "places" places map int32 message)
    (12 "boss" boss sub message)
    (oneof contact)
    (20 "weight" weight implicit double)
}

pub mod person {
    #[derive(Clone, PartialEq, Debug)]
    pub enum Contact {
        Email(String),
        Phone(i64),
        Via(Box<super::Person>),
        At(super::Place),
        Raw(ferrpc_proto::Bytes),
    }

    ferrpc_proto::__oneof! {
        Contact;
        (13 "email" Email string)
        (14 "phone" Phone sfixed64)
        (15 "via" Via boxed)
        (1000 "at" At message)
        (17 "raw" Raw bytes)
    }
}

#[derive(Clone, Default, PartialEq)]
pub struct Place {
    pub lat: f32,
    pub lon: f32,
    pub _unknown: UnknownFields,
}

ferrpc_proto::__message! {
    Place, "test.Place", inline;
    (1 "lat" lat implicit float)
    (2 "lon" lon implicit float)
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Kind(pub i32);

impl Kind {
    pub const NONE: Self = Self(0);
    pub const FRIEND: Self = Self(1);
}

ferrpc_proto::__enum! {
    Kind, false;
    (0 "NONE")
    (1 "FRIEND")
}

fn full() -> Person {
    Person {
        name: "Jürgen".into(),
        id: -1,
        nick: Some(String::new()),
        scores: vec![0, 1, -1, i64::MIN, 300],
        deltas: vec![-1, 1, i32::MIN],
        kind: Kind::FRIEND,
        kinds: vec![Kind::FRIEND, Kind(77), Kind::NONE],
        home: Place { lat: 1.5, ..Default::default() }.into(),
        friends: vec![Person::default(), Person { id: 5, ..Default::default() }],
        counters: (0..20).map(|n| (n.to_string(), n)).collect(),
        places: Map::from([(3, Place::default()), (-4, Place { lon: 2.0, ..Default::default() })]),
        boss: Person { boss: Person::default().into(), ..Default::default() }.into(),
        contact: Some(person::Contact::Via(Box::default())),
        weight: -0.0,
        ..Default::default()
    }
}

#[test]
fn what_is_encoded_is_decoded() {
    let person = full();
    let bytes = person.encode_to_vec().unwrap();
    assert_eq!(bytes.len(), person.encoded_len());
    let back = Person::decode(&bytes).unwrap();
    assert_eq!(back, person);
    assert_eq!(back.weight.to_bits(), (-0.0f64).to_bits());
    assert_eq!(back.encode_to_vec().unwrap(), bytes);
    for contact in [
        person::Contact::Email("a@b".into()),
        person::Contact::Phone(0),
        person::Contact::At(Place::default()),
        person::Contact::Raw(Bytes::from_static(b"\0\xff")),
    ] {
        let person = Person { contact: Some(contact), ..full() };
        assert_eq!(Person::decode(&person.encode_to_vec().unwrap()).unwrap(), person);
    }
}

#[test]
fn the_wire_is_as_the_encoding_guide_says() {
    let person = Person { id: 150, name: "testing".into(), ..Default::default() };
    assert_eq!(person.encode_to_vec().unwrap(), b"\x0a\x07testing\x10\x96\x01");
    let person = Person { scores: vec![3, 270, 86942], ..Default::default() };
    assert_eq!(person.encode_to_vec().unwrap(), b"\x22\x06\x03\x8e\x02\x9e\xa7\x05");
    let person = Person { deltas: vec![-1, 2], ..Default::default() };
    assert_eq!(person.encode_to_vec().unwrap(), b"\x28\x01\x28\x04");
    assert_eq!(Person::default().encode_to_vec().unwrap(), b"");
}

#[test]
fn lists_come_packed_or_not() {
    let both =
        [&b"\x20\x05\x22\x02\x06\x07"[..], b"\x2a\x02\x01\x02\x28\x03", b"\x38\x01\x3a\x01\x4d"].concat();
    let person = Person::decode(&both).unwrap();
    assert_eq!(person.scores, [5, 6, 7]);
    assert_eq!(person.deltas, [-1, 1, -2]);
    assert_eq!(person.kinds, [Kind::FRIEND, Kind(77)]);
}

#[test]
fn unknown_fields_survive() {
    // Field 99 in every wire type, field 1 (a string) as a varint, and a group.
    let unknown: &[u8] =
        b"\x98\x06\x05\x99\x06abcdefgh\x9a\x06\x02hi\x9d\x06wxyz\x08\x07\x9b\x06\x08\x01\x9c\x06";
    let bytes = [b"\x10\x01", unknown].concat();
    let person = Person::decode(&bytes).unwrap();
    assert_eq!(person._unknown.as_bytes(), unknown);
    assert_eq!(person.encode_to_vec().unwrap(), bytes);
    assert_eq!(
        person.to_string(),
        "id: 1\n99: 5\n99: 0x6867666564636261\n99: \"hi\"\n99: 0x7a797877\n1: 7\n99 {\n  1: 1\n}"
    );
}

#[test]
fn the_last_value_wins_and_messages_merge() {
    let one = Person { home: Place { lat: 1.0, ..Default::default() }.into(), ..Default::default() };
    let two = Person { home: Place { lon: 2.0, ..Default::default() }.into(), id: 7, ..Default::default() };
    let bytes = [one.encode_to_vec().unwrap(), two.encode_to_vec().unwrap()].concat();
    let merged = Person::decode(&bytes).unwrap();
    assert_eq!(merged.home.as_ref(), Some(&Place { lat: 1.0, lon: 2.0, ..Default::default() }));

    let via = |id| Some(person::Contact::Via(Box::new(Person { id, ..Default::default() })));
    let email = Person { contact: Some(person::Contact::Email("x".into())), ..Default::default() };
    let mut person = Person { contact: via(5), ..Default::default() };
    let named = Person { name: "n".into(), ..Default::default() };
    let more = Person { contact: Some(person::Contact::Via(Box::new(named))), ..Default::default() };
    person.merge_from(&more.encode_to_vec().unwrap(), &DecodeLimits::new()).unwrap();
    let Some(person::Contact::Via(inner)) = &person.contact else { panic!("still the same variant") };
    assert_eq!((inner.id, inner.name.as_str()), (5, "n"));
    person.merge_from(&email.encode_to_vec().unwrap(), &DecodeLimits::new()).unwrap();
    assert_eq!(person.contact, email.contact);
}

#[test]
fn a_map_entry_may_lack_key_or_value_or_come_twice() {
    let person =
        Person::decode(b"\x52\x00\x52\x03\x0a\x01a\x52\x02\x10\x05\x52\x05\x10\x09\x0a\x01a").unwrap();
    assert_eq!(person.counters, Map::from([(String::new(), 5), ("a".into(), 9)]));
}

#[test]
fn errors_say_where_and_what() {
    let inner = b"\x10\x01\x0a\x02\xff\xff";
    let bytes = [&b"\x10\x01\x62\x06"[..], inner].concat();
    let error = Person::decode(&bytes).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::InvalidUtf8);
    assert_eq!(error.offset(), 6);
    assert!(error.path().eq(["boss", "name"]));
    assert_eq!(
        error.to_string(),
        "cannot decode test.Person, field boss.name, at byte 6: a string is not valid UTF-8; \
         binary data belongs in `bytes`"
    );
}

#[test]
fn text_format_has_a_line_per_field() {
    let person = Person {
        name: "a\"b\n\u{7}ü".into(),
        scores: vec![1, 2],
        kind: Kind(9),
        kinds: vec![Kind::FRIEND],
        home: Place { lat: 0.1, lon: f32::INFINITY, ..Default::default() }.into(),
        counters: Map::from([("k".to_string(), 1)]),
        contact: Some(person::Contact::Raw(Bytes::from_static(b"\xff'"))),
        weight: 1e300,
        ..Default::default()
    };
    assert_eq!(
        person.to_string(),
        r#"name: "a\"b\n\007ü"
scores: 1
scores: 2
kind: 9
kinds: FRIEND
home {
  lat: 0.1
  lon: inf
}
counters {
  key: "k"
  value: 1
}
raw: "\377\'"
weight: 1e300"#
    );
}

#[test]
fn debug_prints_what_is_set() {
    let person = Person { kind: Kind::FRIEND, home: Place::default().into(), ..Default::default() };
    assert_eq!(format!("{person:?}"), "Person { kind: FRIEND, home: Place }");
    assert_eq!(format!("{:?} {:?}", Kind::NONE, Kind(5)), "NONE 5");
}

#[test]
fn a_hundred_levels_and_no_more() {
    let nested = |levels| {
        (0..levels).fold(Person::default(), |boss, _| Person { boss: boss.into(), ..Default::default() })
    };
    let bytes = nested(100).encode_to_vec().unwrap();
    assert!(Person::decode(&bytes).is_ok());
    assert_eq!(nested(101).encode_to_vec(), Err(EncodeError::TooDeep));

    let len = u8::try_from(bytes.len() - 128).unwrap();
    assert!(len < 128, "a length of two bytes");
    let deeper = [&[0x62, len | 0x80, 1][..], &bytes].concat();
    let error = Person::decode(&deeper).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::TooDeep { depth_max: 100 });
    assert!(Person::decode_with(&deeper, &DecodeLimits::new().depth_max(101)).is_ok());
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    Low(i32),
    High(String),
}
ferrpc_proto::__oneof! { Pick; (1 "low" Low int32) (3 "high" High string) }

#[derive(Clone, Default, PartialEq)]
pub struct Across {
    pub pick: Option<Pick>,
    pub between: i32,
    pub _unknown: UnknownFields,
}
ferrpc_proto::__message! { Across, "Across", boxed; (oneof pick) (2 "between" between implicit int32) }

#[test]
fn fields_come_by_number_even_if_a_oneof_lies_across_them() {
    let low = Across { pick: Some(Pick::Low(7)), between: 5, ..Across::default() };
    assert_eq!(low.encode_to_vec().unwrap(), [8, 7, 16, 5]);
    let high = Across { pick: Some(Pick::High("a".into())), between: 5, ..Across::default() };
    assert_eq!(high.encode_to_vec().unwrap(), [16, 5, 26, 1, b'a']);
}

#[derive(Clone, Default, PartialEq)]
pub struct Blob {
    pub name: String,
    pub body: Bytes,
    pub parts: Vec<Bytes>,
    pub _unknown: UnknownFields,
}
ferrpc_proto::__message! {
    Blob, "Blob", boxed;
    (1 "name" name implicit string)
    (2 "body" body implicit bytes)
    (3 "parts" parts repeated bytes)
}

#[test]
fn long_bytes_are_sent_and_received_without_a_copy() {
    let body = Bytes::from(vec![7; 5000]);
    let parts = vec![Bytes::from_static(b"short"), Bytes::from(vec![8; 1024]), Bytes::from(vec![9; 1023])];
    let blob = Blob { name: "x".into(), body: body.clone(), parts, ..Blob::default() };
    let segments = blob.encode_to_segments().unwrap();
    let shared: Vec<_> = segments.pieces().filter(|piece| matches!(piece, Piece::Shared(_))).collect();
    assert!(matches!(shared[..], [Piece::Shared(bytes)] if bytes.as_ptr() == body.as_ptr()));
    let sent = joined(&segments);
    assert_eq!(segments.len(), sent.len());
    assert_eq!(sent, blob.encode_to_vec().unwrap());

    let sent = Bytes::from(sent);
    let received = Blob::decode_shared(&sent, &DecodeLimits::new()).unwrap();
    assert_eq!(received, blob);
    let is_shared = |bytes: &Bytes| sent.as_ptr_range().contains(&bytes.as_ptr());
    assert!(is_shared(&received.body) && is_shared(&received.parts[1]));
    assert!(!is_shared(&received.parts[0]) && !is_shared(&received.parts[2]));
    assert_eq!(Blob::decode(&sent).unwrap(), blob);
}

fn joined(segments: &Segments) -> Vec<u8> {
    let pieces = segments.pieces().map(|piece| match piece {
        Piece::Copied(bytes) => bytes,
        Piece::Shared(bytes) => &bytes[..],
    });
    pieces.inspect(|piece| assert!(!piece.is_empty())).collect::<Vec<_>>().concat()
}

#[test]
fn a_prefix_goes_in_front_of_any_message() {
    let long = |len| Bytes::from(vec![3; len]);
    // Nothing, one short piece, a link first, chunks, and links between chunks.
    let blobs = [
        Blob::default(),
        Blob { name: "x".into(), ..Blob::default() },
        Blob { body: long(9000), ..Blob::default() },
        Blob { name: "x".repeat(5000), ..Blob::default() },
        Blob { name: "x".repeat(9000), parts: vec![long(2000); 9], ..Blob::default() },
        Blob { parts: vec![long(2000), long(4000), long(2000), long(9), long(2500)], ..Blob::default() },
    ];
    for blob in &blobs {
        let message = blob.encode_to_vec().unwrap();
        for prefix in [&b""[..], b"five5", b"sixteen sixteen!", b"more than there is room for"] {
            // More of them than the pool gives out: the rest lies in memory of its own.
            let mut held: Vec<Segments> = (0..20).map(|_| blob.encode_to_segments().unwrap()).collect();
            for segments in &mut held {
                segments.prepend(prefix);
                segments.prepend(b"!");
            }
            for segments in held {
                assert_eq!(segments.len(), 1 + prefix.len() + message.len());
                let expected = [b"!", prefix, &message].concat();
                assert!(joined(&segments) == expected);
                assert!(segments.into_pieces().collect::<Vec<_>>().concat() == expected);
            }
        }
    }
}

#[test]
fn a_message_that_may_not_be_sent_is_an_error_in_every_way() {
    let mut person = Person::default();
    for _ in 0..101 {
        person = Person { boss: person.into(), ..Person::default() };
    }
    let gigabyte = Bytes::from(vec![0; 1 << 30]);
    let blob = |count| Blob { parts: vec![gigabyte.clone(); count], ..Blob::default() };
    fn errors(message: &impl Message) -> [EncodeError; 4] {
        let mut out = b"before".to_vec();
        let errors = [
            message.encode_to_vec().unwrap_err(),
            message.encode_deterministic().unwrap_err(),
            message.encode_into(&mut out).unwrap_err(),
            message.encode_to_segments().map(|_| ()).unwrap_err(),
        ];
        assert_eq!(out, b"before");
        errors
    }
    for error in errors(&person) {
        assert_eq!(error, EncodeError::TooDeep);
    }
    for count in [2, 3, 50] {
        for error in errors(&blob(count)) {
            assert!(matches!(error, EncodeError::TooLarge { len } if len >= 2 << 30), "{error}");
        }
        assert_eq!(blob(count).encoded_len(), count * ((1 << 30) + 6));
    }
    assert!(blob(1).encode_to_segments().is_ok());
}

#[test]
fn equal_messages_encode_deterministically_whatever_their_maps_went_through() {
    for len in [0, 1, 2, 9, 100] {
        let keys = |order: &mut dyn Iterator<Item = u64>| {
            let counters = order.map(|key| (format!("key {key}"), key)).collect();
            Person { counters, ..Person::default() }
        };
        let (up, down) = (keys(&mut (0..len)), keys(&mut (0..len).rev()));
        assert_eq!(up, down);
        assert_eq!(up.encode_deterministic(), down.encode_deterministic());
        assert_eq!(up.encode_to_vec() == down.encode_to_vec(), len < 2);
        assert_eq!(Person::decode(&down.encode_deterministic().unwrap()).unwrap(), up);
    }
}
