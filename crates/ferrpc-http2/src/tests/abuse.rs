//! Floods, one by one: each ends its connection within its budget, and the honest use beside it does not.
//!
//! The numbers are those of the attack table in the design: CVEs stand at each test.

use std::time::Duration;

use super::frames::*;
use super::peer::{Peer, write_response, write_trailers};
use crate::error::{ErrorCode, FrameKind, Violation};
use crate::frame::{FLAG_ACK, FLAG_END_HEADERS, FLAG_END_STREAM};
use crate::hpack::HpackError;
use crate::{Closed, End, Event, Limits};

/// Sends what `attack` makes, again and again, until the connection ends; it must within `rounds_max`, for
/// this reason.
fn assert_ends(rounds_max: u32, violation: &Violation, attack: impl FnMut(u32) -> Vec<Frame>) {
    assert_peer_ends(Peer::of_server(), rounds_max, violation, attack);
}

/// The same by a server, of a client that has a call open on stream 1.
fn assert_client_ends(rounds_max: u32, violation: &Violation, attack: impl FnMut(u32) -> Vec<Frame>) {
    let mut peer = Peer::of_client();
    peer.open(End::No);
    peer.frames();
    assert_peer_ends(peer, rounds_max, violation, attack);
}

fn assert_peer_ends(
    mut peer: Peer,
    rounds_max: u32,
    violation: &Violation,
    mut attack: impl FnMut(u32) -> Vec<Frame>,
) {
    for round in 0..rounds_max {
        peer.send_all(attack(round));
        if peer.engine.is_closed() {
            return peer.assert_ended(violation);
        }
        // What a driver does: events and output are taken as they come.
        peer.events();
        peer.frames();
    }
    panic!("still open after {rounds_max} rounds");
}

/// Does what `use_` makes once in `every`, for ten minutes; the connection must live.
fn assert_lives(every: Duration, mut use_: impl FnMut(&mut Peer, u32)) {
    let mut peer = Peer::of_server();
    let rounds = Duration::from_secs(600).as_nanos() / every.as_nanos();
    for round in 0..u32::try_from(rounds).unwrap().min(50_000) {
        use_(&mut peer, round);
        assert!(!peer.engine.is_closed(), "ended in round {round}: {:?}", peer.events());
        peer.events();
        peer.frames();
        peer.wait(every);
    }
}

/// Answers the request on `stream`, whole.
fn answer(peer: &mut Peer) {
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send_slice(key, b"hello", End::No);
    peer.engine.send_trailers(key, write_trailers);
}

#[test]
fn atk_01_rapid_reset_ends_the_connection() {
    // CVE-2023-44487.
    assert_ends(1001, &Violation::TooManyResets, |round| {
        vec![request(2 * round + 1), rst_stream(2 * round + 1, ErrorCode::CANCEL)]
    });
}

#[test]
fn a_hundred_cancels_at_once_every_few_seconds_are_fine() {
    let mut next = 1;
    assert_lives(Duration::from_secs(4), |peer, _| {
        let ids: Vec<u32> = (0..100).map(|n| next + 2 * n).collect();
        next += 200;
        peer.send_all(ids.iter().map(|&id| request(id)));
        peer.send_all(ids.iter().map(|&id| rst_stream(id, ErrorCode::CANCEL)));
    });
}

#[test]
fn atk_02_making_us_reset_ends_the_connection_too() {
    // CVE-2025-8671: the resets are ours, the fault is the peer's.
    assert_ends(1001, &Violation::TooManyResets, |round| {
        vec![request(2 * round + 1), window_update(2 * round + 1, 0)]
    });
}

#[test]
fn atk_07_a_flood_of_pings_ends_the_connection() {
    // CVE-2019-9512.
    assert_ends(10_001, &Violation::TooManyCheapFrames, |_| vec![ping([7; 8])]);
}

#[test]
fn a_ping_every_second_is_fine_for_ever() {
    assert_lives(Duration::from_secs(1), |peer, _| peer.send(ping([7; 8])));
}

#[test]
fn atk_08_a_flood_of_settings_ends_the_connection() {
    // CVE-2019-9515.
    assert_ends(10_001, &Violation::TooManyCheapFrames, |_| vec![settings(&[])]);
}

#[test]
fn atk_10_a_flood_of_tiny_data_ends_the_connection() {
    assert_ends(10_001, &Violation::TooManyCheapFrames, |round| {
        if round == 0 { vec![request(1)] } else { vec![data(1, "x")] }
    });
}

