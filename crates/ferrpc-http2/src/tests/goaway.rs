//! The end of a connection: GOAWAY from both sides, drain, timers.

use std::time::Duration;

use super::frames::*;
use super::peer::{Peer, write_response, write_trailers};
use crate::error::{ErrorCode, FrameKind, StreamId};
use crate::{Closed, End, Event, OpenError, Reset};

#[test]
fn streams_above_the_last_id_are_unprocessed_and_those_below_go_on() {
    let mut peer = Peer::of_client();
    let first = peer.open(End::Yes);
    let second = peer.open(End::Yes);
    let third = peer.open(End::No);
    peer.send(goaway(1, ErrorCode::NO_ERROR));
    let events = peer.events();
    let unprocessed: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Reset { stream, reason: Reset::Unprocessed(ErrorCode::NO_ERROR) } => Some(*stream),
            _ => None,
        })
        .collect();
    assert_eq!(unprocessed, [second, third]);
    assert!(events.iter().any(|event| matches!(event, Event::GoAway { code: ErrorCode::NO_ERROR, .. })));
    assert_eq!(peer.engine.open(End::Yes, super::peer::write_request), Err(OpenError::GoingAway));
    peer.send_all([response(1), data(1, "body"), trailers(1)]);
    let events = peer.events();
    assert!(matches!(events.last(), Some(Event::Trailers { stream, .. }) if *stream == first), "{events:?}");
    assert_eq!(peer.engine.streams(), 0);
    assert!(!peer.engine.is_closed());
}

#[test]
fn goaway_of_a_client_ends_none_of_its_own_streams() {
    // Its last stream id is about streams of ours, and a server has none.
    let mut peer = Peer::of_server();
    peer.send_all([request(1), goaway(0, ErrorCode::NO_ERROR), data(1, "body").end()]);
    let events = peer.events();
    assert!(matches!(&events[1..], [Event::GoAway { .. }, Event::Data { .. }]), "{events:?}");
}

#[test]
fn second_goaway_may_take_more_streams_away() {
    let mut peer = Peer::of_client();
    peer.open(End::Yes);
    peer.open(End::Yes);
    peer.send(goaway(StreamId::MAX.get(), ErrorCode::NO_ERROR));
    assert_eq!(peer.engine.streams(), 2);
    peer.send(goaway(1, ErrorCode::ENHANCE_YOUR_CALM));
    assert_eq!(peer.engine.streams(), 1);
    let events = peer.events();
    let calm = Reset::Unprocessed(ErrorCode::ENHANCE_YOUR_CALM);
    assert!(events.iter().any(|event| matches!(event, Event::Reset { reason, .. } if *reason == calm)));
}

