//! Header lists as HTTP messages: what RFC 9113 §8.2 and §8.3 demand of requests, responses, trailers.
//!
//! Knows nothing of streams; `conn` decides what a malformed list ends.

use std::fmt;
use std::sync::Arc;

use crate::error::Malformed;
use crate::headers::Headers;

/// The head of a request or a response, or trailers: pseudo-headers checked, all fields legal. Clones share
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct Head(Arc<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    fields: Headers,
    /// Pseudo-headers stand first; this many.
    pseudo: u8,
    /// Where each pseudo-header stands, in the order of [`Pseudo`]; `ABSENT` if it does not.
    at: [u8; 5],
    content_length: Option<u64>,
}

const ABSENT: u8 = u8::MAX;

#[derive(Clone, Copy)]
enum Pseudo {
    Method,
    Scheme,
    Authority,
    Path,
    Status,
}

impl Head {
    /// Checks a decoded list as a request (RFC 9113 §8.3.1).
    pub(crate) fn request(fields: Headers) -> Result<Self, Malformed> {
        let head = Parts::check(fields)?;
        //= RFC 9113 §8.3 pseudo-headers-of-the-other
        if head.pseudo(Pseudo::Status).is_some() {
            return Err(Malformed::UnknownPseudo);
        }
        let (Some(method), Some(_)) = (head.pseudo(Pseudo::Method), head.pseudo(Pseudo::Scheme)) else {
            return Err(Malformed::MissingPseudo);
        };
        //= RFC 9113 §8.3.1 required-pseudo-headers: ok_or(Malformed::MissingPseudo)? → unwrap_or(b"/")
        let path = head.pseudo(Pseudo::Path).ok_or(Malformed::MissingPseudo)?;
        //= RFC 9113 §8.3.1 path
        //= RFC 9113 §8.3.1 path-of-options:  && !(method == b"OPTIONS" && path == b"*") →
        if path.first() != Some(&b'/') && !(method == b"OPTIONS" && path == b"*") {
            return Err(Malformed::Path);
        }
        if let (Some(authority), Some(host)) = (head.pseudo(Pseudo::Authority), head.fields.get(b"host"))
            && !authority.eq_ignore_ascii_case(host)
        {
            return Err(Malformed::Authority);
        }
        Ok(Self(Arc::new(head)))
    }

