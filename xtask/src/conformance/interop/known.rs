//! Cells that are `n/a`: `conformance/known_failures/interop.txt`, each with the run that shows why.

use std::fs;
use std::str::FromStr;

use clap::ValueEnum as _;

use super::language::Language;
use super::{CASES, Cell};
use crate::{Result, context, paths};

const FILE: &str = "conformance/known_failures/interop.txt";

/// A cell that cannot pass, whatever we do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) cell: Cell,
    /// The same case without us, which fails too.
    pub(super) shown_by: Cell,
    pub(super) reason: String,
}

pub(super) fn read() -> Result<Vec<Known>> {
    let text = fs::read_to_string(paths::root().join(FILE)).map_err(context(FILE))?;
    parse(&text).map_err(context(FILE))
}

fn parse(text: &str) -> Result<Vec<Known>> {
    let mut known: Vec<Known> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let row: Known = line.parse().map_err(context(format_args!("line {number}")))?;
        if known.iter().any(|other| other.cell == row.cell) {
            return Err(format!("line {number}: {} is there twice", row.cell));
        }
        known.push(row);
    }
    Ok(known)
}

impl FromStr for Known {
    type Err = String;

    /// `CASE CLIENT SERVER CLIENT SERVER REASON`: the cell, then the pair that shows it.
    fn from_str(line: &str) -> Result<Self> {
        let mut rest = line;
        let mut word = || {
            let (word, behind) = rest.trim_start().split_once(' ')?;
            rest = behind;
            Some(word)
        };
        let mut words = || Some([word()?, word()?, word()?, word()?, word()?]);
        let [case, client, server, shown_client, shown_server] =
            words().ok_or("wanted: CASE CLIENT SERVER CLIENT SERVER REASON")?;
        let case = CASES.into_iter().find(|known| *known == case);
        let case = case.ok_or_else(|| format!("no such case: {line}"))?;
        let language = |name| Language::from_str(name, false);
        let cell = Cell { case, client: language(client)?, server: language(server)? };
        let shown_by = Cell { case, client: language(shown_client)?, server: language(shown_server)? };
        let peer = match (cell.client, cell.server) {
            (Language::Ferrpc, peer) | (peer, Language::Ferrpc) if peer != Language::Ferrpc => peer,
            _ => return Err(format!("{cell}: one side is a peer, the other ferrpc")),
        };
        // On the side on which it fails.
        let stands = if cell.client == peer { shown_by.client == peer } else { shown_by.server == peer };
        if !stands || shown_by.client == Language::Ferrpc || shown_by.server == Language::Ferrpc {
            return Err(format!(
                "{shown_by} shows nothing of {cell}: name {peer} on the same side, and no ferrpc"
            ));
        }
        let reason = rest.trim();
        if reason.is_empty() {
            return Err(format!("{cell}: no reason"));
        }
        Ok(Self { cell, shown_by, reason: reason.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_a_cell_and_the_run_that_shows_it() {
        let rows = parse("# head\n\ncacheable_unary  ferrpc go  java go  it has no such method\n").unwrap();
        let case = "cacheable_unary";
        let row = Known {
            cell: Cell { case, client: Language::Ferrpc, server: Language::Go },
            shown_by: Cell { case, client: Language::Java, server: Language::Go },
            reason: "it has no such method".into(),
        };
        assert_eq!(rows, [row]);
    }

    #[test]
    fn a_row_that_shows_nothing_is_refused() {
        for row in [
            "cacheable_unary ferrpc go java go ",
            "cacheable_unary ferrpc go java",
            "no_such_case ferrpc go java go it is not there",
            "cacheable_unary ferrpc cobol java go there is no such peer",
            "cacheable_unary java go java go we are not in it",
            "cacheable_unary ferrpc ferrpc java go we are all of it",
            "cacheable_unary ferrpc go ferrpc go that is the same run",
            "cacheable_unary ferrpc go go java the server is another",
            "cacheable_unary ferrpc go java go a\ncacheable_unary ferrpc go go go b",
        ] {
            assert!(parse(row).is_err(), "{row}");
        }
    }

    #[test]
    fn the_file_is_sound() {
        assert!(read().is_ok_and(|rows| !rows.is_empty()), "{:?}", read().err());
    }
}
