//! The lists under docs/spec: each sentence of an RFC that binds, and what shows that we obey it.
//!
//! Reads as much of TOML as they need: comments, `[[must]]`, and keys with numbers or strings on one line.

use std::fs;

use super::rfc;
use crate::{Result, context, paths};

/// What an RFC demands.
pub(super) struct List {
    /// Its number.
    pub(super) rfc: u32,
    /// The file, from the top of the repository.
    pub(super) path: String,
    pub(super) musts: Vec<Must>,
    /// How many sentences there are, and their digest, as the file says.
    sentences: usize,
    digest: String,
}

/// A sentence that binds. Of `not`, and the others, one or the other is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Must {
    /// Its line in the list.
    pub(super) line: usize,
    /// Section and a short name, as the mark in the source has it.
    pub(super) id: String,
    /// The sentence.
    pub(super) says: String,
    /// The test that shows it.
    pub(super) test: Option<String>,
    /// Which of the cases of that test.
    pub(super) case: Option<String>,
    /// Whose mark is this one's too, and whose test, if this has none.
    pub(super) same: Option<String>,
    /// Why no line can be pointed at, although a test shows it.
    pub(super) unmarked: Option<String>,
    /// Why it does not bind us.
    pub(super) not: Option<String>,
}

impl Must {
    pub(super) fn section(&self) -> &str {
        self.id.split(' ').next().unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.id.split_once(' ').map_or("", |(_, name)| name)
    }
}

const LISTS: [(u32, &str); 2] = [(9113, "docs/spec/rfc9113.toml"), (7541, "docs/spec/rfc7541.toml")];

/// All lists.
pub(super) fn read() -> Result<Vec<List>> {
    let read = |(rfc, path): (u32, &str)| {
        let text = fs::read_to_string(paths::root().join(path)).map_err(context(path))?;
        parse(rfc, path, &text)
    };
    LISTS.into_iter().map(read).collect()
}

fn parse(rfc: u32, path: &str, text: &str) -> Result<List> {
    let mut list = List { rfc, path: path.into(), musts: Vec::new(), sentences: 0, digest: String::new() };
    let mut cases_in = String::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let wrong = |what: &str| format!("{path}:{}: {what}", at + 1);
        if line == "[[must]]" {
            list.musts.push(Must { line: at + 1, ..Must::default() });
        } else if !line.is_empty() && !line.starts_with('#') {
            let (key, value) =
                line.split_once(" = ").ok_or_else(|| wrong("neither [[must]] nor key = value"))?;
            let value =
                unquoted(value).ok_or_else(|| wrong("a value is a number or a string on one line"))?;
            let Some(must) = list.musts.last_mut() else {
                match key {
                    "sentences" => list.sentences = value.parse().map_err(|_| wrong("no number"))?,
                    "digest" => list.digest = value,
                    "cases_in" => cases_in = value,
                    _ => return Err(wrong("the file has sentences, digest and cases_in")),
                }
                continue;
            };
            match key {
                "id" => must.id = value,
                "says" => must.says = value,
                "test" => must.test = Some(value),
                "case" => must.case = Some(value),
                "same" => must.same = Some(value),
                "unmarked" => must.unmarked = Some(value),
                "not" => must.not = Some(value),
                _ => return Err(wrong("a must has id, says, test, case, same, unmarked and not")),
            }
        }
    }
    for must in &mut list.musts {
        if must.case.is_some() && must.test.is_none() {
            must.test = Some(cases_in.clone());
        }
    }
    Ok(list)
}

/// A number as it stands, or what is inside a basic or literal string.
fn unquoted(value: &str) -> Option<String> {
    if let Some(literal) = value.strip_prefix('\'') {
        return literal.strip_suffix('\'').map(Into::into);
    }
    let Some(basic) = value.strip_prefix('"') else {
        return value.bytes().all(|octet| octet.is_ascii_digit()).then(|| value.into());
    };
    let basic = basic.strip_suffix('"')?;
    let mut text = String::new();
    let mut escaped = false;
    for c in basic.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return None,
            c => {
                text.push(c);
                escaped = false;
            }
        }
    }
    Some(text)
}

