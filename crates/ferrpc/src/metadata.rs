//! Metadata: the headers and trailers of a call as users see them.
//!
//! Keys that belong to HTTP/2 or to gRPC itself are not shown and cannot be set.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ferrpc_http2::{Fields, Head, HeaderWriter, Headers, Indexing};

/// An ordered list of keys and values; a key may stand there more than once.
///
/// Keys are lower-case ASCII. Values are printable ASCII, or any octets under a key that ends in `-bin`
/// (base64 on the wire, without padding). `authorization`, `cookie` and `-bin` values are not printed by
/// [`fmt::Debug`].
#[derive(Clone, Default)]
pub struct Metadata(List);

/// One question for each of the many that are empty.
impl Drop for Metadata {
    #[inline]
    fn drop(&mut self) {
        if !self.is_untouched() {
            give_back(std::mem::take(&mut self.0));
        }
    }
}

#[inline(never)]
fn give_back(_: List) {}

/// Where they lie. Two words: each call carries this several times.
#[derive(Clone)]
enum List {
    /// The head of a message as it came; shared, and copied by the first change.
    Head(Head),
    /// Most calls have none of their own.
    Own(Option<Box<Headers>>),
}

impl Default for List {
    fn default() -> Self {
        Self::Own(None)
    }
}

/// Why a key or value is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataError {
    /// The key is empty, or has a character other than `a-z 0-9 - _ .`.
    Key(String),
    /// The key belongs to HTTP/2 or to gRPC, such as `te` or anything starting with `grpc-`.
    Reserved(String),
    /// The value has a character outside printable ASCII; use a `-bin` key.
    Value(String),
    /// Octets under a key that does not end in `-bin`, or text under one that does.
    Kind(String),
    /// The value under this `-bin` key is not base64.
    Base64(String),
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "metadata key {key:?} is not made of a-z 0-9 - _ ."),
            Self::Reserved(key) => write!(f, "metadata key {key:?} is reserved for gRPC"),
            Self::Value(key) => {
                write!(f, "metadata value under {key:?} is not printable ASCII; octets go under a -bin key")
            }
            Self::Kind(key) => {
                write!(
                    f,
                    "metadata key {key:?}: octets need a key that ends in -bin, and text one that does not"
                )
            }
            Self::Base64(key) => write!(f, "metadata value under {key:?} is not base64"),
        }
    }
}

impl std::error::Error for MetadataError {}

impl Metadata {
    /// An empty list; allocates nothing.
    pub const fn new() -> Self {
        Self(List::Own(None))
    }

    pub(crate) fn from_head(head: Head) -> Self {
        Self(List::Head(head))
    }

    #[cfg(test)]
    pub(crate) fn from_fields(fields: Headers) -> Self {
        Self(List::Own(Some(Box::new(fields))))
    }

