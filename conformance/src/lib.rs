//! Programs that outside suites talk to: `src/bin/*.rs`, each run by `cargo xtask conformance`.
