//! How an encode begins and ends: where it writes to, and what becomes of that.
//!
//! One function for each use, made for no message in particular: a message brings one function that
//! writes it, and is compiled once however it is used.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::MaybeUninit;

use bytes::Bytes;

use crate::error::EncodeError;
use crate::rev::{Encode, Output, Purpose};
use crate::segments::{FRONT_BYTES, Segments, pool};

/// The space most messages fit into, on the stack. What outgrows it goes on in chunks on the heap.
const SCRATCH_BYTES: usize = 2048;

/// A new `Vec` of exactly the right size.
#[inline]
pub(crate) fn to_vec<M: Encode>(message: &M, sorted: bool) -> Result<Vec<u8>, EncodeError> {
    // Not two results that meet: those would be put together in memory.
    let bytes = if message.is_bare() { Some(Box::default()) } else { to_box(message, sorted) };
    match bytes {
        Some(bytes) => Ok(bytes.into()),
        None => Err(error(message)),
    }
}

/// In memory of exactly the right size; none is allocated for an empty message. `None` if the message may
/// not be sent.
///
/// No `Vec`, and no error, so that the result comes in two registers: to move what has just been stored word
/// by word would cost short messages a fifth of their time.
fn to_box(message: &dyn Encode, sorted: bool) -> Option<Box<[u8]>> {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut output = Output::new(&mut scratch, Purpose::Copy, sorted);
    output.write(message);
    let bytes = match output.simple() {
        Some(bytes) => Some(bytes.into()),
        None => linked_box(&mut output, message),
    };
    output.end();
    bytes
}

#[cold]
#[inline(never)]
fn linked_box(output: &mut Output<'_>, message: &dyn Encode) -> Option<Box<[u8]>> {
    let bytes = output.is_sound(message).then(|| output.to_box());
    output.free();
    bytes
}

/// Why a message may not be sent.
#[cold]
fn error(message: &dyn Encode) -> EncodeError {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut output = Output::new(&mut scratch, Purpose::Measure, false);
    output.write(message);
    output.error(message)
}

/// At the end of `out`, which is left as it was if there is an error.
pub(crate) fn append(message: &dyn Encode, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut output = Output::new(&mut scratch, Purpose::Copy, false);
    output.write(message);
    if output.is_sound(message) {
        output.append_to(out);
        Ok(())
    } else {
        Err(error(message))
    }
}

/// A new `Vec`, however deep messages nest and whatever they lack: of what was decoded within another limit.
/// Nothing, if that is too long to be a message.
pub(crate) fn at_any_depth(message: &dyn Encode) -> Vec<u8> {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut output = Output::new(&mut scratch, Purpose::Copy, false).at_any_depth();
    output.write(message);
    if output.fits() { output.to_box().into() } else { Vec::new() }
}

/// The length that would be encoded. Runs the encoder, so that both can never disagree, but keeps
/// nothing of what it writes.
pub(crate) fn len(message: &dyn Encode) -> usize {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut output = Output::new(&mut scratch, Purpose::Measure, false);
    output.write(message);
    output.len()
}

/// In pieces that own what is in them, `bytes` fields of 2 KiB and more as the message holds them.
#[inline]
pub(crate) fn to_segments<M: Encode>(message: &M) -> Result<Segments, EncodeError> {
    let segments = if message.is_bare() { Some(Segments::new()) } else { pieces(message) };
    segments.ok_or_else(|| error(message))
}

/// `None` if the message may not be sent.
fn pieces(message: &dyn Encode) -> Option<Segments> {
    let Some(mut parts) = pool::take() else { return exact_pieces(message) };
    let (space, links) = parts.space();
    let end = FRONT_BYTES + space.len();
    let mut output = Output::over(space);
    output.write(message);
    let len = match output.simple() {
        Some(bytes) => Some(bytes.len()),
        None => linked_pieces(&mut output, message, links, end),
    };
    output.end();
    match len {
        Some(len) => Some(Segments::filled(parts, len)),
        None => {
            pool::give(parts);
            None
        }
    }
}

/// How much of the message lies in the first space, which ends at `end` of its buffer; the rest is added to `links`.
#[cold]
#[inline(never)]
fn linked_pieces(
    output: &mut Output<'_>,
    message: &dyn Encode,
    links: &mut Vec<(usize, Bytes)>,
    end: usize,
) -> Option<usize> {
    let len = output.is_sound(message).then(|| output.pieces(links));
    output.free();
    links.iter_mut().for_each(|(at, _)| *at += end - len.unwrap_or(0));
    len
}

/// In memory of exactly the right size.
#[cold]
#[inline(never)]
fn exact_pieces(message: &dyn Encode) -> Option<Segments> {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut output = Output::new(&mut scratch, Purpose::Pieces, false);
    output.write(message);
    output.is_sound(message).then(|| {
        let (buffer, mut links) = (output.copy_first(FRONT_BYTES), Vec::new());
        output.pieces(&mut links);
        Segments::exact(buffer, links)
    })
}