    fn fields(&self) -> Fields<'_> {
        static NONE: Headers = Headers::new();
        match &self.0 {
            List::Head(head) => head.all(),
            List::Own(Some(own)) => own.view(),
            List::Own(None) => NONE.view(),
        }
    }

    /// Changes the list as its own; reserved fields stay hidden in it.
    fn change<R>(&mut self, change: impl FnOnce(&mut Headers) -> R) -> R {
        let mut own = match std::mem::take(&mut self.0) {
            List::Head(head) => Box::new(head.all().to_headers()),
            List::Own(own) => own.unwrap_or_default(),
        };
        let done = change(&mut own);
        self.0 = List::Own(Some(own));
        done
    }

    /// A field as it stands on the wire, reserved ones too.
    pub(crate) fn wire(&self, key: &[u8]) -> Option<&[u8]> {
        self.fields().get(key)
    }

    /// Nothing was ever put in, as with most answers.
    #[inline]
    pub(crate) fn is_untouched(&self) -> bool {
        matches!(self.0, List::Own(None))
    }

    /// Size as HTTP/2 counts it (RFC 9113 §6.5.2), hidden fields too.
    #[inline]
    pub(crate) fn list_bytes(&self) -> usize {
        if self.is_untouched() { 0 } else { self.fields().list_bytes() }
    }

    /// Writes all fields a user may set.
    #[inline]
    pub(crate) fn write_to(&self, writer: &mut HeaderWriter<'_>) {
        if !self.is_untouched() {
            self.write_fields_to(writer);
        }
    }

    fn write_fields_to(&self, writer: &mut HeaderWriter<'_>) {
        for (i, key, value) in self.visible() {
            writer.field(key, value, self.fields().indexing(i));
        }
    }

    /// Appends a text value, behind those the key has.
    ///
    /// # Errors
    /// [`MetadataError`] if the key or the value is not allowed.
    pub fn append(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        if check_key(key)? {
            return Err(MetadataError::Kind(key.into()));
        }
        // gRPC PROTOCOL-HTTP2.md: ASCII-Value is %x20-%x7E without white space at its ends.
        if !value.bytes().all(|octet| (b' '..=b'~').contains(&octet)) || value.trim() != value {
            return Err(MetadataError::Value(key.into()));
        }
        let indexing = if is_secret(key.as_bytes()) { Indexing::Never } else { Indexing::Literal };
        self.change(|own| own.append(key.as_bytes(), value.as_bytes(), indexing));
        Ok(())
    }

    /// Sets a text value, instead of all that the key has.
    ///
    /// # Errors
    /// [`MetadataError`] if the key or the value is not allowed.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        let mut fresh = Self::new();
        fresh.append(key, value)?;
        self.remove(key);
        self.append(key, value)
    }

    /// Appends octets under a key that ends in `-bin`.
    ///
    /// # Errors
    /// [`MetadataError`] if the key is not allowed or does not end in `-bin`.
    pub fn append_bin(&mut self, key: &str, value: &[u8]) -> Result<(), MetadataError> {
        if !check_key(key)? {
            return Err(MetadataError::Kind(key.into()));
        }
        let indexing = if is_secret(key.as_bytes()) { Indexing::Never } else { Indexing::Literal };
        self.change(|own| own.append(key.as_bytes(), encode_bin(value).as_bytes(), indexing));
        Ok(())
    }

    /// Sets octets under a key that ends in `-bin`, instead of all that the key has.
    ///
    /// # Errors
    /// [`MetadataError`] if the key is not allowed or does not end in `-bin`.
    pub fn insert_bin(&mut self, key: &str, value: &[u8]) -> Result<(), MetadataError> {
        if !check_key(key)? {
            return Err(MetadataError::Kind(key.into()));
        }
        self.remove(key);
        self.append_bin(key, value)
    }

    /// Marks what is under `key` now as secret: it is sent so that nobody on the way keeps it in a table (RFC 7541 §7.1.3),
    /// and not printed by [`fmt::Debug`]. `authorization`, `proxy-authorization`, `cookie` and `set-cookie` are so anyway.
    pub fn mark_secret(&mut self, key: &str) {
        let marked = self.fields().iter().enumerate().map(|(i, (name, value))| {
            let own = self.fields().indexing(i);
            (name, value, if name == key.as_bytes() { Indexing::Never } else { own })
        });
        let mut fields = Headers::new();
        marked.for_each(|(name, value, indexing)| fields.append(name, value, indexing));
        self.change(|own| *own = fields);
    }

    /// First text value under `key`. `None` also for `-bin` keys.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).next()
    }

    /// All text values under `key`, in order.
    pub fn get_all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.values(key)
            .filter(move |_| !key.ends_with("-bin"))
            .filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// First octets under a `-bin` key; one that is not base64 is an error of this value alone.
    ///
    /// # Errors
    /// [`MetadataError::Base64`] if the peer sent something else.
    pub fn get_bin(&self, key: &str) -> Result<Option<Vec<u8>>, MetadataError> {
        self.get_all_bin(key).next().transpose()
    }

    /// All octets under a `-bin` key, in order; also those a peer joined with commas.
    pub fn get_all_bin(&self, key: &str) -> impl Iterator<Item = Result<Vec<u8>, MetadataError>> {
        self.values(key)
            .filter(move |_| key.ends_with("-bin"))
            .flat_map(|value| value.split(|&octet| octet == b','))
            .map(move |value| decode_bin(value).ok_or_else(|| MetadataError::Base64(key.into())))
    }

    /// Takes out all values under `key`; true if there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        let found: Vec<usize> =
            self.visible().filter(|(_, name, _)| *name == key.as_bytes()).map(|(i, _, _)| i).collect();
        for &i in found.iter().rev() {
            self.change(|own| own.remove(i));
        }
        !found.is_empty()
    }

    /// All keys with their values as they stand on the wire (`-bin` values in base64), in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.visible().filter_map(|(_, key, value)| Some((std::str::from_utf8(key).ok()?, value)))
    }

    /// `:path` of a request as it came.
    #[cfg(feature = "server")]
    pub(crate) fn path(&self) -> String {
        match &self.0 {
            List::Head(head) => String::from_utf8_lossy(head.path()).into_owned(),
            List::Own(_) => String::new(),
        }
    }

    /// Whether a value under `key` is secret.
    #[cfg(feature = "tower")]
    pub(crate) fn is_secret(&self, key: &str) -> bool {
        let is_never = |i| self.fields().indexing(i) == Indexing::Never;
        self.visible().any(|(i, name, _)| name == key.as_bytes() && (is_secret(name) || is_never(i)))
    }

    /// Appends a field as it stands on the wire, if a user may set it.
    #[cfg(feature = "tower")]
    pub(crate) fn append_wire(&mut self, key: &str, value: &[u8], secret: bool) {
        if check_key(key).is_ok() {
            let indexing =
                if secret || is_secret(key.as_bytes()) { Indexing::Never } else { Indexing::Literal };
            self.change(|own| own.append(key.as_bytes(), value, indexing));
        }
    }

    /// Whether there is a value under `key`.
    #[cfg(feature = "client")]
    pub(crate) fn has(&self, key: &str) -> bool {
        self.values(key).next().is_some()
    }

    /// Appends what `other` has under `key`, as it came.
    #[cfg(feature = "client")]
    pub(crate) fn copy(&mut self, key: &str, other: &Self) {
        for value in other.values(key) {
            self.change(|own| own.append(key.as_bytes(), value, Indexing::Literal));
        }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.visible().count()
    }

    /// True when there is no value.
    pub fn is_empty(&self) -> bool {
        self.visible().next().is_none()
    }

    /// Appends all values of `other`.
    pub fn extend(&mut self, other: &Self) {
        for (i, key, value) in other.visible() {
            self.change(|own| own.append(key, value, other.fields().indexing(i)));
        }
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &[u8]> {
        self.visible().filter(move |(_, name, _)| *name == key.as_bytes()).map(|(_, _, value)| value)
    }

    fn visible(&self) -> impl Iterator<Item = (usize, &[u8], &[u8])> {
        self.fields()
            .iter()
            .enumerate()
            .filter(|(_, (key, _))| !is_reserved(key))
            .map(|(i, (key, value))| (i, key, value))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.visible().map(|(i, key, value)| {
            let secret =
                is_secret(key) || key.ends_with(b"-bin") || self.fields().indexing(i) == Indexing::Never;
            let value =
                if secret { format!("<{} octets>", value.len()) } else { value.escape_ascii().to_string() };
            (key.escape_ascii().to_string(), value)
        });
        f.debug_map().entries(shown).finish()
    }
}

