//! Flow control: credit is conserved, whatever happens to the octets it was spent on.

use bytes::Bytes;

use super::frames::*;
use super::peer::{Peer, write_response, write_trailers};
use crate::error::{ErrorCode, FrameKind};
use crate::{End, Event, Limits};

const WINDOW: u64 = 65_535;

fn small_windows() -> Limits {
    Limits { conn_window_bytes: WINDOW as u32, ..Limits::default() }
}

/// Sends `frames` again and again, many windows' worth, keeping to the connection's credit as a peer
/// must; it never runs dry.
fn assert_conserved(peer: &mut Peer, mut frames: impl FnMut(u32) -> Vec<Frame>) {
    let mut credit = WINDOW;
    for round in 0..100 {
        for frame in frames(round) {
            if frame.is(FrameKind::DATA) {
                let len = frame.payload.len() as u64;
                assert!(len <= credit, "round {round}: {len} octets to send and credit of {credit} left");
                credit -= len;
            }
            peer.send(frame);
            credit += peer.credit(0);
            assert!(credit <= WINDOW);
        }
    }
    // Nothing is owed beyond what rides with the next half window.
    assert!(credit > WINDOW / 2, "{credit}");
    assert!(!peer.engine.is_closed());
}

#[test]
fn padding_gives_its_credit_back() {
    let mut peer = Peer::of_server_with(small_windows(), &[]);
    assert_conserved(&mut peer, |round| {
        let id = 2 * round + 1;
        let mut frames = vec![request(id)];
        frames.extend(vec![data(id, "").padded(255); 9]);
        frames.push(data(id, "x").padded(200).end());
        frames
    });
}

#[test]
fn stream_gets_the_credit_of_its_padding_back() {
    let mut peer = Peer::of_server_with(small_windows(), &[]);
    peer.send(request(1));
    let mut credit = WINDOW;
    for _ in 0..2000 {
        peer.send(data(1, "x").padded(255));
        credit -= 257;
        let key = peer.events().iter().find_map(|event| match event {
            Event::Data { stream, .. } => Some(*stream),
            _ => None,
        });
        if let Some(key) = key {
            peer.engine.consumed(key, 1);
        }
        credit += peer.credit(1);
    }
    assert!(credit > WINDOW / 2 && credit <= WINDOW, "{credit}");
}

#[test]
fn data_nobody_consumed_gives_its_connection_credit_back() {
    let mut peer = Peer::of_server_with(small_windows(), &[]);
    assert_conserved(&mut peer, |round| {
        // Nobody reads it: the connection's credit returns on receipt, the stream's does not.
        vec![
            request(2 * round + 1),
            data(2 * round + 1, vec![0; 10_000]),
            rst_stream(2 * round + 1, ErrorCode::CANCEL),
        ]
    });
}

#[test]
fn data_on_streams_we_reset_gives_its_credit_back() {
    let mut peer = Peer::of_server_with(small_windows(), &[]);
    for round in 0..100 {
        peer.send(request(2 * round + 1));
        let key = peer.accept();
        peer.engine.reset(key, ErrorCode::CANCEL);
    }
    assert_conserved(&mut peer, |round| vec![data(2 * round + 1, vec![0; 10_000]).padded(3)]);
    assert!(peer.events().is_empty());
}

#[test]
fn frames_that_crossed_our_reset_are_not_answered() {
    let mut peer = Peer::of_server();
    peer.send(request(1));
    let key = peer.accept();
    peer.engine.reset(key, ErrorCode::CANCEL);
    assert_eq!(peer.frames(), [rst_stream(1, ErrorCode::CANCEL)]);
    peer.send_all([
        data(1, "late"),
        window_update(1, 1),
        data(1, "later"),
        trailers(1),
        rst_stream(1, ErrorCode::CANCEL),
    ]);
    assert!(peer.frames().is_empty() && peer.events().is_empty());
}

