//! Who writes next: streams with queued DATA take turns, one frame each, as windows allow.
//!
//! Replies, heads and small messages never wait here; they are in the output already.

use std::collections::VecDeque;

use super::{Connection, Event, Progress};
use crate::frame;
use crate::limits::Limits;
use crate::stream::{End, Half, QueuedEnd, StreamKey};

/// Streams that have something queued and window for it, in the order of their turns.
#[derive(Debug, Default)]
pub(super) struct Ring {
    turns: VecDeque<StreamKey>,
}

/// A piece of DATA below this, with more behind it, is one that only a dribbling peer asks for.
const TINY_DATA_BYTES: usize = 32;

/// Octets a stream may send in one turn: a reply that becomes ready waits for at most one of these.
pub(super) const QUANTUM_BYTES: usize = 16 << 10;

/// What a peer may send back for a DATA frame, one for the stream and one for the connection.
pub(super) const WINDOW_UPDATES_PER_DATA: u32 = 2;

/// How much output is gathered for one write. A write of a megabyte costs much less than eight of an eighth; but what
/// a socket did not take stands before all that becomes ready later. So batches grow while sockets take them whole, and
/// one that did not is given small ones for a while.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Times it has doubled.
    doublings: u32,
    /// Octets to be written until it may do so.
    held_bytes: u32,
}

/// Octets written in small batches after one that was not taken.
const HELD_BYTES: u32 = 16 << 20;

impl Batch {
    fn bytes(&self, limits: &Limits) -> usize {
        // What stops the reading is never gathered for one write.
        let bytes_max = limits.write_bytes_max.min(limits.output_bytes_max / 8 * 7);
        let bytes = limits.write_bytes_mark.saturating_mul(1 << self.doublings);
        bytes.min(bytes_max).max(limits.write_bytes_mark)
    }

    /// The socket took `n` octets of the output, and left so many.
    pub(super) fn written(&mut self, n: usize, left: usize, limits: &Limits) {
        self.held_bytes = self.held_bytes.saturating_sub(u32::try_from(n).unwrap_or(u32::MAX));
        if left > 0 {
            self.doublings = 0;
        } else if n >= self.bytes(limits) && self.held_bytes == 0 {
            self.doublings = (self.doublings + 1).min(DOUBLINGS_MAX);
        }
    }

    /// It takes no more.
    pub(super) fn blocked(&mut self) {
        self.doublings = 0;
        self.held_bytes = HELD_BYTES;
    }
}

/// Enough for any limits that make sense.
const DOUBLINGS_MAX: u32 = 8;

impl Connection {
    /// Puts a stream into the ring if it could send something now.
    pub(super) fn make_ready(&mut self, key: StreamKey) {
        let Some(stream) = self.streams.get(key) else { return };
        let blocked = stream.queued_bytes > 0 && stream.send_window.available() == 0;
        if stream.waiting.is_some() && !blocked && !stream.in_ring {
            stream.in_ring = true;
            self.sched.turns.push_back(key);
        }
    }

    /// Moves queued DATA into the output, until that is long enough for one write or nothing may go.
    pub(super) fn schedule(&mut self) {
        while self.out.len() < self.batch.bytes(&self.limits) {
            let Some(&key) = self.sched.turns.front() else { return };
            // An END_STREAM needs no window, but no stream in front of others can be known to be that.
            if self.send_window.available() == 0 && self.needs_window(key) {
                return;
            }
            self.sched.turns.pop_front();
            self.turn(key);
        }
    }

    fn needs_window(&mut self, key: StreamKey) -> bool {
        self.streams.get(key).is_some_and(|stream| stream.queued_bytes > 0)
    }

    fn turn(&mut self, key: StreamKey) {
        let frame_bytes_max = self.peer.frame_bytes_max as usize;
        let mark = self.limits.unsent_bytes_mark;
        // Reset since it entered the ring.
        let Some(stream) = self.streams.get(key) else { return };
        stream.in_ring = false;
        if stream.send != Half::Body {
            return;
        }
        let allowed = self
            .send_window
            .available()
            //= RFC 9113 §6.9.1 within-both-windows: .min(stream.send_window.available()) →
            .min(stream.send_window.available())
            .min(frame_bytes_max)
            .min(QUANTUM_BYTES);
        let n = allowed.min(stream.queued_bytes);
        let emptied = n == stream.queued_bytes;
        let Some(waiting) = &mut stream.waiting else { return };
        let end = End::from_flag(emptied && matches!(waiting.end, Some(QueuedEnd::Data)));
        if n > 0 || end.is_yes() {
            stream.send_window.take(n);
            self.send_window.take(n);
            // A frame that is small since the window was pays for nothing: its peer made it so (CVE-2019-9511).
            if emptied || n >= TINY_DATA_BYTES {
                self.ledger.useful(WINDOW_UPDATES_PER_DATA);
            }
            self.pings.forgive();
            stream.queued_bytes -= n;
            self.held_bytes -= n;
            self.out.scratch().extend_from_slice(&frame::data_header(key.id(), n, end.is_yes()));
            let mut left = n;
            while left > 0
                && let Some(front) = waiting.pieces.front_mut()
            {
                let piece = front.split_to(left.min(front.len()));
                left -= piece.len();
                if front.is_empty() {
                    waiting.pieces.pop_front();
                }
                self.out.push(piece);
            }
            self.held_changed(Progress::Some);
        }
        let Some(stream) = self.streams.get(key) else { return };
        if stream.paused && stream.queued_bytes * 2 < mark {
            stream.paused = false;
            self.events.push_back(Event::Writable { stream: key });
        }
        if !emptied {
            return self.make_ready(key);
        }
        match stream.waiting.take().and_then(|waiting| waiting.end) {
            None => {}
            Some(QueuedEnd::Data) => self.sent_end(key),
            Some(QueuedEnd::Trailers(trailers)) => {
                self.append_block(key.id(), End::Yes, |writer| writer.fields(&trailers));
                self.sent_end(key);
            }
        }
    }
}