#[test]
fn small_messages_by_the_hundred_thousand_are_fine() {
    let mut peer = Peer::of_server();
    peer.send(request(1));
    let key = peer.accept();
    for _ in 0..100_000 {
        peer.send(data(1, [0, 0, 0, 0, 0]));
        peer.engine.consumed(key, 5);
        peer.events();
        peer.frames();
    }
    peer.assert_alive();
}

#[test]
fn atk_11_a_flood_of_priorities_ends_the_connection() {
    // CVE-2019-9513.
    assert_ends(10_001, &Violation::TooManyCheapFrames, |_| vec![priority(1, 3)]);
}

#[test]
fn atk_12_a_flood_of_unknown_frames_ends_the_connection() {
    assert_ends(10_001, &Violation::TooManyCheapFrames, |_| vec![unknown(0, [0; 20])]);
}

#[test]
fn atk_13_a_dribble_of_window_updates_ends_the_connection() {
    // CVE-2019-9511.
    assert_ends(10_001, &Violation::TooManyCheapFrames, |_| vec![window_update(0, 1)]);
}

#[test]
fn window_updates_for_each_small_answer_are_fine() {
    // Some clients give back exactly what came, frame by frame.
    let mut peer = Peer::of_server();
    for round in 0..50_000 {
        let id = 2 * round + 1;
        peer.send(request(id));
        answer(&mut peer);
        peer.send_all([window_update(0, 5), window_update(id, 5), data(id, "").end()]);
        peer.events();
        peer.frames();
    }
    peer.assert_alive();
}

/// Feeds octets as long as the engine wants any, answering each request; nobody reads the answers.
fn ask_without_listening(peer: &mut Peer, octets: &[u8]) -> usize {
    let mut left = octets;
    while peer.engine.wants_read() && !left.is_empty() {
        let space = peer.engine.space();
        let n = space.len().min(left.len());
        space[..n].copy_from_slice(&left[..n]);
        peer.engine.received(n, peer.now);
        left = &left[n..];
        while let Some(event) = peer.engine.event() {
            if let Event::Head { stream, .. } = event {
                peer.engine.send_headers(stream, End::Yes, write_response);
            }
        }
    }
    octets.len() - left.len()
}

#[test]
fn atk_27_answers_that_nobody_reads_stop_the_reading_until_they_are_out() {
    // CVE-2016-1546. Each answer ends its stream, so no limit of streams helps.
    let mut peer = Peer::of_server();
    peer.flush();
    let octets: Vec<u8> = (0..200_000).flat_map(|n| request(2 * n + 1).end().octets()).collect();
    let read = ask_without_listening(&mut peer, &octets);
    let waits = peer.engine.output().len();
    assert!(
        read < octets.len() / 4 * 3 && waits < (1 << 20) + (128 << 10),
        "{read} octets read, {waits} wait"
    );
    // One who listens after all is served.
    peer.flush();
    assert!(peer.engine.wants_read());
    assert!(ask_without_listening(&mut peer, &octets[read..]) > 0);
}

/// A server that has so many answers of so many octets for a client whose windows are closed.
fn holding(answers: u32, bytes: usize) -> Peer {
    // SETTINGS_INITIAL_WINDOW_SIZE 0.
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 0)]);
    for n in 0..answers {
        peer.send(request(2 * n + 1).end());
        let key = peer.accept();
        peer.engine.send_headers(key, End::No, write_response);
        peer.engine.send(key, vec![7; bytes].into(), End::No);
        peer.engine.send_trailers(key, write_trailers);
    }
    peer.frames();
    peer
}

#[test]
fn atk_17_large_answers_behind_closed_windows_end_the_connection_after_the_stall_timeout() {
    // CVE-2026-49975, its second half: what the bomb made is held by a window of zero.
    let mut peer = holding(100, 200_000);
    peer.wait(Duration::from_secs(29));
    peer.assert_alive();
    // Octets that go out count, however few.
    peer.send(window_update(1, 300));
    peer.wait(Duration::from_secs(29));
    peer.assert_alive();
    peer.wait(Duration::from_secs(1));
    let goaway = peer.frames().pop().unwrap();
    assert_eq!((goaway.kind, goaway.number(4)), (FrameKind::GOAWAY.0, ErrorCode::ENHANCE_YOUR_CALM.0));
    assert!(matches!(peer.events()[..], [Event::Closed { reason: Closed::WriteStall }]));
}