/// Whether the key is for octets.
fn check_key(key: &str) -> Result<bool, MetadataError> {
    //= RFC 9113 §8.2 lower-case-sent: b'a'..=b'z' → b'a'..=b'z' | b'A'..=b'Z'
    let legal = |octet: u8| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    if key.is_empty() || !key.bytes().all(legal) {
        return Err(MetadataError::Key(key.into()));
    }
    //= RFC 9113 §8.2.2 connection-fields-sent
    if is_reserved(key.as_bytes()) {
        return Err(MetadataError::Reserved(key.into()));
    }
    Ok(key.ends_with("-bin"))
}

fn is_reserved(key: &[u8]) -> bool {
    key.starts_with(b"grpc-")
        || matches!(
            key,
            b"te"
                | b"content-type"
                | b"content-length"
                | b"user-agent"
                | b"host"
                | b"connection"
                | b"keep-alive"
                | b"proxy-connection"
                | b"transfer-encoding"
                | b"upgrade"
        )
        || key.starts_with(b":")
}

fn is_secret(key: &[u8]) -> bool {
    matches!(key, b"authorization" | b"proxy-authorization" | b"cookie" | b"set-cookie")
}

/// gRPC PROTOCOL-HTTP2.md: "Implementations MUST accept padded and un-padded values and should emit
/// un-padded values."
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(crate) fn encode_bin(value: &[u8]) -> String {
    BASE64.encode(value)
}

