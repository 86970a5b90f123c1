//! Octets and frames of chance: nothing panics, and what the engine says stays legal.

use super::frames::*;
use super::peer::{Peer, write_response, write_trailers};
use crate::error::{ErrorCode, FrameKind};
use crate::frame::PREFACE;
use crate::{End, Event, Limits};

/// The only source of chance; the same numbers every time.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn octets(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() >> 56) as u8).collect()
    }
}

/// A frame that is likely to be legal, or nearly.
fn some_frame(chance: &mut Chance) -> Frame {
    let stream = [1, 1, 3, 3, 5, 7, 9, 11, 2, 0][chance.below(10)];
    let len = [0, 1, 4, 5, 8, 100, 5000][chance.below(7)];
    let octets = chance.octets(len);
    let number = [0, 1, 1000, 65_535, 0x7fff_ffff, 0x8000_0001][chance.below(6)];
    let mut frame = match chance.below(14) {
        0..3 => data(stream, octets),
        3..6 => request(stream | 1),
        6 => headers(stream, octets),
        7 => trailers(stream),
        8 => window_update(stream, number),
        9 => rst_stream(stream, ErrorCode(number)),
        10 => settings(&[(chance.below(8) as u16, number)]),
        11 => ping([0; 8]),
        12 => [
            priority(stream, number),
            goaway(number, ErrorCode(0)),
            continuation(stream, octets),
            unknown(stream, "?"),
        ][chance.below(4)]
        .clone(),
        _ => Frame {
            kind: chance.below(12) as u8,
            flags: (chance.next() >> 56) as u8,
            stream,
            payload: octets,
        },
    };
    if chance.one_in(8) {
        frame = frame.flag((chance.next() >> 56) as u8);
    }
    if chance.one_in(8) {
        frame = frame.padded((chance.next() >> 56) as u8);
    }
    frame
}

/// What must hold whatever the peer does.
fn check_output(frames: &[Frame]) {
    for frame in frames {
        assert!(frame.payload.len() <= 16_384 && frame.kind <= FrameKind::CONTINUATION.0);
        match FrameKind(frame.kind) {
            FrameKind::WINDOW_UPDATE => assert!((1..=0x7fff_ffff).contains(&frame.number(0))),
            FrameKind::RST_STREAM | FrameKind::HEADERS | FrameKind::DATA => assert_ne!(frame.stream, 0),
            FrameKind::PING | FrameKind::SETTINGS | FrameKind::GOAWAY => assert_eq!(frame.stream, 0),
            _ => {}
        }
    }
}

#[test]
fn frames_of_chance_never_panic_a_server() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..3000 {
        let mut chance = Chance::new(seed);
        let mut peer = Peer::of_server();
        for _ in 0..60 {
            peer.split = [0, 0, 1, 7][chance.below(4)];
            peer.send(some_frame(&mut chance));
            for event in peer.events() {
                match event {
                    Event::Head { stream, .. } => match chance.below(4) {
                        0 => peer.engine.reset(stream, ErrorCode::CANCEL),
                        1 => {
                            peer.engine.send_headers(stream, End::No, write_response);
                            peer.engine.send(stream, vec![7; chance.below(200_000)].into(), End::No);
                            peer.engine.send_trailers(stream, write_trailers);
                        }
                        _ => {}
                    },
                    Event::Data { stream, chunk, .. } => peer.engine.consumed(stream, chunk.len()),
                    Event::Closed { reason } => {
                        let text = format!("{reason:?}");
                        kinds.insert(text.chars().take(30).collect::<String>());
                    }
                    _ => {}
                }
            }
            check_output(&peer.frames());
            assert!(peer.engine.streams() <= 100);
            if peer.engine.is_closed() {
                break;
            }
        }
    }
    assert!(kinds.len() > 15, "the noise must reach many ends, not only {kinds:?}");
}

#[test]
fn frames_of_chance_never_panic_a_client() {
    for seed in 0..2000 {
        let mut chance = Chance::new(seed);
        let mut peer = Peer::of_client();
        for _ in 0..60 {
            if chance.one_in(3) && peer.engine.can_open().is_ok() {
                let key = peer.open(if chance.one_in(2) { End::Yes } else { End::No });
                peer.engine.send(key, vec![7; chance.below(100_000)].into(), End::No);
            }
            let frame =
                if chance.one_in(3) { response([1, 3, 5][chance.below(3)]) } else { some_frame(&mut chance) };
            peer.send(frame);
            peer.events();
            check_output(&peer.frames());
            if peer.engine.is_closed() {
                break;
            }
        }
    }
}

#[test]
fn octets_of_chance_never_panic() {
    for seed in 0..3000 {
        let mut chance = Chance::new(seed);
        let len = chance.below(300);
        let noise = chance.octets(len);
        let mut peer = Peer::of_fresh_server(Limits::default());
        if chance.one_in(4) {
            peer.send_octets(PREFACE);
        }
        if chance.one_in(2) {
            peer.send(settings(&[]));
        }
        peer.send_octets(&noise);
        let mut peer = Peer::of_client();
        peer.open(End::No);
        peer.send_octets(&noise);
    }
}

#[test]
fn session_with_one_octet_changed_never_panics() {
    let session: Vec<u8> =
        [request(1), data(1, "hello").padded(3), request(3).end(), window_update(1, 9), trailers(1)]
            .iter()
            .flat_map(Frame::octets)
            .collect();
    for at in 0..session.len() {
        for change in [0x01, 0x04, 0x20, 0x80, 0xff] {
            let mut changed = session.clone();
            changed[at] ^= change;
            let mut peer = Peer::of_server();
            peer.send_octets(&changed);
            peer.frames();
        }
    }
}
