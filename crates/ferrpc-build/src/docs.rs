//! Comments of `.proto` files as doc comments that rustdoc can take.
//!
//! The text is Markdown to rustdoc and was not written as such: what would be run as a doc test,
//! taken for a link or swallowed as HTML is made to mean itself.

/// The lines of a doc comment, each without its `///`.
pub(crate) fn lines(comment: &str) -> Vec<String> {
    let text: Vec<String> = comment.lines().map(clean).collect();
    let indent = text.iter().filter(|line| !line.is_empty()).map(|line| indent_of(line)).min().unwrap_or(0);
    let text: Vec<&str> = text.iter().map(|line| line.get(indent..).unwrap_or("")).collect();

    let mut out: Vec<String> = Vec::new();
    let mut block = Block::None;
    for (i, line) in text.iter().enumerate() {
        let blank_before = i == 0 || text[i - 1].is_empty();
        let trimmed = line.trim_start();
        let fence = ["```", "~~~"].into_iter().find(|fence| trimmed.starts_with(fence));
        match block {
            Block::Fenced(opened) => {
                out.push((*line).to_owned());
                if fence == Some(opened) {
                    block = Block::None;
                }
                continue;
            }
            // Goes on over blank lines, as long as what follows is indented too.
            Block::Indented if line.is_empty() => {
                out.push(String::new());
                continue;
            }
            Block::Indented if indent_of(line) >= 4 => {
                out.push(line[4..].to_owned());
                continue;
            }
            Block::Indented => {
                close(&mut out);
                block = Block::None;
            }
            Block::None => {}
        }
        if let Some(fence) = fence {
            // Without a language, or with Rust's, rustdoc would compile and run it.
            let language = trimmed.trim_start_matches(['`', '~']).trim();
            let known = !language.is_empty() && !is_rust(language);
            out.push(format!("{fence}{}", if known { language } else { "text" }));
            block = Block::Fenced(fence);
        } else if blank_before && indent_of(line) >= 4 {
            out.push("```text".to_owned());
            out.push(line[4..].to_owned());
            block = Block::Indented;
        } else {
            out.push(escape(line));
        }
    }
    match block {
        Block::Fenced(fence) => out.push(fence.to_owned()),
        Block::Indented => close(&mut out),
        Block::None => {}
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    let blank = out.iter().take_while(|line| line.is_empty()).count();
    out.drain(..blank);
    out
}

#[derive(Clone, Copy)]
enum Block {
    None,
    Fenced(&'static str),
    Indented,
}

/// Closes an indented block, before the blank lines behind it.
fn close(out: &mut Vec<String>) {
    let blank = out.iter().rev().take_while(|line| line.is_empty()).count();
    out.insert(out.len() - blank, "```".to_owned());
}

/// Drops what the Rust compiler refuses in comments: bare returns, other controls, and the
/// characters that make text read in another order than it stands.
fn clean(line: &str) -> String {
    let line = line.replace('\t', "    ");
    let hidden = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    line.chars().filter(|c| !hidden(*c)).collect::<String>().trim_end().to_owned()
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn is_rust(language: &str) -> bool {
    let words = ["rust", "should_panic", "no_run", "ignore", "compile_fail", "edition", "test_harness"];
    language.split([',', ' ']).any(|word| words.iter().any(|rust| word.starts_with(rust)))
}

/// Makes brackets and angles mean themselves, outside of `code`.
fn escape(line: &str) -> String {
    let mut out = String::new();
    let mut code = false;
    // An odd backtick opens nothing.
    let mut ticks = line.matches('`').count();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '`' => {
                ticks -= 1;
                code = !code && ticks > 0;
            }
            '\\' if !code => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            '[' | ']' | '<' if !code => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(comment: &str) -> String {
        lines(comment).join("\n")
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(doc(" Looks users up.\n\n Second paragraph.\n"), "Looks users up.\n\nSecond paragraph.");
        assert_eq!(doc("No space.\n  - item\n    goes on\n"), "No space.\n  - item\n    goes on");
        assert_eq!(doc("\n\n x\n\n"), "x");
    }

    #[test]
    fn nothing_becomes_a_doc_test() {
        assert_eq!(
            doc(" Use:\n\n     let x = 1;\n\n     y();\n\n Done."),
            "Use:\n\n```text\nlet x = 1;\n\ny();\n```\n\nDone."
        );
        assert_eq!(doc("a\n\n    code"), "a\n\n```text\ncode\n```");
        assert_eq!(doc("```\nx();\n```\nafter"), "```text\nx();\n```\nafter");
        assert_eq!(doc("```rust,no_run\nx();"), "```text\nx();\n```");
        assert_eq!(doc("~~~json\n{}\n~~~"), "~~~json\n{}\n~~~");
    }

    #[test]
    fn brackets_and_angles_mean_themselves() {
        assert_eq!(
            doc("a[0] of Map<K> but `b[0]<T>` not, ` c[0]"),
            r"a\[0\] of Map\<K> but `b[0]<T>` not, ` c\[0\]"
        );
        assert_eq!(doc(r"already \[escaped\]"), r"already \[escaped\]");
    }

    #[test]
    fn what_the_compiler_refuses_is_dropped() {
        assert_eq!(doc("a\rb\u{202e}c\u{0}\td"), "abc    d");
    }
}
