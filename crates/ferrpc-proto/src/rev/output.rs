//! What is written to, and what becomes of it: spaces, what is linked between them, and how a message is put
//! together.
//!
//! What outgrows the first space goes on in chunks, each twice as large as all before it, up to a limit. What is
//! long is not copied there, but linked until the message is put together.
//!
//! # What makes it sound
//! 1. `low` is in the space at hand, the last of `chunks` or else the first space, which this output alone may
//!    write to. From `at`, where the writer is, to its end it is initialised.
//! 2. Spaces live as long as the output: the first one is borrowed, the others are `chunks`. In each, all
//!    from where the next one was begun to its end is initialised and not written to again.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

use bytes::Bytes;

use super::{DEPTH_MAX, Encode, RevWriter};
use crate::error::EncodeError;

/// The largest message the format allows.
const BYTES_MAX: usize = i32::MAX as usize;

/// The smallest chunk on the heap.
const CHUNK_BYTES_MIN: usize = 8 << 10;

/// The largest chunk, unless one thing needs more.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// At the start of each space: nobody is promised them, but they may be written to.
pub(super) const SPARE_BYTES: usize = 8;

/// Bytes from this length on are not copied until the message is put together.
pub(super) const LINKED_BYTES_MIN: usize = 512;

/// `bytes` fields from this length on are shared with a transport: below, a copy costs less.
const SHARED_BYTES_MIN: usize = 2 << 10;

/// Most messages have no more joints than this, and need no memory to keep them.
const FEW_JOINTS: usize = 8;

/// What stands between two runs of bytes that were written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Linked<'a> {
    /// Nothing: the writer went on in a new chunk.
    Nothing,
    Lent(&'a [u8]),
    Shared(&'a Bytes),
}

impl<'a> Linked<'a> {
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Nothing => &[],
            Self::Lent(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// Where the bytes of a message do not lie one behind the other.
#[derive(Clone, Copy, Debug)]
struct Joint<'a> {
    /// The end of the run before it.
    until: *const u8,
    linked: Linked<'a>,
    /// The start of the run behind it.
    from: *const u8,
}

/// What becomes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is put together in one place: what is long can wait and is copied there at once.
    Copy,
    /// It is handed on in pieces that own what is in them.
    Pieces,
    /// Only its length is of interest.
    Measure,
}

/// What speaks against sending a message, each one bit.
pub(super) mod flaw {
    /// A required field is unset.
    pub(in super::super) const MISSING: u32 = 1;
    pub(in super::super) const TOO_DEEP: u32 = 2;
    pub(super) const TOO_LARGE: u32 = 4;
}

/// What a message takes that is long, or has many long things in it.
#[derive(Debug, Default)]
struct Spill<'a> {
    joints: Vec<Joint<'a>>,
    /// The spaces after the first; the last one is at hand.
    chunks: Vec<Vec<u8>>,
}

/// A run of bytes that were written, what is linked behind it, and where the next one begins.
struct Run<'w, 'a> {
    bytes: &'w [u8],
    linked: Linked<'a>,
    next: *const u8,
}

/// A chunk that is full, or will not be written to any more.
struct Chunk {
    memory: Vec<u8>,
    /// From here on to the end of its capacity it is written.
    start: usize,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the writer that this was made by wrote all of it, from the end down to `start`.
        unsafe {
            core::slice::from_raw_parts(
                self.memory.as_ptr().add(self.start),
                self.memory.capacity() - self.start,
            )
        }
    }
}

