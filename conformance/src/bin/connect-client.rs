//! A client for connectrpc's conformance runner: makes the calls that come on standard input, several at a time, and says
//! on standard output what came of each.
#![forbid(unsafe_code)]

use std::sync::Arc;

use ferrpc_conformance::connect::proto::connectrpc::conformance::v1::ClientCompatRequest;
use ferrpc_conformance::connect::{client, read, write};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

/// Calls at a time.
const CALLS_MAX: usize = 8;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut input, output) = (tokio::io::stdin(), Arc::new(Mutex::new(tokio::io::stdout())));
    let places = Arc::new(Semaphore::new(CALLS_MAX));
    let mut calls = JoinSet::new();
    while let Some(request) = read::<ClientCompatRequest>(&mut input).await? {
        let (place, output) = (Arc::clone(&places).acquire_owned().await?, Arc::clone(&output));
        calls.spawn(async move {
            let answer = client::answer(&request).await;
            drop(place);
            write(&mut *output.lock().await, &answer).await
        });
        while let Some(written) = calls.try_join_next() {
            written??;
        }
    }
    while let Some(written) = calls.join_next().await {
        written??;
    }
    Ok(())
}
