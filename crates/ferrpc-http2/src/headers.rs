//! Header fields in the order they came, in one arena.
//!
//! Knows nothing of HPACK, of pseudo-headers or of what a field means.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::field::Mark;

/// An ordered list of header fields. Names and values lie in one buffer, so a list costs two
/// allocations however many fields it has, and none while it is empty.
#[derive(Clone, Default)]
pub struct Headers {
    octets: Vec<u8>,
    places: Vec<Packed>,
}

/// A list that is read where it lies.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    octets: &'a [u8],
    places: &'a [Packed],
}

/// Where one field lies: its name behind the field before, and right behind that its value.
#[derive(Clone, Copy)]
struct Place {
    value_at: u32,
    end: u32,
    /// Of its entry in the table that it came from; 0 if it has none.
    stamp: u32,
    indexing: Indexing,
    mark: Mark,
}

/// A place as it stands beside the octets of its list.
type Packed = [u8; PLACE_BYTES];

const PLACE_BYTES: usize = 16;

impl Place {
    #[inline]
    fn pack(self) -> Packed {
        let flags = u32::from_le_bytes([self.indexing as u8, self.mark.octet(), 0, 0]);
        let [value_at, end, stamp, flags] = [self.value_at, self.end, self.stamp, flags].map(u128::from);
        (value_at | end << 32 | stamp << 64 | flags << 96).to_le_bytes()
    }

    #[inline]
    fn unpack(packed: Packed) -> Self {
        let all = u128::from_le_bytes(packed);
        #[expect(clippy::cast_possible_truncation, reason = "one of four words")]
        let word = |n: u32| (all >> (32 * n)) as u32;
        let [indexing, mark, ..] = word(3).to_le_bytes();
        let indexing = match indexing {
            0 => Indexing::Index,
            1 => Indexing::Literal,
            _ => Indexing::Never,
        };
        Self { value_at: word(0), end: word(1), stamp: word(2), indexing, mark: Mark::from_octet(mark) }
    }
}

/// A field as a compression table has it.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// The value stands right behind the name.
    pub(crate) octets: &'a [u8],
    pub(crate) name_len: usize,
    /// No other field of the connection has it; 0 if it has none.
    pub(crate) stamp: u32,
    pub(crate) mark: Mark,
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
        self.place(at, name.len(), indexing, 0, Mark::UNKNOWN);
    }

    /// Appends a field that stands in a compression table.
    #[inline]
    pub(crate) fn append_entry(&mut self, entry: Entry<'_>) {
        let at = self.octets.len();
        self.octets.extend_from_slice(entry.octets);
        self.place(at, entry.name_len, Indexing::Index, entry.stamp, entry.mark);
    }

    /// The octets from `at` on are a field.
    #[inline]
    fn place(&mut self, at: usize, name_len: usize, indexing: Indexing, stamp: u32, mark: Mark) {
        let (value_at, end) = (index(at + name_len), index(self.octets.len()));
        self.places.push(Place { value_at, end, stamp, indexing, mark }.pack());
    }

    /// Appends a field whose octets `write` appends to the arena: it returns the length of the
    /// name, the rest is the value; and stamp and mark. On an error the list stays as it was.
    pub(crate) fn append_with<E>(
        &mut self,
        indexing: Indexing,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(usize, u32, Mark), E>,
    ) -> Result<(), E> {
        let at = self.octets.len();
        match write(&mut self.octets) {
            Ok((name_len, stamp, mark)) => {
                self.place(at, name_len, indexing, stamp, mark);
                Ok(())
            }
            Err(error) => {
                self.octets.truncate(at);
                Err(error)
            }
        }
    }

    /// The whole list in one piece of memory of exactly its size, with something behind it;
    /// [`Fields::shared`] reads it. The list itself is empty then and keeps its memory.
    pub(crate) fn take_shared(&mut self, behind: &[u8]) -> Arc<[u8]> {
        self.octets.extend_from_slice(self.places.as_flattened());
        self.octets.extend_from_slice(&index(self.places.len()).to_le_bytes());
        self.octets.extend_from_slice(behind);
        let shared = Arc::from(&self.octets[..]);
        self.clear();
        shared
    }

    /// Takes the field at `index` out.
    pub fn remove(&mut self, index: usize) {
        let Some((name, value)) = self.at(index) else { return };
        let (at, len) = (self.view().start(index), name.len() + value.len());
        self.octets.drain(at..at + len);
        self.places.remove(index);
        let len = self::index(len);
        for packed in &mut self.places[index..] {
            let place = Place::unpack(*packed);
            *packed = Place { value_at: place.value_at - len, end: place.end - len, ..place }.pack();
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
        self.octets.capacity() + PLACE_BYTES * self.places.capacity()
    }
}

