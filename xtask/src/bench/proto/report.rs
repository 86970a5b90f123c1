//! The tables: on the terminal, as Markdown, as JSON.

use std::fmt::Write as _;

use super::super::gate::Gate;
use super::figures::{Figures, Instructions, OURS, Row};
use super::gates::float;

pub(super) const LEGEND: &str = "times our time (times our instructions); ratio: to the fastest of the peers";

/// A row as it comes.
pub(super) fn line(row: &Row, instructions: &Instructions) -> String {
    let mut line = format!("{:6} {:14} {:9} B ", row.operation, row.set, row.octets);
    for (library, ns) in &row.times {
        let count = instructions_of(row, library, instructions);
        let _ = match (library == OURS, row.time(OURS)) {
            (true, _) | (_, None) => {
                write!(line, " {library} {}{}", duration(*ns), bracketed(count.map(counted)))
            }
            (_, Some(ours)) => {
                write!(line, " {library} {:.2}{}", ns / ours, bracketed(times(row, library, instructions)))
            }
        };
    }
    match row.ratio(|_| true) {
        Some(ratio) => line + &format!("  ratio {ratio:.2}"),
        None => line + "  ratio -",
    }
}

/// What is known when all rows are printed.
pub(super) fn rest(figures: &Figures) -> String {
    let mut text = String::new();
    for heap in &figures.heap {
        let counts = heap
            .counts
            .iter()
            .map(|(library, blocks, peak)| format!("{library} {blocks} blocks, peak {peak} B"));
        let _ = writeln!(
            text,
            "heap {:14} {}; {} boxes",
            heap.set,
            counts.collect::<Vec<_>>().join("; "),
            heap.boxes
        );
    }
    for one in &figures.hostile {
        let per_octet = one.ns / float(one.octets);
        let _ = writeln!(
            text,
            "hostile {:32} {:8} B {:8}: peak {} B, {per_octet:.1} ns a byte",
            one.name, one.octets, one.outcome, one.peak_bytes
        );
    }
    for (library, lines) in &figures.lines {
        let _ = writeln!(text, "generated {library} {lines} lines");
    }
    for one in &figures.footprints {
        let _ = writeln!(text, "footprint {} {:.2} CPU s to compile", one.library, one.compile_seconds);
        for (what, code, bytes) in &one.sizes {
            let per_field = float(*code) / float(one.fields);
            let _ = writeln!(
                text,
                "footprint {} {what}: {bytes} B, of them {code} B machine code, {per_field:.0} a field",
                one.library
            );
        }
    }
    text
}

