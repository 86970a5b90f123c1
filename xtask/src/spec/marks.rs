//! Marks in the source, each above the line that obeys a sentence, and how such a line is disabled.
//!
//! `//= RFC 9113 §6.9 zero-increment` says whose line the next one is. The obvious way to disable it is
//! taken from its shape: a condition or a guard is never true, a statement is gone. Where that is not
//! it, the mark says so: `//= RFC 9113 §4.1 reserved-bit: s0 & 0x7f → s0`.

use crate::tidy::{File, blanked};

/// A mark, and the line below it.
pub(super) struct Mark {
    pub(super) rfc: u32,
    pub(super) id: String,
    /// From the top of the repository.
    pub(super) path: String,
    /// Of the line that obeys, counted from 1.
    pub(super) line: usize,
    /// The file's text without what obeys; or why there is none.
    pub(super) disabled: Result<String, String>,
}

const BEGINS: &str = "//= RFC ";

/// How far behind its mark the text may stand that the mark names.
const REACH_BYTES: usize = 600;

/// All marks of a file.
pub(super) fn of(file: &File) -> Vec<Mark> {
    let mut at = 0;
    let mut marks = Vec::new();
    for line in file.text.split_inclusive('\n') {
        at += line.len();
        let Some(mark) = line.trim().strip_prefix(BEGINS) else { continue };
        let (name, change) = match mark.split_once(": ") {
            Some((name, change)) => (name, Some(change)),
            None => (mark, None),
        };
        let (rfc, id) = name.split_once(" §").unwrap_or((name, ""));
        let start = at + code_behind(&file.text[at..]);
        marks.push(Mark {
            rfc: rfc.parse().unwrap_or(0),
            id: id.to_owned(),
            path: file.path.clone(),
            line: file.text[..start].matches('\n').count() + 1,
            disabled: disabled(&file.text, start, change),
        });
    }
    marks
}

/// Where the next line of code begins: other marks, comments and attributes are passed over.
fn code_behind(text: &str) -> usize {
    let passed = text.split_inclusive('\n').take_while(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with("//") || line.starts_with("#[")
    });
    passed.map(str::len).sum()
}

fn disabled(text: &str, start: usize, change: Option<&str>) -> Result<String, String> {
    let replace = |from: usize, to: usize, by: &str| [&text[..from], by, &text[to..]].concat();
    if let Some(change) = change {
        let (old, new) = change
            .split_once(" → ")
            .or_else(|| change.strip_suffix(" →").map(|old| (old, "")))
            .ok_or("write what is replaced, an arrow (→) and by what")?;
        let reach = text[start..].char_indices().map(|(at, _)| at).take_while(|at| *at < REACH_BYTES).last();
        let near = &text[start..start + reach.unwrap_or(0)];
        let from = start + near.find(old).ok_or_else(|| format!("`{old}` does not stand behind the mark"))?;
        return Ok(replace(from, from + old.len(), new));
    }
    let code = blanked(text);
    let line = code[start..].lines().next().unwrap_or_default();
    let begins = start + line.len() - line.trim_start().len();
    let word = line.trim_start();
    if let Some(at) = ["if ", "} else if "].iter().find_map(|word_| word.strip_prefix(word_)) {
        let from = begins + word.len() - at.len();
        let to = end_at(&code, from, "{").ok_or("the condition has no end")?;
        return Ok(replace(from, to, &never(text[from..to].trim_end())));
    }
    if let Some(arrow) = line.find(" =>")
        && let Some(guard) = line[..arrow].find(" if ")
    {
        let (from, to) = (start + guard + 4, start + arrow);
        return Ok(replace(from, to, &never(&text[from..to])));
    }
    match end_at(&code, begins, ";") {
        Some(end) if !word.contains("=>") && !word.starts_with("let ") => Ok(replace(begins, end + 1, "")),
        _ => Err("say how the line is disabled: what is replaced, an arrow (→) and by what".into()),
    }
}

/// A condition that is not met, in which everything is still used.
fn never(condition: &str) -> String {
    if condition.contains("let ") {
        format!("false && {condition} ")
    } else {
        format!("false && ({condition}) ")
    }
}

/// The first of `what` outside of all brackets.
fn end_at(code: &str, from: usize, what: &str) -> Option<usize> {
    let mut depth = 0;
    for (offset, byte) in code.as_bytes()[from..].iter().enumerate() {
        if depth == 0 && what.as_bytes().contains(byte) {
            return Some(from + offset);
        }
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return None,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disabled_by(mark: &str, code: &str) -> Result<String, String> {
        let text = format!("fn a() {{\n    //= RFC 9113 §1 x{mark}\n{code}}}\n");
        let file = File { path: "a.rs".into(), text };
        let mut marks = of(&file);
        let mark = marks.pop().ok_or("no mark")?;
        assert_eq!((mark.rfc, mark.id.as_str(), mark.line), (9113, "1 x", 3));
        let head = file.text.find(code).unwrap_or_default();
        mark.disabled.map(|text| text[head..text.len() - 2].to_owned())
    }

    #[test]
    fn a_condition_is_never_met() {
        assert_eq!(disabled_by("", "    if a || b {\n").unwrap(), "    if false && (a || b) {\n");
        assert_eq!(
            disabled_by("", "    if f(\"{\")\n        && g(|| { 1 }) {\n").unwrap(),
            "    if false && (f(\"{\")\n        && g(|| { 1 })) {\n"
        );
        assert_eq!(
            disabled_by("", "    } else if let Some(a) = b\n    {\n").unwrap(),
            "    } else if false && let Some(a) = b {\n"
        );
    }

    #[test]
    fn a_guard_is_never_met() {
        assert_eq!(
            disabled_by("", "    A(b) if b == 1 => c,\n").unwrap(),
            "    A(b) if false && (b == 1)  => c,\n"
        );
    }

    #[test]
    fn a_statement_is_gone() {
        assert_eq!(disabled_by("", "    a(|b| {\n        c;\n    });\n    d;\n").unwrap(), "    \n    d;\n");
    }

    #[test]
    fn what_the_mark_says_is_done() {
        assert_eq!(
            disabled_by(": b & 1 → b", "    a(c,\n        b & 1);\n").unwrap(),
            "    a(c,\n        b);\n"
        );
        assert_eq!(disabled_by(": .min(b) →", "    a.min(b);\n").unwrap(), "    a;\n");
        assert!(disabled_by(": z → b", "    a();\n").is_err());
    }

    #[test]
    fn a_line_that_nobody_can_guess_needs_a_word() {
        assert!(disabled_by("", "    let a = 1;\n").is_err());
        assert!(disabled_by("", "    A => b,\n").is_err());
        assert!(disabled_by("", "    a()\n").is_err());
    }

    #[test]
    fn marks_may_stand_above_one_another() {
        let text = "//= RFC 9113 §1 x\n//= RFC 9113 §2 y: b → d\n// Why.\na(b);\n".to_owned();
        let marks = of(&File { path: "a.rs".into(), text });
        assert_eq!(
            marks.iter().map(|mark| (mark.id.as_str(), mark.line)).collect::<Vec<_>>(),
            [("1 x", 4), ("2 y", 4)]
        );
    }
}
