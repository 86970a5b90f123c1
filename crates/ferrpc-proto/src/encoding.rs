//! How an encode begins and ends: where it writes to, and what becomes of that.
//!
//! One function for each use, made for no message in particular: a message brings one function that
//! writes it, and is compiled once however it is used.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::MaybeUninit;

use crate::error::EncodeError;
use crate::rev::{Encode, Purpose, RevWriter};
use crate::segments::{FRONT_BYTES, Segments, pool};

/// The space most messages fit into, on the stack. What outgrows it goes on in chunks on the heap.
const SCRATCH_BYTES: usize = 2048;

/// A new `Vec` of exactly the right size.
#[inline]
pub(crate) fn to_vec(message: &dyn Encode, sorted: bool) -> Result<Vec<u8>, EncodeError> {
    match to_box(message, sorted) {
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
    let mut writer = RevWriter::new(&mut scratch, Purpose::Copy, sorted);
    message.encode_rev(&mut writer);
    writer.to_box().ok()
}

/// Why a message may not be sent.
#[cold]
fn error(message: &dyn Encode) -> EncodeError {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut writer = RevWriter::new(&mut scratch, Purpose::Measure, false);
    message.encode_rev(&mut writer);
    writer.error()
}

/// At the end of `out`, which is left as it was if there is an error.
pub(crate) fn append(message: &dyn Encode, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut writer = RevWriter::new(&mut scratch, Purpose::Copy, false);
    message.encode_rev(&mut writer);
    writer.append_to(out)
}

/// A new `Vec`, however deep messages nest: of what was decoded within another limit. Nothing, if that is too
/// long to be a message.
pub(crate) fn at_any_depth(message: &dyn Encode) -> Vec<u8> {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut writer = RevWriter::new(&mut scratch, Purpose::Copy, false).at_any_depth();
    message.encode_rev(&mut writer);
    writer.to_box().map_or_else(|_| Vec::new(), Vec::from)
}

/// The length that would be encoded. Runs the encoder, so that both can never disagree, but keeps
/// nothing of what it writes.
pub(crate) fn len(message: &dyn Encode) -> usize {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut writer = RevWriter::new(&mut scratch, Purpose::Measure, false);
    message.encode_rev(&mut writer);
    writer.written()
}

/// In pieces that own what is in them, `bytes` fields of 2 KiB and more as the message holds them.
pub(crate) fn to_segments(message: &dyn Encode) -> Result<Segments, EncodeError> {
    if let Some(mut space) = pool::take() {
        let mut writer = RevWriter::over(&mut space[FRONT_BYTES..]);
        message.encode_rev(&mut writer);
        let pieces = writer.pieces();
        drop(writer);
        return match pieces {
            Ok(pieces) => Ok(Segments::pooled(space, pieces)),
            Err(error) => {
                pool::give(space);
                Err(error)
            }
        };
    }
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut writer = RevWriter::new(&mut scratch, Purpose::Pieces, false);
    message.encode_rev(&mut writer);
    let buffer = writer.copy_first(FRONT_BYTES);
    Ok(Segments::exact(buffer, writer.pieces()?))
}