#[test]
fn a_hundred_paused_subscribers_may_stay_for_ever() {
    let mut peer = holding(100, 64 << 10);
    peer.wait(Duration::from_secs(3600));
    peer.assert_alive();
    assert_eq!(peer.engine.streams(), 100);
}

#[test]
fn large_answers_that_are_given_up_are_not_held() {
    let mut peer = holding(100, 200_000);
    peer.send_all((0..40).map(|n| rst_stream(2 * n + 1, ErrorCode::CANCEL)));
    peer.wait(Duration::from_secs(3600));
    peer.assert_alive();
}

#[test]
fn resets_of_streams_long_gone_are_cheap_frames() {
    assert_ends(10_002, &Violation::TooManyCheapFrames, |round| {
        if round == 0 {
            vec![request(1), rst_stream(1, ErrorCode::CANCEL)]
        } else {
            vec![rst_stream(1, ErrorCode::CANCEL)]
        }
    });
}

#[test]
fn frames_that_nothing_waits_for_are_cheap_frames() {
    let attacks = [
        ("answers to no PING", ping([7; 8]).flag(FLAG_ACK)),
        ("answers to no SETTINGS", settings_ack()),
        ("HEADERS behind our reset", trailers(1).without(FLAG_END_STREAM)),
        ("DATA behind our reset", data(1, "")),
    ];
    let lives = |attack: &Frame| {
        let ends = || {
            assert_ends(10_003, &Violation::TooManyCheapFrames, |round| match round {
                // We reset it.
                0 => vec![request(1), window_update(1, 0)],
                _ => vec![attack.clone()],
            });
        };
        std::panic::catch_unwind(ends).is_err()
    };
    let failed: Vec<_> = attacks.iter().filter(|(_, attack)| lives(attack)).map(|(name, _)| name).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn a_client_may_give_up_all_its_calls_at_once_while_their_answers_are_under_way() {
    // No time passes: what refills pays for nothing.
    let mut peer = Peer::of_client();
    for round in 0..200 {
        let keys: Vec<_> = (0..100).map(|_| peer.open(End::No)).collect();
        for key in &keys {
            peer.engine.reset(*key, ErrorCode::CANCEL);
        }
        peer.flush();
        for (number, key) in keys.iter().enumerate() {
            let stream = key.id().get();
            match number % 2 {
                0 => peer.send_all([response(stream), data(stream, "hello"), trailers(stream)]),
                // As servers fail calls.
                _ => peer.send(trailers(stream)),
            }
        }
        assert!(!peer.engine.is_closed(), "ended in round {round}: {:?}", peer.events());
        peer.events();
        peer.frames();
    }
}

#[test]
fn a_stream_that_we_reset_is_ended_once() {
    for end in [data(1, "").end(), trailers(1)] {
        let mut peer = Peer::of_server();
        peer.send_all([request(1), window_update(1, 0), end.clone()]);
        peer.assert_alive();
        peer.send(end);
        assert!(peer.engine.is_closed() || peer.frames().iter().any(|frame| frame.is(FrameKind::RST_STREAM)));
    }
}

#[test]
fn atk_03_streams_over_the_limit_wait_nowhere_and_count_as_resets() {
    // CVE-2023-26964: a stream is a handler's or it is refused; there is no queue between.
    let mut peer = Peer::of_server();
    for n in 0..2000 {
        peer.send(request(2 * n + 1));
    }
    assert!(peer.engine.is_closed());
    let heads = peer.events().iter().filter(|event| matches!(event, Event::Head { .. })).count();
    assert_eq!(heads, 100);
}

#[test]
fn atk_02_each_way_to_make_us_reset_draws_on_the_same_budget() {
    // CVE-2025-8671 and its kin of other servers.
    type Attack = fn(u32) -> Vec<Frame>;
    let attacks: [(&str, Attack); 8] = [
        ("WINDOW_UPDATE over the largest window", |id| vec![request(id), window_update(id, 0x7fff_ffff)]),
        ("DATA behind the end", |id| vec![request(id).end(), data(id, "hello")]),
        ("HEADERS behind the end", |id| vec![request(id).end(), trailers(id)]),
        ("PRIORITY of a wrong length", |id| vec![request(id), priority(id, 3).payload("1234")]),
        ("PRIORITY on itself", |id| vec![request(id), priority(id, id)]),
        ("content-length", |id| vec![request_with(id, &[("content-length", "3")]), data(id, "hello")]),
        ("trailers that do not end", |id| vec![request(id), headers(id, block(&[("a", "b")]))]),
        ("a malformed head", |id| vec![request_with(id, &[("Upper", "x")])]),
    ];
    let lives = |attack: Attack| {
        let ends = || assert_ends(1001, &Violation::TooManyResets, |round| attack(2 * round + 1));
        std::panic::catch_unwind(ends).is_err()
    };
    let failed: Vec<_> = attacks.iter().filter(|(_, attack)| lives(*attack)).map(|(name, _)| name).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn atk_06_stream_ids_that_fall_repeat_or_are_even_end_the_connection() {
    // CVE-2016-0150.
    for (frames, bad) in [
        (vec![request(5), request(3)], 3),
        (vec![request(1), request(2)], 2),
        (vec![request(0x7fff_ffff), request(1)], 1),
    ] {
        let mut peer = Peer::of_server();
        let last = id(frames[0].stream);
        peer.send_all(frames);
        peer.assert_ended(&Violation::StreamIdOrder { stream: id(bad), last });
    }
    let mut peer = Peer::of_server();
    peer.send_all([request(1), rst_stream(1, ErrorCode::CANCEL), request(1)]);
    peer.assert_ended(&Violation::HeadersOnClosedStream { stream: id(1) });
}

#[test]
fn atk_25_dribbled_windows_do_not_pay_for_the_small_frames_that_they_make() {
    // CVE-2019-9511: each update lets one octet of a large answer go.
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 0)]);
    peer.send(request(1).end());
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send(key, vec![7; 1 << 20].into(), End::Yes);
    let mut frames = 0;
    while !peer.engine.is_closed() {
        peer.send(window_update(1, 1));
        frames += peer.frames().iter().filter(|frame| frame.is(FrameKind::DATA)).count();
        assert!(frames <= 10_000);
    }
    let events = peer.events();
    assert!(
        matches!(
            events.last(),
            Some(Event::Closed { reason: Closed::Violation(Violation::TooManyCheapFrames) })
        ),
        "{events:?}"
    );
}

