//! The sentences of an RFC that bind, as they stand in its text.

/// A sentence with MUST, MUST NOT, SHALL, SHALL NOT or REQUIRED, and the section it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) section: String,
    pub(super) text: String,
}

/// All of them in a plain-text RFC, in order. Page breaks are left out.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut found = Vec::new();
    let mut section = String::new();
    let mut paragraph = String::new();
    // The end is a blank line, too.
    for line in text.lines().filter(|line| !is_page_break(line)).chain([""]) {
        let heading = heading(line);
        if heading.is_none() && !line.trim().is_empty() {
            join(&mut paragraph, line.trim().trim_start_matches("* ").trim_start_matches("- "));
            continue;
        }
        let paragraph = std::mem::take(&mut paragraph);
        let binding = split(&paragraph).into_iter().filter(|sentence| binds(sentence));
        found.extend(binding.map(|text| Sentence { section: section.clone(), text: text.to_owned() }));
        if let Some(number) = heading {
            number.clone_into(&mut section);
        }
    }
    found
}

/// What two ways to print a sentence have in common: no quotation marks, no references in brackets.
pub(super) fn essence(sentence: &str) -> String {
    let mut left = sentence;
    let mut essence = String::new();
    while let Some(open) = left.find(['(', '[']) {
        let inside = &left[open + 1..];
        let close = inside.find([')', ']']).unwrap_or(inside.len());
        let is_reference = left[open..].starts_with('[')
            || ["Section ", "Appendix ", "see Section "].iter().any(|word| inside.starts_with(word));
        essence.push_str(&left[..open]);
        if !is_reference {
            essence.push_str(&left[open..open + 1 + close]);
        }
        left = &inside[close..];
        if is_reference {
            left = left.get(1..).unwrap_or_default();
        }
    }
    essence.push_str(left);
    essence.retain(|c| c != '"');
    let words = essence.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace(" .", ".").replace(" ,", ",").replace(" ;", ";")
}

/// One number for a list of sentences, their sections and their order: FNV-1a.
pub(super) fn digest<'a>(sentences: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for (section, text) in sentences {
        for octet in format!("{section} {}\n", essence(text)).bytes() {
            hash = (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// `6.9.1` of a line `6.9.1.  The Flow-Control Window`; lines of the table of contents are indented.
fn heading(line: &str) -> Option<&str> {
    let (number, title) = line.strip_prefix("Appendix ").unwrap_or(line).split_once(". ")?;
    let parts_fit = number.split('.').all(|part| {
        part.bytes().all(|octet| octet.is_ascii_digit() || octet.is_ascii_uppercase()) && !part.is_empty()
    });
    let is_number =
        parts_fit && (line.starts_with("Appendix ") || number.starts_with(|c: char| c.is_ascii_digit()));
    (is_number && !title.trim().is_empty()).then_some(number)
}

/// `Peon & Ruellan        Standards Track         [Page 7]` and the head of the page behind it.
fn is_page_break(line: &str) -> bool {
    let line = line.trim_matches(['\u{c}', ' ']);
    let is_head =
        line.starts_with("RFC ") && line.contains("   ") && line.ends_with(|c: char| c.is_ascii_digit());
    is_head || (line.contains("[Page ") && line.ends_with(']'))
}

/// A word that was broken at its hyphen comes together again.
fn join(paragraph: &mut String, line: &str) {
    let is_broken_word = paragraph.ends_with('-') && !paragraph.ends_with(" -");
    if !paragraph.is_empty() && !is_broken_word {
        paragraph.push(' ');
    }
    for (at, word) in line.split_whitespace().enumerate() {
        if at > 0 {
            paragraph.push(' ');
        }
        paragraph.push_str(word);
    }
}

/// A sentence ends with a full stop or a colon, and the next one begins with a capital letter.
fn split(paragraph: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (at, _) in paragraph.match_indices([' ']) {
        let next = paragraph[at + 1..].starts_with(|c: char| c.is_ascii_uppercase() || "\"([".contains(c));
        if next && paragraph[..at].ends_with(['.', ':']) {
            sentences.push(&paragraph[start..at]);
            start = at + 1;
        }
    }
    sentences.push(&paragraph[start..]);
    sentences
}

fn binds(sentence: &str) -> bool {
    let mut words = sentence.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.any(|word| matches!(word, "MUST" | "SHALL" | "REQUIRED"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Table of Contents

   6.9. WINDOW_UPDATE

6.9.  WINDOW_UPDATE

   Nothing binds here.  A receiver MUST treat the receipt of a flow-
   control window increment of 0 as a stream error (Section 5.4.2) of type

Belshe & al.                 Standards Track                   [Page 7]
\u{c}
RFC 0000                         HTTP/2                       May 2015

6.9.1.  The Flow-Control Window

   *  Both MUST be so [HTTP] (see \"x\" in it).  It can be otherwise.
Appendix A.  More
   Not a must.  It SHALL NOT be, however.
";

    #[test]
    fn sentences_that_bind_are_found_with_their_sections() {
        let found = sentences(TEXT);
        let found: Vec<_> = found.iter().map(|s| (s.section.as_str(), s.text.as_str())).collect();
        let zero = "A receiver MUST treat the receipt of a flow-control window increment of 0 as a stream error \
                    (Section 5.4.2) of type";
        assert_eq!(
            found,
            [
                ("6.9", zero),
                ("6.9.1", "Both MUST be so [HTTP] (see \"x\" in it)."),
                ("A", "It SHALL NOT be, however."),
            ]
        );
    }

    #[test]
    fn references_and_quotation_marks_are_no_part_of_a_sentence() {
        assert_eq!(
            essence("An \"x\" MUST (Section 5.4.1) be y [HTTP], or (so to speak) z (see Section 7)."),
            "An x MUST be y, or (so to speak) z."
        );
    }

    #[test]
    fn digest_changes_with_every_sentence_its_place_and_its_section() {
        let list = [("1", "a MUST b"), ("2", "c MUST d")];
        assert_eq!(digest(list), digest([("1", "a MUST \"b\""), ("2", "c MUST [X] d")]));
        for other in [[list[1], list[0]], [list[0], ("3", "c MUST d")], [list[0], ("2", "c MUST e")]] {
            assert_ne!(digest(list), digest(other));
        }
        assert_ne!(digest(list), digest([list[0]]));
    }
}
