//! How the values of views are decoded: see [`absorb`](crate::absorb), which all `(…)` here refer to.
//!
//! What is odd about a record is not judged here. An unknown field is kept as it came. Of any other odd
//! record, the owned message's table makes a message of its own, by the one book of rules and with its
//! errors; encoded again it is as usual as can be, and read once more.
//!
//! Views borrow from what they are read from, so where owned messages are content with a copy that is gone
//! afterwards (3), the copy here lies in the arena.

#![expect(unsafe_code)]

use alloc::vec::Vec;
use core::ops::Range;

use super::{Fixed, FixedSlice, List, MapView, UnknownView, View, whole};
use crate::absorb::{self, Absorb, COPIED_BYTES_MAX, Entries, Repeated, Sequence, Single, list, packed};
use crate::arena::Arena;
use crate::decoding::Decoding;
use crate::encoding;
use crate::engine::decode;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::input::{self, At, ODD, SLACK_BYTES, Tag};
use crate::limits::{Budget, DecodeLimits};
use crate::table::kind::{self, Kind};
use crate::table::{Layout, MessageMut, Table};
use crate::unknown::UnknownFields;
use crate::{text, wire};

/// Decodes the first `len` bytes of `readable` to a view that lies in the arena.
#[inline(always)] // So that an empty input costs next to nothing.
pub(crate) fn root<'i, V: View<'i>>(
    readable: &'i [u8],
    len: usize,
    arena: &'i Arena,
    limits: &DecodeLimits,
) -> Result<&'i V, DecodeError> {
    if len == 0 { Ok(V::unset()) } else { some(readable, len, arena, limits) }
}

#[inline(never)]
fn some<'i, V: View<'i>>(
    readable: &'i [u8],
    len: usize,
    arena: &'i Arena,
    limits: &DecodeLimits,
) -> Result<&'i V, DecodeError> {
    // The struct itself is not counted, as that of an owned message is not.
    let Ok(view) = arena.put(V::default, &mut Budget::unlimited()) else {
        unreachable!("a struct is smaller than that");
    };
    let readable = roomy(readable, len, arena);
    absorb::in_place(view, readable, len, &mut Decoding::new(readable, len, None, limits).within(arena))?;
    Ok(view)
}

/// The same bytes, or a copy with slack of those that are few and have none. That is less work than to change
/// over to a copy of the last bytes, wherever they are.
#[inline]
fn roomy<'i>(readable: &'i [u8], len: usize, arena: &'i Arena) -> &'i [u8] {
    if readable.len() - len >= SLACK_BYTES || len > COPIED_BYTES_MAX {
        return readable;
    }
    arena.with_slack(&[&readable[..len]], SLACK_BYTES, &mut Budget::unlimited()).unwrap_or(readable)
}

/// The same, and asks for required fields.
#[inline(always)] // As `root`.
pub(crate) fn whole_root<'i, V: View<'i>>(
    readable: &'i [u8],
    len: usize,
    arena: &'i Arena,
    limits: &DecodeLimits,
) -> Result<&'i V, DecodeError> {
    let view = root::<V>(readable, len, arena, limits)?;
    whole::check(view).map_err(|missing| DecodeError::uninitialized(missing, len))?;
    Ok(view)
}

/// A new message in the arena, a copy of the one there is.
fn place<'i, V: Default + Copy>(there: Option<&V>, d: &mut Decoding<'i>) -> Option<&'i mut V> {
    d.arena?.put(|| there.copied().unwrap_or_default(), &mut d.budget).ok()
}

// SAFETY: the end that `delimited` returned.
unsafe impl<'i> Absorb<'i, kind::string> for &'i str {
    #[inline(always)]
    unsafe fn absorb(&mut self, _: Tag, p: At, end: At, _: &mut Decoding<'i>) -> At {
        // SAFETY: the caller's promise; the body's bytes are readable, as `delimited` saw, and outlive `'i` (3).
        unsafe {
            let (body, end) = input::delimited(p, end);
            if body == ODD {
                return ODD;
            }
            match text::borrowed(core::slice::from_raw_parts(body, end.offset_from_unsigned(body))) {
                Some(text) => *self = text,
                None => return ODD,
            }
            end
        }
    }
}

// SAFETY: the end that `delimited` returned.
unsafe impl<'i> Absorb<'i, kind::bytes> for &'i [u8] {
    #[inline(always)]
    unsafe fn absorb(&mut self, _: Tag, p: At, end: At, _: &mut Decoding<'i>) -> At {
        // SAFETY: the caller's promise; the body's bytes are readable, as `delimited` saw, and outlive `'i` (3).
        unsafe {
            let (body, end) = input::delimited(p, end);
            if body != ODD {
                *self = core::slice::from_raw_parts(body, end.offset_from_unsigned(body));
            }
            end
        }
    }
}

