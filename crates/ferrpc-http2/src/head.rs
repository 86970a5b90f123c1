//! Header lists as HTTP messages: what RFC 9113 §8.3 demands of requests, responses, trailers.
//!
//! Knows nothing of streams; `conn` decides what a malformed list ends.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::field::{Mark, Pseudo, check_name, check_regular, check_value, is_usual};
use crate::headers::{Fields, Headers};
use crate::malformed::Malformed;

/// The head of a request or a response, or trailers: pseudo-headers checked, all fields legal. Clones share
/// it: the list and what was found out about it are one piece of memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Head(Arc<[u8]>);

/// What was found out about a list.
#[derive(Clone, Copy)]
struct Findings {
    /// Pseudo-headers stand first; this many.
    pseudo: u8,
    /// Where each pseudo-header stands, in the order of [`Pseudo`]; `ABSENT` if it does not.
    at: [u8; 5],
    content_length: Option<u64>,
}

const ABSENT: u8 = u8::MAX;

impl Head {
    /// Checks a decoded list as a request (RFC 9113 §8.3.1).
    pub(crate) fn request(fields: &mut Headers) -> Result<Self, Malformed> {
        let head = Checked::new(fields)?;
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
        if let (Some(authority), Some(host)) = (head.pseudo(Pseudo::Authority), head.host())
            && !authority.eq_ignore_ascii_case(host)
        {
            return Err(Malformed::Authority);
        }
        Ok(head.into_head())
    }

    /// Checks a decoded list as a response, final or informational (RFC 9113 §8.3.2).
    pub(crate) fn response(fields: &mut Headers) -> Result<Self, Malformed> {
        let head = Checked::new(fields)?;
        //= RFC 9113 §8.3.2 status: head.findings.pseudo != 1 → head.findings.pseudo > 1
        if head.findings.pseudo != 1 {
            return Err(if head.findings.pseudo == 0 {
                Malformed::MissingPseudo
            } else {
                Malformed::UnknownPseudo
            });
        }
        let status = head.pseudo(Pseudo::Status).ok_or(Malformed::UnknownPseudo)?;
        // RFC 9110 §15: three digits of 600 and more are to be taken for a 5xx.
        let legal = matches!(status, [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9']) && status != b"101";
        if !legal {
            return Err(Malformed::Status);
        }
        Ok(head.into_head())
    }

    /// Checks a decoded list as trailers, which have no pseudo-headers (RFC 9113 §8.1).
    pub(crate) fn trailers(fields: &mut Headers) -> Result<Self, Malformed> {
        let head = Checked::new(fields)?;
        //= RFC 9113 §8.1 pseudo-headers-in-trailers
        if head.findings.pseudo != 0 {
            return Err(Malformed::PseudoInTrailers);
        }
        Ok(head.into_head())
    }
}

/// A list all of whose fields are legal.
struct Checked<'a> {
    fields: &'a mut Headers,
    findings: Findings,
    has_host: bool,
}

impl<'a> Checked<'a> {
    fn new(fields: &'a mut Headers) -> Result<Self, Malformed> {
        let mut at = [ABSENT; 5];
        let mut pseudo = 0u8;
        let mut content_length = None;
        let mut has_host = false;
        for (i, mark) in fields.view().marks().enumerate() {
            if mark == Mark::PLAIN {
                continue;
            }
            let which = match mark.which() {
                Some(which) => Some(which),
                None => {
                    let Some((name, value)) = fields.at(i) else { continue };
                    check_value(value)?;
                    if is_usual(name) {
                        continue;
                    }
                    if name.first() != Some(&b':') {
                        check_name(name)?;
                        check_regular(name, value, &mut content_length)?;
                        has_host |= name == b"host";
                        continue;
                    }
                    Pseudo::named(name)
                }
            };
            //= RFC 9113 §8.3 pseudo-header-behind-a-field
            if i != usize::from(pseudo) {
                return Err(Malformed::PseudoAfterRegular);
            }
            //= RFC 9113 §8.3 undefined-pseudo-headers: return Err(Malformed::UnknownPseudo) → continue
            let Some(which) = which else { return Err(Malformed::UnknownPseudo) };
            let place = &mut at[which as usize];
            //= RFC 9113 §8.3 pseudo-header-twice
            if *place != ABSENT {
                return Err(Malformed::DuplicatePseudo);
            }
            *place = pseudo;
            pseudo += 1;
        }
        Ok(Self { fields, findings: Findings { pseudo, at, content_length }, has_host })
    }

    fn pseudo(&self, which: Pseudo) -> Option<&[u8]> {
        self.findings.pseudo_of(self.fields.view(), which)
    }

    fn host(&self) -> Option<&[u8]> {
        if self.has_host { self.fields.get(b"host") } else { None }
    }

    fn into_head(self) -> Head {
        Head(self.fields.take_shared(&self.findings.pack()))
    }
}

/// Findings as they stand behind their list.
const FINDINGS_BYTES: usize = 16;

impl Findings {
    fn pack(self) -> [u8; FINDINGS_BYTES] {
        let mut octets = [0; FINDINGS_BYTES];
        // No length has 20 digits.
        octets[..8].copy_from_slice(&self.content_length.unwrap_or(u64::MAX).to_le_bytes());
        octets[8] = self.pseudo;
        octets[9..14].copy_from_slice(&self.at);
        octets
    }