#[test]
fn debug_data_is_kept_to_one_kibibyte() {
    let mut peer = Peer::of_client();
    let mut frame = goaway(0, ErrorCode::ENHANCE_YOUR_CALM);
    frame.payload.extend_from_slice(&[b'd'; 5000]);
    peer.send(frame);
    let events = peer.events();
    let [Event::GoAway { debug, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(debug.len(), 1024);
}

#[test]
fn drain_announces_then_names_the_last_stream_and_lets_it_end() {
    let mut peer = Peer::of_server();
    peer.send(request(1).end());
    let first = peer.accept();
    peer.engine.drain(peer.now);
    let frames = peer.frames();
    assert_eq!(frames[0], goaway(StreamId::MAX.get(), ErrorCode::NO_ERROR));
    assert!(frames[1].is(FrameKind::PING));
    // A request that crossed the first GOAWAY is served.
    peer.send(request(3).end());
    let second = peer.accept();
    peer.send(frames[1].clone().flag(crate::frame::FLAG_ACK));
    assert_eq!(peer.frames(), [goaway(3, ErrorCode::NO_ERROR)]);
    assert!(!peer.engine.is_drained());
    for key in [first, second] {
        peer.engine.send_headers(key, End::No, write_response);
        peer.engine.send_trailers(key, write_trailers);
    }
    assert!(peer.engine.is_drained());
    assert_eq!(peer.frames().len(), 4);
}

#[test]
fn drain_does_not_wait_for_a_ping_that_is_never_answered() {
    let mut peer = Peer::of_server();
    peer.engine.drain(peer.now);
    peer.frames();
    assert_eq!(peer.engine.deadline(), Some(peer.now + Duration::from_secs(5)));
    peer.wait(Duration::from_secs(5));
    assert_eq!(peer.frames(), [goaway(0, ErrorCode::NO_ERROR)]);
    assert!(peer.engine.is_drained());
}

#[test]
fn stream_that_crossed_the_final_goaway_is_ignored_whole() {
    // RFC 9113 §6.8: "the sender of GOAWAY […] can discard frames for streams with identifiers higher
    // than the identified last stream".
    let mut peer = Peer::of_server();
    peer.send(request(1));
    let key = peer.accept();
    peer.engine.drain(peer.now);
    peer.wait(Duration::from_secs(5));
    peer.frames();
    peer.send_all([
        request(3),
        window_update(3, 10),
        data(3, vec![0; 10_000]),
        trailers(3),
        rst_stream(3, ErrorCode::CANCEL),
        request(5).end(),
        rst_stream(5, ErrorCode::CANCEL),
    ]);
    assert!(peer.events().is_empty());
    // The stream below lives.
    peer.send(data(1, "body").end());
    assert!(matches!(&peer.events()[..], [Event::Data { stream, .. }] if *stream == key));
    // A misdeed now does not raise the last stream id (RFC 9113 §6.8).
    peer.send(window_update(0, 0));
    let frames = peer.frames();
    assert_eq!(frames.last().map(|frame| frame.number(0)), Some(1), "{frames:?}");
}

#[test]
fn compression_goes_on_through_ignored_streams() {
    let mut peer = Peer::of_server();
    peer.engine.drain(peer.now);
    peer.send(request(1));
    peer.accept();
    peer.wait(Duration::from_secs(5));
    peer.send(headers(3, [block(&REQUEST), vec![0x40, 1, b'k', 1, b'v']].concat()));
    peer.events();
    peer.send(headers(1, [0xbe]).end());
    let events = peer.events();
    let [Event::Trailers { trailers, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(trailers.get(b"k"), Some(&b"v"[..]));
}

#[test]
fn shut_down_says_why_and_is_final() {
    let mut peer = Peer::of_server();
    peer.send(request(1));
    peer.events();
    peer.engine.shut_down(ErrorCode::ENHANCE_YOUR_CALM, "too_many_pings");
    let frames = peer.frames();
    assert_eq!(frames.len(), 1);
    assert_eq!((frames[0].number(0), frames[0].number(4)), (1, ErrorCode::ENHANCE_YOUR_CALM.0));
    assert_eq!(frames[0].payload[8..], *b"too_many_pings");
    peer.send(request(3));
    assert!(peer.events().is_empty() && peer.engine.is_closed());
}

#[test]
fn socket_that_takes_nothing_ends_the_connection() {
    let mut peer = Peer::of_server();
    peer.engine.space()[..17].copy_from_slice(&ping([0; 8]).octets());
    peer.engine.received(17, peer.now);
    assert!(peer.engine.event().is_none());
    assert!(!peer.engine.output().is_empty());
    peer.engine.write_blocked(peer.now);
    assert_eq!(peer.engine.deadline(), Some(peer.now + Duration::from_secs(30)));
    // Progress, however little, starts the time anew.
    peer.now += Duration::from_secs(29);
    peer.engine.written(1, peer.now);
    peer.engine.write_blocked(peer.now);
    peer.engine.tick(peer.now + Duration::from_secs(29));
    assert!(!peer.engine.is_closed());
    peer.engine.tick(peer.now + Duration::from_secs(30));
    assert!(matches!(peer.engine.event(), Some(Event::Closed { reason: Closed::WriteStall })));
}

#[test]
fn quiet_connection_has_no_deadline() {
    let mut peer = Peer::of_server();
    peer.send_all([request(1), data(1, "x").end()]);
    let key = peer.accept();
    peer.engine.send_headers(key, End::Yes, write_response);
    peer.flush();
    assert_eq!(peer.engine.deadline(), None);
}

#[test]
fn peer_that_leaves_ends_the_connection_once() {
    let mut peer = Peer::of_client();
    peer.open(End::Yes);
    peer.engine.eof();
    peer.engine.eof();
    assert!(matches!(peer.events()[..], [Event::Closed { reason: Closed::Eof }]));
    assert_eq!(peer.engine.can_open(), Err(OpenError::GoingAway));
}

#[test]
fn what_came_before_the_end_of_the_socket_is_told_before_it() {
    let mut peer = Peer::of_server();
    let octets = [request(1).octets(), data(1, "last words").end().octets()].concat();
    let space = peer.engine.space();
    space[..octets.len()].copy_from_slice(&octets);
    peer.engine.received(octets.len(), peer.now);
    peer.engine.eof();
    let events = peer.events();
    assert!(
        matches!(
            &events[..],
            [Event::Head { .. }, Event::Data { end: End::Yes, .. }, Event::Closed { reason: Closed::Eof }]
        ),
        "{events:?}"
    );
}

#[test]
fn nothing_is_told_after_a_shut_down() {
    let mut peer = Peer::of_client();
    peer.open(End::Yes);
    peer.send(goaway(0, ErrorCode::NO_ERROR));
    peer.events();
    peer.engine.shut_down(ErrorCode::NO_ERROR, "");
    peer.send(settings(&[]));
    assert!(peer.events().is_empty());
}
