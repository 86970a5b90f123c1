//! Whole-system tests: our client and our server against each other and against foreign peers.
//!
//! TestService has what the peers' programs under tests/peers have: [`service`] is the server's side,
//! [`cases`] the client's, [`honest`] one beside attacks. `tests/` runs every client against every server.
#![forbid(unsafe_code)]

pub mod cases;
pub mod honest;
pub mod peer;
pub mod service;

/// The generated code.
pub mod proto {
    ::ferrpc::include_proto!();
}

/// The same function for every case: `each_case!(run)` makes a test `name` that calls `run("name")`.
#[macro_export]
macro_rules! each_case {
    ($run:path) => {
        $crate::each_case!($run;
            get_user unary_sizes unary_1000_at_once server_streaming client_streaming bidi bidi_ping_pong
            metadata_binary error_unicode deadline_client deadline_server cancel_mid_stream gone_mid_stream
            early_answer unimplemented too_large);
    };
    ($run:path; $($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                $run(stringify!($name)).await;
            }
        )*
    };
}