/// What a message is written to.
#[derive(Debug)]
#[repr(C)] // What each field looks at comes first, where it is reached by the shortest instructions.
pub(crate) struct Output<'a> {
    /// The start of the space at hand, behind the bytes to spare.
    pub(super) low: *mut u8,
    /// `end - at.addr()` is how much has been written in all.
    end: usize,
    /// `bytes` of this length or more are [`Linked::Shared`], texts [`Linked::Lent`].
    pub(super) linked_min: usize,
    pub(super) shared_min: usize,
    /// Levels left.
    pub(super) depth: u32,
    /// How many joints there are, the last one of the message first: in `few`, then in `spill`.
    joints: u32,
    /// Of [`flaw`].
    pub(super) flaws: u32,
    purpose: Purpose,
    /// Whether maps are written by ascending key.
    pub(super) sorted: bool,
    /// Where the last thing written begins, once the writer has come back.
    at: *mut u8,
    /// The end of the first space.
    first_end: *mut u8,
    /// What most messages do without.
    spill: Option<Box<Spill<'a>>>,
    few: [MaybeUninit<Joint<'a>>; FEW_JOINTS],
    /// The first space, and what the message lends.
    borrowed: PhantomData<(&'a mut [MaybeUninit<u8>], &'a [u8])>,
}

impl<'a> Output<'a> {
    #[inline]
    pub(crate) fn new(space: &'a mut [MaybeUninit<u8>], purpose: Purpose, sorted: bool) -> Self {
        let range = space.as_mut_ptr_range();
        Self::within(range.start.cast(), range.end.cast(), purpose, sorted)
    }

    /// Takes pieces in a space that is, and stays, initialised.
    #[inline]
    pub(crate) fn over(space: &'a mut [u8]) -> Self {
        let range = space.as_mut_ptr_range();
        Self::within(range.start, range.end, Purpose::Pieces, false)
    }

    #[inline]
    fn within(start: *mut u8, at: *mut u8, purpose: Purpose, sorted: bool) -> Self {
        let (shared_min, linked_min) = match purpose {
            Purpose::Copy | Purpose::Measure => (LINKED_BYTES_MIN, LINKED_BYTES_MIN),
            // What the message only lends cannot be handed on.
            Purpose::Pieces => (SHARED_BYTES_MIN, usize::MAX),
        };
        // SAFETY: inside the space, or its end.
        let low = unsafe { start.add(SPARE_BYTES.min(at.addr() - start.addr())) };
        Self {
            low,
            end: at.addr(),
            linked_min,
            shared_min,
            depth: DEPTH_MAX,
            joints: 0,
            flaws: 0,
            purpose,
            sorted,
            at,
            first_end: at,
            spill: None,
            few: [MaybeUninit::uninit(); FEW_JOINTS],
            borrowed: PhantomData,
        }
    }

    /// Lets messages nest as deep as they do: for what has been decoded within another limit.
    pub(crate) fn at_any_depth(self) -> Self {
        Self { depth: u32::MAX, ..self }
    }

    /// Writes a message. Only once.
    #[inline]
    pub(crate) fn write(&mut self, message: &'a dyn Encode) {
        self.write_by(|w| message.encode_rev(w));
    }

    #[inline]
    pub(super) fn write_by(&mut self, write: impl for<'w> FnOnce(RevWriter<'w, 'a>) -> RevWriter<'w, 'a>) {
        self.at = write(RevWriter { at: self.at, output: self }).at;
    }

    /// How much has been written by a writer that is at `at`.
    #[inline(always)]
    pub(super) fn written(&self, at: *const u8) -> usize {
        self.end.wrapping_sub(at.addr())
    }

    /// The length of the message.
    pub(crate) fn len(&self) -> usize {
        self.written(self.at)
    }

    /// Goes on in another space, which has room for `bytes`. Returns its end.
    #[cold]
    #[inline(never)]
    pub(super) fn grow(&mut self, at: *mut u8, bytes: usize) -> *mut u8 {
        let written = self.written(at);
        self.watch(written, written);
        let mut space_end = self.space_end();
        if self.purpose != Purpose::Measure || space_end.addr() - self.low.addr() < bytes {
            let capacity = bytes.max(CHUNK_BYTES_MIN).max(written.saturating_mul(2));
            let mut chunk: Vec<u8> =
                Vec::with_capacity(capacity.min(CHUNK_BYTES_MAX.max(bytes)) + SPARE_BYTES);
            let start = chunk.as_mut_ptr();
            // SAFETY: within the chunk's memory, or one past it; it stays where it is when the `Vec` moves.
            (self.low, space_end) = unsafe { (start.add(SPARE_BYTES), start.add(chunk.capacity())) };
            self.spill.get_or_insert_default().chunks.push(chunk);
            self.push_joint(Joint { until: space_end, linked: Linked::Nothing, from: at });
        }
        // What is only measured is written over: nobody will read it.
        self.end = space_end.addr().wrapping_add(written);
        space_end
    }

