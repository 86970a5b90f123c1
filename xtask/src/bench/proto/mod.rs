//! `cargo xtask bench proto`: our Protobuf codec against the rivals', in time, instructions, memory, generated
//! lines, machine code and compile time; then a line per gate.
//!
//! The measuring is done by programs of benches/; this builds and runs them and judges what they print.

mod figures;
mod footprint;
mod gates;
mod instructions;
mod programs;
mod report;

use std::path::PathBuf;

use crate::run::Log;
use crate::{Result, context, write};

use super::gate;
use figures::Figures;
use programs::Programs;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Few short rounds: to see that it runs, not to quote.
    #[arg(long)]
    quick: bool,
    /// Write all figures to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the tables to this file as well: between its two lines `<!-- bench proto -->`, if it has them.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Only this data set; may be repeated. No gates then.
    #[arg(long, value_name = "NAME")]
    set: Vec<String>,
    /// Only this operation (decode, view, encode, pooled); may be repeated. No gates then.
    #[arg(long, value_name = "NAME")]
    operation: Vec<String>,
    /// Count instructions also where only some sets or operations are wanted.
    #[arg(long)]
    count: bool,
}

impl Options {
    /// Everything is measured, so that gates can be judged.
    fn all(&self) -> bool {
        self.set.is_empty() && self.operation.is_empty()
    }
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    let programs = Programs::build(&mut log, options)?;
    let mut figures = Figures::default();
    if options.all() || options.count {
        match instructions::count(&programs, options) {
            Ok(counts) => figures.instructions = counts,
            Err(why) => println!("instructions not counted: {why}"),
        }
    }
    println!("{}", report::LEGEND);
    programs.times(options, |row| {
        println!("{}", report::line(row, &figures.instructions));
        figures.rows.push(row.clone());
    })?;
    if options.all() {
        figures.heap = programs.heap()?;
        figures.lines = programs.lines()?;
        figures.hostile = programs.hostile()?;
        match footprint::measure(&mut log, if options.quick { 1 } else { 5 }) {
            Ok(footprints) => figures.footprints = footprints,
            Err(why) => println!("size and compile time not measured: {why}"),
        }
        print!("{}", report::rest(&figures));
    }
    let gates = if options.all() { gates::judge(&figures) } else { Vec::new() };
    if let Some(file) = &options.json {
        write(file, report::json(&figures, &gates))?;
    }
    if let Some(file) = &options.markdown {
        let old = std::fs::read_to_string(file).unwrap_or_default();
        write(file, gate::put(&old, "proto", &report::markdown(&figures, &gates)))
            .map_err(context(file.display()))?;
    }
    for gate in gates {
        println!("{gate}");
    }
    Ok(())
}
