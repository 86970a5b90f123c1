//! One field of a header list: what RFC 9113 §8.2 and §8.3 demand of its name and value.
//!
//! Knows nothing of lists; `head` has the rules between fields.

use crate::malformed::Malformed;

/// A field that HTTP/2 itself has (RFC 9113 §8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pseudo {
    Method,
    Scheme,
    Authority,
    Path,
    Status,
}

impl Pseudo {
    /// By its name with the colon.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b":method" => Some(Self::Method),
            b":scheme" => Some(Self::Scheme),
            b":authority" => Some(Self::Authority),
            b":path" => Some(Self::Path),
            b":status" => Some(Self::Status),
            _ => None,
        }
    }
}

/// What was found out about a field when it entered a compression table, so that it need not be looked at each time
/// it is named by its index: nothing, or that it is within all rules, and which pseudo-header it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark(u8);

impl Mark {
    /// Nothing was found out, or that it breaks a rule.
    pub(crate) const UNKNOWN: Self = Self(0);
    /// A regular field within all rules.
    pub(crate) const PLAIN: Self = Self(1);

    /// A pseudo-header with a legal value.
    pub(crate) const fn pseudo(which: Pseudo) -> Self {
        Self(2 + which as u8)
    }

    /// Looks at a field.
    pub(crate) fn of(name: &[u8], value: &[u8]) -> Self {
        if check_value(value).is_err() {
            return Self::UNKNOWN;
        }
        if let Some(pseudo) = Pseudo::named(name) {
            return Self::pseudo(pseudo);
        }
        // Lengths are compared with one another, and the host with the authority.
        let alone = !matches!(name, b"content-length" | b"host");
        if alone && check_name(name).is_ok() && check_regular(name, value, &mut None).is_ok() {
            Self::PLAIN
        } else {
            Self::UNKNOWN
        }
    }

    /// What is known of a field with this name and another value: of one that is within all rules the name is.
    #[inline]
    pub(crate) fn with_value(self, name_len: usize, value: &[u8]) -> Self {
        // The one name of a plain field whose values are not all alike.
        let is_te = self == Self::PLAIN && name_len == b"te".len();
        if self == Self::UNKNOWN || is_te || check_value(value).is_err() { Self::UNKNOWN } else { self }
    }

    /// Which pseudo-header it is, if it is known to be one.
    #[inline]
    pub(crate) fn which(self) -> Option<Pseudo> {
        match self.0 {
            2 => Some(Pseudo::Method),
            3 => Some(Pseudo::Scheme),
            4 => Some(Pseudo::Authority),
            5 => Some(Pseudo::Path),
            6 => Some(Pseudo::Status),
            _ => None,
        }
    }
}

/// Names that most calls have, and about whose values RFC 9113 says nothing.
pub(crate) fn is_usual(name: &[u8]) -> bool {
    matches!(
        name,
        b"content-type"
            | b"user-agent"
            | b"grpc-timeout"
            | b"grpc-status"
            | b"grpc-encoding"
            | b"grpc-accept-encoding"
            | b"accept-encoding"
            | b"authorization"
            | b"traceparent"
    )
}

