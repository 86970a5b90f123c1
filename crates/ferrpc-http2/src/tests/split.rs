//! However the octets are cut, the events are the same.

use super::frames::*;
use super::peer::Peer;
use crate::Event;
use crate::error::ErrorCode;
use crate::frame::{FLAG_END_HEADERS, FLAG_PRIORITY, PREFACE};

/// Events as text, with the DATA of a stream that lies together in one piece.
fn told(events: &[Event]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut open: Option<(u32, Vec<u8>)> = None;
    for event in events {
        if let Event::Data { stream, chunk, end } = event {
            let body = match &mut open {
                Some((id, body)) if *id == stream.id().get() => body,
                _ => &mut open.insert((stream.id().get(), Vec::new())).1,
            };
            body.extend_from_slice(chunk.as_slice());
            if end.is_yes() {
                body.extend_from_slice(b" [end]");
            }
            continue;
        }
        if let Some((id, body)) = open.take() {
            told.push(format!("data {id} {}", body.escape_ascii()));
        }
        told.push(format!("{event:?}"));
    }
    if let Some((id, body)) = open {
        told.push(format!("data {id} {}", body.escape_ascii()));
    }
    told
}

fn script() -> Vec<Frame> {
    let block = block(&[&REQUEST[..], &[("x", "a value that is somewhat longer than the others")]].concat());
    let with_priority = headers(7, [&[0, 0, 0, 3, 7][..], &block].concat()).flag(FLAG_PRIORITY);
    vec![
        settings(&[(3, 7), (4, 70_000), (1, 100)]),
        settings_ack(),
        request(1),
        data(1, "hello, "),
        unknown(0, vec![9; 300]),
        data(1, "world").padded(77),
        headers(3, &block[..1]).without(FLAG_END_HEADERS),
        continuation(3, &block[1..20]).without(FLAG_END_HEADERS),
        continuation(3, &block[20..]),
        window_update(3, 5),
        data(3, "").padded(1),
        data(3, "x").end(),
        trailers(1),
        priority(5, 1),
        with_priority.padded(20),
        data(7, vec![b'd'; 16_384]),
        data(7, vec![b'e'; 3000]).padded(255).end(),
        request(9),
        rst_stream(9, ErrorCode::CANCEL),
        data(9, "late"),
        request(11),
        window_update(11, 0),
        ping(*b"12345678"),
        goaway(0, ErrorCode::NO_ERROR),
        request(13).end(),
        window_update(0, 0),
    ]
}

fn run(split: impl Fn(usize) -> usize) -> (Vec<String>, Vec<Frame>) {
    let octets: Vec<u8> = PREFACE.iter().copied().chain(script().iter().flat_map(Frame::octets)).collect();
    let mut peer = Peer::of_fresh_server(crate::Limits::default());
    let mut at = 0;
    while at < octets.len() {
        let n = split(at).clamp(1, octets.len() - at);
        peer.send_octets(&octets[at..at + n]);
        at += n;
    }
    let (events, frames) = (peer.events(), peer.frames());
    (told(&events), frames)
}

#[test]
fn pieces_of_any_size_give_the_same_events_and_answers() {
    let (events, frames) = run(|_| usize::MAX);
    assert!(events.len() > 12, "{events:#?}");
    for size in (1..40).chain([63, 64, 65, 255, 1000, 4096, 16_393]) {
        let (other_events, other_frames) = run(|_| size);
        assert_eq!(other_events, events, "in pieces of {size}");
        assert_eq!(other_frames, frames, "in pieces of {size}");
    }
}

#[test]
fn one_cut_anywhere_gives_the_same_events() {
    let (events, frames) = run(|_| usize::MAX);
    // Every cut up to the large frame, then every seventh.
    for cut in (1..1500).chain((1500..20_500).step_by(7)) {
        let (other_events, other_frames) = run(|at| if at == 0 { cut } else { usize::MAX });
        assert_eq!(other_events, events, "cut at {cut}");
        assert_eq!(other_frames, frames, "cut at {cut}");
    }
}
