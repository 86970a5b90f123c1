//! Required fields: asked for when a message is decoded or encoded as a whole, wherever they lie.
#![forbid(unsafe_code)]
#![allow(missing_docs, unreachable_pub, unnameable_types)]

#[allow(dead_code)]
mod generated {
    include!("gen/legacy.rs");
}

use ferrpc_proto::view::{Arena, View};
use ferrpc_proto::{
    Bytes, DecodeErrorKind, DecodeLimits, EncodeError, Map, Message, SlackBytes, Sub, UnknownFields, wkt,
};
use generated::ferrpc::test::order::{Line, More, Node, Point};
use generated::ferrpc::test::{Legacy, Order, OrderView};

fn whole() -> Order {
    Order { id: Some("7".into()), ..Default::default() }
}

fn line() -> Line {
    Line { sku: Some(1), at: Point::default().into(), ..Default::default() }
}

#[test]
fn a_message_without_a_required_field_is_neither_decoded_nor_encoded() {
    let limits = DecodeLimits::new();
    assert!(Order::decode(b"\x0a\x00").is_ok());
    for error in [
        Order::decode(b"").unwrap_err(),
        Order::decode_with(b"", &limits).unwrap_err(),
        Order::decode_shared(&Bytes::new(), &limits).unwrap_err(),
        Order::default().merge_slack(SlackBytes::new(&[0; 16], 0).unwrap(), &limits).unwrap_err(),
        ferrpc_proto::__private::decode_all_by_table::<Order>(b"", &limits).unwrap_err(),
    ] {
        assert_eq!(error.kind(), DecodeErrorKind::Uninitialized);
        assert!(error.missing().unwrap().paths().eq(["id"]));
        assert_eq!(
            error.to_string(),
            "cannot decode ferrpc.test.Order: required fields are missing: id; \
             decode_partial takes messages without them"
        );
    }
    assert_eq!(Order::decode_partial(b"", &limits).unwrap(), Order::default());

    let missing = Order::default().check_initialized().unwrap_err();
    let error = EncodeError::Uninitialized(missing);
    assert_eq!(error.to_string(), "cannot encode ferrpc.test.Order: required fields are missing: id");
    let mut out = b"before".to_vec();
    assert_eq!(Order::default().encode_into(&mut out), Err(error.clone()));
    assert_eq!(out, b"before");
    assert_eq!(Order::default().encode_to_segments().map(|_| ()), Err(error.clone()));
    assert_eq!(ferrpc_proto::__private::encode_all_by_table(&Order::default()), Err(error));
    assert_eq!(whole().encode_to_vec().unwrap(), b"\x0a\x017");
}

#[test]
fn what_is_missing_further_down_is_named_by_its_path() {
    let order = Order {
        line: vec![line(), Line::default()],
        named: Map::from([("a\"".to_owned(), Line { at: None.into(), ..line() })]),
        next: Node { order: Order::default().into(), ..Default::default() }.into(),
        more: Some(More::Extra(Box::new(Line { sku: None, ..line() }))),
        ..whole()
    };
    let missing = order.check_initialized().unwrap_err();
    assert_eq!(missing.message(), "ferrpc.test.Order");
    assert!(
        missing.paths().eq([
            "line[1].sku",
            "line[1].at",
            "named[\"a\\\"\"].at",
            "next.order.id",
            "extra.sku"
        ]),
        "{missing}"
    );
    assert_eq!(order.encode_to_vec(), Err(EncodeError::Uninitialized(missing)));
    let whole = Order { line: vec![line()], ..whole() };
    assert_eq!(Order::decode(&whole.encode_to_vec().unwrap()).unwrap(), whole);
}

/// No oneof, so that it is asked by code of its own; its lines may lack something.
#[derive(Clone, Default, PartialEq)]
pub struct Shelf {
    pub first: Sub<Line>,
    pub lines: Vec<Line>,
    pub named: Map<String, Line>,
    pub _unknown: UnknownFields,
}

ferrpc_proto::__message! {
    Shelf, "test.Shelf", boxed, required() within(1 2 3);
    (1 "first" first sub message)
    (2 "lines" lines repeated message)
    (3 "named" named map string message)
}