#[test]
fn a_slow_reader_of_a_large_answer_gives_credit_as_it_likes() {
    // 300 octets at a time, for as long as it takes.
    let mut peer = Peer::of_server_with(Limits::default(), &[(4, 300)]);
    peer.send(request(1).end());
    let key = peer.accept();
    peer.engine.send_headers(key, End::No, write_response);
    peer.engine.send(key, vec![7; 6 << 20].into(), End::Yes);
    for _ in 0..(6 << 20) / 300 {
        peer.send_all([window_update(1, 300), window_update(0, 300)]);
        peer.frames();
        peer.events();
    }
    peer.assert_alive();
    assert_eq!(peer.engine.streams(), 0);
}

#[test]
fn s02_resets_among_other_control_frames_do_not_pile_up() {
    // GHSA-hrxh-6v49-42gf: one limit covers all that is queued, whatever its kind, and nobody reads it.
    let mut peer = Peer::of_server();
    peer.flush();
    let mixed = |n: u32| {
        let id = 2 * n + 1;
        [request(id), window_update(id, 0), ping([0; 8]), settings(&[(3, 100)])]
            .iter()
            .flat_map(Frame::octets)
            .collect::<Vec<_>>()
    };
    let octets: Vec<u8> = (0..900).flat_map(mixed).collect();
    let mut left = &octets[..];
    while peer.engine.wants_read() && !left.is_empty() {
        let space = peer.engine.space();
        let n = space.len().min(left.len()).min(1000);
        space[..n].copy_from_slice(&left[..n]);
        peer.engine.received(n, peer.now);
        left = &left[n..];
        while peer.engine.event().is_some() {}
    }
    assert!(!left.is_empty(), "all was taken");
    assert!(peer.engine.output().len() < 20 << 10, "{} octets wait", peer.engine.output().len());
}

#[test]
fn s11_states_and_paddings_of_all_kinds_end_what_they_should_and_nothing_else() {
    let mut peer = Peer::of_server();
    peer.send_all([
        request(1),
        data(1, "").padded(255),
        data(1, "x").padded(255).end(),
        request_with(3, &[(":status", "100")]),
        request(5).padded(255).end(),
    ]);
    let frames = peer.frames();
    let resets: Vec<_> = frames.iter().filter(|frame| frame.is(FrameKind::RST_STREAM)).collect();
    assert_eq!(resets, [&rst_stream(3, ErrorCode::PROTOCOL_ERROR)]);
    peer.assert_alive();
    peer.send(push_promise(1));
    peer.assert_ended(&Violation::PushPromise);
}

