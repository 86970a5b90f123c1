//! Octets waiting to be written: small ones copied into one buffer, large ones linked.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// Payloads up to this many octets are copied behind their frame header; larger ones are linked, so
/// that one vectored write takes both.
pub(crate) const COPY_BYTES_MAX: usize = 2048;

/// Slices one write takes at most.
pub const SLICES_MAX: usize = 64;

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
        if self.sent == self.scratch.len() {
            self.scratch.clear();
            self.sent = 0;
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
    fn a_burst_does_not_leave_its_buffer_behind() {
        let mut out = Out::default();
        out.scratch().extend_from_slice(&[0; 1 << 20]);
        out.advance(1 << 20);
        assert!(out.scratch.capacity() <= SCRATCH_KEPT_BYTES);
    }
}