#[test]
fn data_on_refused_streams_gives_its_credit_back() {
    let limits = Limits { streams_max: 0, ..small_windows() };
    let mut peer = Peer::of_server_with(limits, &[]);
    assert_conserved(&mut peer, |round| vec![request(2 * round + 1), data(2 * round + 1, vec![0; 10_000])]);
}

#[test]
fn data_on_malformed_requests_gives_its_credit_back() {
    let mut peer = Peer::of_server_with(small_windows(), &[]);
    assert_conserved(&mut peer, |round| {
        let id = 2 * round + 1;
        vec![headers(id, block(&REQUEST[..1])), data(id, vec![0; 10_000]).end()]
    });
}

#[test]
fn data_on_closed_streams_gives_its_credit_back() {
    let mut peer = Peer::of_server_with(small_windows(), &[]);
    assert_conserved(&mut peer, |round| {
        let id = 2 * round + 1;
        vec![
            request(id),
            rst_stream(id, ErrorCode::CANCEL),
            data(id, vec![0; 10_000]),
            data(id, vec![0; 10_000]),
        ]
    });
}

#[test]
fn data_that_breaks_its_content_length_gives_its_credit_back() {
    let mut peer = Peer::of_server_with(small_windows(), &[]);
    assert_conserved(&mut peer, |round| {
        let id = 2 * round + 1;
        vec![request_with(id, &[("content-length", "5")]), data(id, vec![0; 16_000])]
    });
}

#[test]
fn data_behind_the_final_goaway_gives_its_credit_back() {
    let mut peer = Peer::of_server_with(small_windows(), &[]);
    peer.engine.drain(peer.now);
    peer.wait(Limits::default().drain_ping_timeout);
    assert_conserved(&mut peer, |round| {
        let id = 2 * round + 1;
        vec![request(id), data(id, vec![0; 10_000]).padded(9)]
    });
    assert!(peer.events().is_empty());
}

#[test]
fn frame_of_a_stream_reset_halfway_gives_its_credit_back() {
    let mut peer = Peer::of_server_with(small_windows(), &[]);
    let mut credit = WINDOW;
    for round in 0..100 {
        let id = 2 * round + 1;
        peer.send(request(id));
        let key = peer.accept();
        let octets = data(id, vec![7; 10_000]).padded(100).octets();
        assert!(credit >= 10_101, "round {round}");
        credit -= 10_101;
        peer.send_octets(&octets[..5000]);
        peer.engine.reset(key, ErrorCode::CANCEL);
        peer.events();
        peer.send_octets(&octets[5000..]);
        assert!(peer.events().is_empty(), "nothing more is heard of it");
        credit += peer.credit(0);
    }
    peer.assert_alive();
}

#[test]
fn stream_credit_returns_when_octets_are_consumed_and_not_before() {
    let mut peer = Peer::of_server();
    peer.send_all([request(1), data(1, vec![0; 16_384]), data(1, vec![0; 16_384]), data(1, vec![0; 5000])]);
    let key = peer.accept();
    assert_eq!(peer.credit(1), 0);
    peer.engine.consumed(key, 30_000);
    assert_eq!(peer.credit(1), 0, "half a window is not owed yet");
    peer.engine.consumed(key, 7_768);
    assert_eq!(peer.credit(1), 37_768);
}

#[test]
fn stream_whose_end_came_gets_no_more_credit() {
    let mut peer = Peer::of_server();
    peer.send_all([
        request(1),
        data(1, vec![0; 16_384]),
        data(1, vec![0; 16_384]),
        data(1, vec![0; 5000]).end(),
    ]);
    let key = peer.accept();
    peer.engine.consumed(key, 37_768);
    peer.engine.want(key, 1 << 20);
    assert_eq!(peer.credit(1), 0);
}