impl List {
    /// What is wrong with the list in itself.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let digest = rfc::digest(self.musts.iter().map(|must| (must.section(), must.says.as_str())));
        if (self.musts.len(), digest.as_str()) != (self.sentences, self.digest.as_str()) {
            faults.push(format!(
                "{}: {} sentences with digest {digest}, and not {} with digest {}; `cargo xtask spec --text` \
                 says which",
                self.path,
                self.musts.len(),
                self.sentences,
                self.digest,
            ));
        }
        for must in &self.musts {
            let fault = |what: String| format!("{}:{}: {}: {what}", self.path, must.line, must.id);
            let is_shown = must.test.is_some() || must.same.is_some();
            if is_shown == must.not.is_some() {
                faults.push(fault(
                    "needs a test, a case or another with the same line; or a reason why not".into(),
                ));
            }
            if must.unmarked.is_some() && must.test.is_none() {
                faults.push(fault("has no line, so it needs a test".into()));
            }
            if self.musts.iter().filter(|other| other.id == must.id).count() > 1 {
                faults.push(fault("two of this name".into()));
            }
            if let Some(same) = &must.same
                && !self.musts.iter().any(|other| other.id == *same && other.is_marked())
            {
                faults.push(fault(format!("`{same}`, whose line it shares, has none")));
            }
        }
        faults
    }

    /// Whose mark it is, and the test that shows it.
    pub(super) fn shown<'a>(&'a self, must: &'a Must) -> (&'a Must, &'a Must) {
        let owner = must.same.as_ref().and_then(|same| self.musts.iter().find(|other| other.id == *same));
        let owner = owner.unwrap_or(must);
        (owner, if must.test.is_some() { must } else { owner })
    }

    /// What of an RFC's text is not in the list, and the other way round.
    pub(super) fn compare(&self, text: &str) -> Vec<String> {
        let theirs = rfc::sentences(text);
        let theirs: Vec<_> = theirs.iter().map(|s| (s.section.as_str(), rfc::essence(&s.text))).collect();
        let ours: Vec<_> = self.musts.iter().map(|must| (must.section(), rfc::essence(&must.says))).collect();
        let mut differ = Vec::new();
        let lacking = |a: &[(&str, String)], b: &[(&str, String)], what: &str, differ: &mut Vec<String>| {
            let mut b: Vec<_> = b.to_vec();
            for sentence in a {
                match b.iter().position(|other| other == sentence) {
                    Some(at) => drop(b.swap_remove(at)),
                    None => differ.push(format!("{what} §{} {}", sentence.0, sentence.1)),
                }
            }
        };
        lacking(&theirs, &ours, "not in the list:", &mut differ);
        lacking(&ours, &theirs, "not in the text:", &mut differ);
        differ.push(format!(
            "the text has {} sentences with digest {}",
            theirs.len(),
            rfc::digest(theirs.iter().map(|(section, text)| (*section, text.as_str()))),
        ));
        differ
    }
}

impl Must {
    /// Whether a mark in the source has its name.
    pub(super) const fn is_marked(&self) -> bool {
        self.not.is_none() && self.same.is_none() && self.unmarked.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(musts: &str) -> List {
        parse(1, "x.toml", &format!("# x\nsentences = 0\ndigest = \"x\"\ncases_in = \"a::b\"\n{musts}"))
            .unwrap()
    }

    #[test]
    fn a_list_is_read_as_it_stands() {
        let list = list("[[must]]\nid = \"6.9 zero\"\nsays = \"a \\\"b\\\" 'c'\"\ncase = '\"d\"'\n");
        assert_eq!(
            list.musts,
            [Must {
                line: 5,
                id: "6.9 zero".into(),
                says: "a \"b\" 'c'".into(),
                test: Some("a::b".into()),
                case: Some("\"d\"".into()),
                ..Must::default()
            }]
        );
        assert_eq!((list.musts[0].section(), list.musts[0].name()), ("6.9", "zero"));
        assert!(parse(1, "x.toml", "id = zero").is_err());
    }

    #[test]
    fn what_shows_nothing_is_found() {
        let faults = |musts: &str| list(musts).faults().split_off(1);
        let good = "[[must]]\nid = \"1 a\"\ntest = \"a::b\"\n[[must]]\nid = \"1 b\"\nsame = \"1 a\"\n\
                    [[must]]\nid = \"1 c\"\nnot = \"why\"\n[[must]]\nid = \"1 d\"\ntest = \"t\"\nunmarked = \"why\"\n";
        assert_eq!(faults(good), Vec::<String>::new());
        for bad in [
            "[[must]]\nid = \"1 a\"\n",
            "[[must]]\nid = \"1 a\"\ntest = \"t\"\nnot = \"why\"\n",
            "[[must]]\nid = \"1 a\"\nunmarked = \"why\"\nsame = \"1 a\"\n",
            "[[must]]\nid = \"1 a\"\nsame = \"1 b\"\n",
            &format!("{good}[[must]]\nid = \"1 a\"\nnot = \"why\"\n"),
        ] {
            assert!(!faults(bad).is_empty(), "{bad}");
        }
    }

    #[test]
    fn a_sentence_left_out_is_found() {
        let must = "[[must]]\nid = \"1 a\"\nsays = \"It MUST be.\"\nnot = \"why\"\n";
        let digest = rfc::digest([("1", "It MUST be.")]);
        let text = format!("sentences = 1\ndigest = \"{digest}\"\n{must}");
        let list = parse(1, "x.toml", &text).unwrap();
        assert_eq!(list.faults(), Vec::<String>::new());
        assert_eq!(list.compare("1. A\n\n  It MUST be.\n").len(), 1);
        assert_eq!(list.compare("1. A\n\n  It MUST be. It MUST not.\n").len(), 2);
        assert_eq!(parse(1, "x.toml", &text.replace("be.", "be?")).unwrap().faults().len(), 1);
    }
}
