//! `cargo xtask conformance …`: suites that others wrote, against our programs.
//!
//! Suites are installed below `target/conformance`, at pinned versions where that is possible.

pub(crate) mod h2spec;

use clap::Subcommand;

use crate::Result;

#[derive(Subcommand)]
pub(crate) enum Suite {
    /// HTTP/2 and HPACK, server role: all cases of h2spec.
    H2spec(h2spec::Options),
}

pub(crate) fn command(suite: &Suite) -> Result<()> {
    match suite {
        Suite::H2spec(options) => h2spec::command(options),
    }
}
