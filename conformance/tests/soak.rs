//! A moment of the soak; `cargo xtask test` runs a minute of it.
#![forbid(unsafe_code)]

use std::time::Duration;

use ferrpc_conformance::soak::{Plan, run};

#[tokio::test]
async fn no_call_is_wrong_while_connections_age_and_are_reset_and_servers_restart() {
    let plan = Plan::new(Duration::from_secs(3), 7, Duration::from_millis(5));
    let outcome = run(&plan).await.unwrap();
    assert_eq!(outcome.wrong, 0, "{outcome}");
    for way in ["aged", "reset", "restart"] {
        for kind in ["unary", "up", "down", "both ways"] {
            assert!(outcome.calls.contains_key(&(way, kind)), "no {way} {kind}: {outcome}");
        }
    }
    assert!(outcome.resets > 0 && outcome.restarts > 0, "{outcome}");
    assert!(!outcome.explained.contains_key("aged"), "{outcome}");
}
