//! Each misdeed a peer can do: it has a name, ends what it should and no more.

mod rows;

use std::collections::BTreeSet;

use rows::{Act, Row, table};

use super::frames::*;
use super::peer::Peer;
use crate::error::{ErrorCode, FrameKind, Scope, StreamId, Violation};
use crate::frame::{FLAG_ACK, FLAG_END_HEADERS, FLAG_PRIORITY};
use crate::{Closed, Event, Limits};

/// A window on the connection needs several streams to be overrun.
#[test]
fn data_over_the_window_of_the_connection_ends_it() {
    // Credit of the connection returns on receipt at half the window, so only one octet less than the
    // window in one go shows that it is checked at all: the peer has more stream windows than that.
    let limits = Limits {
        stream_window_bytes: 1 << 20,
        conn_window_bytes: 65_535,
        frame_bytes_max: 1 << 17,
        ..Limits::default()
    };
    let mut peer = Peer::of_server_with(limits, &[]);
    peer.send(request(1));
    peer.send(data(1, vec![0; 65_535]));
    peer.send(data(1, vec![0; 65_536]));
    peer.assert_ended(&Violation::WindowOverrun { stream: None });
}

fn play(row: &Row, split: usize) -> Peer {
    let mut peer = (row.start)();
    peer.split = split;
    for act in &row.acts {
        match act {
            Act::Send(frame) => peer.send(frame.clone()),
            Act::Octets(octets) => peer.send_octets(octets),
            Act::Wait(time) => peer.wait(*time),
        }
    }
    peer
}

fn check(row: &Row, split: usize) {
    let mut peer = play(row, split);
    let violation = match &row.violation {
        // The size of a list is the field count's business elsewhere; here it is whatever it is.
        Violation::HeaderListTooLarge { stream, bytes: 0, fields } => {
            let bytes = block_list_bytes() + 200 * 42;
            Violation::HeaderListTooLarge { stream: *stream, bytes, fields: *fields }
        }
        other => other.clone(),
    };
    match (violation.answer(), violation.stream()) {
        ((_, Scope::Stream), Some(stream)) => peer.assert_reset(stream.get(), &violation),
        _ if violation == Violation::BadPreface => {
            assert!(peer.frames().is_empty(), "no GOAWAY for a peer that does not speak HTTP/2");
            let closed = matches!(
                peer.events()[..],
                [Event::Closed { reason: Closed::Violation(Violation::BadPreface) }]
            );
            assert!(closed);
        }
        _ => peer.assert_ended(&violation),
    }
}

fn block_list_bytes() -> usize {
    REQUEST.iter().map(|(name, value)| name.len() + value.len() + 32).sum()
}

/// Plays all rows; says which of them did not end as they should.
fn check_all(split: usize) {
    let fails = |row: &Row| std::panic::catch_unwind(|| check(row, split)).is_err();
    let failed: Vec<_> = table().iter().filter(|row| fails(row)).map(|row| row.name).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn each_misdeed_has_its_name_and_ends_what_it_should() {
    check_all(0);
}

#[test]
fn misdeeds_fed_octet_by_octet_are_the_same() {
    check_all(1);
}

/// The line of the list below that a violation belongs to.
fn listed(violation: &Violation) -> &'static (&'static str, ErrorCode, Scope) {
    let text = format!("{violation:?}");
    let of =
        |name: &str| text.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    ALL.iter().find(|(name, ..)| of(name)).unwrap_or_else(|| panic!("{text} is not listed"))
}

#[test]
fn every_misdeed_is_tried_and_has_the_code_that_it_should() {
    let mut tried = BTreeSet::new();
    for row in table() {
        let (name, code, scope) = listed(&row.violation);
        assert_eq!(row.violation.answer(), (*code, *scope), "{}", row.name);
        // A new variant does not compile here until the list knows it.
        assert!(is_listed(&row.violation));
        tried.insert(*name);
    }
    assert_eq!(tried, ALL.iter().map(|(name, ..)| *name).collect());
}

