//! Calls under load: the service that servers offer, the client that loads them, and how time is told.

pub mod clock;
pub mod load;
pub mod service;

/// `rpc.proto` as ferrpc generates it.
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/rpc.rs"));
    pub use self::ferrpc::bench::rpc::*;
}
