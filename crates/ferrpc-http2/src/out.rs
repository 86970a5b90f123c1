//! Octets waiting to be written: small ones copied into one buffer, large ones linked.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

use crate::error::StreamId;
use crate::frame::{self, HEADER_BYTES};
use crate::stream::End;

/// Payloads up to this many octets are copied behind their frame header; larger ones are linked, so
/// that one vectored write takes both.
pub(crate) const COPY_BYTES_MAX: usize = 2048;

/// Slices one write takes at most: two for each frame of the largest batch.
pub const SLICES_MAX: usize = 128;

/// The output of a connection, in order. The driver writes [`slices`](Self::slices) and then
/// [`advance`](Self::advance)s by what the socket took.
#[derive(Debug, Default)]
pub struct Out {
    /// Copied octets of all parts; `sent` of them are written.
    scratch: Vec<u8>,
    sent: usize,
    /// The linked payloads, each behind the scratch octets up to `after`. Empty for most writes.
    links: VecDeque<Link>,
    linked_bytes: usize,
    /// The DATA frame begun last, as long as none of it is written.
    tail: Option<Tail>,
}

/// A DATA frame in the scratch octets.
#[derive(Clone, Copy, Debug)]
struct Tail {
    stream: StreamId,
    /// Where its header begins.
    at: usize,
    /// Octets of its payload.
    len: usize,
}

#[derive(Debug)]
struct Link {
    after: usize,
    payload: Bytes,
}

impl Out {
    /// Octets waiting.
    pub fn len(&self) -> usize {
        self.scratch.len() - self.sent + self.linked_bytes
    }

    /// True when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The buffer to append small octets to.
    pub(crate) fn scratch(&mut self) -> &mut Vec<u8> {
        &mut self.scratch
    }

    /// Appends a payload: copied when small, linked when not.
    pub(crate) fn push(&mut self, payload: Bytes) {
        if payload.len() <= COPY_BYTES_MAX {
            self.scratch.extend_from_slice(&payload);
        } else {
            self.linked_bytes += payload.len();
            self.links.push_back(Link { after: self.scratch.len(), payload });
        }
    }

    /// Appends a small DATA frame; or, if the last thing waiting is DATA of the same stream, makes that one
    /// longer, up to `frame_bytes_max`. A peer has work with each frame, and some count the small ones.
    pub(crate) fn data(&mut self, stream: StreamId, payload: &[u8], end: End, frame_bytes_max: usize) {
        let at = match self.tail {
            Some(tail)
                if tail.stream == stream
                    && tail.at + HEADER_BYTES + tail.len == self.scratch.len()
                    && self.links.back().is_none_or(|link| link.after <= tail.at)
                    && tail.len + payload.len() <= frame_bytes_max =>
            {
                tail.at
            }
            _ => {
                let at = self.scratch.len();
                self.scratch.extend_from_slice(&[0; HEADER_BYTES]);
                at
            }
        };
        self.scratch.extend_from_slice(payload);
        let len = self.scratch.len() - at - HEADER_BYTES;
        self.scratch[at..at + HEADER_BYTES].copy_from_slice(&frame::data_header(stream, len, end.is_yes()));
        self.tail = Some(Tail { stream, at, len });
    }

    /// All waiting octets in order as slices, as many as fit into `into`; returns how many were set.
    pub fn slices<'a>(&'a self, into: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        let mut at = self.sent;
        for link in &self.links {
            if at < link.after {
                let Some(slot) = into.get_mut(count) else { return count };
                *slot = IoSlice::new(&self.scratch[at..link.after]);
                count += 1;
                at = link.after;
            }
            let Some(slot) = into.get_mut(count) else { return count };
            *slot = IoSlice::new(&link.payload);
            count += 1;
        }
        if at < self.scratch.len()
            && let Some(slot) = into.get_mut(count)
        {
            *slot = IoSlice::new(&self.scratch[at..]);
            count += 1;
        }
        count
    }

    /// The next octets in one piece; empty only when all are written.
    pub fn first(&self) -> &[u8] {
        match self.links.front() {
            Some(link) if self.sent == link.after => &link.payload,
            Some(link) => &self.scratch[self.sent..link.after],
            None => &self.scratch[self.sent..],
        }
    }

    /// True when everything lies in [`first`](Self::first): a plain write does.
    pub fn is_one_piece(&self) -> bool {
        self.links.is_empty()
    }

    /// Forgets the first `n` octets: they are written.
    pub fn advance(&mut self, mut n: usize) {
        while let Some(link) = self.links.front_mut() {
            let small = n.min(link.after - self.sent);
            self.sent += small;
            n -= small;
            let large = n.min(link.payload.len());
            link.payload.advance(large);
            self.linked_bytes -= large;
            n -= large;
            if self.sent < link.after || !link.payload.is_empty() {
                return;
            }
            self.links.pop_front();
        }
        self.sent += n.min(self.scratch.len() - self.sent);
        self.tail = self.tail.filter(|tail| tail.at >= self.sent);
        if self.sent == self.scratch.len() {
            self.scratch.clear();
            self.sent = 0;
            self.tail = None;
            // A burst may have grown the buffer; an idle connection must not keep it.
            self.scratch.shrink_to(SCRATCH_KEPT_BYTES);
        }
    }
}

