//! Header lists as HTTP messages: what RFC 9113 §8.3 demands of requests, responses, trailers.
//!
//! Knows nothing of streams; `conn` decides what a malformed list ends.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::field::{Mark, Pseudo, check_name, check_regular, check_value, is_usual};
use crate::headers::{Fields, Headers, Span};
use crate::malformed::Malformed;

/// The head of a request or a response, or trailers: pseudo-headers checked, all fields legal. Clones share
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct Head(Arc<List>);

#[derive(PartialEq, Eq)]
struct List {
    fields: Headers,
    findings: Findings,
}

/// What was found out about a list.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Findings {
    /// Pseudo-headers stand first; this many.
    pseudo: usize,
    /// The value of each pseudo-header, in the order of [`Pseudo`]; [`Span::NONE`] if it does not stand there.
    values: [Span; 5],
    content_length: Option<u64>,
}

impl Head {
    /// Checks a decoded list as a request (RFC 9113 §8.3.1).
    pub(crate) fn request(fields: &mut Headers, spare: &mut Spare) -> Result<Self, Malformed> {
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
        Ok(spare.seal(head))
    }

    /// Checks a decoded list as a response, final or informational (RFC 9113 §8.3.2).
    pub(crate) fn response(fields: &mut Headers, spare: &mut Spare) -> Result<Self, Malformed> {
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
        Ok(spare.seal(head))
    }

    /// Checks a decoded list as trailers, which have no pseudo-headers (RFC 9113 §8.1).
    pub(crate) fn trailers(fields: &mut Headers, spare: &mut Spare) -> Result<Self, Malformed> {
        let head = Checked::new(fields)?;
        //= RFC 9113 §8.1 pseudo-headers-in-trailers
        if head.findings.pseudo != 0 {
            return Err(Malformed::PseudoInTrailers);
        }
        Ok(spare.seal(head))
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
        let mut findings = Findings { pseudo: 0, values: [Span::NONE; 5], content_length: None };
        let mut has_host = false;
        for (i, (mark, value)) in fields.view().marks().enumerate() {
            if mark == Mark::PLAIN {
                continue;
            }
            let which = match mark.which() {
                Some(which) => Some(which),
                None => match look(fields, i, &mut findings.content_length, &mut has_host)? {
                    Found::Regular => continue,
                    Found::Pseudo(which) => which,
                },
            };
            //= RFC 9113 §8.3 pseudo-header-behind-a-field
            if i != findings.pseudo {
                return Err(Malformed::PseudoAfterRegular);
            }
            //= RFC 9113 §8.3 undefined-pseudo-headers: return Err(Malformed::UnknownPseudo) → continue
            let Some(which) = which else { return Err(Malformed::UnknownPseudo) };
            let place = &mut findings.values[which as usize];
            //= RFC 9113 §8.3 pseudo-header-twice
            if *place != Span::NONE {
                return Err(Malformed::DuplicatePseudo);
            }
            *place = value;
            findings.pseudo += 1;
        }
        Ok(Self { fields, findings, has_host })
    }

    fn pseudo(&self, which: Pseudo) -> Option<&[u8]> {
        self.fields.view().span(self.findings.values[which as usize])
    }

    fn host(&self) -> Option<&[u8]> {
        if self.has_host { self.fields.get(b"host") } else { None }
    }
}

enum Found {
    Regular,
    /// None that HTTP/2 has.
    Pseudo(Option<Pseudo>),
}

/// Looks at a field of which nothing is known.
#[inline(never)]
fn look(
    fields: &Headers,
    at: usize,
    content_length: &mut Option<u64>,
    has_host: &mut bool,
) -> Result<Found, Malformed> {
    let Some((name, value)) = fields.at(at) else { return Ok(Found::Regular) };
    check_value(value)?;
    if is_usual(name) {
        return Ok(Found::Regular);
    }
    if name.first() == Some(&b':') {
        return Ok(Found::Pseudo(Pseudo::named(name)));
    }
    if name != b"content-length" {
        check_name(name)?;
    }
    check_regular(name, value, content_length)?;
    *has_host |= name == b"host";
    Ok(Found::Regular)
}

