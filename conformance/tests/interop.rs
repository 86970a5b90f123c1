//! Our client of gRPC's interop tests against our server of them.
#![forbid(unsafe_code)]

use clap::Parser;
use ferrpc_conformance::interop::soak::Soak;
use ferrpc_conformance::interop::{cases, service};

/// The flags of the soak cases, at their defaults.
#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    soak: Soak,
}

#[tokio::test]
async fn our_client_passes_each_case_on_our_server() {
    let bound = service::server("ours".into()).bind("127.0.0.1:0").await.expect("a port is free");
    let target = bound.local_addr().to_string();
    let server = tokio::spawn(bound.run());
    let Defaults { soak } = Defaults::parse_from(["test"]);
    for case in cases::CASES {
        cases::run(case, &target, &soak).await.unwrap_or_else(|what| panic!("{case}: {what}"));
    }
    server.abort();
}

#[tokio::test]
async fn a_case_that_nobody_knows_is_an_error_with_the_names_of_the_others() {
    let Defaults { soak } = Defaults::parse_from(["test"]);
    let error = cases::run("large_urnary", "127.0.0.1:1", &soak).await.unwrap_err();
    assert!(error.starts_with("there is no case large_urnary; there are empty_unary, "), "{error}");
}
