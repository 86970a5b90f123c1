//! The table: each misdeed a peer can do, what it sends, and what that is called.

use std::time::Duration;

use super::super::frames::*;
use super::super::peer::Peer;
use crate::error::{ErrorCode, FrameKind, Violation};
use crate::frame::{FLAG_ACK, FLAG_END_HEADERS, FLAG_PADDED, FLAG_PRIORITY, PREFACE};
use crate::hpack::HpackError;
use crate::malformed::Malformed;
use crate::{End, Limits};

/// What a peer does, in order.
pub(super) enum Act {
    Send(Frame),
    Octets(Vec<u8>),
    Wait(Duration),
}

pub(super) struct Row {
    /// The rule, and what breaks it.
    pub(super) name: &'static str,
    pub(super) start: fn() -> Peer,
    pub(super) acts: Vec<Act>,
    pub(super) violation: Violation,
}

/// A server after the exchange of SETTINGS.
fn server(name: &'static str, frames: impl IntoIterator<Item = Frame>, violation: Violation) -> Row {
    Row { name, start: Peer::of_server, acts: frames.into_iter().map(Act::Send).collect(), violation }
}

/// A client with a request that went on (stream 1) and one that ended (stream 3).
fn client(name: &'static str, frames: impl IntoIterator<Item = Frame>, violation: Violation) -> Row {
    fn start() -> Peer {
        let mut peer = Peer::of_client();
        peer.open(End::No);
        peer.open(End::Yes);
        peer.frames();
        peer
    }
    Row { name, start, acts: frames.into_iter().map(Act::Send).collect(), violation }
}

fn bare_server() -> Peer {
    Peer::of_fresh_server(Limits::default())
}

fn malformed(stream: u32, rule: Malformed) -> Violation {
    Violation::MalformedHeaders { stream: id(stream), rule }
}