    #[inline]
    fn unpack(octets: [u8; FINDINGS_BYTES]) -> Self {
        let [l0, l1, l2, l3, l4, l5, l6, l7, pseudo, a0, a1, a2, a3, a4, ..] = octets;
        let length = u64::from_le_bytes([l0, l1, l2, l3, l4, l5, l6, l7]);
        let content_length = (length != u64::MAX).then_some(length);
        Self { pseudo, at: [a0, a1, a2, a3, a4], content_length }
    }

    fn pseudo_of<'a>(&self, fields: Fields<'a>, which: Pseudo) -> Option<&'a [u8]> {
        let at = self.at[which as usize];
        (at != ABSENT).then(|| fields.at(usize::from(at))).flatten().map(|(_, value)| value)
    }
}

impl Head {
    #[inline]
    fn parts(&self) -> (Fields<'_>, Findings) {
        let (fields, findings) = Fields::shared(&self.0);
        (fields, Findings::unpack(findings))
    }

    fn pseudo(&self, which: Pseudo) -> Option<&[u8]> {
        let (fields, findings) = self.parts();
        findings.pseudo_of(fields, which)
    }

    /// `:method`; empty in a response.
    pub fn method(&self) -> &[u8] {
        self.pseudo(Pseudo::Method).unwrap_or_default()
    }

    /// `:scheme`; empty in a response.
    pub fn scheme(&self) -> &[u8] {
        self.pseudo(Pseudo::Scheme).unwrap_or_default()
    }

    /// `:authority`, or `host` where a request has only that; empty if neither.
    pub fn authority(&self) -> &[u8] {
        //= RFC 9113 §8.3.1 authority-before-host: self.pseudo(Pseudo::Authority) → self.all().get(b"host")
        self.pseudo(Pseudo::Authority).or_else(|| self.all().get(b"host")).unwrap_or_default()
    }

    /// `:path`, starting with a slash in every request that gets this far; empty in a response.
    pub fn path(&self) -> &[u8] {
        self.pseudo(Pseudo::Path).unwrap_or_default()
    }

    /// `:status` as a number, 100 to 999; 0 in a request.
    pub fn status(&self) -> u16 {
        let digits = self.pseudo(Pseudo::Status).unwrap_or_default();
        digits.iter().fold(0, |n, digit| n * 10 + u16::from(digit - b'0'))
    }

    /// `content-length`, if it stands there.
    pub fn content_length(&self) -> Option<u64> {
        self.parts().1.content_length
    }

    /// The regular fields in order, as name and value.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let (fields, findings) = self.parts();
        fields.stamped(usize::from(findings.pseudo)).map(|(_, name, value)| (name, value))
    }

    /// First value of a regular field.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.fields().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// All fields, the pseudo-headers first: [`pseudo_len`](Self::pseudo_len) of them.
    pub fn all(&self) -> Fields<'_> {
        self.parts().0
    }

    /// The regular fields in order, each with its stamp, if it has one. Fields with one stamp, in heads of one
    /// connection, are equal: they were named by the same entry of the compression table.
    pub fn stamped(&self) -> impl Iterator<Item = (Option<NonZeroU32>, &[u8], &[u8])> {
        let (fields, findings) = self.parts();
        fields.stamped(usize::from(findings.pseudo))
    }

    /// True if both are one and the same, clones of one another.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Number of pseudo-headers, which stand before all regular fields.
    pub fn pseudo_len(&self) -> usize {
        usize::from(self.parts().1.pseudo)
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all().fmt(f)
    }
}

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
        Head::request(&mut list(&[&GOOD, more].concat()))
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
        assert_eq!(Head::request(&mut list(&GOOD[..2])), Err(MissingPseudo));
        for path in ["", "a/b", "*"] {
            let fields = [GOOD[0], GOOD[1], (":path", path)];
            assert_eq!(Head::request(&mut list(&fields)), Err(Path), "{path:?}");
        }
    }

    #[test]
    fn options_may_ask_for_all_of_a_server() {
        let fields = list(&[(":method", "OPTIONS"), GOOD[1], (":path", "*")]);
        assert_eq!(Head::request(&mut { fields }).map(|head| head.path().to_vec()), Ok(b"*".to_vec()));
    }

    #[test]
    fn authority_counts_where_host_stands_too() {
        let both = request(&[(":authority", "host:1"), ("host", "HOST:1")]).unwrap();
        assert_eq!(both.authority(), b"host:1");
        assert_eq!(request(&[("host", "host:1")]).unwrap().authority(), b"host:1");
    }

    #[test]
    fn a_response_needs_exactly_a_legal_status() {
        assert_eq!(Head::response(&mut list(&[(":status", "204")])).map(|head| head.status()), Ok(204));
        assert_eq!(Head::response(&mut list(&[(":status", "800")])).map(|head| head.status()), Ok(800));
        for status in ["", "20", "2000", "abc", "101", "099"] {
            assert_eq!(
                Head::response(&mut list(&[(":status", status)])),
                Err(Malformed::Status),
                "{status:?}"
            );
        }
        assert_eq!(Head::response(&mut list(&[("a", "b")])), Err(Malformed::MissingPseudo));
        assert_eq!(Head::response(&mut list(&GOOD[..1])), Err(Malformed::UnknownPseudo));
    }

    #[test]
    fn trailers_have_no_pseudo_headers() {
        assert!(Head::trailers(&mut list(&[("grpc-status", "0")])).is_ok());
        assert_eq!(Head::trailers(&mut list(&[(":status", "200")])), Err(Malformed::PseudoInTrailers));
    }
}