macro_rules! fixed {
    ($bytes:literal: $($kind:ident)*) => { $(
        // SAFETY: the position behind as many bytes as there are.
        unsafe impl<'i> Absorb<'i, kind::$kind> for [u8; $bytes] {
            #[inline(always)]
            unsafe fn absorb(&mut self, _: Tag, p: At, _: At, _: &mut Decoding<'i>) -> At {
                // SAFETY: the caller's promise: ten bytes are readable.
                unsafe {
                    *self = p.cast::<Self>().read();
                    p.add($bytes)
                }
            }

            #[inline]
            unsafe fn absorb_all<S: Sequence<'i, Self>>(
                list: &mut S,
                p: At,
                end: At,
                d: &mut Decoding<'i>,
            ) -> bool {
                // SAFETY: the caller's promise; bytes may have any bits.
                unsafe { packed::fixed(list, p, end, d, |bytes| bytes) }
            }
        }
    )* };
}

fixed! { 4: fixed32 sfixed32 float }
fixed! { 8: fixed64 sfixed64 double }

// SAFETY: see `elements`.
unsafe impl<'i, K: Kind, T: Absorb<'i, K> + Copy> Repeated<'i, K> for List<'i, T> {
    #[inline]
    unsafe fn elements(&mut self, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At {
        // SAFETY: the caller's promise.
        unsafe { list::elements::<K, T, Self>(self, tag, p, end, d) }
    }

    #[inline(never)]
    unsafe fn values(&mut self, p: At, end: At, d: &mut Decoding<'i>) -> bool {
        // SAFETY: the caller's promise.
        unsafe { T::absorb_all(self, p, end, d) }
    }
}

// SAFETY: see `elements`.
unsafe impl<'i, K: Kind, T: Fixed<Bytes: Absorb<'i, K>>> Repeated<'i, K> for FixedSlice<'i, T> {
    #[inline]
    unsafe fn elements(&mut self, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At {
        // SAFETY: the caller's promise.
        unsafe { Repeated::<K>::elements(&mut self.values, tag, p, end, d) }
    }

    #[inline]
    unsafe fn values(&mut self, p: At, end: At, d: &mut Decoding<'i>) -> bool {
        if !self.values.is_empty() {
            // SAFETY: the caller's promise.
            return unsafe { Repeated::<K>::values(&mut self.values, p, end, d) };
        }
        // SAFETY: the caller's promise; the bytes outlive `'i` (3).
        let body: &'i [u8] = unsafe { core::slice::from_raw_parts(p, end.offset_from_unsigned(p)) };
        let (values, rest) = T::chunks(body);
        self.values = values.into();
        rest.is_empty()
    }
}

// SAFETY: the end of an entry, or where one with the same tag begins.
unsafe impl<'i, A: Kind, B: Kind, K: Absorb<'i, A> + Copy, V: Absorb<'i, B> + Copy> Entries<'i, A, B>
    for MapView<'i, K, V>
{
    #[inline(never)]
    unsafe fn entries(&mut self, tag: Tag, mut p: At, end: At, d: &mut Decoding<'i>) -> At {
        let limit = d.limit(end);
        let mut done = ODD;
        absorb::map::deeper::<B>(d, |d| {
            loop {
                // SAFETY: the caller's promise, or the last line saw that a record begins here; and there is
                // room for what is written.
                unsafe {
                    // What a sender repeats is paid for before room is made.
                    let more = if self.entries.spare() > 0 { 1 } else { input::run(p, limit, end, tag) };
                    let Some(place) = self.entries.room(more, d) else { return done };
                    let Some((key, value, behind)) = absorb::map::entry::<A, B, K, V>(p, end, d) else {
                        return if d.error.is_some() { ODD } else { done };
                    };
                    place.write((key, value));
                    self.entries.add(1);
                    if behind >= limit || !tag.follows(behind) {
                        return behind;
                    }
                    (done, p) = (behind, behind.add(tag.width()));
                }
            }
        })
    }
}

// SAFETY: where the message ends.
unsafe impl<'i, K: Kind, V: Absorb<'i, K> + Copy> Single<'i, K> for Option<&'i V> {
    #[inline(never)]
    unsafe fn absorb(&mut self, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At {
        let Some(message) = place(*self, d) else { return ODD };
        // SAFETY: the caller's promise.
        let behind = unsafe { message.absorb(tag, p, end, d) };
        if behind != ODD {
            *self = Some(message);
        }
        behind
    }
}

/// One variant of a oneof that is a message: as [`absorb::variant`].
///
/// # Safety
/// (1)
#[inline(always)]
pub unsafe fn variant<'i, K: Kind, V: Absorb<'i, K> + Copy>(
    there: Option<&mut &'i V>,
    tag: Tag,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> (At, Option<&'i V>) {
    let mut field = there.map(|there| *there);
    // SAFETY: the caller's promise.
    let behind = unsafe { Single::<K>::absorb(&mut field, tag, p, end, d) };
    (behind, field.filter(|_| behind != ODD))
}

/// `Known::decode_rest` of a view, or with a group's end tag `Known::decode_rest_of_group`.
///
/// # Safety
/// As for those.
#[inline]
pub unsafe fn rest_of<'i, V: View<'i>>(
    view: &mut V,
    group: Option<Tag>,
    at: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    // SAFETY: the caller's promise.
    unsafe { rest(view, group, at, end, d) }
}

/// What [`rest`] asks of a view; one function for all of them.
trait Reader<'i> {
    fn table(&self) -> &'static Table;

    fn unknown(&mut self) -> &mut UnknownView<'i>;

    /// # Safety
    /// As for `Known::decode_known`.
    unsafe fn known(&mut self, p: At, end: At, d: &mut Decoding<'i>) -> At;

    /// Reads the record at the front of `input` by the table of the owned message.
    fn normal(&self, input: &mut &[u8], d: &mut Decoding<'i>) -> Result<Normal, DecodeError>;
}

/// What the table made of one record: as a sender would have put it, none of it odd, and what is unknown.
struct Normal {
    known: Vec<u8>,
    unknown: UnknownFields,
}

impl Normal {
    /// Memory it takes.
    fn bytes(&self) -> usize {
        self.known.len() + self.unknown.as_bytes().len()
    }
}

impl<'i, V: View<'i>> Reader<'i> for V {
    fn table(&self) -> &'static Table {
        V::Owned::table()
    }

    fn unknown(&mut self) -> &mut UnknownView<'i> {
        self.unknown_mut()
    }