#[test]
fn each_place_alone_is_enough_to_lack_something() {
    let lacking = [Line::default(), Line { sku: None, ..line() }, Line { at: None.into(), ..line() }];
    assert!(line().check_initialized().is_ok());
    let whole_shelf = Shelf {
        first: line().into(),
        lines: vec![line(), line()],
        named: Map::from([("a".to_owned(), line())]),
        ..Default::default()
    };
    assert!(Shelf::decode(&whole_shelf.encode_to_vec().unwrap()).unwrap() == whole_shelf);
    for lacking in lacking {
        assert!(lacking.check_initialized().is_err());
        assert!(
            Order { more: Some(More::Extra(Box::new(lacking.clone()))), ..whole() }
                .check_initialized()
                .is_err()
        );
        for shelf in [
            Shelf { first: lacking.clone().into(), ..whole_shelf.clone() },
            Shelf { lines: vec![line(), lacking.clone()], ..whole_shelf.clone() },
            Shelf { named: Map::from([("a".to_owned(), lacking.clone())]), ..whole_shelf.clone() },
        ] {
            assert!(shelf.check_initialized().is_err());
            assert!(shelf.encode_to_vec().is_err());
        }
    }
    assert!(Shelf::decode(b"\x0a\x00").is_err());
}

#[test]
fn sixteen_missing_fields_are_named_and_no_more() {
    let order = Order { line: vec![Line::default(); 100_000], ..whole() };
    let missing = order.check_initialized().unwrap_err();
    assert_eq!(missing.paths().count(), 16);
    assert!(missing.to_string().ends_with("line[7].sku, line[7].at and others"), "{missing}");
    let key = "ü".repeat(1000);
    let order = Order { named: Map::from([(key, Line::default())]), ..whole() };
    assert!(order.check_initialized().unwrap_err().to_string().len() < 300);
}

#[test]
fn of_a_long_way_to_a_missing_field_the_end_is_named() {
    let lacking = Node { order: Order::default().into(), ..Default::default() };
    let deep = (0..90).fold(lacking, |inner, _| Node {
        order: Order { next: inner.into(), ..whole() }.into(),
        ..Default::default()
    });
    let missing = Order { next: deep.into(), ..whole() }.check_initialized().unwrap_err();
    let path = missing.paths().next().unwrap();
    assert!(path.starts_with('…') && path.ends_with("next.order.next.order.id"), "{path}");
    assert!(path.len() < 600, "{path}");
}

#[test]
fn a_view_may_hold_an_entry_that_lacks_something_if_a_later_one_replaces_it() {
    let lacking = b"\x1a\x05\x0a\x01a\x12\x00".as_slice();
    let whole = b"\x1a\x09\x0a\x01a\x12\x04\x08\x01\x12\x00".as_slice();
    let arena = Arena::new();
    for (entries, missing) in
        [([lacking, whole], None), ([whole, lacking], Some(["named[\"a\"].sku", "named[\"a\"].at"]))]
    {
        let bytes = [b"\x0a\x00".as_slice(), entries[0], entries[1]].concat();
        let view = OrderView::decode_partial_in(&bytes, &arena, &DecodeLimits::new()).unwrap();
        let encoded = view.encode_to_vec();
        let segments = view.encode_to_segments().map(|segments| segments.into_pieces().collect::<Vec<_>>());
        assert_eq!(segments.map(|pieces| pieces.concat()), encoded);
        match (encoded, missing) {
            (Ok(encoded), None) => assert_eq!(encoded, bytes),
            (Err(EncodeError::Uninitialized(found)), Some(paths)) => assert!(found.paths().eq(paths)),
            (encoded, _) => panic!("{encoded:?}"),
        }
    }
}

#[test]
fn messages_that_cannot_lack_anything_are_not_looked_through() {
    use ferrpc_proto::__private::Layout;
    const { assert!(Order::CHECKED && Node::CHECKED && !Point::CHECKED && !Legacy::CHECKED) }
    const { assert!(!wkt::Struct::CHECKED) }
}