/// Buffer a connection keeps between writes.
const SCRATCH_KEPT_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(out: &Out) -> Vec<u8> {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let n = out.slices(&mut slices);
        slices[..n].iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn order_is_kept_whatever_the_socket_takes() {
        let large = Bytes::from(vec![b'L'; COPY_BYTES_MAX + 1]);
        for step in [1, 2, 3, 1000, 5000] {
            let mut out = Out::default();
            out.scratch().extend_from_slice(b"ab");
            out.push(large.clone());
            out.push(large.clone());
            out.scratch().extend_from_slice(b"cd");
            out.push(Bytes::from_static(b"small"));
            let expected = written(&out);
            assert_eq!(expected.len(), out.len());
            let mut got = Vec::new();
            while !out.is_empty() {
                let next = written(&out);
                assert_eq!(next[..out.first().len()], *out.first());
                got.extend_from_slice(&next[..step.min(next.len())]);
                out.advance(step);
            }
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn data_of_one_stream_is_one_frame_until_something_comes_between() {
        let frames = |out: &Out| {
            let (all, mut frames, mut at) = (written(out), Vec::new(), 0);
            while let Some(header) = all.get(at..at + HEADER_BYTES) {
                let header = frame::FrameHeader::parse(header.try_into().unwrap());
                frames.push((header.stream.get(), header.len, header.flags));
                at += HEADER_BYTES + header.len as usize;
            }
            assert_eq!(at, all.len());
            frames
        };
        let mut out = Out::default();
        out.data(StreamId(1), b"one", End::No, 10);
        out.data(StreamId(1), b"four", End::No, 10);
        assert_eq!(frames(&out), [(1, 7, 0)]);
        // Too long for one frame; another stream; the end of the stream.
        out.data(StreamId(1), b"three", End::No, 10);
        out.data(StreamId(3), b"x", End::No, 10);
        out.data(StreamId(3), b"", End::Yes, 10);
        assert_eq!(frames(&out), [(1, 7, 0), (1, 5, 0), (3, 1, frame::FLAG_END_STREAM)]);
        // Other octets come between, copied or linked.
        out.advance(out.len());
        out.data(StreamId(5), b"a", End::No, 100);
        frame::append_settings_ack(out.scratch());
        out.data(StreamId(5), b"b", End::No, 100);
        assert_eq!(frames(&out), [(5, 1, 0), (0, 0, 1), (5, 1, 0)]);
        out.advance(out.len());
        let large = COPY_BYTES_MAX + 1;
        out.scratch().extend_from_slice(&frame::data_header(StreamId(7), large, false));
        out.push(Bytes::from(vec![0; large]));
        out.data(StreamId(7), b"small", End::No, 100);
        out.data(StreamId(7), b"er", End::No, 100);
        assert_eq!(frames(&out), [(7, u32::try_from(large).unwrap(), 0), (7, 7, 0)]);
    }

    #[test]
    fn a_frame_of_which_some_is_written_is_left_as_it_is() {
        for written_bytes in 1..=HEADER_BYTES + 3 {
            let mut out = Out::default();
            out.data(StreamId(1), b"one", End::No, 100);
            out.advance(written_bytes);
            let before = written(&out);
            out.data(StreamId(1), b"two", End::No, 100);
            let second = [&frame::data_header(StreamId(1), 3, false), &b"two"[..]].concat();
            assert_eq!(written(&out), [before, second].concat(), "{written_bytes} written");
        }
    }

    #[test]
    fn a_burst_does_not_leave_its_buffer_behind() {
        let mut out = Out::default();
        out.scratch().extend_from_slice(&[0; 1 << 20]);
        out.advance(1 << 20);
        assert!(out.scratch.capacity() <= SCRATCH_KEPT_BYTES);
    }
}
