//! Header fields in the order they came, in one arena.
//!
//! Knows nothing of HPACK, of pseudo-headers or of what a field means.

use std::fmt;
use std::num::NonZeroU32;

use crate::field::Mark;
use crate::short::{self, SHORT_BYTES};

/// An ordered list of header fields. Names and values lie in one buffer, so a list costs two
/// allocations however many fields it has, and none while it is empty.
#[derive(Clone, Default)]
pub struct Headers {
    octets: Vec<u8>,
    places: Vec<Place>,
}

/// A list that is read where it lies.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    octets: &'a [u8],
    places: &'a [Place],
}

/// Where one field lies: its name behind the field before, and right behind that its value.
#[derive(Clone, Copy)]
struct Place {
    value: Span,
    /// Of its entry in the table that it came from; 0 if it has none.
    stamp: u32,
    indexing: Indexing,
    mark: Mark,
}

/// A piece of a list's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    at: u32,
    end: u32,
}

impl Span {
    /// No piece of any list.
    pub(crate) const NONE: Self = Self { at: 1, end: 0 };
}

/// A field as a compression table has it.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Its octets, the value right behind the name, if they fit: so one copy of all of these moves a short field.
    pub(crate) short: [u8; SHORT_BYTES],
    /// As it would be at the front of a list.
    place: Place,
    /// Where its octets are, if they do not fit.
    pub(crate) at: u32,
}

impl Entry {
    /// No other field of the connection has its stamp; 0 if it has none.
    pub(crate) const fn new(
        short: [u8; SHORT_BYTES],
        at: u32,
        name_len: u32,
        len: u32,
        stamp: u32,
        mark: Mark,
    ) -> Self {
        let value = Span { at: name_len, end: len };
        Self { short, place: Place { value, stamp, indexing: Indexing::Index, mark }, at }
    }

    pub(crate) const fn name_len(&self) -> usize {
        self.place.value.at as usize
    }

    /// Of name and value.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.place.value.end as usize
    }

    #[inline]
    pub(crate) const fn is_short(&self) -> bool {
        self.len() <= SHORT_BYTES
    }

    pub(crate) const fn mark(&self) -> Mark {
        self.place.mark
    }

    /// Its place behind so many octets of a list.
    #[inline]
    const fn place(&self, before: u32) -> Place {
        let Span { at, end } = self.place.value;
        let value = Span { at: at.wrapping_add(before), end: end.wrapping_add(before) };
        Place { value, ..self.place }
    }
}

/// How a field may enter a header compression table, here and at every hop behind
/// (RFC 7541 §6.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 7541 knows these three representations")]
pub enum Indexing {
    /// Worth a table entry: the same name and value will be sent again.
    Index,
    /// Not worth an entry: the value varies.
    #[default]
    Literal,
    /// A secret that no table may ever hold; [`std::fmt::Debug`] of [`Headers`] does not print it.
    Never,
}

/// What one field costs beside its octets (RFC 9113 §6.5.2, RFC 7541 §4.1).
pub const FIELD_OVERHEAD_BYTES: usize = 32;

impl Headers {
    /// An empty list; allocates nothing.
    pub const fn new() -> Self {
        Self { octets: Vec::new(), places: Vec::new() }
    }

    /// The list to be read.
    #[inline]
    pub fn view(&self) -> Fields<'_> {
        Fields { octets: &self.octets, places: &self.places }
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True when there is no field.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Size as HTTP/2 counts it: name + value + 32 for each field (RFC 9113 §6.5.2).
    pub fn list_bytes(&self) -> usize {
        self.view().list_bytes()
    }

    /// Appends a field. The caller vouches for lower case and legal octets.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        self.append(name, value, Indexing::Literal);
    }

    /// Appends a field that must never enter a compression table, here or at a proxy
    /// (RFC 7541 §6.2.3). [`fmt::Debug`] does not print its value.
    pub fn push_sensitive(&mut self, name: &[u8], value: &[u8]) {
        self.append(name, value, Indexing::Never);
    }

    /// Appends a field with its place in the compression table.
    pub fn append(&mut self, name: &[u8], value: &[u8], indexing: Indexing) {
        let at = self.octets.len();
        self.octets.extend_from_slice(name);
        self.octets.extend_from_slice(value);
        self.close(at, name.len(), indexing, 0, Mark::UNKNOWN);
    }

    /// Appends fields that stand in a compression table, up to the first of many octets. Returns how many octets they
    /// have.
    #[inline]
    pub(crate) fn append_short<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) -> usize {
        let before = self.octets.len();
        for entry in entries.take_while(|entry| entry.is_short()) {
            self.places.push(entry.place(index(self.octets.len())));
            short::append(&mut self.octets, &entry.short, entry.len());
        }
        self.octets.len() - before
    }

    /// Appends a field that stands in a compression table, with its octets.
    pub(crate) fn append_entry(&mut self, entry: &Entry, octets: &[u8]) {
        let at = index(self.octets.len());
        self.octets.extend_from_slice(octets);
        self.places.push(entry.place(at));
    }

    /// The octets of all fields: what is appended to them becomes one with [`close`](Self::close).
    #[inline]
    pub(crate) fn arena(&mut self) -> &mut Vec<u8> {
        &mut self.octets
    }

    /// The octets of the arena from `at` on are a field, with the name before the value.
    #[inline]
    pub(crate) fn close(&mut self, at: usize, name_len: usize, indexing: Indexing, stamp: u32, mark: Mark) {
        let value = Span { at: index(at + name_len), end: index(self.octets.len()) };
        self.places.push(Place { value, stamp, indexing, mark });
    }

    /// Takes the field at `index` out.
    pub fn remove(&mut self, index: usize) {
        let Some((name, value)) = self.at(index) else { return };
        let (at, len) = (self.view().start(index), name.len() + value.len());
        self.octets.drain(at..at + len);
        self.places.remove(index);
        let len = self::index(len);
        for place in &mut self.places[index..] {
            place.value.at -= len;
            place.value.end -= len;
        }
    }

    /// The field at `index`, as name and value.
    pub fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        self.view().at(index)
    }

    /// First value under `name`.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.view().get(name)
    }

    /// All fields in order, as name and value.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.view().iter()
    }

    /// True when the field at `index` was pushed as sensitive or came never-indexed.
    pub fn is_sensitive(&self, index: usize) -> bool {
        self.indexing(index) == Indexing::Never
    }

    /// How the field at `index` may be compressed.
    pub fn indexing(&self, index: usize) -> Indexing {
        self.view().indexing(index)
    }

    /// Empties the list and keeps its memory.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.places.clear();
    }

    /// Octets of memory that the list holds.
    pub(crate) fn held_bytes(&self) -> usize {
        self.octets.capacity() + size_of::<Place>() * self.places.capacity()
    }
}