#[test]
fn response_that_is_over_before_its_request_asks_the_client_to_stop() {
    // RFC 9113 §8.1: "a server MAY request that the client abort transmission of a request without error
    // by sending a RST_STREAM with an error code of NO_ERROR after sending a complete response".
    let mut peer = Peer::of_server();
    peer.send(request(1));
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send_trailers(key, write_trailers);
    let frames = peer.frames();
    assert!(frames[1].is(FrameKind::HEADERS) && frames[1].flags & 1 == 1, "{frames:?}");
    assert_eq!(frames[2..], [rst_stream(1, ErrorCode::NO_ERROR)]);
    assert_eq!(peer.engine.streams(), 0);

    // One whose request had ended is over without it.
    peer.send(request(3).end());
    let key = peer.accept();
    peer.engine.send_headers(key, End::Yes, write_response);
    assert_eq!(peer.frames().len(), 1);
}

#[test]
fn large_message_extends_its_stream_window_up_to_the_limit() {
    let mut peer = Peer::of_server();
    peer.send(request(1));
    let key = peer.accept();
    peer.engine.want(key, 100 << 20);
    assert_eq!(peer.credit(1), (4 << 20) - WINDOW);
    peer.engine.want(key, 1000);
    assert_eq!(peer.credit(1), 0);
}

#[test]
fn message_that_would_empty_its_window_leaves_one_octet_for_the_end_to_follow() {
    let mut peer = Peer::of_server();
    peer.send(request(1));
    let key = peer.accept();
    let window = usize::try_from(WINDOW).expect("it is small");
    peer.engine.want(key, window - 1);
    assert_eq!(peer.credit(1), 0);
    peer.engine.want(key, window);
    assert_eq!(peer.credit(1), 1);
}

#[test]
fn extensions_of_all_streams_share_one_budget_and_the_oldest_wait_is_served_first() {
    const MIB: usize = 1 << 20;
    let limits = Limits { extended_bytes_max: 4 * MIB, ..Limits::default() };
    let mut peer = Peer::of_server_with(limits, &[]);
    let [first, second, third] = [1, 3, 5].map(|id| {
        peer.send(request(id));
        peer.accept()
    });
    peer.engine.want(first, 3 * MIB);
    assert_eq!(peer.credit(1), 3 * MIB as u64 + 1 - WINDOW);
    // No room for the second; the third would fit and waits its turn all the same.
    peer.engine.want(second, 2 * MIB);
    peer.engine.want(third, MIB / 2);
    assert_eq!(peer.credits([3, 5]), [0, 0]);
    // Half of the first message comes and is consumed: its credit is free, and not given back to the first.
    for _ in 0..96 {
        peer.send(data(1, vec![0; 16_384]));
        peer.engine.consumed(first, 16_384);
    }
    assert_eq!(peer.credits([1, 3, 5]), [0, 2 * MIB as u64 + 1 - WINDOW, MIB as u64 / 2 + 1 - WINDOW]);
    peer.assert_alive();
}

#[test]
fn stream_that_ends_frees_what_it_was_lent() {
    let limits = Limits { extended_bytes_max: 4 << 20, ..Limits::default() };
    let mut peer = Peer::of_server_with(limits, &[]);
    let [first, second] = [1, 3].map(|id| {
        peer.send(request(id));
        peer.accept()
    });
    peer.engine.want(first, 4 << 20);
    peer.engine.want(second, 1 << 20);
    assert_eq!(peer.credit(3), 0);
    peer.send(rst_stream(1, ErrorCode::CANCEL));
    assert_eq!(peer.credit(3), (1 << 20) + 1 - WINDOW);
}

#[test]
fn small_stream_window_binds_a_peer_only_once_it_is_acknowledged() {
    // RFC 9113 §6.9.2: until the peer knows our SETTINGS, its streams begin with 65,535 octets.
    let limits = Limits { stream_window_bytes: 1000, ..Limits::default() };
    let mut peer = Peer::of_fresh_server(limits);
    peer.send_octets(crate::frame::PREFACE);
    peer.send_all([settings(&[]), request(1), data(1, vec![0; 16_384])]);
    assert!(!peer.engine.is_closed(), "{:?}", peer.events());
    // Acknowledged: the window shrinks by as much as the setting did, below zero here, where empty
    // frames are legal still.
    peer.send_all([settings_ack(), data(1, "")]);
    let key = peer.accept();
    peer.engine.consumed(key, 16_384);
    assert_eq!(peer.credit(1), 16_384);
    peer.send(data(1, vec![0; 1000]));
    assert!(!peer.engine.is_closed());
    peer.send(data(1, "x"));
    let stream = Some(id(1));
    peer.assert_ended(&crate::error::Violation::WindowOverrun { stream });
}