    unsafe fn known(&mut self, p: At, end: At, d: &mut Decoding<'i>) -> At {
        // SAFETY: the caller's promise.
        unsafe { self.decode_known(p, end, d) }
    }

    fn normal(&self, input: &mut &[u8], d: &mut Decoding<'i>) -> Result<Normal, DecodeError> {
        let mut message = V::Owned::default();
        one_record(MessageMut::of(&mut message), input, d)
    }
}

/// Decodes one record into a message, and encodes what is known of it. Pays for what is returned.
fn one_record(
    mut message: MessageMut<'_>,
    input: &mut &[u8],
    d: &mut Decoding<'_>,
) -> Result<Normal, DecodeError> {
    let (record, before) = (*input, d.budget.left());
    decode::record(&mut message, input, d)?;
    let unknown = core::mem::take(message.unknown());
    // The message is held while it is encoded, to pieces first that are put together then.
    let bytes = encoding::len(&message.as_ref());
    d.budget.take(2 * bytes).map_err(|_| over_budget(message.table(), record, d))?;
    let normal = Normal { known: encoding::at_any_depth(&message.as_ref()), unknown };
    // Gone with its pieces soon; less was taken for what stays than is given back.
    d.budget.give_back(before - d.budget.left());
    let _ = d.budget.take(normal.bytes());
    Ok(normal)
}

/// Reads what `Known::decode_known` left: odd records, the last few bytes of an input without slack, and
/// what is usual again by the view's own code.
///
/// # Safety
/// As for `Known::decode_rest`.
#[cold]
#[inline(never)]
unsafe fn rest<'i>(
    view: &mut dyn Reader<'i>,
    group: Option<Tag>,
    mut at: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    loop {
        // SAFETY: (1), with `at` as (2) says, of bytes that outlive `'i` (3).
        let left: &'i [u8] = unsafe { core::slice::from_raw_parts(at, end.offset_from_unsigned(at)) };
        if d.error.is_some() {
            d.error = Some(decode::inside(view.table(), left, d));
            return ODD;
        }
        let mut input = left;
        match group.map(|tag| (tag.number(), wire::tag(&mut input))) {
            None if left.is_empty() => return end,
            None => {}
            // SAFETY: as many bytes as were read.
            Some((end, Ok(found))) if found == end => return unsafe { at.add(left.len() - input.len()) },
            // Whoever reads the whole group by the table finds the same, and says so.
            Some((_, Ok(found))) if found & 7 == wire::END_GROUP => return ODD,
            Some((_, Err(_))) => return ODD,
            Some((_, Ok(_))) => {}
        }
        if at >= d.fast_end {
            return last_bytes(view, group, left, d);
        }
        // SAFETY: the caller's promise.
        match unsafe { odd(view, left, d) } {
            // SAFETY: as many bytes as were read; and then as the caller promises.
            Ok(read) => unsafe { at = view.known(at.add(read), end, d) },
            Err(error) => {
                d.error = Some(error);
                return ODD;
            }
        }
    }
}

/// Decodes the last bytes of an input, fewer than [`SLACK_BYTES`], from a copy with slack. Returns what
/// [`rest`] does, as a position among `bytes`.
fn last_bytes<'i>(
    view: &mut dyn Reader<'i>,
    group: Option<Tag>,
    bytes: &'i [u8],
    d: &mut Decoding<'i>,
) -> At {
    // Not counted: they are few.
    let copy =
        d.arena.and_then(|arena| arena.with_slack(&[bytes], SLACK_BYTES, &mut Budget::unlimited()).ok());
    let Some(copy) = copy else { unreachable!("views are decoded with an arena") };
    let (fast_end, start) = (d.fast_end, d.start);
    // Offsets are told as if the copy lay where the bytes do.
    d.start = start.wrapping_sub(bytes.as_ptr().addr()).wrapping_add(copy.as_ptr().addr());
    let p = copy.as_ptr();
    // SAFETY: (1) there is slack behind the copy, and (3) it lies in the arena. What comes back is a
    // position in it.
    let behind = unsafe {
        let end = p.add(bytes.len());
        d.fast_end = end.add(1);
        let at = view.known(p, end, d);
        let behind = if at == end && group.is_none() { at } else { rest(view, group, at, end, d) };
        if behind == ODD { ODD } else { bytes.as_ptr().add(behind.offset_from_unsigned(p)) }
    };
    (d.fast_end, d.start) = (fast_end, start);
    behind
}