impl<'a> Fields<'a> {
    /// Number of fields.
    pub fn len(self) -> usize {
        self.places.len()
    }

    /// True when there is no field.
    pub fn is_empty(self) -> bool {
        self.places.is_empty()
    }

    /// Size as HTTP/2 counts it: name + value + 32 for each field (RFC 9113 §6.5.2).
    pub fn list_bytes(self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.len() + FIELD_OVERHEAD_BYTES).sum()
    }

    /// Where the octets of the field at `index` begin.
    #[inline]
    fn start(self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.places[before].value.end as usize)
    }

    /// The field at `index`, as name and value.
    #[inline]
    pub fn at(self, index: usize) -> Option<(&'a [u8], &'a [u8])> {
        let place = self.places.get(index)?;
        Some(self.parts(self.start(index), place))
    }

    /// First value under `name`.
    pub fn get(self, name: &[u8]) -> Option<&'a [u8]> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// All fields in order, as name and value.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
        self.after(0)
    }

    /// What was found out about each field before, and its value.
    #[inline]
    pub(crate) fn marks(self) -> impl Iterator<Item = (Mark, Span)> {
        self.places.iter().map(|place| (place.mark, place.value))
    }

    /// A piece of the octets.
    #[inline]
    pub(crate) fn span(self, span: Span) -> Option<&'a [u8]> {
        self.octets.get(span.at as usize..span.end as usize)
    }

    /// The stamp of each field in order, if it has one.
    #[inline]
    pub(crate) fn stamps(self) -> impl ExactSizeIterator<Item = Option<NonZeroU32>> {
        self.places.iter().map(|place| NonZeroU32::new(place.stamp))
    }

    /// All fields behind the first `n` in order, as name and value.
    #[inline]
    pub(crate) fn after(self, n: usize) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
        let (before, places) = self.places.split_at_checked(n).unwrap_or((self.places, &[]));
        let mut at = before.last().map_or(0, |place| place.value.end as usize);
        places.iter().map(move |place| {
            let field = self.parts(at, place);
            at = place.value.end as usize;
            field
        })
    }

    /// How the field at `index` may be compressed.
    pub fn indexing(self, index: usize) -> Indexing {
        self.places.get(index).map_or(Indexing::Literal, |place| place.indexing)
    }

    /// The same list, to be changed.
    pub fn to_headers(self) -> Headers {
        Headers { octets: self.octets.to_vec(), places: self.places.to_vec() }
    }

    #[inline]
    fn parts(self, at: usize, place: &Place) -> (&'a [u8], &'a [u8]) {
        let field = &self.octets[at..place.value.end as usize];
        field.split_at(place.value.at as usize - at)
    }
}

/// The same fields in the same order, to be compressed alike.
impl PartialEq for Fields<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter()) && (0..self.len()).all(|i| self.indexing(i) == other.indexing(i))
    }
}

impl Eq for Fields<'_> {}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.view() == other.view()
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().enumerate().map(|(i, (name, value))| {
            let value = if self.indexing(i) == Indexing::Never {
                "<sensitive>".into()
            } else {
                value.escape_ascii().to_string()
            };
            (name.escape_ascii().to_string(), value)
        });
        f.debug_map().entries(shown).finish()
    }
}

/// Header lists are bounded far below 4 GiB by their limits; saturates if one is not.
fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_their_size() {
        let mut headers = Headers::new();
        headers.push(b"b", b"1");
        headers.push_sensitive(b"a", b"secret");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [(&b"b"[..], &b"1"[..]), (b"a", b"secret")]);
        assert_eq!(headers.list_bytes(), 2 + 7 + 64);
        assert_eq!(headers.get(b"a"), Some(&b"secret"[..]));
    }

    #[test]
    fn a_field_is_taken_out_and_the_others_stay() {
        let mut headers = Headers::new();
        headers.push(b"b", b"1");
        headers.push_sensitive(b"a", b"secret");
        headers.push(b"c", b"");
        headers.remove(0);
        assert_eq!(headers.iter().collect::<Vec<_>>(), [(&b"a"[..], &b"secret"[..]), (b"c", b"")]);
        assert!(headers.is_sensitive(0) && !headers.is_sensitive(1));
        assert_eq!(headers.view().to_headers(), headers);
        assert_eq!(headers.view().span(Span::NONE), None);
    }

    #[test]
    fn debug_hides_sensitive_values() {
        let mut headers = Headers::new();
        headers.push_sensitive(b"authorization", b"secret");
        assert_eq!(format!("{headers:?}"), r#"{"authorization": "<sensitive>"}"#);
    }
}
