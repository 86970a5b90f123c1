//! Calls under load: the services that servers offer, the client that loads them, and how time is told.

pub mod canned;
pub mod clock;
pub mod figures;
pub mod load;
pub mod meter;
pub mod raw;
pub mod script;
pub mod service;
pub mod work;

/// `rpc.proto` and the examples' `user.proto` as ferrpc generates them.
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/rpc.rs"));
    pub use self::ferrpc::bench::rpc::*;
}

/// The same as tonic generates them.
#[expect(missing_docs, reason = "generated")]
pub mod tonic {
    include!(concat!(env!("OUT_DIR"), "/tonic/mod.rs"));
}