/// Reads the record at the front of `left`, which is odd, or several; returns their length.
///
/// # Safety
/// As for [`rest`], where `left` begins and ends.
unsafe fn odd<'i>(
    view: &mut dyn Reader<'i>,
    left: &'i [u8],
    d: &mut Decoding<'i>,
) -> Result<usize, DecodeError> {
    let table = view.table();
    let Range { start: at, end } = left.as_ptr_range();
    let too_much = |d: &Decoding<'_>| over_budget(table, left, d);
    // SAFETY: the caller's promise: a record begins here, before the end of what is fast.
    let unknown = unsafe { absorb::unknown(table, at, end, d).offset_from_unsigned(at) };
    if unknown > 0 {
        view.unknown().keep(&left[..unknown], d).ok_or_else(|| too_much(d))?;
        return Ok(unknown);
    }
    if let Some((tag, value, len)) = long_tag(left, d.depth)
        && again(view, &[&tag, value], d).ok_or_else(|| too_much(d))?
    {
        return Ok(len);
    }
    let mut input = left;
    let normal = view.normal(&mut input, d)?;
    view.unknown().append(normal.unknown.as_bytes(), d).ok_or_else(|| too_much(d))?;
    // Read by the table, and not by the view, although nothing is odd any more: it cannot be paid for.
    if again(view, &[&normal.known], d) != Some(true) {
        return Err(too_much(d));
    }
    d.budget.give_back(normal.bytes());
    Ok(left.len() - input.len())
}

/// The tag, the value, and the length of a record whose tag is written longer than need be.
fn long_tag(left: &[u8], depth: u32) -> Option<(Vec<u8>, &[u8], usize)> {
    let mut input = left;
    let tag = wire::tag(&mut input).ok()?;
    let (value, mut short) = (input, Vec::new());
    wire::push_varint(&mut short, u64::from(tag));
    if short.len() == left.len() - input.len() {
        return None;
    }
    wire::skip(&mut input, tag, depth).ok()??;
    Some((short, &value[..value.len() - input.len()], left.len() - input.len()))
}

/// Reads a record from a copy of these parts. `false` if it is odd still, `None` if it cannot be paid for.
fn again<'i>(view: &mut dyn Reader<'i>, parts: &[&[u8]], d: &mut Decoding<'i>) -> Option<bool> {
    let copy = d.arena?.with_slack(parts, SLACK_BYTES, &mut d.budget).ok()?;
    let (p, fast_end) = (copy.as_ptr(), d.fast_end);
    // SAFETY: (1) there is slack behind the copy, and (3) it lies in the arena.
    let done = unsafe {
        let end = p.add(copy.len() - SLACK_BYTES);
        d.fast_end = end.add(1);
        view.known(p, end, d) == end
    };
    d.fast_end = fast_end;
    // Whoever reads the record where it is says this again, with its place.
    d.error = None;
    Some(done)
}

#[cold]
fn over_budget(table: &Table, mut input: &[u8], d: &Decoding<'_>) -> DecodeError {
    let offset = input.as_ptr().addr().wrapping_sub(d.start);
    let field = wire::tag(&mut input).ok().and_then(|tag| table.find(tag));
    DecodeError::new(DecodeErrorKind::OverBudget { memory_bytes_max: d.budget.granted() }, offset)
        .within(table.name(), field.map(|index| table.fields()[index].name))
}
