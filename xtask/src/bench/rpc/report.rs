//! The tables: on the terminal, as Markdown, as JSON.

use std::fmt::Write as _;

use super::cases::{Case, Figure};
use super::cell::Cell;
use super::gates::Judgement;
use crate::bench::gate::Gate;

/// A case as it comes.
pub(super) fn case(case: &Case, cells: &[Cell]) -> String {
    let mut text = format!("{}: {}\n", case.name, case.title);
    for cell in cells {
        let _ = write!(text, "  {:22}", cell.contender);
        if let Some(why) = &cell.failure {
            let _ = write!(text, " FAILED: {why}");
        }
        for &figure in case.shown {
            if let Some(spread) = cell.figure(figure) {
                let range = format!("[{}..{}]", number(spread.min), number(spread.max));
                let _ = write!(text, " {} {:>8} {range:19}", figure.title(), number(spread.median));
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// A table for each case whose contenders are many, and all gates.
pub(super) fn markdown(
    results: &[(Case, Vec<Cell>)],
    judgement: &Judgement,
    crosscheck: Option<&str>,
) -> String {
    let mut text = String::new();
    for (case, cells) in results {
        let columns: Vec<&str> = case.shown.iter().map(|figure| figure.title()).collect();
        let _ = writeln!(text, "**{}** (`{}`)\n", case.title, case.name);
        let _ = writeln!(text, "| | {} | times ours |", columns.join(" | "));
        let _ = writeln!(text, "|---|{}--:|", "--:|".repeat(columns.len()));
        for cell in cells {
            let shown = |figure: &Figure| {
                cell.figure(*figure).map_or_else(
                    || "–".to_owned(),
                    |spread| {
                        format!("{} [{}..{}]", number(spread.median), number(spread.min), number(spread.max))
                    },
                )
            };
            let shown: Vec<String> = case.shown.iter().map(shown).collect();
            let times = case.shown.first().and_then(|first| {
                let ours = cells.iter().find(|cell| cell.contender == "ferrpc")?.figure(*first)?;
                Some(format!("{:.2}", cell.figure(*first)?.median / ours.median))
            });
            let times = times.unwrap_or_else(|| "–".to_owned());
            let _ = writeln!(text, "| {} | {} | {times} |", cell.contender, shown.join(" | "));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "```text");
    if let Some(said) = crosscheck {
        let _ = writeln!(text, "{said}");
    }
    text + &judgement.lines() + "```\n"
}

pub(super) fn json(results: &[(Case, Vec<Cell>)], gates: &[Gate]) -> String {
    let rows = results.iter().flat_map(|(case, cells)| cells.iter().map(move |cell| (case, cell)));
    let rows = rows.map(|(case, cell)| {
        let figures = case.shown.iter().map(|&figure| {
            let values = cell.samples.iter().filter_map(|sample| sample.figure(figure));
            let values: Vec<String> = values.map(|value| format!("{value:.4}")).collect();
            format!("\"{}\": [{}]", figure.key(), values.join(", "))
        });
        let figures: Vec<String> = figures.collect();
        let failure = cell.failure.as_deref().map_or_else(|| "null".to_owned(), quoted);
        format!(
            "{{\"case\": \"{}\", \"contender\": \"{}\", \"failure\": {failure}, {}}}",
            case.name,
            cell.contender,
            figures.join(", ")
        )
    });
    format!(
        "{{\n  \"rows\": [{}],\n  \"gates\": [{}]\n}}\n",
        listed(rows),
        listed(gates.iter().map(Gate::json))
    )
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            control if control.is_control() => quoted.push(' '),
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

/// One a line.
fn listed(parts: impl Iterator<Item = String>) -> String {
    format!("\n    {}\n  ", parts.collect::<Vec<_>>().join(",\n    "))
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        0.0..0.0995 => format!("{value:.3}"),
        0.0995..9.995 => format!("{value:.2}"),
        9.995..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        let shown = [0.0432, 0.61, 5.339, 61.27, 1234.5].map(number);
        assert_eq!(shown, ["0.043", "0.61", "5.34", "61.3", "1234"]);
    }

    #[test]
    fn what_programs_say_is_a_json_string() {
        assert_eq!(quoted("a \"b\"\n\t\\"), "\"a \\\"b\\\"\\n \\\\\"");
    }
}
