//! The `ferrpc` command.
fn main() {}
