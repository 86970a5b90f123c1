//! Blocks that come again octet for octet: known by heart, and never taken for something else.

use super::frames::*;
use super::peer::Peer;
use crate::error::{ErrorCode, Violation};
use crate::{Event, Head, Limits};

/// The head of the request that came last, if it is the only event.
fn head(peer: &mut Peer) -> Head {
    let events = peer.events();
    let [Event::Head { head, .. }] = &events[..] else { panic!("{events:?}") };
    head.clone()
}

fn repeat(peer: &mut Peer, block: &[u8], streams: impl IntoIterator<Item = u32>) {
    for stream in streams {
        peer.send(headers(stream, block).end());
        head(peer);
    }
}

/// A request whose last field is the newest entry of the dynamic table.
fn block_with_newest_entry() -> Vec<u8> {
    [block(&REQUEST), vec![0xbe]].concat()
}

fn new_entry(value: u8) -> [u8; 5] {
    [0x40, 1, b'k', 1, value]
}

#[test]
fn block_that_repeats_means_what_it_meant() {
    let mut peer = Peer::of_server();
    for stream in [1, 3, 5, 7] {
        peer.send(request_with(stream, &[("x", "y")]));
        let head = head(&mut peer);
        assert_eq!(
            (head.path(), head.fields().last()),
            (&b"/echo.Echo/Unary"[..], Some((&b"x"[..], &b"y"[..])))
        );
    }
}

#[test]
fn block_means_something_else_after_a_new_entry() {
    let mut peer = Peer::of_server();
    peer.send(headers(1, [&block(&REQUEST)[..], &new_entry(b'1')].concat()));
    peer.events();
    repeat(&mut peer, &block_with_newest_entry(), [3, 5, 7, 9]);
    // The entry comes with trailers, which nobody remembers.
    peer.send(headers(1, new_entry(b'2')).end());
    peer.events();
    peer.send(headers(11, block_with_newest_entry()));
    assert_eq!(head(&mut peer).fields().last(), Some((&b"k"[..], &b"2"[..])));
}

#[test]
fn block_means_something_else_after_an_entry_in_an_ignored_list() {
    let mut peer = Peer::of_server();
    peer.send(headers(1, [&block(&REQUEST)[..], &new_entry(b'1')].concat()));
    let key = peer.accept();
    repeat(&mut peer, &block_with_newest_entry(), [3, 5, 7]);
    peer.engine.reset(key, ErrorCode::CANCEL);
    peer.send(headers(1, new_entry(b'2')).end());
    peer.send(headers(9, block_with_newest_entry()));
    assert_eq!(head(&mut peer).fields().last(), Some((&b"k"[..], &b"2"[..])));
}

#[test]
fn block_that_repeats_still_owes_a_size_update() {
    let limits = Limits { header_table_bytes: 100, ..Limits::default() };
    let mut peer = Peer::of_fresh_server(limits);
    peer.send_octets(crate::frame::PREFACE);
    peer.send(settings(&[]));
    peer.events();
    repeat(&mut peer, &block(&REQUEST), [1, 3, 5]);
    peer.send_all([settings_ack(), request(7)]);
    peer.assert_ended(&Violation::Hpack(crate::HpackError::MissingSizeUpdate));
}

#[test]
fn block_that_repeats_is_held_to_the_rules_of_its_stream() {
    let long = request_with(1, &[("content-length", "5")]).payload;
    let mut peer = Peer::of_server();
    for stream in [1, 3, 5, 7] {
        peer.send(headers(stream, &long[..]));
        peer.accept();
    }
    peer.send_all([headers(9, &long[..]), data(9, "123").end()]);
    peer.assert_reset(9, &Violation::ContentLength { stream: id(9), promised: 5, received: 3 });
    peer.send(headers(11, &long[..]).end());
    peer.assert_reset(11, &Violation::ContentLength { stream: id(11), promised: 5, received: 0 });
    peer.send(headers(7, &long[..]));
    peer.assert_reset(7, &Violation::TrailersWithoutEnd { stream: id(7) });

    // Trailers that are known by heart, and do not end their stream.
    let mut peer = Peer::of_server();
    for stream in [1, 3, 5] {
        peer.send_all([request(stream), trailers(stream)]);
    }
    peer.send_all([request(7), trailers(7).without(crate::frame::FLAG_END_STREAM)]);
    peer.assert_reset(7, &Violation::TrailersWithoutEnd { stream: id(7) });

    let limits = Limits { streams_max: 3, ..Limits::default() };
    let mut peer = Peer::of_server_with(limits, &[]);
    peer.send_all([request(1), request(3), request(5), request(7)]);
    peer.assert_reset(7, &Violation::TooManyStreams { stream: id(7), streams_max: 3 });
    peer.send(request(10));
    peer.assert_ended(&Violation::StreamIdOrder { stream: id(10), last: id(7) });
}
