//! `cargo xtask conformance …`: suites that others wrote, against our programs.
//!
//! Suites are installed below `target/conformance`, at pinned versions where that is possible.

pub(crate) mod connect;
pub(crate) mod h2spec;
pub(crate) mod hpack;
pub(crate) mod interop;
pub(crate) mod mutants;
pub(crate) mod plugin;
mod protobuf;
pub(crate) mod protoc;
mod runner;

use clap::Subcommand;

use crate::Result;

#[derive(Subcommand)]
pub(crate) enum Suite {
    /// gRPC as connectrpc's suite sees it: messages, errors, timeouts, cancellation, metadata, broken peers.
    Connect(connect::Options),
    /// HTTP/2 and HPACK: all cases of h2spec, and with `--client` those of h2specd.
    H2spec(h2spec::Options),
    /// Payloads and `.proto` files made by a seed, mostly whole, some damaged, against Google's parsers and protoc.
    Mutants(mutants::Options),
    /// Header compression: 446 stories of others, and both ways with two other implementations.
    Hpack,
    /// gRPC's interop tests, our client and server with those of other languages.
    Interop(interop::Options),
    /// Upstream's suite for Protobuf; what it does not reach yet is counted and named.
    Protobuf(protobuf::Options),
    /// Descriptor sets of `ferrpc compile` against protoc's, byte for byte.
    Protoc,
    /// `protoc-gen-ferrpc` under protoc and buf against `ferrpc gen`, byte for byte.
    Plugin,
}

pub(crate) fn command(suite: &Suite) -> Result<()> {
    match suite {
        Suite::Connect(options) => connect::command(options),
        Suite::H2spec(options) => h2spec::command(options),
        Suite::Mutants(options) => mutants::command(options),
        Suite::Hpack => hpack::command(),
        Suite::Interop(options) => interop::command(options),
        Suite::Protobuf(options) => protobuf::command(options),
        Suite::Protoc => protoc::command(),
        Suite::Plugin => plugin::command(),
    }
}