/// Memory that a connection keeps for the next list, and with each head: those of most calls need less, with a token of a
/// kilobyte and the room that lists have since they grow by doubling.
pub(crate) const LIST_KEPT_BYTES: usize = 4 << 10;

/// Heads whose memory is used again once nobody else has them: calls are many, and their heads alike in size.
#[derive(Default)]
pub(crate) struct Spare {
    heads: Vec<Head>,
    /// The one that is looked at next.
    next: usize,
}

/// Heads kept at most; where more are in use, the others get memory of their own.
const HEADS_KEPT: usize = 128;
/// Heads looked at for one that is free.
const LOOKS: usize = 2;

impl Spare {
    /// The checked list as a head. The list itself has other memory then, for the next one.
    #[inline]
    fn seal(&mut self, checked: Checked<'_>) -> Head {
        let Checked { fields, findings, .. } = checked;
        let is_small = fields.held_bytes() <= LIST_KEPT_BYTES;
        let mut looks = if is_small { LOOKS } else { 0 };
        while looks > 0
            && let at = self.at()
            && let Some(head) = self.heads.get_mut(at)
        {
            self.next = at + 1;
            if let Some(list) = Arc::get_mut(&mut head.0) {
                std::mem::swap(&mut list.fields, fields);
                list.findings = findings;
                return head.clone();
            }
            looks -= 1;
        }
        self.seal_anew(fields, findings, is_small)
    }

    fn at(&self) -> usize {
        if self.next < self.heads.len() { self.next } else { 0 }
    }

    #[cold]
    fn seal_anew(&mut self, fields: &Headers, findings: Findings, is_small: bool) -> Head {
        let head = Head(Arc::new(List { fields: fields.clone(), findings }));
        if is_small {
            if self.heads.len() < HEADS_KEPT {
                self.heads.push(head.clone());
            } else {
                let at = self.at();
                self.heads[at] = head.clone();
            }
        }
        head
    }
}

/// Counts, not contents.
impl fmt::Debug for Spare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spare").field("heads", &self.heads.len()).finish_non_exhaustive()
    }
}

impl Head {
    #[inline]
    fn pseudo(&self, which: Pseudo) -> Option<&[u8]> {
        self.all().span(self.0.findings.values[which as usize])
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
        self.0.findings.content_length
    }

