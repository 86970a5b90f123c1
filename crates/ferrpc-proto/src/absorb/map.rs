//! Maps: entries that are messages of a key and a value.

use core::hash::Hash;

use super::{Absorb, At};
use crate::decoding::Decoding;
use crate::input::{self, ODD, Tag};
use crate::map::Map;
use crate::table::kind::Kind;

/// A field of many entries, with keys of kind `A` and values of kind `B`.
///
/// # Safety
/// What is returned is a position as (2) of [`absorb`](super) says.
pub unsafe trait Entries<'i, A: Kind, B: Kind> {
    /// Reads the entry behind the tag, and all that follow with the same tag. If one of these is odd, it
    /// is where the returned position points.
    ///
    /// # Safety
    /// (1)
    unsafe fn entries(&mut self, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At;
}

// SAFETY: the end of an entry, or where one with the same tag begins.
unsafe impl<'i, A: Kind, B: Kind, K: Absorb<'i, A> + Hash + Eq, V: Absorb<'i, B>> Entries<'i, A, B>
    for Map<K, V>
{
    #[inline(never)]
    unsafe fn entries(&mut self, tag: Tag, mut p: At, end: At, d: &mut Decoding<'i>) -> At {
        let limit = d.limit(end);
        let mut done = ODD;
        deeper::<B>(d, |d| {
            loop {
                // SAFETY: the caller's promise, or the last line saw that a record begins here.
                unsafe {
                    // What a sender repeats is paid for before room is made.
                    if self.spare() == 0
                        && self.reserve_within(&mut d.budget, input::run(p, limit, end, tag)).is_err()
                    {
                        return done;
                    }
                    let Some((key, value, behind)) = entry::<A, B, K, V>(p, end, d) else {
                        return if d.error.is_some() { ODD } else { done };
                    };
                    if self.insert_within(&mut d.budget, key, value).is_err() {
                        return done;
                    }
                    if behind >= limit || !tag.follows(behind) {
                        return behind;
                    }
                    (done, p) = (behind, behind.add(tag.width()));
                }
            }
        })
    }
}

/// Reads entries by `read` one level deeper: on the wire they are messages, and to others that is what they
/// count as. `ODD` if they, or values of kind `B` in them, are too deep: an entry that has no value is written
/// with one.
#[inline(always)]
pub(crate) fn deeper<'i, B: Kind>(d: &mut Decoding<'i>, read: impl FnOnce(&mut Decoding<'i>) -> At) -> At {
    let Some(depth) = d.depth.checked_sub(1) else { return ODD };
    if depth == 0 && B::VALUE.is_message() {
        return ODD;
    }
    d.depth = depth;
    let behind = read(d);
    d.depth = depth + 1;
    behind
}

/// One entry from behind its tag, and where it ends; `None` if there is more in it than a key and a value.
///
/// # Safety
/// (1)
#[inline]
pub(crate) unsafe fn entry<'i, A: Kind, B: Kind, K: Absorb<'i, A>, V: Absorb<'i, B>>(
    p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> Option<(K, V, At)> {
    let (key_tag, value_tag) =
        const { (Tag::new(1, A::VALUE.wire_type()), Tag::new(2, B::VALUE.wire_type())) };
    let (mut key, mut value) = (K::default(), V::default());
    // SAFETY: the caller's promise; below `limit` a record may begin, as `Decoding` says.
    unsafe {
        let (mut p, end) = input::delimited(p, end);
        if p == ODD {
            return None;
        }
        let limit = d.limit(end);
        while p < limit {
            let body = p.add(1);
            p = if key_tag.begins(p) {
                key.absorb(key_tag, body, end, d)
            } else if value_tag.begins(p) {
                value.absorb(value_tag, body, end, d)
            } else {
                return None;
            };
            if p == ODD {
                return None;
            }
        }
        (p == end).then_some((key, value, end))
    }
}