#[test]
fn credit_owed_to_a_small_window_is_given_with_the_acknowledgement() {
    let limits = Limits { stream_window_bytes: 1000, ..Limits::default() };
    let mut peer = Peer::of_fresh_server(limits);
    peer.send_octets(crate::frame::PREFACE);
    // A peer that knows our SETTINGS already, and sends all it may before it says so.
    peer.send_all([settings(&[]), request(1), data(1, vec![0; 1000])]);
    let key = peer.accept();
    peer.engine.consumed(key, 1000);
    assert_eq!(peer.credit(1), 0);
    peer.send(settings_ack());
    assert_eq!(peer.credit(1), 1000);
}

// Windows that grow with the path

/// A stream that sends all it may each time around, a tenth of a second; the most that it could send at once.
fn grown(peer: &mut Peer, stream: u32, message_bytes: usize) -> u64 {
    peer.send(request(stream));
    let key = peer.accept();
    let (mut most, mut credit) = (WINDOW, WINDOW);
    for _ in 0..20 {
        let mut pings = 0;
        while credit > 0 {
            let piece = credit.min(16_384);
            peer.send(data(stream, vec![0; piece as usize]));
            credit -= piece;
            peer.engine.want(key, message_bytes);
            peer.engine.consumed(key, piece as usize);
        }
        for frame in peer.frames() {
            pings += u32::from(frame.is(FrameKind::PING));
            if frame.is(FrameKind::WINDOW_UPDATE) && frame.stream == stream {
                credit += u64::from(u32::from_be_bytes(frame.payload[..].try_into().unwrap()));
            }
        }
        peer.now += std::time::Duration::from_millis(100);
        for _ in 0..pings {
            peer.send(Frame { flags: crate::frame::FLAG_ACK, ..ping(*b"distance") });
        }
        most = most.max(credit);
    }
    most
}

#[test]
fn windows_of_streams_that_use_them_grow_together_as_far_as_the_limit_says() {
    let limits = Limits { grown_bytes_max: 1 << 20, ..Limits::default() };
    let mut peer = Peer::of_server_with(limits, &[]);
    // Credit comes in halves of a window.
    let all = (WINDOW + (1 << 20)) / 2..=WINDOW + (1 << 20);
    let first = grown(&mut peer, 1, 0);
    assert!(all.contains(&first), "{first}");
    // Nothing is left for another one, until the first is over.
    assert_eq!(grown(&mut peer, 3, 0), WINDOW);
    peer.send(rst_stream(1, ErrorCode::CANCEL));
    let third = grown(&mut peer, 5, 0);
    assert!(all.contains(&third), "{third}");
    assert!(!peer.engine.is_closed());
}

#[test]
fn windows_grow_where_large_messages_get_their_credit_beforehand() {
    let limits = Limits { grown_bytes_max: 1 << 20, ..Limits::default() };
    let mut peer = Peer::of_server_with(limits, &[]);
    let most = grown(&mut peer, 1, 65_541);
    assert!(most > 4 * WINDOW, "{most}");
}

#[test]
fn where_nothing_may_grow_nothing_is_asked() {
    let mut peer = Peer::of_server_with(Limits { grown_bytes_max: 0, ..Limits::default() }, &[]);
    assert_eq!(grown(&mut peer, 1, 0), WINDOW);
}

// What we send

fn data_bytes(frames: &[Frame], stream: u32) -> usize {
    frames
        .iter()
        .filter(|frame| frame.is(FrameKind::DATA) && frame.stream == stream)
        .map(|f| f.payload.len())
        .sum()
}

