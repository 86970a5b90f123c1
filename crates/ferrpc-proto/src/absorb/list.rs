//! Lists: elements with a tag each; `packed.rs` has numbers behind one.

use alloc::vec::Vec;

use super::{Absorb, At, Sequence};
use crate::decoding::Decoding;
use crate::input::{self, ODD, Tag};
use crate::table::kind::Kind;
use crate::wire;

/// A field that holds many values of kind `K`.
///
/// # Safety
/// What is returned is a position as (2) of [`absorb`](super) says.
pub unsafe trait Repeated<'i, K: Kind> {
    /// Reads the element behind the tag, and all that follow with the same tag. If one of these is odd,
    /// it is where the returned position points.
    ///
    /// # Safety
    /// (1)
    unsafe fn elements(&mut self, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At;

    /// Reads numbers without tags, all from `p` to `end`; `false` if these are odd, and nothing has
    /// changed.
    ///
    /// # Safety
    /// The bytes from `p` to `end` are readable.
    unsafe fn values(&mut self, p: At, end: At, d: &mut Decoding<'i>) -> bool;
}

// SAFETY: see `elements`.
unsafe impl<'i, K: Kind, T: Absorb<'i, K>> Repeated<'i, K> for Vec<T> {
    #[inline]
    unsafe fn elements(&mut self, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At {
        // SAFETY: the caller's promise.
        unsafe { elements::<K, T, Self>(self, tag, p, end, d) }
    }

    #[inline(never)]
    unsafe fn values(&mut self, p: At, end: At, d: &mut Decoding<'i>) -> bool {
        // SAFETY: the caller's promise.
        unsafe { T::absorb_all(self, p, end, d) }
    }
}

/// [`Repeated::elements`] of any sequence.
///
/// # Safety
/// (1)
#[inline(never)]
pub(crate) unsafe fn elements<'i, K: Kind, T: Absorb<'i, K>, S: Sequence<'i, T>>(
    list: &mut S,
    tag: Tag,
    mut p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    let limit = d.limit(end);
    let mut done = ODD;
    loop {
        // What a sender repeats is paid for before room is made.
        let more = if list.spare() > 0 || K::VALUE.wire_type() != wire::LEN {
            1
        } else {
            // SAFETY: the caller's promise.
            unsafe { input::run(p, limit, end, tag) }
        };
        let Some(place) = list.room(more, d) else { return done };
        // SAFETY: there is room; and the record is as the caller promises, or the last line saw.
        unsafe {
            place.write(T::default());
            list.add(1);
            let behind = (*place).absorb(tag, p, end, d);
            if behind > end {
                if d.error.is_some() {
                    return ODD;
                }
                list.pop();
                return done;
            }
            if behind >= limit || !tag.follows(behind) {
                return behind;
            }
            (done, p) = (behind, behind.add(tag.width()));
        }
    }
}