    /// The end of the space at hand.
    fn space_end(&mut self) -> *mut u8 {
        match self.spill.as_mut().and_then(|spill| spill.chunks.last_mut()) {
            // SAFETY: one past the chunk's memory.
            Some(chunk) => unsafe { chunk.as_mut_ptr().add(chunk.capacity()) },
            None => self.first_end,
        }
    }

    /// Takes what the message lends without copying it; the space at hand is written on below `at`, which is
    /// returned.
    #[inline(never)]
    pub(super) fn link(&mut self, at: *mut u8, linked: Linked<'a>) -> *mut u8 {
        let len = linked.bytes().len();
        self.end = self.end.wrapping_add(len);
        self.watch(self.written(at), len);
        if self.purpose != Purpose::Measure {
            self.push_joint(Joint { until: at, linked, from: at });
        }
        at
    }

    /// Sees to it that a message that is too long takes no more memory, and is known for one even if its
    /// length overflows: it is then less than what was `added` last.
    #[inline]
    fn watch(&mut self, written: usize, added: usize) {
        if written > BYTES_MAX || written < added {
            self.flaws |= flaw::TOO_LARGE;
            self.purpose = Purpose::Measure;
        }
    }

    #[inline]
    fn push_joint(&mut self, joint: Joint<'a>) {
        match self.few.get_mut(self.joints as usize) {
            Some(slot) => {
                slot.write(joint);
            }
            None => self.spill.get_or_insert_default().joints.push(joint),
        }
        self.joints += 1;
    }

    /// Whether what was written of `message` may be sent.
    #[cold]
    #[inline(never)]
    pub(crate) fn is_sound(&self, message: &dyn Encode) -> bool {
        // A view may lack a field in an entry of a map that another one has replaced.
        (self.flaws & flaw::MISSING == 0 || message.missing().is_none())
            && self.flaws & flaw::TOO_DEEP == 0
            && self.fits()
    }

    /// Whether it is short enough for a message.
    pub(crate) fn fits(&self) -> bool {
        self.flaws & flaw::TOO_LARGE == 0 && self.len() <= BYTES_MAX
    }

    /// Why not.
    pub(crate) fn error(&self, message: &dyn Encode) -> EncodeError {
        if let Some(missing) = message.missing() {
            EncodeError::Uninitialized(missing)
        } else if self.flaws & flaw::TOO_DEEP != 0 {
            EncodeError::TooDeep
        } else {
            EncodeError::TooLarge { len: self.len().max(BYTES_MAX + 1) }
        }
    }

    /// What was written, if nothing speaks against sending it and all of it lies in the first space, as most
    /// messages do.
    #[inline]
    pub(crate) fn simple(&self) -> Option<&[u8]> {
        // SAFETY: without joints it is initialised to the end of the space (1).
        (self.joints | self.flaws == 0)
            .then(|| unsafe { core::slice::from_raw_parts(self.at, self.first_end.addr() - self.at.addr()) })
    }

    /// Frees what a message took that is not [`simple`](Self::simple).
    pub(crate) fn free(&mut self) {
        self.spill = None;
    }

    /// The end of what is simple, or was freed: without running through code that frees what is not there.
    #[inline]
    pub(crate) fn end(self) {
        debug_assert!(self.spill.is_none(), "what is spilled has joints, and was freed");
        core::mem::forget(self);
    }

    /// What was written, in memory of exactly its size.
    pub(crate) fn to_box(&self) -> Box<[u8]> {
        let mut out = Vec::with_capacity(self.len());
        self.copy_runs(&mut out);
        out.into_boxed_slice()
    }

