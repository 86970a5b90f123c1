//! `cargo xtask conformance h2spec`: each case of h2spec against the engine alone and against an example, and each
//! of h2specd against the engine as a client.

mod client;
mod server;
mod suite;

use crate::Result;
use crate::peers::Toolchain;
use crate::report::Counts;
use crate::run::Log;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The client role instead: all cases of h2specd.
    #[arg(long)]
    client: bool,
    /// Handed to h2spec: `-S`, `http2/6.5`, …; then only `h2-server` is tested, and not all cases need run.
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    if let Some(missing) = Toolchain::Go.missing() {
        return Err(missing);
    }
    if options.client {
        return verdict(client::all(&mut log, &options.arguments)?);
    }
    if options.arguments.is_empty() {
        return verdict(server::all(&mut log)?);
    }
    verdict(server::some(&mut log, &options.arguments)?)
}

/// All cases of both roles; an error if some did not even run.
pub(crate) fn all(log: &mut Log) -> Result<Counts> {
    Ok(server::all(log)?.plus(client::all(log, &[])?))
}

fn verdict(counts: Counts) -> Result<()> {
    match counts {
        Counts { failed: 0, skipped: 0, passed: 1.. } => Ok(()),
        Counts { passed: 0, failed: 0, skipped: 0 } => Err("no case ran; see `h2spec --help`".into()),
        Counts { failed, skipped, .. } => Err(format!("{failed} cases failed, {skipped} were skipped")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_run_is_not_a_pass() {
        assert!(verdict(Counts::default()).is_err());
        assert!(verdict(Counts { passed: 144, failed: 0, skipped: 1 }).is_err());
        assert_eq!(verdict(Counts { passed: 145, failed: 0, skipped: 0 }), Ok(()));
    }
}