#[test]
fn two_streams_share_a_window_to_its_last_octet() {
    // hyper#4003: an octet reserved ahead on each stream stopped both after 65,534 octets.
    for first in [1, 2, 32_767, 65_533, 65_534, 65_535] {
        let mut peer = Peer::of_server_with(Limits::default(), &[(4, 1 << 20)]);
        peer.send_all([request(1), request(3)]);
        let keys: Vec<_> = peer
            .events()
            .iter()
            .filter_map(|event| match event {
                Event::Head { stream, .. } => Some(*stream),
                _ => None,
            })
            .collect();
        for (key, len) in keys.iter().zip([first, 70_000]) {
            assert!(peer.engine.send_headers(*key, End::No, write_response));
            assert!(peer.engine.send(*key, Bytes::from(vec![0; len]), End::Yes));
        }
        let mut frames = peer.frames();
        let sent = |frames: &[Frame]| data_bytes(frames, 1) + data_bytes(frames, 3);
        assert_eq!(sent(&frames), 65_535);
        // One octet of credit, one octet of DATA, as often as you like; then the rest.
        for more in 1..=10 {
            peer.send(window_update(0, 1));
            frames.extend(peer.frames());
            assert_eq!(sent(&frames), 65_535 + more);
        }
        peer.send(window_update(0, 1 << 20));
        frames.extend(peer.frames());
        assert_eq!((data_bytes(&frames, 1), data_bytes(&frames, 3)), (first, 70_000));
        let ends = frames.iter().filter(|frame| frame.is(FrameKind::DATA) && frame.flags & 1 == 1);
        assert_eq!(ends.count(), 2);
    }
}

#[test]
fn stream_without_window_does_not_stop_another() {
    let mut peer = Peer::of_server();
    peer.send_all([settings(&[(4, 0)]), request(1), request(3), window_update(3, 5)]);
    for event in peer.events() {
        if let Event::Head { stream, .. } = event {
            peer.engine.send_headers(stream, End::No, write_response);
            peer.engine.send(stream, Bytes::from_static(b"hello"), End::Yes);
        }
    }
    let frames = peer.frames();
    assert_eq!((data_bytes(&frames, 1), data_bytes(&frames, 3)), (0, 5));
}

#[test]
fn reset_passes_closed_windows_and_what_it_drops_costs_none() {
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 1 << 20)]);
    peer.send_all([request(1), request(3)]);
    let keys: Vec<_> = peer
        .events()
        .iter()
        .filter_map(|event| match event {
            Event::Head { stream, .. } => Some(*stream),
            _ => None,
        })
        .collect();
    for key in &keys {
        peer.engine.send_headers(*key, End::No, write_response);
    }
    // The first stream uses the connection's window up, and has more.
    peer.engine.send(keys[0], Bytes::from(vec![0; 200_000]), End::Yes);
    assert_eq!(data_bytes(&peer.frames(), 1), 65_535);
    peer.engine.send(keys[1], Bytes::from(vec![0; 5000]), End::Yes);
    peer.engine.reset(keys[0], ErrorCode::CANCEL);
    assert_eq!(peer.frames(), [rst_stream(1, ErrorCode::CANCEL)]);
    peer.send(window_update(0, 5000));
    assert_eq!(data_bytes(&peer.frames(), 3), 5000);
}

#[test]
fn window_that_settings_made_negative_is_filled_before_more_is_sent() {
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 1000)]);
    peer.send(request(1));
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send(key, Bytes::from(vec![0; 3000]), End::No);
    peer.engine.send_trailers(key, write_trailers);
    assert_eq!(data_bytes(&peer.frames(), 1), 1000);
    peer.send(settings(&[(4, 300)]));
    peer.send(window_update(1, 700));
    assert_eq!(data_bytes(&peer.frames(), 1), 0, "the window is 0");
    peer.send(window_update(1, 1));
    assert_eq!(data_bytes(&peer.frames(), 1), 1);
    peer.send(settings(&[(4, 2000)]));
    assert_eq!(data_bytes(&peer.frames(), 1), 1700);
    peer.send(window_update(1, 299));
    let frames = peer.frames();
    assert_eq!(data_bytes(&frames, 1), 299);
    assert!(frames.iter().any(|frame| frame.is(FrameKind::HEADERS) && frame.flags & 1 == 1), "{frames:?}");
}

