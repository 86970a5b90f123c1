//! `protoc-gen-ferrpc`: what protoc runs for `--ferrpc_out`, and buf for `local: protoc-gen-ferrpc`.
#![forbid(unsafe_code)]

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

#[expect(clippy::print_stderr)] // The one place that speaks to the user.
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    if std::env::args().skip(1).eq(["--version"]) {
        let version = concat!(env!("CARGO_BIN_NAME"), " ", env!("CARGO_PKG_VERSION"), "\n");
        return std::io::stdout().write_all(version.as_bytes()).map_err(|error| error.to_string());
    }
    let mut input = std::io::stdin().lock();
    if input.is_terminal() || std::env::args_os().len() > 1 {
        return Err("this is a plugin of protoc and buf, which run it: protoc --ferrpc_out=DIR FILES\n\
            help: `ferrpc gen` does the same by itself"
            .into());
    }
    let mut request = Vec::new();
    input.read_to_end(&mut request).map_err(|error| format!("cannot read the request: {error}"))?;
    let response = ferrpc_cli::plugin::answer(&request)?;
    std::io::stdout().write_all(&response).map_err(|error| format!("cannot write the response: {error}"))
}
