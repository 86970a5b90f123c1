//! Programs that outside suites talk to.
