//! A server's patience with PINGs (gRFC A8).

use std::time::Duration;

use super::frames::*;
use super::peer::{Peer, write_response};
use crate::error::Violation;
use crate::{End, Limits};

const MINUTE: Duration = Duration::from_secs(60);

fn strict() -> Peer {
    Peer::of_server_with(Limits { ping_interval_min: 5 * MINUTE, ..Limits::default() }, &[])
}

/// Sends so many PINGs, so far apart.
fn pings(peer: &mut Peer, count: u32, apart: Duration) {
    for _ in 0..count {
        peer.send(ping([7; 8]));
        peer.events();
        peer.frames();
        peer.wait(apart);
    }
}

/// Opens a stream and leaves it open.
fn call(peer: &mut Peer) -> crate::StreamKey {
    peer.send(request(1));
    peer.accept()
}

#[test]
fn the_third_ping_too_early_ends_the_connection() {
    let mut peer = strict();
    call(&mut peer);
    // One to begin with, two strikes.
    pings(&mut peer, 3, MINUTE);
    assert!(!peer.engine.is_closed());
    peer.send(ping([7; 8]));
    peer.assert_ended(&Violation::TooManyPings);
}

#[test]
fn pings_at_the_interval_go_on_for_ever_while_there_is_a_call_and_two_hours_apart_without() {
    let mut peer = strict();
    call(&mut peer);
    pings(&mut peer, 1000, 5 * MINUTE);
    assert!(!peer.engine.is_closed());
    let mut peer = strict();
    pings(&mut peer, 100, 120 * MINUTE);
    assert!(!peer.engine.is_closed());
    pings(&mut peer, 3, 119 * MINUTE);
    assert!(!peer.engine.is_closed());
    peer.send(ping([7; 8]));
    peer.assert_ended(&Violation::TooManyPings);
}

#[test]
fn without_streams_they_may_come_as_often_where_that_is_said() {
    let limits = Limits { ping_interval_min: 5 * MINUTE, pings_without_streams: true, ..Limits::default() };
    let mut peer = Peer::of_server_with(limits, &[]);
    pings(&mut peer, 1000, 5 * MINUTE);
    assert!(!peer.engine.is_closed());
}

#[test]
fn what_the_server_sends_for_a_call_forgives_all() {
    let mut peer = strict();
    let key = call(&mut peer);
    pings(&mut peer, 3, Duration::ZERO);
    peer.engine.send_headers(key, End::No, write_response);
    pings(&mut peer, 3, Duration::ZERO);
    for _ in 0..100 {
        peer.engine.send_slice(key, b"data", End::No);
        pings(&mut peer, 3, Duration::ZERO);
    }
    assert!(!peer.engine.is_closed());
    peer.send(ping([7; 8]));
    peer.assert_ended(&Violation::TooManyPings);
}
