//! gRPC's negative HTTP/2 interop tests on our client, all of them; the last line sums up.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command line program")]

use std::process::ExitCode;

use ferrpc_conformance::interop::negative;

#[tokio::main]
async fn main() -> ExitCode {
    let mut failed = 0;
    for case in negative::CASES {
        match negative::run(case).await {
            Ok(()) => println!("passed {case}"),
            Err(what) => {
                failed += 1;
                println!("FAILED {case}: {what}");
            }
        }
    }
    println!("{} passed, {failed} failed", negative::CASES.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
