//! What RFC 9113 demands of us, whatever the peer does: what we send, answer and leave alone.

use bytes::Bytes;

use super::frames::*;
use super::peer::{Peer, write_request, write_response, write_trailers};
use crate::error::{ErrorCode, FrameKind, Violation};
use crate::frame::{FLAG_ACK, FLAG_END_HEADERS, FLAG_END_STREAM, PREFACE};
use crate::{Connection, End, Event, Limits, OpenError, Reset};

/// Identifiers of the settings in a SETTINGS frame.
fn identifiers(frame: &Frame) -> Vec<u8> {
    frame.payload.chunks(6).map(|entry| entry[1]).collect()
}

fn data_bytes(frames: &[Frame]) -> usize {
    frames.iter().filter(|frame| frame.is(FrameKind::DATA)).map(|frame| frame.payload.len()).sum()
}

// The beginning

#[test]
fn client_begins_with_the_preface_and_settings_without_push() {
    let now = super::peer::beginning();
    let mut engine = Connection::client(Limits::default(), now);
    let mut wire = Vec::new();
    while !engine.output().is_empty() {
        let piece = engine.output().first().to_vec();
        engine.written(piece.len(), now);
        wire.extend(piece);
    }
    let frames = wire.strip_prefix(PREFACE).map(Frame::parse_all);
    let Some([first, ..]) = frames.as_deref() else { panic!("{wire:?}") };
    assert!(first.is(FrameKind::SETTINGS) && first.flags == 0, "{first:?}");
    assert!(first.payload.starts_with(&[0, 2, 0, 0, 0, 0]), "ENABLE_PUSH of 0: {first:?}");
}

#[test]
fn server_begins_with_settings_that_do_not_speak_of_push() {
    let mut peer = Peer::of_fresh_server(Limits::default());
    peer.send_octets(PREFACE);
    let frames = peer.frames();
    assert!(frames[0].is(FrameKind::SETTINGS) && frames[0].flags == 0, "{frames:?}");
    assert_eq!(identifiers(&frames[0]), [3, 4, 5, 6]);
    // The peer's own are acknowledged behind them.
    peer.send(settings(&[]));
    assert_eq!(peer.frames(), [settings_ack()]);
}

#[test]
fn server_says_nothing_before_its_settings() {
    let fresh = || Peer::of_fresh_server(Limits::default());
    let kinds = |peer: &mut Peer| peer.frames().iter().map(|frame| FrameKind(frame.kind)).collect::<Vec<_>>();
    let mut drained = fresh();
    drained.engine.drain(drained.now);
    let with_goaway = [FrameKind::SETTINGS, FrameKind::WINDOW_UPDATE, FrameKind::GOAWAY];
    assert_eq!(kinds(&mut drained)[..3], with_goaway);
    // And only once.
    drained.send_octets(PREFACE);
    drained.send_all([settings(&[]), request(1).end()]);
    assert_eq!(kinds(&mut drained), [FrameKind::SETTINGS]);
    drained.accept();

    let mut shut_down = fresh();
    shut_down.engine.shut_down(ErrorCode::NO_ERROR, "");
    assert_eq!(kinds(&mut shut_down), with_goaway);

    let mut silent = fresh();
    silent.wait(Limits::default().preface_timeout);
    assert_eq!(kinds(&mut silent), with_goaway);
}

#[test]
fn last_value_of_a_setting_that_stands_twice_holds() {
    let mut peer = Peer::of_client_with(Limits::default(), &[(3, 1), (3, 2)]);
    peer.open(End::Yes);
    peer.open(End::Yes);
    assert_eq!(peer.engine.can_open(), Err(OpenError::StreamLimit { streams_max: 2 }));
}

// Streams

#[test]
fn streams_of_a_client_are_odd_and_rise() {
    let mut peer = Peer::of_client();
    let ids: Vec<u32> = (0..4).map(|_| peer.open(End::Yes).id().get()).collect();
    assert_eq!(ids, [1, 3, 5, 7]);
    let frames = peer.frames();
    assert_eq!(frames.iter().map(|frame| frame.stream).collect::<Vec<_>>(), ids);
}

#[test]
fn no_more_streams_are_opened_than_the_peer_allows() {
    let mut peer = Peer::of_client_with(Limits::default(), &[(3, 2)]);
    peer.open(End::Yes);
    peer.open(End::Yes);
    let full = Err(OpenError::StreamLimit { streams_max: 2 });
    assert_eq!(peer.engine.open(End::Yes, write_request), full);
    peer.send_all([response(1), trailers(1)]);
    peer.open(End::Yes);
    // A lower limit ends none, and holds for those to come.
    peer.send(settings(&[(3, 1)]));
    peer.send_all([response(3), trailers(3)]);
    assert_eq!(peer.engine.can_open(), Err(OpenError::StreamLimit { streams_max: 1 }));
}

#[test]
fn nothing_is_sent_on_a_stream_that_the_peer_reset() {
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 1000)]);
    peer.send(request(1));
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send(key, Bytes::from(vec![0; 3000]), End::No);
    assert_eq!(data_bytes(&peer.frames()), 1000);
    peer.send_all([rst_stream(1, ErrorCode::CANCEL), window_update(1, 10_000), settings(&[(4, 10_000)])]);
    assert!(!peer.engine.send(key, Bytes::from_static(b"more"), End::Yes));
    assert!(!peer.engine.send_trailers(key, write_trailers));
    peer.engine.consumed(key, 10);
    peer.engine.reset(key, ErrorCode::CANCEL);
    assert_eq!(peer.frames(), [settings_ack()]);
}