#[test]
fn frames_we_send_keep_to_the_peers_frame_size() {
    for frame_bytes_max in [16_384, 20_000] {
        let mut peer = Peer::of_server_with(Limits::default(), &[(4, 1 << 20), (5, frame_bytes_max)]);
        peer.send_all([request(1), window_update(0, 1 << 20)]);
        let key = peer.accept();
        peer.engine.send_headers(key, End::No, |head| {
            write_response(head);
            head.field(b"x", &vec![b'v'; 50_000], crate::Indexing::Literal);
        });
        peer.engine.send(key, Bytes::from(vec![0; 200_000]), End::Yes);
        let frames = peer.frames();
        assert!(frames.iter().all(|frame| frame.payload.len() <= frame_bytes_max as usize));
        assert_eq!(data_bytes(&frames, 1), 200_000);
        let blocks: Vec<_> = frames.iter().filter(|frame| !frame.is(FrameKind::DATA)).collect();
        let pieces: Vec<_> =
            blocks.iter().filter(|f| f.is(FrameKind::HEADERS) || f.is(FrameKind::CONTINUATION)).collect();
        assert!(pieces.len() > 2 && pieces[0].is(FrameKind::HEADERS));
        let ends: Vec<_> =
            pieces.iter().map(|frame| frame.flags & crate::frame::FLAG_END_HEADERS != 0).collect();
        assert_eq!(ends.iter().position(|&end| end), Some(pieces.len() - 1));
    }
}

#[test]
fn bulk_streams_take_turns_and_small_messages_pass_them() {
    let limits = Limits { write_bytes_mark: 32 << 10, ..Limits::default() };
    let mut peer = Peer::of_server_with(limits, &[(4, 1 << 20)]);
    peer.send_all([request(1), request(3), request(5), window_update(0, 1 << 20)]);
    let keys: Vec<_> = peer
        .events()
        .iter()
        .filter_map(|event| match event {
            Event::Head { stream, .. } => Some(*stream),
            _ => None,
        })
        .collect();
    for key in &keys[..2] {
        peer.engine.send_headers(*key, End::No, write_response);
        peer.engine.send(*key, Bytes::from(vec![0; 100_000]), End::Yes);
    }
    peer.engine.output();
    peer.engine.send_headers(keys[2], End::No, write_response);
    peer.engine.send(keys[2], Bytes::from_static(b"small"), End::Yes);
    let frames = peer.frames();
    let order: Vec<_> =
        frames.iter().filter(|frame| frame.is(FrameKind::DATA)).map(|frame| frame.stream).collect();
    assert_eq!(order[..5], [1, 3, 5, 1, 3], "{order:?}");
}

#[test]
fn batches_grow_while_the_socket_takes_them_whole_and_are_small_for_a_while_after_one_that_it_did_not() {
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 0x7fff_ffff)]);
    peer.send_all([request(1), window_update(0, 0x7fff_ffff - 65_535)]);
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.flush();
    peer.engine.send(key, Bytes::from(vec![0; 64 << 20]), End::Yes);
    let whole = |peer: &mut Peer| {
        let n = peer.engine.output().len();
        peer.engine.written(n, peer.now);
        n >> 17
    };
    let sizes: Vec<_> = std::iter::repeat_with(|| whole(&mut peer)).take(6).collect();
    assert_eq!(sizes, [1, 2, 4, 7, 7, 7], "in 128 KiB");
    assert!(peer.engine.output().len() < Limits::default().output_bytes_max, "it would stop the reading");
    // It takes a part, and then no more: what is there goes first, and then there are small ones.
    peer.engine.written(100_000, peer.now);
    peer.engine.output();
    peer.engine.write_blocked(peer.now);
    assert_eq!(whole(&mut peer), 6);
    let small = std::iter::repeat_with(|| whole(&mut peer)).take_while(|size| *size == 1).count();
    assert!((110..=130).contains(&small), "{small} of 128 KiB");
}

