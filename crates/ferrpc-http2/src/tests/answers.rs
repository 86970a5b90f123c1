//! Whole answers in one step: the octets, the credit and the end that their parts would make.

use super::frames::*;
use super::peer::{Peer, write_response, write_trailers};
use crate::{End, StreamKey};

const PAYLOAD: &[u8] = b"\0\0\0\0\x02hi";

/// By [`Connection::respond`](crate::Connection::respond), or part by part.
fn answer(peer: &mut Peer, key: StreamKey, whole: bool) -> bool {
    if whole {
        return peer.engine.respond(key, write_response, PAYLOAD, write_trailers);
    }
    peer.engine.send_headers(key, End::No, write_response)
        && peer.engine.send_slice(key, PAYLOAD, End::No)
        && peer.engine.send_trailers(key, write_trailers)
}

/// What a server sends that answers like this, under these settings of its client.
fn answered(entries: &[(u16, u32)], request_ends: bool, whole: bool) -> Vec<Frame> {
    let mut peer = Peer::of_server_with(crate::Limits::default(), entries);
    let mut frames = Vec::new();
    // The second time everything is in the compression table.
    for stream in [1, 3] {
        let request = request(stream);
        peer.send(if request_ends { request.end() } else { request });
        let key = peer.accept();
        assert!(answer(&mut peer, key, whole));
        frames.extend(peer.frames());
        peer.send(window_update(stream, 100));
        frames.extend(peer.frames());
        assert!(!answer(&mut peer, key, whole), "the stream is gone");
        assert_eq!(peer.engine.streams(), 0);
    }
    // The connection's window is as small as both payloads made it.
    peer.send(window_update(0, 0x7fff_ffff - 65_535 + 2 * 7));
    peer.assert_alive();
    frames
}

#[test]
fn a_whole_answer_is_what_its_parts_are() {
    const WINDOW: u16 = 4;
    for entries in [&[][..], &[(WINDOW, 3)], &[(WINDOW, 0)]] {
        for request_ends in [true, false] {
            let whole = answered(entries, request_ends, true);
            assert_eq!(whole, answered(entries, request_ends, false), "{entries:?} {request_ends}");
            assert!(whole.len() >= 6);
        }
    }
}

#[test]
fn an_answer_whose_head_is_out_is_left_to_its_sender() {
    let mut peer = Peer::of_server();
    peer.send(request(1).end());
    let key = peer.accept();
    assert!(peer.engine.send_headers(key, End::No, write_response));
    peer.frames();
    assert!(!answer(&mut peer, key, true));
    assert_eq!(peer.frames(), []);
    assert!(peer.engine.send_trailers(key, write_trailers));
}