#[test]
fn idle_stream_is_never_reset_by_us() {
    // What would end a stream ends the connection where there is none yet.
    let mut peer = Peer::of_server();
    peer.send(priority(1, 0).payload([0; 4]));
    peer.assert_ended(&Violation::PriorityLength { stream: id(1) });
}

#[test]
fn response_is_told_whole_before_the_reset_behind_it() {
    // RFC 9113 §8.1: a server that needs no more of the request resets its stream without an error.
    let mut peer = Peer::of_client();
    let key = peer.open(End::No);
    let frames = [response(1), data(1, "body"), trailers(1), rst_stream(1, ErrorCode::NO_ERROR)];
    peer.send_octets(&frames.iter().flat_map(Frame::octets).collect::<Vec<_>>());
    let events = peer.events();
    assert!(
        matches!(
            &events[..],
            [Event::Head { .. }, Event::Data { .. }, Event::Trailers { .. }, Event::Reset { stream, reason }]
                if *stream == key && *reason == Reset::ByPeer(ErrorCode::NO_ERROR)
        ),
        "{events:?}"
    );
}

#[test]
fn codes_that_nobody_knows_are_told_as_they_came() {
    let unknown = ErrorCode(0xbeef);
    let mut peer = Peer::of_client();
    peer.open(End::Yes);
    peer.open(End::Yes);
    peer.send_all([rst_stream(1, unknown), goaway(3, unknown)]);
    let events = peer.events();
    assert!(
        matches!(
            &events[..],
            [Event::Reset { reason: Reset::ByPeer(reset), .. }, Event::GoAway { code, .. }]
                if *reset == unknown && *code == unknown
        ),
        "{events:?}"
    );
    peer.assert_alive();
}

// Frames

#[test]
fn frames_of_a_block_follow_each_other() {
    let mut peer = Peer::of_server();
    peer.send_all([request(1), request(3), ping(*b"12345678")]);
    let large = [b'v'; 50_000];
    for event in peer.events() {
        if let Event::Head { stream, .. } = event {
            peer.engine.send_headers(stream, End::No, |head| {
                write_response(head);
                head.field(b"x", &large, crate::Indexing::Never);
            });
            peer.engine.send(stream, Bytes::from_static(b"body"), End::Yes);
        }
    }
    let frames = peer.frames();
    let mut open = None;
    for frame in &frames {
        match open {
            None => assert!(!frame.is(FrameKind::CONTINUATION), "{frames:?}"),
            Some(stream) => {
                assert!(frame.is(FrameKind::CONTINUATION) && frame.stream == stream, "{frames:?}")
            }
        }
        let is_block = frame.is(FrameKind::HEADERS) || frame.is(FrameKind::CONTINUATION);
        open = (is_block && frame.flags & FLAG_END_HEADERS == 0).then_some(frame.stream);
    }
    assert_eq!(open, None);
    assert_eq!(frames.iter().filter(|frame| frame.is(FrameKind::CONTINUATION)).count(), 6);
}

#[test]
fn small_message_keeps_to_frame_size_and_windows_too() {
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 1 << 20)]);
    peer.send(request(1));
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send_slice(key, &[0; 40_000], End::No);
    let frames = peer.frames();
    assert!(frames.iter().all(|frame| frame.payload.len() <= 16_384), "{frames:?}");
    // What is left of the connection's window is less than the second one needs.
    peer.engine.send_slice(key, &[0; 10_000], End::No);
    peer.engine.send_slice(key, &[0; 15_600], End::No);
    assert_eq!(data_bytes(&frames) + data_bytes(&peer.frames()), 65_535);
}

#[test]
fn flags_that_mean_nothing_are_neither_heeded_nor_set() {
    let mut peer = Peer::of_server();
    peer.send_all([
        request(1).flag(0x42),
        data(1, "body").flag(0xf6),
        window_update(1, 1).flag(0xff),
        settings(&[]).flag(0xfe),
        ping([0; 8]).flag(0xfe),
    ]);
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send(key, Bytes::from_static(b"body"), End::No);
    peer.engine.reset(key, ErrorCode::CANCEL);
    peer.engine.shut_down(ErrorCode::NO_ERROR, "");
    for frame in peer.frames() {
        let known = match FrameKind(frame.kind) {
            FrameKind::SETTINGS | FrameKind::PING => FLAG_ACK,
            FrameKind::HEADERS => FLAG_END_HEADERS | FLAG_END_STREAM,
            FrameKind::DATA => FLAG_END_STREAM,
            _ => 0,
        };
        assert_eq!(frame.flags & !known, 0, "{frame:?}");
    }
}

#[test]
fn ping_is_answered_once_and_an_answer_never() {
    let mut peer = Peer::of_server();
    let question = ping(*b"12345678");
    peer.send(question.clone());
    let answer = question.flag(FLAG_ACK);
    assert_eq!(peer.frames(), std::slice::from_ref(&answer));
    peer.send(answer);
    assert!(peer.frames().is_empty());
}

#[test]
fn frames_that_cost_no_credit_are_taken_where_windows_are_used_up() {
    let mut peer = Peer::of_server();
    peer.send(request(1));
    peer.send_all([16_384, 16_384, 16_384, 16_383].map(|n| data(1, vec![0; n])));
    peer.events();
    // The stream's window is used up, and nobody reads.
    peer.send_all([window_update(1, 10), settings(&[(4, 5)]), trailers(1), request(3).end()]);
    let events = peer.events();
    assert!(matches!(&events[..], [Event::Trailers { .. }, Event::Head { .. }]), "{events:?}");
    peer.assert_alive();
}