#[test]
fn s12_a_length_is_what_comes_and_no_number_is_too_large_to_be_looked_at() {
    for (length, octets) in
        [("18446744073709551615", 5), ("18446744073709551616", 5), ("99999999999999999999999", 5), ("-1", 5)]
    {
        let mut peer = Peer::of_server();
        peer.send_all([request_with(1, &[("content-length", length)]), data(1, vec![0; octets]).end()]);
        let frames = peer.frames();
        assert!(frames.contains(&rst_stream(1, ErrorCode::PROTOCOL_ERROR)), "{length}: {frames:?}");
        peer.assert_alive();
    }
}

#[test]
fn floods_of_a_hostile_server_end_the_connection_too() {
    // Rows 7, 8, 10 to 13 and 15 of the table, against a client.
    let cheap = Violation::TooManyCheapFrames;
    assert_client_ends(10_001, &cheap, |_| vec![ping([7; 8])]);
    assert_client_ends(10_001, &cheap, |_| vec![settings(&[])]);
    assert_client_ends(10_001, &cheap, |_| vec![priority(1, 3)]);
    assert_client_ends(10_001, &cheap, |_| vec![unknown(0, [0; 20])]);
    assert_client_ends(10_001, &cheap, |_| vec![window_update(0, 1)]);
    assert_client_ends(10_002, &cheap, |n| if n == 0 { vec![response(1)] } else { vec![data(1, "x")] });
    assert_client_ends(12, &Violation::EmptyDataFlood { stream: id(1) }, |n| {
        if n == 0 { vec![response(1)] } else { vec![data(1, "")] }
    });
    assert_client_ends(10, &Violation::ContinuationFlood { frames_max: 8 }, |n| {
        let more = block(&[("x", "y")]);
        vec![if n == 0 { response(1) } else { continuation(1, more) }.without(FLAG_END_HEADERS)]
    });
    assert_client_ends(2, &Violation::EmptyContinuation, |n| {
        vec![if n == 0 { response(1) } else { continuation(1, "") }.without(FLAG_END_HEADERS)]
    });
    assert_client_ends(5, &Violation::GoAwayFlood, |_| vec![goaway(1, ErrorCode::NO_ERROR)]);
    assert_client_ends(1, &Violation::PushPromise, |_| vec![push_promise(1)]);
}

#[test]
fn bombs_of_a_hostile_server_are_counted_before_they_are_copied() {
    // Rows 16 to 18 against a client: a large entry by its index, and fields by thousands.
    let bomb = |repeated: &[u8]| {
        let mut octets = block(&[(":status", "200")]);
        octets.extend([0x40, 1, b'x', 0x7f, 0x80 | 0x21, 0x1e]);
        octets.extend(std::iter::repeat_n(b'v', 0x7f + 0x21 + (0x1e << 7)));
        octets.extend(repeated.repeat(3000));
        octets
    };
    for repeated in [&[0xbe_u8][..], &[0x90], &[0, 0, 0]] {
        let violation = Violation::Hpack(HpackError::TooMuch);
        assert_client_ends(1, &violation, |_| vec![headers(1, bomb(repeated))]);
    }
}

#[test]
fn atk_39_a_server_that_never_comes_to_the_point_loses_the_stream() {
    let informational = || headers(1, block(&[(":status", "103"), ("link", "</a>")]));
    let mut peer = Peer::of_client();
    peer.open(End::Yes);
    (0..10).for_each(|_| peer.send(informational()));
    assert!(peer.events().is_empty() && !peer.engine.is_closed());
    peer.send(informational());
    peer.assert_reset(1, &Violation::TooManyInformational { stream: id(1) });
}

#[test]
fn browsers_send_their_cookies_in_crumbs() {
    // RFC 9113 §8.2.3; Envoy's limit of 100 fields broke those with many.
    let crumbs: Vec<(String, String)> =
        (0..100).map(|n| ("cookie".to_owned(), format!("crumb{n}={}", "x".repeat(60)))).collect();
    let crumbs: Vec<(&str, &str)> = crumbs.iter().map(|(name, value)| (&name[..], &value[..])).collect();
    let mut peer = Peer::of_server();
    peer.send(request_with(1, &crumbs));
    let events = peer.events();
    assert!(matches!(&events[..], [Event::Head { head, .. }] if head.fields().count() > 100), "{events:?}");
}

#[test]
fn a_client_that_never_speaks_stays_connected() {
    // Round robin connects to all and may call none for days.
    let mut peer = Peer::of_server();
    for _ in 0..72 {
        peer.wait(Duration::from_secs(3600));
    }
    peer.assert_alive();
}
