//! Header fields in the order they came, in one arena.
//!
//! Knows nothing of HPACK, of pseudo-headers or of what a field means.

use std::fmt;

/// An ordered list of header fields. Names and values lie in one buffer, so a list costs two
/// allocations however many fields it has, and none while it is empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    octets: Vec<u8>,
    fields: Vec<Field>,
}

/// Where one field lies: `at`, the name, and right behind it the value.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Field {
    at: u32,
    name_len: u32,
    value_len: u32,
    indexing: Indexing,
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
        Self { octets: Vec::new(), fields: Vec::new() }
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// True when there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Size as HTTP/2 counts it: name + value + 32 for each field (RFC 9113 §6.5.2).
    pub fn list_bytes(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.len() + FIELD_OVERHEAD_BYTES).sum()
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
        let at = index(self.octets.len());
        self.octets.extend_from_slice(name);
        self.octets.extend_from_slice(value);
        self.fields.push(Field { at, name_len: index(name.len()), value_len: index(value.len()), indexing });
    }

    /// Appends a field given as one run of octets, its value right behind its name.
    #[inline]
    pub(crate) fn append_joined(&mut self, octets: &[u8], name_len: usize, indexing: Indexing) {
        debug_assert!(name_len <= octets.len());
        let at = index(self.octets.len());
        self.octets.extend_from_slice(octets);
        let value_len = index(octets.len() - name_len);
        self.fields.push(Field { at, name_len: index(name_len), value_len, indexing });
    }

    /// Makes room for a list of so many octets and fields.
    pub(crate) fn reserve(&mut self, octets: usize, fields: usize) {
        self.octets.reserve(octets);
        self.fields.reserve(fields);
    }

    /// Appends a field whose octets `write` appends to the arena: it returns the length of the
    /// name, the rest is the value. On an error the list stays as it was.
    pub(crate) fn append_with<E>(
        &mut self,
        indexing: Indexing,
        write: impl FnOnce(&mut Vec<u8>) -> Result<usize, E>,
    ) -> Result<(), E> {
        let at = self.octets.len();
        match write(&mut self.octets) {
            Ok(name_len) => {
                let value_len = index(self.octets.len() - at - name_len);
                self.fields.push(Field { at: index(at), name_len: index(name_len), value_len, indexing });
                Ok(())
            }
            Err(error) => {
                self.octets.truncate(at);
                Err(error)
            }
        }
    }

    /// Drops the field at `index`, its octets stay until [`clear`](Self::clear).
    pub fn remove(&mut self, index: usize) {
        self.fields.remove(index);
    }

    /// The field at `index`, as name and value.
    pub fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        self.fields.get(index).map(|field| self.parts(field))
    }

    /// First value under `name`.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// All fields in order, as name and value.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&[u8], &[u8])> + ExactSizeIterator {
        self.fields.iter().map(|field| self.parts(field))
    }

    /// True when the field at `index` was pushed as sensitive or came never-indexed.
    pub fn is_sensitive(&self, index: usize) -> bool {
        self.indexing(index) == Indexing::Never
    }

    /// How the field at `index` may be compressed.
    pub fn indexing(&self, index: usize) -> Indexing {
        self.fields.get(index).map_or(Indexing::Literal, |field| field.indexing)
    }

    /// Empties the list and keeps its memory.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.fields.clear();
    }

    fn parts(&self, field: &Field) -> (&[u8], &[u8]) {
        let at = field.at as usize;
        let value = at + field.name_len as usize;
        (&self.octets[at..value], &self.octets[value..value + field.value_len as usize])
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().enumerate().map(|(i, (name, value))| {
            let value =
                if self.is_sensitive(i) { "<sensitive>".into() } else { value.escape_ascii().to_string() };
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
    fn debug_hides_sensitive_values() {
        let mut headers = Headers::new();
        headers.push_sensitive(b"authorization", b"secret");
        assert_eq!(format!("{headers:?}"), r#"{"authorization": "<sensitive>"}"#);
    }
}