pub(super) fn markdown(figures: &Figures, gates: &[Gate]) -> String {
    let mut text = String::new();
    for operation in ["decode", "view", "encode", "pooled"] {
        let rows: Vec<&Row> = figures.rows.iter().filter(|row| row.operation == operation).collect();
        let mut libraries: Vec<&str> = Vec::new();
        for (library, _) in rows.iter().flat_map(|row| &row.times) {
            if !libraries.contains(&library.as_str()) && library != OURS {
                libraries.push(library);
            }
        }
        let _ = writeln!(text, "### {operation}\n");
        let _ = writeln!(text, "| set | octets | ferrpc | {} | ratio |", libraries.join(" | "));
        let _ = writeln!(text, "|---|--:|--:|{}--:|", "--:|".repeat(libraries.len()));
        for row in rows {
            let cell = |library: &str| {
                let Some(ns) = row.time(library) else { return "-".to_owned() };
                let Some(ours) = row.time(OURS) else { return duration(ns) };
                let beside = bracketed(times(row, library, &figures.instructions));
                format!("{:.2}{beside}", ns / ours)
            };
            let ours = row.time(OURS).map_or_else(|| "-".to_owned(), duration);
            let ours = ours + &bracketed(instructions_of(row, OURS, &figures.instructions).map(counted));
            let cells: Vec<String> = libraries.iter().map(|library| cell(library)).collect();
            let ratio = row.ratio(|_| true).map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
            let _ =
                writeln!(text, "| {} | {} | {ours} | {} | {ratio} |", row.set, row.octets, cells.join(" | "));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "### Memory, lines, code, compile time, hostile input\n\n```text");
    text += &rest(figures);
    let _ = writeln!(text, "```\n\n### Gates\n\n```text");
    for gate in gates {
        let _ = writeln!(text, "{gate}");
    }
    text + "```\n"
}

pub(super) fn json(figures: &Figures, gates: &[Gate]) -> String {
    let rows = figures.rows.iter().map(|row| {
        let cells = row.times.iter().map(|(library, ns)| {
            let count = instructions_of(row, library, &figures.instructions);
            let count = count.map_or_else(|| "null".to_owned(), |count| count.to_string());
            format!("\"{library}\": {{\"ns\": {ns:.1}, \"instructions\": {count}}}")
        });
        let Row { set, copies, operation, octets, .. } = row;
        let ratio = row.ratio(|_| true).map_or_else(|| "null".to_owned(), |ratio| format!("{ratio:.3}"));
        format!(
            "{{\"set\": \"{set}\", \"copies\": {copies}, \"operation\": \"{operation}\", \"octets\": {octets}, \"ratio\": {ratio}, {}}}",
            joined(cells)
        )
    });
    let heap = figures.heap.iter().map(|heap| {
        let counts = heap.counts.iter();
        let counts = counts.map(|(library, blocks, peak)| {
            format!("\"{library}\": {{\"blocks\": {blocks}, \"peak_bytes\": {peak}}}")
        });
        format!("{{\"set\": \"{}\", \"boxes\": {}, {}}}", heap.set, heap.boxes, joined(counts))
    });
    let hostile = figures.hostile.iter().map(|one| {
        format!(
            "{{\"input\": \"{}\", \"octets\": {}, \"peak_bytes\": {}, \"ns\": {:.0}, \"outcome\": \"{}\"}}",
            one.name, one.octets, one.peak_bytes, one.ns, one.outcome
        )
    });
    let lines = figures.lines.iter().map(|(library, lines)| format!("\"{library}\": {lines}"));
    let footprints = figures.footprints.iter().map(|one| {
        let sizes = one.sizes.iter();
        let sizes = sizes
            .map(|(what, code, bytes)| format!("\"{what}\": {{\"code_bytes\": {code}, \"bytes\": {bytes}}}"));
        format!(
            "{{\"library\": \"{}\", \"fields\": {}, \"compile_cpu_seconds\": {:.2}, {}}}",
            one.library,
            one.fields,
            one.compile_seconds,
            joined(sizes)
        )
    });
    let gates = gates.iter().map(Gate::json);
    format!(
        "{{\n  \"rows\": [{}],\n  \"heap\": [{}],\n  \"hostile\": [{}],\n  \"generated_lines\": {{{}}},\n  \"footprints\": [{}],\n  \"gates\": [{}]\n}}\n",
        listed(rows),
        listed(heap),
        listed(hostile),
        joined(lines),
        listed(footprints),
        listed(gates)
    )
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// One a line.
fn listed(parts: impl Iterator<Item = String>) -> String {
    format!("\n    {}\n  ", parts.collect::<Vec<_>>().join(",\n    "))
}

fn instructions_of(row: &Row, library: &str, instructions: &Instructions) -> Option<u64> {
    instructions.get(&(row.set.clone(), row.operation.clone(), library.to_owned())).copied()
}

/// A peer's instructions as a multiple of ours.
fn times(row: &Row, library: &str, instructions: &Instructions) -> Option<String> {
    let ours = instructions_of(row, OURS, instructions)?;
    Some(format!("{:.2}", float(instructions_of(row, library, instructions)?) / float(ours.max(1))))
}

fn bracketed(inner: Option<String>) -> String {
    inner.map_or_else(String::new, |inner| format!(" ({inner})"))
}

fn duration(ns: f64) -> String {
    match ns {
        ..1e3 => format!("{ns:.0} ns"),
        ..1e6 => format!("{:.1} µs", ns / 1e3),
        _ => format!("{:.2} ms", ns / 1e6),
    }
}

fn counted(instructions: u64) -> String {
    if instructions < 10_000 {
        instructions.to_string()
    } else if instructions < 10_000_000 {
        format!("{} k", instructions / 1_000)
    } else {
        format!("{} M", instructions / 1_000_000)
    }
}
