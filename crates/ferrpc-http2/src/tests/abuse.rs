//! Floods, one by one: each ends its connection within its budget, and the honest use beside it does not.
//!
//! The numbers are those of the attack table in the design: CVEs stand at each test.

use std::time::Duration;

use super::frames::*;
use super::peer::{Peer, write_response, write_trailers};
use crate::error::{ErrorCode, FrameKind, Violation};
use crate::{Closed, End, Event, Limits};

/// Sends what `attack` makes, again and again, until the connection ends; it must within `rounds_max`, for
/// this reason.
fn assert_ends(rounds_max: u32, violation: &Violation, mut attack: impl FnMut(u32) -> Vec<Frame>) {
    let mut peer = Peer::of_server();
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
fn refused_streams_count_as_resets() {
    // A peer that never heeds the stream limit.
    let mut peer = Peer::of_server();
    for n in 0..2000 {
        peer.send(request(2 * n + 1));
    }
    assert!(peer.engine.is_closed());
    let heads = peer.events().iter().filter(|event| matches!(event, Event::Head { .. })).count();
    assert_eq!(heads, 100);
}
