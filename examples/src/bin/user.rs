//! README first command.
fn main() {}