    /// Checks a decoded list as a response, final or informational (RFC 9113 §8.3.2).
    pub(crate) fn response(fields: Headers) -> Result<Self, Malformed> {
        let head = Parts::check(fields)?;
        //= RFC 9113 §8.3.2 status: head.pseudo != 1 → head.pseudo > 1
        if head.pseudo != 1 {
            return Err(if head.pseudo == 0 { Malformed::MissingPseudo } else { Malformed::UnknownPseudo });
        }
        let status = head.pseudo(Pseudo::Status).ok_or(Malformed::UnknownPseudo)?;
        // RFC 9110 §15: three digits of 600 and more are to be taken for a 5xx.
        let legal = matches!(status, [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9']) && status != b"101";
        if !legal {
            return Err(Malformed::Status);
        }
        Ok(Self(Arc::new(head)))
    }

    /// Checks a decoded list as trailers, which have no pseudo-headers (RFC 9113 §8.1).
    pub(crate) fn trailers(fields: Headers) -> Result<Self, Malformed> {
        let head = Parts::check(fields)?;
        //= RFC 9113 §8.1 pseudo-headers-in-trailers
        if head.pseudo != 0 {
            return Err(Malformed::PseudoInTrailers);
        }
        Ok(Self(Arc::new(head)))
    }
}

impl Parts {
    fn check(fields: Headers) -> Result<Self, Malformed> {
        let mut at = [ABSENT; 5];
        let mut pseudo = 0u8;
        let mut content_length = None;
        for (i, (name, value)) in fields.iter().enumerate() {
            check_value(value)?;
            if is_usual(name) {
                continue;
            }
            if let Some(name) = name.strip_prefix(b":") {
                //= RFC 9113 §8.3 pseudo-header-behind-a-field
                if i != usize::from(pseudo) {
                    return Err(Malformed::PseudoAfterRegular);
                }
                let which = match name {
                    b"method" => Pseudo::Method,
                    b"scheme" => Pseudo::Scheme,
                    b"authority" => Pseudo::Authority,
                    b"path" => Pseudo::Path,
                    b"status" => Pseudo::Status,
                    //= RFC 9113 §8.3 undefined-pseudo-headers: return Err(Malformed::UnknownPseudo) → continue
                    _ => return Err(Malformed::UnknownPseudo),
                };
                let place = &mut at[which as usize];
                //= RFC 9113 §8.3 pseudo-header-twice
                if *place != ABSENT {
                    return Err(Malformed::DuplicatePseudo);
                }
                *place = pseudo;
                pseudo += 1;
                continue;
            }
            check_name(name)?;
            check_regular(name, value, &mut content_length)?;
        }
        Ok(Self { fields, pseudo, at, content_length })
    }

    fn pseudo(&self, which: Pseudo) -> Option<&[u8]> {
        let at = self.at[which as usize];
        (at != ABSENT).then(|| self.fields.at(usize::from(at))).flatten().map(|(_, value)| value)
    }
}

impl Head {
    /// `:method`; empty in a response.
    pub fn method(&self) -> &[u8] {
        self.0.pseudo(Pseudo::Method).unwrap_or_default()
    }

    /// `:scheme`; empty in a response.
    pub fn scheme(&self) -> &[u8] {
        self.0.pseudo(Pseudo::Scheme).unwrap_or_default()
    }

    /// `:authority`, or `host` where a request has only that; empty if neither.
    pub fn authority(&self) -> &[u8] {
        //= RFC 9113 §8.3.1 authority-before-host: self.0.pseudo(Pseudo::Authority) → self.0.fields.get(b"host")
        self.0.pseudo(Pseudo::Authority).or_else(|| self.0.fields.get(b"host")).unwrap_or_default()
    }

    /// `:path`, starting with a slash in every request that gets this far; empty in a response.
    pub fn path(&self) -> &[u8] {
        self.0.pseudo(Pseudo::Path).unwrap_or_default()
    }

    /// `:status` as a number, 100 to 999; 0 in a request.
    pub fn status(&self) -> u16 {
        let digits = self.0.pseudo(Pseudo::Status).unwrap_or_default();
        digits.iter().fold(0, |n, digit| n * 10 + u16::from(digit - b'0'))
    }

    /// `content-length`, if it stands there.
    pub fn content_length(&self) -> Option<u64> {
        self.0.content_length
    }

    /// The regular fields in order, as name and value.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.fields.iter().skip(usize::from(self.0.pseudo))
    }

    /// First value of a regular field.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.fields().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// All fields, the pseudo-headers first: [`pseudo_len`](Self::pseudo_len) of them.
    pub fn all(&self) -> &Headers {
        &self.0.fields
    }

    /// True if both are one and the same, clones of one another.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Number of pseudo-headers, which stand before all regular fields.
    pub fn pseudo_len(&self) -> usize {
        usize::from(self.0.pseudo)
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fields.fmt(f)
    }
}

/// Names that most calls have, and about whose values RFC 9113 says nothing.
fn is_usual(name: &[u8]) -> bool {
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

fn check_regular(name: &[u8], value: &[u8], content_length: &mut Option<u64>) -> Result<(), Malformed> {
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
fn check_name(name: &[u8]) -> Result<(), Malformed> {
    //= RFC 9113 §8.2.1 field-name
    if name.is_empty() || !name.iter().all(|&octet| NAME_OCTET[usize::from(octet)]) {
        return Err(Malformed::FieldName);
    }
    Ok(())
}

/// RFC 9113 §8.2.1: no NUL, CR, LF anywhere, no SP or HTAB at either end.
fn check_value(value: &[u8]) -> Result<(), Malformed> {
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

    fn list(fields: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in fields {
            headers.push(name.as_bytes(), value.as_bytes());
        }
        headers
    }

    const GOOD: [(&str, &str); 3] = [(":method", "POST"), (":scheme", "http"), (":path", "/a/b")];

    fn request(more: &[(&str, &str)]) -> Result<Head, Malformed> {
        Head::request(list(&[&GOOD, more].concat()))
    }

    #[test]
    fn a_request_shows_its_parts() {
        let head = request(&[(":authority", "host:1"), ("te", "trailers"), ("content-length", "7")]).unwrap();
        assert_eq!(head.method(), b"POST");
        assert_eq!(head.path(), b"/a/b");
        assert_eq!(head.authority(), b"host:1");
        assert_eq!(head.content_length(), Some(7));
        assert_eq!(head.fields().next(), Some((&b"te"[..], &b"trailers"[..])));
    }

    #[test]
    fn each_rule_of_a_request_has_its_name() {
        use Malformed::*;
        for (fields, rule) in [
            (&[("UPPER", "x")][..], FieldName),
            (&[("", "x")], FieldName),
            (&[("a b", "x")], FieldName),
            (&[("a:b", "x")], FieldName),
            (&[("a", " x")], FieldValue),
            (&[("a", "x\t")], FieldValue),
            (&[("a", "x\r\ny")], FieldValue),
            (&[("a", "x\0")], FieldValue),
            (&[("a", "x"), (":authority", "h")], PseudoAfterRegular),
            (&[(":protocol", "x")], UnknownPseudo),
            (&[(":status", "200")], UnknownPseudo),
            (&[(":path", "/x")], DuplicatePseudo),
            (&[("connection", "close")], ConnectionField),
            (&[("transfer-encoding", "chunked")], ConnectionField),
            (&[("te", "gzip")], Te),
            (&[(":authority", "a"), ("host", "b")], Authority),
            (&[("content-length", "+1")], ContentLength),
            (&[("content-length", "1"), ("content-length", "2")], ContentLength),
        ] {
            assert_eq!(request(fields), Err(rule), "{fields:?}");
        }
        assert_eq!(Head::request(list(&GOOD[..2])), Err(MissingPseudo));
        for path in ["", "a/b", "*"] {
            let fields = [GOOD[0], GOOD[1], (":path", path)];
            assert_eq!(Head::request(list(&fields)), Err(Path), "{path:?}");
        }
    }

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
    fn options_may_ask_for_all_of_a_server() {
        let fields = list(&[(":method", "OPTIONS"), GOOD[1], (":path", "*")]);
        assert_eq!(Head::request(fields).map(|head| head.path().to_vec()), Ok(b"*".to_vec()));
    }

    #[test]
    fn authority_counts_where_host_stands_too() {
        let both = request(&[(":authority", "host:1"), ("host", "HOST:1")]).unwrap();
        assert_eq!(both.authority(), b"host:1");
        assert_eq!(request(&[("host", "host:1")]).unwrap().authority(), b"host:1");
    }

    #[test]
    fn a_response_needs_exactly_a_legal_status() {
        assert_eq!(Head::response(list(&[(":status", "204")])).map(|head| head.status()), Ok(204));
        assert_eq!(Head::response(list(&[(":status", "800")])).map(|head| head.status()), Ok(800));
        for status in ["", "20", "2000", "abc", "101", "099"] {
            assert_eq!(Head::response(list(&[(":status", status)])), Err(Malformed::Status), "{status:?}");
        }
        assert_eq!(Head::response(list(&[("a", "b")])), Err(Malformed::MissingPseudo));
        assert_eq!(Head::response(list(&GOOD[..1])), Err(Malformed::UnknownPseudo));
    }

    #[test]
    fn trailers_have_no_pseudo_headers() {
        assert!(Head::trailers(list(&[("grpc-status", "0")])).is_ok());
        assert_eq!(Head::trailers(list(&[(":status", "200")])), Err(Malformed::PseudoInTrailers));
    }
}
