//! The 61 fields both sides know from the start (RFC 7541 appendix A).

use crate::field::{Mark, Pseudo};
use crate::headers::Entry;
use crate::short::SHORT_BYTES;

pub(super) const fn name(field: &Entry) -> &[u8] {
    field.short.split_at(field.name_len()).0
}

pub(super) const fn value(field: &Entry) -> &[u8] {
    field.short.split_at(field.len()).0.split_at(field.name_len()).1
}

/// All of them are short.
#[expect(clippy::cast_possible_truncation, reason = "a field that does not fit fails to compile")]
const fn field(name: &str, value: &str, index: usize) -> Entry {
    let mut short = [0; SHORT_BYTES];
    let (front, back) = short.split_at_mut(name.len());
    front.copy_from_slice(name.as_bytes());
    back.split_at_mut(value.len()).0.copy_from_slice(value.as_bytes());
    let (name_len, len) = (name.len() as u32, (name.len() + value.len()) as u32);
    Entry::new(short, 0, name_len, len, index as u32, mark(index))
}

/// What is known of a field by its index. Of lengths and hosts, and of what HTTP/2 does not have,
/// nothing.
const fn mark(index: usize) -> Mark {
    match index {
        1 => Mark::pseudo(Pseudo::Authority),
        2 | 3 => Mark::pseudo(Pseudo::Method),
        4 | 5 => Mark::pseudo(Pseudo::Path),
        6 | 7 => Mark::pseudo(Pseudo::Scheme),
        8..=14 => Mark::pseudo(Pseudo::Status),
        28 | 38 | 57 => Mark::UNKNOWN,
        _ => Mark::PLAIN,
    }
}

/// Index 1 of the address space is the first; the dynamic table begins behind the last.
pub(super) static STATIC: [Entry; STATIC_LEN] = FIELDS;

pub(super) const STATIC_LEN: usize = 61;

/// The same for constants, which may not name a static.
pub(super) const FIELDS: [Entry; STATIC_LEN] = {
    let mut fields = [field("", "", 0); STATIC_LEN];
    let mut at = 0;
    while at < STATIC_LEN {
        fields[at] = field(TEXTS[at].0, TEXTS[at].1, at + 1);
        at += 1;
    }
    fields
};

const TEXTS: [(&str, &str); STATIC_LEN] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_field_is_what_a_look_at_it_finds() {
        for (field, index) in STATIC.iter().zip(1..) {
            assert_eq!(field.mark(), Mark::of(name(field), value(field)), "{index}");
            assert_eq!(field.mark(), mark(index));
        }
    }
}
