//! Our client against our server.

use ferrpc_tests::{each_case, peer};

async fn run(case: &str) {
    let address = peer::serve().await;
    peer::run(case, &address).await;
}

each_case!(run);