pub(crate) fn check_regular(
    name: &[u8],
    value: &[u8],
    content_length: &mut Option<u64>,
) -> Result<(), Malformed> {
    match name {
        b"connection" | b"keep-alive" | b"proxy-connection" | b"transfer-encoding" | b"upgrade" => {
            //= RFC 9113 §8.2.2 connection-fields: Err(Malformed::ConnectionField) → Ok(())
            Err(Malformed::ConnectionField)
        }
        //= RFC 9113 §8.2.2 te
        b"te" if value != b"trailers" => Err(Malformed::Te),
        b"content-length" => {
            let length = decimal(value).ok_or(Malformed::ContentLength)?;
            match content_length.replace(length) {
                Some(earlier) if earlier != length => Err(Malformed::ContentLength),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// RFC 9113 §8.2.1: no upper case, and only RFC 9110 §5.6.2 token characters.
pub(crate) fn check_name(name: &[u8]) -> Result<(), Malformed> {
    //= RFC 9113 §8.2.1 field-name
    if name.is_empty() || !name.iter().all(|&octet| NAME_OCTET[usize::from(octet)]) {
        return Err(Malformed::FieldName);
    }
    Ok(())
}

/// RFC 9113 §8.2.1: no NUL, CR, LF anywhere, no SP or HTAB at either end.
pub(crate) fn check_value(value: &[u8]) -> Result<(), Malformed> {
    let blank = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t'));
    // One pass, eight octets a step; only a suspicious value is looked at twice.
    let suspicious = has_control(value);
    //= RFC 9113 §8.2.1 field-value: suspicious && → false &&
    let illegal = suspicious && value.iter().any(|octet| matches!(octet, 0 | b'\r' | b'\n'));
    //= RFC 9113 §8.2.1 blank-at-an-end:  || blank(value.first()) || blank(value.last()) →
    if illegal || blank(value.first()) || blank(value.last()) {
        return Err(Malformed::FieldValue);
    }
    Ok(())
}

/// Whether an octet is below the space. May say so of one that is not, if it comes behind one that is.
fn has_control(value: &[u8]) -> bool {
    // Of each octet below 0x20 the subtraction sets the top bit, which octets over 0x7f have anyway.
    let found = |word: [u8; 8]| {
        let word = u64::from_le_bytes(word);
        word.wrapping_sub(0x2020_2020_2020_2020) & !word & 0x8080_8080_8080_8080
    };
    let (words, rest) = value.as_chunks::<8>();
    let all = words.iter().fold(0, |all, &word| all | found(word));
    let last = match value.last_chunk::<8>() {
        Some(last) if !rest.is_empty() => found(*last) != 0,
        Some(_) => false,
        None => rest.iter().any(|&octet| octet < b' '),
    };
    all != 0 || last
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0u64, |n, digit| digit.is_ascii_digit().then(|| n * 10 + u64::from(digit - b'0')))
}

/// Lower-case token characters.
const NAME_OCTET: [bool; 256] = {
    let mut table = [false; 256];
    //= RFC 9113 §8.2.1 colon-in-a-name: b"!# → b":!#
    let allowed = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
    let mut i = 0;
    while i < allowed.len() {
        table[allowed[i] as usize] = true;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_octets_are_found_wherever_they_stand() {
        for len in 0..40 {
            let mut value = vec![b' '; len];
            value.iter_mut().step_by(3).for_each(|octet| *octet = 0xff);
            assert!(!has_control(&value), "{len}");
            for at in 0..len {
                let old = std::mem::replace(&mut value[at], [0, 0x1f][at % 2]);
                assert!(has_control(&value), "{at} of {len}");
                value[at] = old;
            }
        }
    }

    #[test]
    fn a_mark_is_given_to_fields_within_all_rules_alone() {
        for (name, value, mark) in [
            ("x-id", "7", Mark::PLAIN),
            ("te", "trailers", Mark::PLAIN),
            ("content-type", "", Mark::PLAIN),
            (":path", "/a", Mark::pseudo(Pseudo::Path)),
            (":status", "200", Mark::pseudo(Pseudo::Status)),
            ("X-Id", "7", Mark::UNKNOWN),
            ("", "7", Mark::UNKNOWN),
            ("x-id", " 7", Mark::UNKNOWN),
            ("x-id", "7\n", Mark::UNKNOWN),
            (":path", "/\r", Mark::UNKNOWN),
            (":protocol", "websocket", Mark::UNKNOWN),
            ("te", "gzip", Mark::UNKNOWN),
            ("connection", "close", Mark::UNKNOWN),
            ("content-length", "7", Mark::UNKNOWN),
            ("host", "h", Mark::UNKNOWN),
        ] {
            let found = Mark::of(name.as_bytes(), value.as_bytes());
            assert_eq!(found.which(), Pseudo::named(name.as_bytes()).filter(|_| mark != Mark::UNKNOWN));
            assert_eq!(found, mark, "{name}: {value:?}");
            for other in ["", "trailers", "gzip", "7", " 7", "7\r", "7"] {
                let (known, other) = (found.with_value(name.len(), other.as_bytes()), other.as_bytes());
                assert!(
                    known == Mark::UNKNOWN || known == Mark::of(name.as_bytes(), other),
                    "{name}: {other:?}"
                );
            }
        }
    }
}
