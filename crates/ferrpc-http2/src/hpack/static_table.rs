//! The 61 fields both sides know from the start (RFC 7541 appendix A).

use crate::field::{Mark, Pseudo};

/// A field as one run of octets, the value right behind the name: one copy moves it.
#[derive(Clone, Copy)]
pub(super) struct StaticField {
    pub(super) octets: &'static [u8],
    pub(super) name_len: usize,
}

impl StaticField {
    pub(super) const fn name(&self) -> &'static [u8] {
        self.octets.split_at(self.name_len).0
    }

    pub(super) const fn value(&self) -> &'static [u8] {
        self.octets.split_at(self.name_len).1
    }
}

/// What is known of a field by its index. Of lengths and hosts, and of what HTTP/2 does not have,
/// nothing.
pub(super) const fn mark(index: usize) -> Mark {
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

macro_rules! fields {
    ($($name:literal $value:literal)*) => {
        [$(StaticField { octets: concat!($name, $value).as_bytes(), name_len: $name.len() },)*]
    };
}

/// Index 1 of the address space is the first; the dynamic table begins behind the last.
pub(super) static STATIC: [StaticField; STATIC_LEN] = FIELDS;

pub(super) const STATIC_LEN: usize = 61;

/// The same for constants, which may not name a static.
pub(super) const FIELDS: [StaticField; STATIC_LEN] = fields! {
    ":authority" ""
    ":method" "GET"
    ":method" "POST"
    ":path" "/"
    ":path" "/index.html"
    ":scheme" "http"
    ":scheme" "https"
    ":status" "200"
    ":status" "204"
    ":status" "206"
    ":status" "304"
    ":status" "400"
    ":status" "404"
    ":status" "500"
    "accept-charset" ""
    "accept-encoding" "gzip, deflate"
    "accept-language" ""
    "accept-ranges" ""
    "accept" ""
    "access-control-allow-origin" ""
    "age" ""
    "allow" ""
    "authorization" ""
    "cache-control" ""
    "content-disposition" ""
    "content-encoding" ""
    "content-language" ""
    "content-length" ""
    "content-location" ""
    "content-range" ""
    "content-type" ""
    "cookie" ""
    "date" ""
    "etag" ""
    "expect" ""
    "expires" ""
    "from" ""
    "host" ""
    "if-match" ""
    "if-modified-since" ""
    "if-none-match" ""
    "if-range" ""
    "if-unmodified-since" ""
    "last-modified" ""
    "link" ""
    "location" ""
    "max-forwards" ""
    "proxy-authenticate" ""
    "proxy-authorization" ""
    "range" ""
    "referer" ""
    "refresh" ""
    "retry-after" ""
    "server" ""
    "set-cookie" ""
    "strict-transport-security" ""
    "transfer-encoding" ""
    "user-agent" ""
    "vary" ""
    "via" ""
    "www-authenticate" ""
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_field_is_what_a_look_at_it_finds() {
        for (field, index) in STATIC.iter().zip(1..) {
            assert_eq!(mark(index), Mark::of(field.name(), field.value()), "{index}");
        }
    }
}