pub(crate) fn decode_bin(value: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(value.trim_ascii()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_are_two_words_whether_they_are_there_or_not() {
        assert_eq!(size_of::<Metadata>(), 2 * size_of::<usize>());
        assert_eq!(size_of::<Option<Metadata>>(), 2 * size_of::<usize>());
    }

    #[test]
    fn text_and_octets_come_back_in_order() {
        let mut metadata = Metadata::new();
        metadata.append("a", "1").unwrap();
        metadata.append_bin("k-bin", &[0, 255]).unwrap();
        metadata.append("a", "2").unwrap();
        assert_eq!(metadata.get_all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(metadata.get_bin("k-bin"), Ok(Some(vec![0, 255])));
        metadata.insert("a", "3").unwrap();
        assert_eq!(metadata.get_all("a").collect::<Vec<_>>(), ["3"]);
        assert_eq!(metadata.len(), 2);
    }

    #[test]
    fn what_is_not_allowed_is_named() {
        use MetadataError::*;
        let mut metadata = Metadata::new();
        assert_eq!(metadata.append("A", "x"), Err(Key("A".into())));
        assert_eq!(metadata.append("", "x"), Err(Key("".into())));
        assert_eq!(metadata.append("grpc-timeout", "1S"), Err(Reserved("grpc-timeout".into())));
        for key in
            ["te", "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]
        {
            assert_eq!(metadata.append(key, "x"), Err(Reserved(key.into())));
        }
        assert_eq!(metadata.append(":authority", "x"), Err(Key(":authority".into())));
        assert_eq!(metadata.append("a", "ü"), Err(Value("a".into())));
        assert_eq!(metadata.append("a", " x"), Err(Value("a".into())));
        assert_eq!(metadata.append("a-bin", "x"), Err(Kind("a-bin".into())));
        assert_eq!(metadata.append_bin("a", b"x"), Err(Kind("a".into())));
        assert!(metadata.is_empty());
    }

    #[test]
    fn base64_is_taken_padded_unpadded_and_joined_and_bad_one_fails_alone() {
        let mut fields = Headers::new();
        fields.push(b"a-bin", b"AAE=,AAE");
        fields.push(b"b-bin", b"!!");
        let metadata = Metadata::from_fields(fields);
        let all: Vec<_> = metadata.get_all_bin("a-bin").collect();
        assert_eq!(all, [Ok(vec![0, 1]), Ok(vec![0, 1])]);
        assert_eq!(metadata.get_bin("b-bin"), Err(MetadataError::Base64("b-bin".into())));
    }

    #[test]
    fn marked_values_are_secret_wherever_they_go() {
        let mut metadata = Metadata::new();
        metadata.append("x-token", "one").unwrap();
        metadata.append("plain", "shown").unwrap();
        metadata.append("x-token", "two").unwrap();
        metadata.mark_secret("x-token");
        let mut other = Metadata::new();
        other.extend(&metadata);
        assert_eq!(
            format!("{other:?}"),
            r#"{"x-token": "<3 octets>", "plain": "shown", "x-token": "<3 octets>"}"#
        );
        let indexing = |i| other.fields().indexing(i);
        assert_eq!([indexing(0), indexing(2)], [Indexing::Never; 2]);
        assert_ne!(indexing(1), Indexing::Never);
        // One that is added later is not, and named ones need no mark.
        other.append("x-token", "three").unwrap();
        other.append("cookie", "c").unwrap();
        other.append("set-cookie", "c").unwrap();
        other.append("proxy-authorization", "c").unwrap();
        let secret = |i| other.fields().indexing(i) == Indexing::Never;
        assert_eq!([3, 4, 5, 6].map(secret), [false, true, true, true]);
    }

    #[test]
    fn debug_shows_no_secrets() {
        let mut metadata = Metadata::new();
        metadata.append("authorization", "Bearer x").unwrap();
        metadata.append_bin("token-bin", b"secret").unwrap();
        metadata.append("plain", "shown").unwrap();
        assert_eq!(
            format!("{metadata:?}"),
            r#"{"authorization": "<8 octets>", "token-bin": "<8 octets>", "plain": "shown"}"#
        );
    }
}