pub(super) fn table() -> Vec<Row> {
    [
        start_of_connection(),
        frame_rules(),
        stream_rules(),
        header_rules(),
        message_rules(),
        flow_rules(),
        other_rules(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn start_of_connection() -> Vec<Row> {
    use Violation::*;
    let after_preface = |name, frame: Frame, kind| Row {
        name,
        start: bare_server,
        acts: vec![Act::Octets(PREFACE.to_vec()), Act::Send(frame)],
        violation: FirstFrameNotSettings { frame: kind },
    };
    vec![
        Row {
            name: "§3.4 a client that speaks HTTP/1.1",
            start: bare_server,
            acts: vec![Act::Octets(b"GET / HTTP/1.1\r\n\r\n".to_vec())],
            violation: BadPreface,
        },
        Row {
            name: "§3.4 a preface wrong in its last octet",
            start: bare_server,
            acts: vec![Act::Octets(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r".to_vec())],
            violation: BadPreface,
        },
        after_preface("§3.4 HEADERS first", request(1), FrameKind::HEADERS),
        after_preface("§3.4 an unknown frame first", unknown(0, "x"), FrameKind(0xbe)),
        after_preface("§3.4 an acknowledgement first", settings_ack(), FrameKind::SETTINGS),
        Row {
            name: "§3.4 a server that speaks HTTP/1.1",
            start: || Peer::of_fresh_client(Limits::default()),
            acts: vec![Act::Octets(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())],
            violation: FirstFrameNotSettings { frame: FrameKind(b'P') },
        },
        Row {
            name: "no preface in time",
            start: bare_server,
            acts: vec![Act::Octets(PREFACE[..10].to_vec()), Act::Wait(Duration::from_secs(10))],
            violation: PrefaceTimeout,
        },
        Row {
            name: "no SETTINGS in time",
            start: || Peer::of_fresh_client(Limits::default()),
            acts: vec![Act::Wait(Duration::from_secs(10))],
            violation: PrefaceTimeout,
        },
        Row {
            name: "§6.5.3 our SETTINGS not acknowledged in time",
            start: bare_server,
            acts: vec![
                Act::Octets(PREFACE.to_vec()),
                Act::Send(settings(&[])),
                Act::Wait(Duration::from_secs(20)),
            ],
            violation: SettingsTimeout,
        },
    ]
}

fn frame_rules() -> Vec<Row> {
    use Violation::*;
    let wrong = |kind, bytes| FrameLength { frame: kind, bytes };
    let not_zero = |frame| NotStreamZero { frame };
    let zero = |frame| StreamZero { frame };
    vec![
        server(
            "§4.2 a frame over our limit",
            [request(1), data(1, vec![0; 16_385])],
            FrameTooLarge { frame: FrameKind::DATA, bytes: 16_385, bytes_max: 16_384 },
        ),
        server(
            "§6.2 padded HEADERS of no octets",
            [headers(1, "").flag(FLAG_PADDED)],
            wrong(FrameKind::HEADERS, 0),
        ),
        server(
            "§6.2 HEADERS too short for a priority",
            [headers(1, [0; 4]).flag(FLAG_PRIORITY)],
            wrong(FrameKind::HEADERS, 4),
        ),
        server(
            "§6.1 padded DATA of no octets",
            [request(1), data(1, "").flag(FLAG_PADDED)],
            wrong(FrameKind::DATA, 0),
        ),
        server(
            "§6.4 RST_STREAM of 3 octets",
            [request(1), rst_stream(1, ErrorCode::CANCEL).payload([0; 3])],
            wrong(FrameKind::RST_STREAM, 3),
        ),
        server(
            "§6.4 RST_STREAM of 5 octets",
            [request(1), rst_stream(1, ErrorCode::CANCEL).payload([0; 5])],
            wrong(FrameKind::RST_STREAM, 5),
        ),
        server("§6.5 SETTINGS of 5 octets", [settings(&[]).payload([0; 5])], wrong(FrameKind::SETTINGS, 5)),
        server("§6.7 PING of 9 octets", [ping([0; 8]).payload([0; 9])], wrong(FrameKind::PING, 9)),
        server("§6.7 PING of 7 octets", [ping([0; 8]).payload([0; 7])], wrong(FrameKind::PING, 7)),
        server(
            "§6.8 GOAWAY of 7 octets",
            [goaway(0, ErrorCode::NO_ERROR).payload([0; 7])],
            wrong(FrameKind::GOAWAY, 7),
        ),
        server(
            "§6.9 WINDOW_UPDATE of 5 octets",
            [window_update(0, 1).payload([0, 0, 0, 1, 0])],
            wrong(FrameKind::WINDOW_UPDATE, 5),
        ),
        server(
            "§6.5 an acknowledgement with a payload",
            [settings(&[(3, 1)]).flag(FLAG_ACK)],
            SettingsAckPayload,
        ),
        server(
            "§6.3 PRIORITY of 4 octets",
            [request(1), priority(1, 0).payload([0; 4])],
            PriorityLength { stream: id(1) },
        ),
        server(
            "§6.1 DATA padded to its end",
            [request(1), data(1, [5, 0, 0, 0, 0]).flag(FLAG_PADDED)],
            Padding { frame: FrameKind::DATA },
        ),
        server(
            "§6.2 HEADERS padded beyond their end",
            [headers(1, [3, 0x82]).flag(FLAG_PADDED)],
            Padding { frame: FrameKind::HEADERS },
        ),
        server(
            "§6.2 HEADERS padded into their priority",
            [headers(1, [3, 0, 0, 0, 0, 7, 0]).flag(FLAG_PADDED | FLAG_PRIORITY)],
            Padding { frame: FrameKind::HEADERS },
        ),
        server("§6.1 DATA on stream 0", [data(0, "x")], zero(FrameKind::DATA)),
        server("§6.2 HEADERS on stream 0", [request(0)], zero(FrameKind::HEADERS)),
        server("§6.3 PRIORITY on stream 0", [priority(0, 1)], zero(FrameKind::PRIORITY)),
        server(
            "§6.4 RST_STREAM on stream 0",
            [rst_stream(0, ErrorCode::CANCEL)],
            zero(FrameKind::RST_STREAM),
        ),
        server("§6.10 CONTINUATION on stream 0", [continuation(0, "")], zero(FrameKind::CONTINUATION)),
        client("§6.6 PUSH_PROMISE on stream 0", [push_promise(0)], zero(FrameKind::PUSH_PROMISE)),
        server("§6.5 SETTINGS on a stream", [settings(&[]).on(1)], not_zero(FrameKind::SETTINGS)),
        server("§6.7 PING on a stream", [ping([0; 8]).on(1)], not_zero(FrameKind::PING)),
        server(
            "§6.8 GOAWAY on a stream",
            [goaway(0, ErrorCode::NO_ERROR).on(1)],
            not_zero(FrameKind::GOAWAY),
        ),
    ]
}

fn stream_rules() -> Vec<Row> {
    use Violation::*;
    let idle = |frame, stream| IdleStream { frame, stream: id(stream) };
    let closed = |frame, stream| StreamClosed { frame, stream: id(stream) };
    let order = |stream, last| StreamIdOrder { stream: id(stream), last: id(last) };
    let mut too_many: Vec<Frame> = (0..101).map(|i| request(2 * i + 1)).collect();
    too_many.push(data(201, "ignored"));
    vec![
        server("§5.1 DATA on an idle stream", [data(1, "x")], idle(FrameKind::DATA, 1)),
        server(
            "§5.1 RST_STREAM on an idle stream",
            [rst_stream(1, ErrorCode::CANCEL)],
            idle(FrameKind::RST_STREAM, 1),
        ),
        server(
            "§5.1 WINDOW_UPDATE on an idle stream",
            [window_update(1, 1)],
            idle(FrameKind::WINDOW_UPDATE, 1),
        ),
        server(
            "§5.1 WINDOW_UPDATE on a server's stream",
            [window_update(2, 1)],
            idle(FrameKind::WINDOW_UPDATE, 2),
        ),
        client("§5.1 DATA on an idle stream, from a server", [data(5, "x")], idle(FrameKind::DATA, 5)),
        client("§5.1 a response to no request", [response(5)], idle(FrameKind::HEADERS, 5)),
        server("§5.1 DATA after its end", [request(1).end(), data(1, "x")], closed(FrameKind::DATA, 1)),
        server(
            "§5.1 HEADERS after their end",
            [request(1).end(), trailers(1)],
            closed(FrameKind::HEADERS, 1),
        ),
        server(
            "§5.1 DATA after RST_STREAM",
            [request(1), rst_stream(1, ErrorCode::CANCEL), data(1, "x")],
            closed(FrameKind::DATA, 1),
        ),
        server(
            "§5.1 HEADERS after RST_STREAM",
            [request(1), rst_stream(1, ErrorCode::CANCEL), trailers(1)],
            HeadersOnClosedStream { stream: id(1) },
        ),
        client(
            "§5.1 HEADERS after a response's end on a stream that is half open",
            [response(1), trailers(1), trailers(1)],
            closed(FrameKind::HEADERS, 1),
        ),
        client(
            "§5.1 DATA after a response's end",
            [response(3), trailers(3), data(3, "x")],
            closed(FrameKind::DATA, 3),
        ),
        client(
            "§5.1 HEADERS after a response's end",
            [response(3), trailers(3), trailers(3)],
            HeadersOnClosedStream { stream: id(3) },
        ),
        server("§5.1.1 an even stream from a client", [request(2)], order(2, 0)),
        server("§5.1.1 a stream below the last", [request(5), request(3)], order(3, 5)),
        client("§5.1.1 a stream opened by a server", [response(2)], order(2, 0)),
        server(
            "§5.1.2 a stream over our limit",
            too_many,
            TooManyStreams { stream: id(201), streams_max: 100 },
        ),
        server(
            "RFC 7540 §5.3.1 HEADERS that depend on their own stream",
            [headers(1, [&[0, 0, 0, 1, 7][..], &block(&REQUEST)].concat()).flag(FLAG_PRIORITY)],
            SelfDependency { stream: id(1) },
        ),
        server(
            "RFC 7540 §5.3.1 HEADERS that depend on their own stream and are continued",
            [
                headers(1, [0, 0, 0, 1, 7]).flag(FLAG_PRIORITY).without(FLAG_END_HEADERS),
                continuation(1, block(&REQUEST)),
            ],
            SelfDependency { stream: id(1) },
        ),
        server(
            "RFC 7540 §5.3.1 PRIORITY on its own stream",
            [request(1), priority(1, 1)],
            SelfDependency { stream: id(1) },
        ),
    ]
}

fn header_rules() -> Vec<Row> {
    use Violation::*;
    let open = |stream| request(stream).without(FLAG_END_HEADERS);
    let more = |payload: &[u8]| continuation(1, payload).without(FLAG_END_HEADERS);
    let interrupted = |frame| HeaderBlockInterrupted { frame };
    let many_fields = |n: usize| headers(1, [block(&REQUEST), [0x82].repeat(n)].concat());
    let large = |n| block(&[("x", &"v".repeat(n))]);
    vec![
        server("§4.3 DATA inside a header block", [open(1), data(1, "x")], interrupted(FrameKind::DATA)),
        server("§4.3 HEADERS inside a header block", [open(1), request(1)], interrupted(FrameKind::HEADERS)),
        server("§4.3 PING inside a header block", [open(1), ping([0; 8])], interrupted(FrameKind::PING)),
        server(
            "§4.3 an unknown frame inside a header block",
            [open(1), unknown(1, "x")],
            interrupted(FrameKind(0xbe)),
        ),
        server(
            "§6.10 CONTINUATION of another stream",
            [open(1), continuation(3, "")],
            interrupted(FrameKind::CONTINUATION),
        ),
        server("§6.10 CONTINUATION without HEADERS", [continuation(1, "x")], UnexpectedContinuation),
        server(
            "§6.10 CONTINUATION after the block's end",
            [request(1), continuation(1, "x")],
            UnexpectedContinuation,
        ),
        server(
            "VU#421644 a block in too many frames",
            [vec![open(1)], vec![more(&[0x82]); 9]].concat(),
            ContinuationFlood { frames_max: 8 },
        ),
        server("CVE-2026-33871 an empty CONTINUATION", [open(1), more(&[])], EmptyContinuation),
        server(
            "a block whose octets alone are too many",
            [open(1), more(&large(9000)), more(&large(9000))],
            HeaderBlockTooLarge { bytes_max: 16 << 10 },
        ),
        Row {
            name: "a block that is not finished in time",
            start: Peer::of_server,
            acts: vec![Act::Send(open(1)), Act::Wait(Duration::from_secs(5))],
            violation: HeaderBlockTimeout,
        },
        Row {
            name: "a HEADERS frame that is not finished in time",
            start: Peer::of_server,
            acts: vec![Act::Octets(request(1).octets()[..20].to_vec()), Act::Wait(Duration::from_secs(5))],
            violation: HeaderBlockTimeout,
        },
        server(
            "RFC 7541 a block that cannot be decompressed",
            [headers(1, [0x80])],
            Hpack(HpackError::IndexZero),
        ),
        server(
            "RFC 7541 the same in trailers",
            [request(1), headers(1, [0xff]).end()],
            Hpack(HpackError::Truncated),
        ),
        server(
            "RFC 7541 the same in two frames",
            [headers(1, [0x40, 1]).without(FLAG_END_HEADERS), continuation(1, "n")],
            Hpack(HpackError::Truncated),
        ),
        server("a list of far too many fields", [many_fields(600)], Hpack(HpackError::TooMuch)),
        server(
            "a list of too many fields",
            [many_fields(200)],
            HeaderListTooLarge { stream: id(1), bytes: 0, fields: 204 },
        ),
        client(
            "trailers that are too large",
            [response(1), headers(1, [0x82].repeat(200)).end()],
            HeaderListTooLarge { stream: id(1), bytes: 200 * 42, fields: 200 },
        ),
    ]
}

fn message_rules() -> Vec<Row> {
    use Violation::*;
    let length = |promised, received| ContentLength { stream: id(1), promised, received };
    let with_length = |n| request_with(1, &[("content-length", n)]);
    let interim = || headers(1, block(&[(":status", "103")]));
    let mut many_interim = vec![interim(); 11];
    many_interim.push(response(1));
    vec![
        server(
            "§8.2.1 an upper-case name",
            [request_with(1, &[("A", "b")])],
            malformed(1, Malformed::FieldName),
        ),
        server(
            "§8.2.1 a value with a line break",
            [request_with(1, &[("a", "b\r\nc: d")])],
            malformed(1, Malformed::FieldValue),
        ),
        server(
            "§8.2.2 a connection-specific field",
            [request_with(1, &[("connection", "close")])],
            malformed(1, Malformed::ConnectionField),
        ),
        server("§8.2.2 te", [request_with(1, &[("te", "gzip")])], malformed(1, Malformed::Te)),
        server(
            "§8.3 a pseudo-header behind a field",
            [request_with(1, &[(":authority", "a")])],
            malformed(1, Malformed::PseudoAfterRegular),
        ),
        server(
            "§8.3 an unknown pseudo-header",
            [headers(1, block(&[REQUEST[0], REQUEST[1], REQUEST[2], (":a", "b")]))],
            malformed(1, Malformed::UnknownPseudo),
        ),
        server(
            "§8.3 a pseudo-header twice",
            [headers(1, block(&[REQUEST[0], REQUEST[1], REQUEST[2], REQUEST[2]]))],
            malformed(1, Malformed::DuplicatePseudo),
        ),
        server("§8.3.1 no :path", [headers(1, block(&REQUEST[..2]))], malformed(1, Malformed::MissingPseudo)),
        server(
            "CVE-2026-33186 :path without a slash",
            [headers(1, block(&[REQUEST[0], REQUEST[1], (":path", "a/b")]))],
            malformed(1, Malformed::Path),
        ),
        server(
            "§8.3.1 host and :authority",
            [headers(1, block(&[REQUEST[0], REQUEST[1], REQUEST[2], (":authority", "a"), ("host", "b")]))],
            malformed(1, Malformed::Authority),
        ),
        server(
            "§8.1.1 content-length that is no number",
            [with_length("1x")],
            malformed(1, Malformed::ContentLength),
        ),
        server(
            "§8.1 a pseudo-header in trailers",
            [request(1), headers(1, block(&REQUEST[..1])).end()],
            malformed(1, Malformed::PseudoInTrailers),
        ),
        client(
            "§8.3.2 no :status",
            [headers(1, block(&[("a", "b")]))],
            malformed(1, Malformed::MissingPseudo),
        ),
        client(
            "§8.3.2 :status of two digits",
            [headers(1, block(&[(":status", "20")]))],
            malformed(1, Malformed::Status),
        ),
        client(
            "§8.6 an upgrade",
            [headers(1, block(&[(":status", "101")]))],
            malformed(1, Malformed::Status),
        ),
        client(
            "§8.1 an interim response that ends its stream",
            [interim().end()],
            malformed(1, Malformed::Status),
        ),
        server(
            "§8.1 trailers that do not end their stream",
            [request(1), headers(1, block(&[("a", "b")]))],
            TrailersWithoutEnd { stream: id(1) },
        ),
        client(
            "§8.1 DATA before the response's HEADERS",
            [data(1, "x")],
            DataBeforeHeaders { stream: id(1) },
        ),
        client(
            "§8.1 DATA behind an interim response",
            [interim(), data(1, "x")],
            DataBeforeHeaders { stream: id(1) },
        ),
        client("interim responses without end", many_interim, TooManyInformational { stream: id(1) }),
        server(
            "§8.1.1 less DATA than content-length",
            [with_length("5"), data(1, "1234").end()],
            length(5, 4),
        ),
        server("§8.1.1 more DATA than content-length", [with_length("5"), data(1, "123456")], length(5, 6)),
        server("§8.1.1 content-length and no DATA", [with_length("5").end()], length(5, 0)),
        server("§8.1.1 content-length and trailers", [with_length("5"), trailers(1)], length(5, 0)),
        server(
            "CVE-2019-9518 empty DATA without end",
            [vec![request(1)], vec![data(1, ""); 11]].concat(),
            EmptyDataFlood { stream: id(1) },
        ),
    ]
}

fn flow_rules() -> Vec<Row> {
    use Violation::*;
    let full = data(1, vec![0; 16_384]);
    let mut over_stream = vec![request(1)];
    over_stream.extend(vec![full; 3]);
    over_stream.push(data(1, vec![0; 16_383]));
    over_stream.push(data(1, "x"));
    let setting = |setting, value| SettingValue { setting, value };
    vec![
        server(
            "§6.9 no increment for the connection",
            [window_update(0, 0)],
            ZeroWindowUpdate { stream: None },
        ),
        server(
            "§6.9 no increment for a stream",
            [request(1), window_update(1, 0)],
            ZeroWindowUpdate { stream: Some(id(1)) },
        ),
        server(
            "§6.9.1 a connection window over 2³¹ − 1",
            [window_update(0, 0x7fff_ffff - 65_534)],
            WindowOverflow { stream: None },
        ),
        server(
            "§6.9.1 a stream window over 2³¹ − 1",
            [request(1), window_update(1, 0x7fff_ffff - 65_534)],
            WindowOverflow { stream: Some(id(1)) },
        ),
        server(
            "§6.9.2 SETTINGS that make a window too large",
            [request(1), window_update(1, 0x7fff_ffff - 65_535), settings(&[(4, 65_536)])],
            WindowOverflow { stream: None },
        ),
        server("§6.9.1 DATA over a stream's window", over_stream, WindowOverrun { stream: Some(id(1)) }),
        server("§6.5.2 a window over 2³¹ − 1", [settings(&[(4, 0x8000_0000)])], setting(4, 0x8000_0000)),
        server("§6.5.2 ENABLE_PUSH of 2", [settings(&[(2, 2)])], setting(2, 2)),
        client("§6.5.2 ENABLE_PUSH from a server", [settings(&[(2, 1)])], setting(2, 1)),
        server("§6.5.2 MAX_FRAME_SIZE of 0 (CVE-2026-33814)", [settings(&[(5, 0)])], setting(5, 0)),
        server("§6.5.2 MAX_FRAME_SIZE one too small", [settings(&[(5, 16_383)])], setting(5, 16_383)),
        server("§6.5.2 MAX_FRAME_SIZE one too large", [settings(&[(5, 1 << 24)])], setting(5, 1 << 24)),
    ]
}

fn other_rules() -> Vec<Row> {
    use Violation::*;
    vec![
        server(
            "CVE-2020-11080 too many SETTINGS",
            [settings(&[(9, 9); 33])],
            TooManySettings { entries: 33 },
        ),
        client("§6.6 PUSH_PROMISE", [push_promise(1)], PushPromise),
        server("§8.4 PUSH_PROMISE from a client", [request(1), push_promise(1)], PushPromise),
        client(
            "§6.8 GOAWAY that rises",
            [goaway(1, ErrorCode::NO_ERROR), goaway(3, ErrorCode::NO_ERROR)],
            GoAwayRising,
        ),
        client("too many GOAWAY frames", vec![goaway(1, ErrorCode::NO_ERROR); 4], GoAwayFlood),
        server(
            "more streams reset than the burst allows",
            (0..1001).flat_map(|n| [request(2 * n + 1), rst_stream(2 * n + 1, ErrorCode::CANCEL)]),
            TooManyResets,
        ),
        server(
            "more frames that bring nothing than the burst allows",
            vec![window_update(0, 1); 10_001],
            TooManyCheapFrames,
        ),
        Row {
            name: "PINGs closer together than they may be",
            start: || {
                let ping_interval_min = Duration::from_secs(1);
                Peer::of_server_with(Limits { ping_interval_min, ..Limits::default() }, &[])
            },
            acts: (0..4).map(|_| Act::Send(ping([0; 8]))).collect(),
            violation: TooManyPings,
        },
    ]
}