    /// The regular fields in order, as name and value.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.all().after(self.0.findings.pseudo)
    }

    /// First value of a regular field.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.fields().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// All fields, the pseudo-headers first: [`pseudo_len`](Self::pseudo_len) of them.
    #[inline]
    pub fn all(&self) -> Fields<'_> {
        self.0.fields.view()
    }

    /// The regular fields in order: the index of each in the list, and its stamp, if it has one. Fields with one stamp,
    /// in heads of one connection, are equal: they were named by the same entry of the compression table.
    #[inline]
    pub fn stamps(&self) -> impl Iterator<Item = (usize, Option<NonZeroU32>)> {
        self.all().stamps().enumerate().skip(self.0.findings.pseudo)
    }

    /// True if both are one and the same, clones of one another.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Number of pseudo-headers, which stand before all regular fields.
    pub fn pseudo_len(&self) -> usize {
        self.0.findings.pseudo
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

    fn request_of(mut fields: Headers) -> Result<Head, Malformed> {
        Head::request(&mut fields, &mut Spare::default())
    }

    fn response_of(mut fields: Headers) -> Result<Head, Malformed> {
        Head::response(&mut fields, &mut Spare::default())
    }

    fn trailers_of(mut fields: Headers) -> Result<Head, Malformed> {
        Head::trailers(&mut fields, &mut Spare::default())
    }

    fn request(more: &[(&str, &str)]) -> Result<Head, Malformed> {
        request_of(list(&[&GOOD, more].concat()))
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
        assert_eq!(request_of(list(&GOOD[..2])), Err(MissingPseudo));
        for path in ["", "a/b", "*"] {
            let fields = [GOOD[0], GOOD[1], (":path", path)];
            assert_eq!(request_of(list(&fields)), Err(Path), "{path:?}");
        }
    }

    #[test]
    fn options_may_ask_for_all_of_a_server() {
        let fields = list(&[(":method", "OPTIONS"), GOOD[1], (":path", "*")]);
        assert_eq!(request_of(fields).map(|head| head.path().to_vec()), Ok(b"*".to_vec()));
    }

    #[test]
    fn authority_counts_where_host_stands_too() {
        let both = request(&[(":authority", "host:1"), ("host", "HOST:1")]).unwrap();
        assert_eq!(both.authority(), b"host:1");
        assert_eq!(request(&[("host", "host:1")]).unwrap().authority(), b"host:1");
    }

    #[test]
    fn a_response_needs_exactly_a_legal_status() {
        assert_eq!(response_of(list(&[(":status", "204")])).map(|head| head.status()), Ok(204));
        assert_eq!(response_of(list(&[(":status", "800")])).map(|head| head.status()), Ok(800));
        for status in ["", "20", "2000", "abc", "101", "099"] {
            assert_eq!(response_of(list(&[(":status", status)])), Err(Malformed::Status), "{status:?}");
        }
        assert_eq!(response_of(list(&[("a", "b")])), Err(Malformed::MissingPseudo));
        assert_eq!(response_of(list(&GOOD[..1])), Err(Malformed::UnknownPseudo));
    }

    #[test]
    fn trailers_have_no_pseudo_headers() {
        assert!(trailers_of(list(&[("grpc-status", "0")])).is_ok());
        assert_eq!(trailers_of(list(&[(":status", "200")])), Err(Malformed::PseudoInTrailers));
    }

    #[test]
    fn memory_of_heads_is_used_again_once_nobody_reads_them() {
        let (mut spare, mut fields) = (Spare::default(), Headers::new());
        let mut next = |spare: &mut Spare, n: usize| {
            fields.clear();
            for (name, value) in GOOD {
                fields.push(name.as_bytes(), value.as_bytes());
            }
            fields.push(b"x-n", n.to_string().as_bytes());
            Head::request(&mut fields, spare).unwrap()
        };
        // One call after the other, while somebody keeps the last one.
        let mut last = next(&mut spare, 0);
        for n in 1..100 {
            let head = next(&mut spare, n);
            assert_eq!(head.get(b"x-n"), Some(n.to_string().as_bytes()));
            assert_eq!(last.get(b"x-n"), Some((n - 1).to_string().as_bytes()));
            last = head;
        }
        assert!(spare.heads.len() <= 2);
        // Bursts of many, as many as are kept and more.
        for calls in [HEADS_KEPT, 2 * HEADS_KEPT, 2 * HEADS_KEPT, HEADS_KEPT] {
            let heads: Vec<_> = (0..calls).map(|n| next(&mut spare, n)).collect();
            for (n, head) in heads.iter().enumerate() {
                assert_eq!((head.get(b"x-n"), head.path()), (Some(n.to_string().as_bytes()), &b"/a/b"[..]));
            }
            assert!(spare.heads.len() <= HEADS_KEPT);
        }
        let known: Vec<_> = spare.heads.iter().map(|head| Arc::as_ptr(&head.0)).collect();
        let again: Vec<_> = (0..HEADS_KEPT).map(|n| next(&mut spare, n)).collect();
        assert!(again.iter().all(|head| known.contains(&Arc::as_ptr(&head.0))));
    }

    #[test]
    fn heads_with_a_token_are_kept() {
        let (mut spare, mut fields) = (Spare::default(), list(&GOOD));
        for n in 0..10 {
            fields.push(format!("x-some-name-{n}").as_bytes(), &[b'x'; 40]);
        }
        fields.push(b"authorization", &[b'x'; 1000]);
        let head = Head::request(&mut fields, &mut spare).unwrap();
        assert_eq!((head.all().len(), spare.heads.len()), (14, 1));
    }

    #[test]
    fn large_heads_are_not_kept() {
        let (mut spare, mut fields) = (Spare::default(), list(&GOOD));
        fields.push(b"x", &[b'x'; LIST_KEPT_BYTES]);
        let head = Head::request(&mut fields, &mut spare).unwrap();
        assert_eq!((head.all().len(), spare.heads.len()), (4, 0));
    }
}