#[test]
fn sender_that_paused_hears_when_to_go_on() {
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 1 << 20)]);
    peer.send(request(1));
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send(key, Bytes::from(vec![0; 65_535 + 65_536]), End::No);
    peer.flush();
    assert_eq!(peer.engine.unsent(key), 65_536);
    assert!(!peer.engine.should_pause(key), "at the mark");
    peer.engine.send(key, Bytes::from(vec![0; 1]), End::No);
    assert!(peer.engine.should_pause(key));
    peer.send(window_update(0, 32_769));
    assert!(peer.events().is_empty(), "half the mark is still unsent");
    peer.send(window_update(0, 1));
    assert!(matches!(peer.events()[..], [Event::Writable { stream }] if stream == key));
    peer.send(window_update(0, 10_000));
    assert!(peer.events().is_empty(), "once is enough");
}

#[test]
fn pinger_that_reads_nothing_is_not_read_either() {
    let mut peer = Peer::of_server();
    let pings: Vec<u8> = (0..2000).flat_map(|_| ping([0; 8]).octets()).collect();
    let mut left = &pings[..];
    while peer.engine.wants_read() && !left.is_empty() {
        let space = peer.engine.space();
        let n = space.len().min(left.len());
        space[..n].copy_from_slice(&left[..n]);
        peer.engine.received(n, peer.now);
        left = &left[n..];
        assert!(peer.engine.event().is_none());
    }
    assert!(!peer.engine.wants_read() && peer.engine.output().len() < 64 << 10);
    peer.flush();
    assert!(peer.engine.wants_read());
}

#[test]
fn replies_that_are_written_do_not_count_although_the_output_is_never_empty() {
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 0x7fff_ffff)]);
    peer.send_all([request(1), window_update(0, 0x7fff_ffff - 65_535)]);
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send(key, Bytes::from(vec![0; 64 << 20]), End::Yes);
    let octets = ping([0; 8]).octets();
    for round in 0..2000 {
        // Bulk is always waiting, and the socket takes less than there is.
        let waiting = peer.engine.output().len();
        assert!(waiting > 100_000);
        peer.engine.written(20_000, peer.now);
        assert!(peer.engine.wants_read(), "round {round}");
        peer.engine.space()[..octets.len()].copy_from_slice(&octets);
        peer.engine.received(octets.len(), peer.now);
        assert!(peer.engine.event().is_none());
    }
}

#[test]
fn what_came_counts_as_unread_until_it_is_consumed_or_its_stream_is_over() {
    let mut peer = Peer::of_server();
    for id in [1, 3, 5] {
        peer.send(request(id));
        peer.send(data(id, vec![0; 1000 * id as usize]).padded(20));
    }
    assert_eq!(peer.engine.unread_bytes(), 9000);
    let (most, octets) = peer.engine.most_unread().unwrap();
    assert_eq!((most.id().get(), octets), (5, 5000));
    // What is lent on top of a window counts like the rest.
    peer.engine.want(most, 100_000);
    peer.engine.consumed(most, 4500);
    assert_eq!(peer.engine.unread_bytes(), 4500);
    assert_eq!(peer.engine.most_unread().unwrap().1, 3000);
    peer.send(rst_stream(3, ErrorCode::CANCEL));
    assert_eq!(peer.engine.unread_bytes(), 1500);
    peer.engine.reset(most, ErrorCode::CANCEL);
    // Its DATA may have been under way: nobody will ever consume that.
    peer.send(data(5, "late"));
    assert_eq!(peer.engine.unread_bytes(), 1000);
    let (first, _) = peer.engine.most_unread().unwrap();
    peer.send(data(1, "").end());
    peer.engine.send_headers(first, End::No, write_response);
    assert_eq!(peer.engine.unread_bytes(), 1000, "the answer is not over");
    peer.engine.send_trailers(first, write_trailers);
    assert_eq!((peer.engine.unread_bytes(), peer.engine.most_unread()), (0, None));
}