/// Each misdeed, its code on the wire and what it ends, as RFC 9113 demands; where it leaves that to us,
/// a nuisance is ENHANCE_YOUR_CALM (§10.5). The first line that fits counts.
const ALL: [(&str, ErrorCode, Scope); 46] = {
    use Scope::{Connection, Stream};
    [
        ("BadPreface", ErrorCode::PROTOCOL_ERROR, Connection),
        ("FirstFrameNotSettings", ErrorCode::PROTOCOL_ERROR, Connection),
        ("FrameTooLarge", ErrorCode::FRAME_SIZE_ERROR, Connection),
        ("FrameLength", ErrorCode::FRAME_SIZE_ERROR, Connection),
        ("PriorityLength", ErrorCode::FRAME_SIZE_ERROR, Stream),
        ("Padding", ErrorCode::PROTOCOL_ERROR, Connection),
        ("StreamZero", ErrorCode::PROTOCOL_ERROR, Connection),
        ("NotStreamZero", ErrorCode::PROTOCOL_ERROR, Connection),
        ("IdleStream", ErrorCode::PROTOCOL_ERROR, Connection),
        ("StreamClosed", ErrorCode::STREAM_CLOSED, Stream),
        ("HeadersOnClosedStream", ErrorCode::STREAM_CLOSED, Connection),
        ("StreamIdOrder", ErrorCode::PROTOCOL_ERROR, Connection),
        ("TooManyStreams", ErrorCode::REFUSED_STREAM, Stream),
        ("SelfDependency", ErrorCode::PROTOCOL_ERROR, Stream),
        ("HeaderBlockInterrupted", ErrorCode::PROTOCOL_ERROR, Connection),
        ("UnexpectedContinuation", ErrorCode::PROTOCOL_ERROR, Connection),
        ("ContinuationFlood", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("EmptyContinuation", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("HeaderBlockTooLarge", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("HeaderBlockTimeout", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("Hpack(TooMuch", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("Hpack", ErrorCode::COMPRESSION_ERROR, Connection),
        ("HeaderListTooLarge", ErrorCode::ENHANCE_YOUR_CALM, Stream),
        ("MalformedHeaders", ErrorCode::PROTOCOL_ERROR, Stream),
        ("TrailersWithoutEnd", ErrorCode::PROTOCOL_ERROR, Stream),
        ("DataBeforeHeaders", ErrorCode::PROTOCOL_ERROR, Stream),
        ("TooManyInformational", ErrorCode::ENHANCE_YOUR_CALM, Stream),
        ("ContentLength", ErrorCode::PROTOCOL_ERROR, Stream),
        ("ZeroWindowUpdate { stream: None", ErrorCode::PROTOCOL_ERROR, Connection),
        ("ZeroWindowUpdate { stream: Some", ErrorCode::PROTOCOL_ERROR, Stream),
        ("WindowOverflow { stream: None", ErrorCode::FLOW_CONTROL_ERROR, Connection),
        ("WindowOverflow { stream: Some", ErrorCode::FLOW_CONTROL_ERROR, Stream),
        ("WindowOverrun", ErrorCode::FLOW_CONTROL_ERROR, Connection),
        ("SettingsAckPayload", ErrorCode::FRAME_SIZE_ERROR, Connection),
        ("TooManySettings", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("SettingValue { setting: 4", ErrorCode::FLOW_CONTROL_ERROR, Connection),
        ("SettingValue", ErrorCode::PROTOCOL_ERROR, Connection),
        ("SettingsTimeout", ErrorCode::SETTINGS_TIMEOUT, Connection),
        ("PrefaceTimeout", ErrorCode::SETTINGS_TIMEOUT, Connection),
        ("PushPromise", ErrorCode::PROTOCOL_ERROR, Connection),
        ("GoAwayRising", ErrorCode::PROTOCOL_ERROR, Connection),
        ("GoAwayFlood", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("TooManyResets", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("TooManyCheapFrames", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("TooManyPings", ErrorCode::ENHANCE_YOUR_CALM, Connection),
        ("EmptyDataFlood", ErrorCode::ENHANCE_YOUR_CALM, Connection),
    ]
};

fn is_listed(violation: &Violation) -> bool {
    use Violation::*;
    match violation {
        BadPreface
        | FirstFrameNotSettings { .. }
        | FrameTooLarge { .. }
        | FrameLength { .. }
        | PriorityLength { .. }
        | Padding { .. }
        | StreamZero { .. }
        | NotStreamZero { .. }
        | IdleStream { .. }
        | StreamClosed { .. }
        | HeadersOnClosedStream { .. }
        | StreamIdOrder { .. }
        | TooManyStreams { .. }
        | SelfDependency { .. }
        | HeaderBlockInterrupted { .. }
        | UnexpectedContinuation
        | ContinuationFlood { .. }
        | EmptyContinuation
        | HeaderBlockTooLarge { .. }
        | HeaderBlockTimeout
        | Hpack(_)
        | HeaderListTooLarge { .. }
        | MalformedHeaders { .. }
        | TrailersWithoutEnd { .. }
        | DataBeforeHeaders { .. }
        | TooManyInformational { .. }
        | ContentLength { .. }
        | ZeroWindowUpdate { .. }
        | WindowOverflow { .. }
        | WindowOverrun { .. }
        | SettingsAckPayload
        | TooManySettings { .. }
        | SettingValue { .. }
        | SettingsTimeout
        | PrefaceTimeout
        | PushPromise
        | GoAwayRising
        | GoAwayFlood
        | TooManyResets
        | TooManyCheapFrames
        | TooManyPings
        | EmptyDataFlood { .. } => true,
    }
}

#[test]
fn what_looks_like_a_misdeed_and_is_none_is_taken() {
    let full_block = continuation(1, &block(&REQUEST)[5..]);
    let rows: [(&str, Vec<Frame>); 14] = [
        ("§4.1 unknown frames are ignored", vec![unknown(0, "x"), unknown(7, vec![0; 16_384])]),
        ("§4.1 unknown flags are ignored", vec![ping([1; 8]).flag(0x40)]),
        ("§5.1 PRIORITY on any stream", vec![priority(7, 0), priority(2, 0), request(9), priority(9, 7)]),
        (
            "§5.1 WINDOW_UPDATE and RST_STREAM after the end",
            vec![
                request(1),
                rst_stream(1, ErrorCode::CANCEL),
                window_update(1, 1),
                rst_stream(1, ErrorCode::CANCEL),
            ],
        ),
        ("§5.1.1 streams may be skipped", vec![request(5).end(), request(11).end()]),
        ("§6.1 DATA of padding only", vec![request(1), data(1, "").padded(255)]),
        (
            "§6.2 HEADERS padded and with priority",
            vec![headers(1, [&[0, 0, 0, 3, 7][..], &block(&REQUEST)].concat()).flag(FLAG_PRIORITY).padded(9)],
        ),
        (
            "§6.2 a block in pieces",
            vec![headers(1, &block(&REQUEST)[..5]).without(FLAG_END_HEADERS), full_block],
        ),
        (
            "§6.5.2 unknown settings and extremes",
            vec![settings(&[
                (0xbe, 1),
                (1, u32::MAX),
                (2, 0),
                (3, 0),
                (4, 0x7fff_ffff),
                (5, 0xff_ffff),
                (6, 0),
            ])],
        ),
        ("§6.5 32 settings", vec![settings(&[(9, 9); 32])]),
        ("§6.7 an answer to no PING", vec![ping(*b"draining").flag(FLAG_ACK)]),
        (
            "§6.9.1 windows of just 2³¹ − 1",
            vec![request(1), window_update(1, 0x7fff_ffff - 65_535), window_update(0, 0x7fff_ffff - 65_535)],
        ),
        ("§8.1 trailers of a request", vec![request(1), data(1, "x"), trailers(1)]),
        (
            "ten empty DATA in a row, twice",
            [vec![request(1)], vec![data(1, ""); 10], vec![data(1, "x")], vec![data(1, ""); 10]].concat(),
        ),
    ];
    let fails = |frames: &[Frame]| {
        let play = |split| {
            let mut peer = Peer::of_server();
            peer.split = split;
            peer.send_all(frames.iter().cloned());
            assert!(!peer.engine.is_closed(), "{:?}", peer.events());
            let frames = peer.frames();
            assert!(!frames.iter().any(|frame| frame.is(FrameKind::RST_STREAM)), "{frames:?}");
            peer.assert_alive();
        };
        std::panic::catch_unwind(|| [0, 1].map(play)).is_err()
    };
    let failed: Vec<_> = rows.iter().filter(|(_, frames)| fails(frames)).map(|(name, _)| name).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn atk_41_nothing_is_heard_after_the_end() {
    let mut peer = Peer::of_server();
    peer.send(request(1));
    peer.send(request(2));
    peer.frames();
    peer.events();
    // CVE-2026-27135: the terminal state swallows input.
    peer.send_all([request(3), ping([0; 8]), data(0, "x")]);
    assert!(peer.events().is_empty() && peer.frames().is_empty());
    assert_eq!(peer.engine.deadline(), None);
    assert!(!peer.engine.wants_read());
}

#[test]
fn goaway_names_the_last_stream_that_was_taken() {
    let mut peer = Peer::of_server();
    peer.send_all([request(1), request(7), window_update(0, 0)]);
    let frames = peer.frames();
    assert_eq!(frames.last().map(|frame| StreamId(frame.number(0))), Some(id(7)));
}

#[test]
fn data_on_a_closed_stream_is_answered_once() {
    let mut peer = Peer::of_server();
    peer.send_all([request(1), rst_stream(1, ErrorCode::CANCEL)]);
    peer.frames();
    peer.send_all([data(1, "a"), data(1, "b"), data(1, "c")]);
    assert_eq!(peer.frames(), [rst_stream(1, ErrorCode::STREAM_CLOSED)]);
}

#[test]
fn misdeed_on_one_stream_leaves_the_others_alone() {
    let mut peer = Peer::of_server();
    peer.send_all([request(1), request(3), window_update(1, 0), data(3, "body").end()]);
    let events = peer.events();
    let heard = events.iter().any(
        |event| matches!(event, Event::Data { stream, chunk, .. } if stream.id() == id(3) && chunk.as_slice() == b"body"),
    );
    assert!(heard, "{events:?}");
}

#[test]
fn atk_21_table_of_a_refused_list_stays_in_step() {
    // CVE-2024-7246, CVE-2023-32731. A list that is malformed, refused or on a closed stream changes the compression table all the same.
    let indexed = |fields: &[(&str, &str)], entry: u8| {
        let mut block = block(fields);
        block.extend([0x40, 1, b'k', 1, entry]);
        block
    };
    let mut peer = Peer::of_server();
    peer.send(headers(1, indexed(&REQUEST[..1], b'1')));
    peer.send(request(3));
    let key = peer.accept();
    peer.engine.reset(key, ErrorCode::CANCEL);
    peer.send(headers(3, indexed(&[], b'2')).end());
    assert!(peer.events().is_empty());
    peer.send(headers(5, [block(&REQUEST), vec![0xbe, 0xbf]].concat()));
    let events = peer.events();
    let [Event::Head { head, .. }] = &events[..] else { panic!("{events:?}") };
    let entries: Vec<_> = head.fields().filter(|(name, _)| *name == b"k").map(|(_, value)| value).collect();
    assert_eq!(entries, [b"2", b"1"]);
}