    /// Appends what was written to `out`.
    pub(crate) fn append_to(&self, out: &mut Vec<u8>) {
        out.reserve(self.len());
        self.copy_runs(out);
    }

    fn copy_runs(&self, out: &mut Vec<u8>) {
        let len = self.len();
        assert!(out.capacity() - out.len() >= len, "room for all of it");
        // SAFETY: there is room for `len` more bytes, which is how long the runs and what is linked are
        // together; `out` is borrowed alone, so none of them lies in it.
        unsafe {
            let mut to = out.as_mut_ptr().add(out.len());
            self.runs().for_each(|Run { bytes, linked, .. }| {
                for part in [bytes, linked.bytes()] {
                    // Half of the runs between links are empty.
                    if !part.is_empty() {
                        core::ptr::copy_nonoverlapping(part.as_ptr(), to, part.len());
                        to = to.add(part.len());
                    }
                }
            });
            out.set_len(out.len() + len);
        }
    }

    /// Copies what was written to the first space, behind `front` bytes, into a new buffer.
    pub(crate) fn copy_first(&self, front: usize) -> Vec<u8> {
        let chunks = self.spill.as_ref().map_or(0, |spill| spill.chunks.len());
        let mut runs = self.runs();
        if chunks > 0 {
            runs.by_ref().filter(|run| matches!(run.linked, Linked::Nothing)).nth(chunks - 1);
        }
        let len: usize = runs.clone().map(|run| run.bytes.len()).sum();
        let mut buffer = Vec::with_capacity(front + len);
        buffer.resize(front, 0);
        runs.for_each(|run| buffer.extend_from_slice(run.bytes));
        buffer
    }

    /// How much of the message lies in the first space, at the end of that. The rest is added to `links`, each
    /// behind so many bytes of the first space; it does not need this any more.
    pub(crate) fn pieces(&mut self, links: &mut Vec<(usize, Bytes)>) -> usize {
        let chunks = self.spill.as_mut().map_or_else(Vec::new, |spill| core::mem::take(&mut spill.chunks));
        let mut chunks = chunks.into_iter().rev();
        let mut chunk = |from: *const u8| {
            let memory = chunks.next()?;
            let start = from.addr() - memory.as_ptr().addr();
            Some(Bytes::from_owner(Chunk { memory, start }))
        };
        let mut first = 0;
        let mut at_hand = chunk(self.at);
        for Run { bytes, linked, next } in self.runs() {
            match &at_hand {
                _ if bytes.is_empty() => {}
                Some(chunk) => links.push((first, chunk.slice_ref(bytes))),
                None => first += bytes.len(),
            }
            match linked {
                Linked::Nothing => at_hand = chunk(next),
                Linked::Lent(bytes) => links.push((first, Bytes::copy_from_slice(bytes))),
                Linked::Shared(bytes) => links.push((first, bytes.clone())),
            }
        }
        first
    }

    #[cfg(test)]
    pub(super) fn keeps_anything(&self) -> bool {
        self.joints > 0 || self.spill.is_some()
    }

    /// What was written, from the start of the message.
    fn runs(&self) -> impl Iterator<Item = Run<'_, 'a>> + Clone {
        let few = &self.few[..FEW_JOINTS.min(self.joints as usize)];
        // SAFETY: as many of them were written.
        let few = few.iter().map(|joint| unsafe { joint.assume_init_ref() });
        let more = self.spill.as_ref().map_or(&[][..], |spill| &spill.joints);
        let last = Joint { until: self.first_end, linked: Linked::Nothing, from: self.first_end };
        let mut at = self.at.cast_const();
        more.iter().rev().chain(few.rev()).copied().chain([last]).map(move |Joint { until, linked, from }| {
            // SAFETY: from one joint to the next, or to the end of its space, a space is initialised (1, 2).
            let bytes = unsafe { core::slice::from_raw_parts(at, until.addr() - at.addr()) };
            at = from;
            Run { bytes, linked, next: from }
        })
    }
}