impl<'a> Fields<'a> {
    /// A list as [`Headers::take_shared`] made it, and what stands behind it.
    #[inline]
    pub(crate) fn shared<const N: usize>(list: &'a [u8]) -> (Self, [u8; N]) {
        /// Number of fields.
        const COUNT_BYTES: usize = 4;
        let parts = || {
            let (list, behind) = list.split_last_chunk::<N>()?;
            let (list, count) = list.split_last_chunk::<COUNT_BYTES>()?;
            let places = PLACE_BYTES * u32::from_le_bytes(*count) as usize;
            let (octets, places) = list.split_at_checked(list.len().checked_sub(places)?)?;
            Some((Self { octets, places: places.as_chunks().0 }, *behind))
        };
        parts().unwrap_or((Self { octets: &[], places: &[] }, [0; N]))
    }

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
        index.checked_sub(1).map_or(0, |before| Place::unpack(self.places[before]).end as usize)
    }

    /// The field at `index`, as name and value.
    #[inline]
    pub fn at(self, index: usize) -> Option<(&'a [u8], &'a [u8])> {
        let place = Place::unpack(*self.places.get(index)?);
        Some(self.parts(self.start(index), place))
    }

    /// First value under `name`.
    pub fn get(self, name: &[u8]) -> Option<&'a [u8]> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// All fields in order, as name and value.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
        self.stamped(0).map(|(_, name, value)| (name, value))
    }

    /// What was found out about each field before.
    #[inline]
    pub(crate) fn marks(self) -> impl Iterator<Item = Mark> {
        self.places.iter().map(|packed| Place::unpack(*packed).mark)
    }

    /// All fields behind the first `n` in order, with their stamps.
    #[inline]
    pub(crate) fn stamped(
        self,
        n: usize,
    ) -> impl ExactSizeIterator<Item = (Option<NonZeroU32>, &'a [u8], &'a [u8])> {
        let (before, places) = self.places.split_at_checked(n).unwrap_or((self.places, &[]));
        let mut at = before.last().map_or(0, |packed| Place::unpack(*packed).end as usize);
        places.iter().map(move |packed| {
            let place = Place::unpack(*packed);
            let (name, value) = self.parts(at, place);
            at = place.end as usize;
            (NonZeroU32::new(place.stamp), name, value)
        })
    }

    /// How the field at `index` may be compressed.
    pub fn indexing(self, index: usize) -> Indexing {
        self.places.get(index).map_or(Indexing::Literal, |packed| Place::unpack(*packed).indexing)
    }

    /// The same list, to be changed.
    pub fn to_headers(self) -> Headers {
        Headers { octets: self.octets.to_vec(), places: self.places.to_vec() }
    }

    #[inline]
    fn parts(self, at: usize, place: Place) -> (&'a [u8], &'a [u8]) {
        let field = &self.octets[at..place.end as usize];
        field.split_at(place.value_at as usize - at)
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
    fn a_shared_list_reads_as_the_list_it_was_made_of() {
        let mut headers = Headers::new();
        let (empty, behind) = (headers.take_shared(b"abc"), *b"abc");
        assert_eq!(Fields::shared(&empty), (headers.view(), behind));
        headers.push(b"b", b"1");
        headers.push_sensitive(b"a", b"secret");
        headers.push(b"c", b"");
        headers.remove(0);
        let before = headers.clone();
        let shared = headers.take_shared(b"abc");
        assert!(headers.is_empty());
        assert_eq!(Fields::shared(&shared), (before.view(), behind));
        assert_eq!(Fields::shared::<3>(&shared).0.to_headers(), before);
        // What no list is reads as none.
        assert!(Fields::shared::<3>(b"ab").0.is_empty());
        assert!(Fields::shared::<0>(&[0xff; 9]).0.is_empty());
    }

    #[test]
    fn debug_hides_sensitive_values() {
        let mut headers = Headers::new();
        headers.push_sensitive(b"authorization", b"secret");
        assert_eq!(format!("{headers:?}"), r#"{"authorization": "<sensitive>"}"#);
    }
}
