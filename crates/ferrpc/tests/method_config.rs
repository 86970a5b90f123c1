//! Sizes, times and compression of single methods, services and calls. Time is moved by the tests.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::time::Duration;

use common::custom::Custom;
use common::{JOIN, SPLIT, UPPER};
use ferrpc::client::ChannelConfig;
use ferrpc::compression::{Compression, Gzip};
use ferrpc::server::{Handle, OnCancel};
use ferrpc::{CallContext, Channel, Code, MethodConfig, Request, Server, ServerLimits, Status};

const SECOND: Duration = Duration::from_secs(1);

fn text(octets: usize) -> Request<String> {
    "x".repeat(octets).into()
}

/// Answers with what came; of one octet, 2,000 of them.
fn echo() -> Custom {
    let answer = |word: String| if word.len() == 1 { "y".repeat(2000) } else { word };
    Custom::default()
        .unary(move |request| async move { Ok(answer(request.into_inner()).into()) })
        .down(move |request, mut out| async move { out.send(answer(request.into_inner())).await })
        .up(|mut request| async move { Ok(request.get_mut().message().await?.unwrap_or_default().into()) })
}

fn serve(server: Server) -> (Channel, Handle) {
    server.in_process()
}

/// The code and text of a call that fails, and on which side it did.
fn failed<T: std::fmt::Debug>(result: Result<T, Status>) -> (Code, bool) {
    let status = result.unwrap_err();
    (status.code(), status.is_local())
}

const OVER_THERE: (Code, bool) = (Code::ResourceExhausted, false);
const OVER_HERE: (Code, bool) = (Code::ResourceExhausted, true);

#[tokio::test]
async fn a_server_has_sizes_for_services_and_methods() {
    let mut limits = ServerLimits::default();
    // What is large needs the room that its method asks for.
    (limits.http2.grown_bytes_max, limits.http2.extended_bytes_max) = (0, 0);
    let server = Server::new()
        .add(echo())
        .limits(limits)
        .configure("test.Text", MethodConfig::new().request_bytes_max(1000).response_bytes_max(1500))
        .configure(
            "test.Text/Upper",
            MethodConfig::new().request_bytes_max(6 << 20).response_bytes_max(6 << 20),
        );
    let mut config = ChannelConfig::default();
    config.message_bytes_max = 6 << 20;
    let (channel, _server) = server.in_process_with(config);
    // The method's, above the server's own limit of 4 MiB.
    let large = channel.unary(&UPPER, text(5 << 20)).await.unwrap();
    assert_eq!(large.len(), 5 << 20);
    assert_eq!(failed(channel.unary(&UPPER, text((6 << 20) + 1)).await), OVER_THERE);
    // The service's.
    let mut down = channel.server_streaming(&SPLIT, text(1000)).await.unwrap();
    assert_eq!(down.message().await.unwrap().unwrap().len(), 1000);
    let mut down = channel.server_streaming(&SPLIT, text(1001)).await.unwrap();
    assert_eq!(failed(down.message().await), OVER_THERE);
    let mut down = channel.server_streaming(&SPLIT, text(1)).await.unwrap();
    assert_eq!(failed(down.message().await), OVER_THERE);
    let mut up = channel.client_streaming(&JOIN).await.unwrap();
    up.send("x".repeat(1001)).await.unwrap();
    assert_eq!(failed(up.finish().await), OVER_THERE);
}

#[tokio::test]
async fn a_channel_has_sizes_for_services_methods_and_calls() {
    let mut config = ChannelConfig::default();
    config.methods.set("test.Text", MethodConfig::new().request_bytes_max(1000).response_bytes_max(1500));
    config.methods.set("test.Text/Join", MethodConfig::new().request_bytes_max(10));
    let (channel, _server) = Server::new().add(echo()).in_process_with(config);
    assert_eq!(channel.unary(&UPPER, text(1000)).await.unwrap().len(), 1000);
    assert_eq!(failed(channel.unary(&UPPER, text(1001)).await), OVER_HERE);
    assert_eq!(failed(channel.unary(&UPPER, text(1)).await), OVER_HERE);
    assert_eq!(channel.unary(&UPPER, text(1)).response_bytes_max(2000).await.unwrap().len(), 2000);
    assert_eq!(failed(channel.unary(&UPPER, text(1)).response_bytes_max(1999).await), OVER_HERE);
    assert_eq!(channel.unary(&UPPER, text(1500)).request_bytes_max(1500).await.unwrap().len(), 1500);
    let mut down = channel.server_streaming(&SPLIT, text(1)).await.unwrap();
    assert_eq!(failed(down.message().await), OVER_HERE);
    let mut down = channel.server_streaming(&SPLIT, text(1)).response_bytes_max(2000).await.unwrap();
    assert_eq!(down.message().await.unwrap().unwrap().len(), 2000);
    let mut up = channel.client_streaming(&JOIN).await.unwrap();
    assert_eq!(failed(up.send("x".repeat(11)).await), OVER_HERE);
    up.send("x".repeat(10)).await.unwrap();
    assert_eq!(up.finish().await.unwrap().len(), 10);
}

#[tokio::test]
async fn what_says_that_a_message_is_too_large_names_its_method() {
    let mut config = ChannelConfig::default();
    config
        .methods
        .set("test.Text/Upper", MethodConfig::new().request_bytes_max(5000).response_bytes_max(1000));
    let server =
        Server::new().add(echo()).configure("test.Text", MethodConfig::new().request_bytes_max(4000));
    let (channel, _server) = server.in_process_with(config);
    let says = |status: Status, what: &str| {
        assert!(status.message().starts_with(what), "{status}");
    };
    let unary = |octets| channel.unary(&UPPER, text(octets));
    says(
        unary(5001).await.unwrap_err(),
        "test.Text/Upper: message of 5001 octets is over the send limit of 5000",
    );
    says(
        unary(4001).await.unwrap_err(),
        "test.Text/Upper: message of 4001 octets is over the receive limit of 4000",
    );
    says(
        unary(1).await.unwrap_err(),
        "test.Text/Upper: message of 2000 octets is over the receive limit of 1000",
    );
    let mut up = channel.client_streaming(&JOIN).await.unwrap();
    up.send("x".repeat(4001)).await.unwrap();
    says(
        up.finish().await.unwrap_err(),
        "test.Text/Join: message of 4001 octets is over the receive limit of 4000",
    );
}

#[tokio::test]
async fn a_message_that_no_window_holds_is_refused_before_the_call() {
    let (channel, _server) = serve(Server::new().add(echo()));
    assert_eq!(channel.unary(&UPPER, text(5)).response_bytes_max((16 << 20) - 5).await.unwrap().len(), 5);
    let status = channel.unary(&UPPER, text(5)).response_bytes_max((16 << 20) - 4).await.unwrap_err();
    assert_eq!((status.code(), status.may_have_executed()), (Code::Internal, false));
    assert!(status.message().ends_with("raise http2.extended_bytes_max"), "{status}");
    // A method's size makes the room it needs.
    let mut config = ChannelConfig::default();
    (config.http2.grown_bytes_max, config.http2.extended_bytes_max) = (0, 0);
    config.methods.set("test.Text/Upper", MethodConfig::new().response_bytes_max(9 << 20));
    let server = Server::new().add(Custom::default().unary(|_| async { Ok("z".repeat(9 << 20).into()) }));
    let (channel, _server) = server.in_process_with(config);
    assert_eq!(channel.unary(&UPPER, text(5)).await.unwrap().len(), 9 << 20);
}

#[tokio::test(start_paused = true)]
async fn a_method_has_a_time_of_its_own_on_either_side() {
    let stuck = Custom::default().unary(|_| std::future::pending()).down(|_, _| std::future::pending());
    let config = MethodConfig::new().timeout(SECOND);
    let (channel, _server) =
        serve(Server::new().add(stuck.clone()).configure("test.Text/Upper", config.clone()));
    assert_eq!(failed(channel.unary(&UPPER, text(0)).await), (Code::DeadlineExceeded, false));
    let mut down = channel.server_streaming(&SPLIT, text(0)).await.unwrap();
    assert!(tokio::time::timeout(60 * SECOND, down.message()).await.is_err(), "it has no time");

    let mut by_method = ChannelConfig::default();
    by_method.methods.set("test.Text/Upper", config);
    let (channel, _server) = Server::new().add(stuck).in_process_with(by_method);
    let began = tokio::time::Instant::now();
    for call in [channel.unary(&UPPER, text(0)), channel.unary(&UPPER, text(0)).timeout(60 * SECOND)] {
        assert_eq!(failed(call.await), (Code::DeadlineExceeded, true));
    }
    // Both were made at the same time.
    assert_eq!(began.elapsed().as_secs(), 1);
    let shorter = channel.unary(&UPPER, text(0)).timeout(SECOND / 2);
    assert_eq!(failed(shorter.await), (Code::DeadlineExceeded, true));
    assert_eq!(began.elapsed().as_millis(), 1500);
}

#[tokio::test(start_paused = true)]
async fn a_method_waits_for_ready_compresses_and_is_told_for_itself() {
    let gzip = || MethodConfig::new().compression(Compression::default().send(Gzip::new()));
    let (says, mut said) = tokio::sync::mpsc::unbounded_channel();
    let service = Custom::default()
        .unary(|request| async move {
            let was_compressed = request.was_compressed();
            Ok(format!("{was_compressed}{}", "x".repeat(2000)).into())
        })
        .down(move |_, _| {
            let says = says.clone();
            async move {
                CallContext::current().expect("a handler").cancelled().await;
                says.send(()).map_err(|_| Status::internal("nobody listens"))
            }
        });
    let server = Server::new()
        .add(service)
        .configure("test.Text/Upper", gzip())
        .configure("test.Text/Split", MethodConfig::new().on_cancel(OnCancel::Tell));
    let mut config = ChannelConfig::default();
    config.methods.set("test.Text/Upper", gzip());
    let (channel, _server) = server.in_process_with(config);
    let response = channel.unary(&UPPER, text(2000)).await.unwrap();
    assert!(response.starts_with("true") && response.was_compressed());
    let response = channel.unary(&UPPER, text(2000)).compression("identity").await.unwrap();
    assert!(response.starts_with("false") && response.was_compressed());
    drop(channel.server_streaming(&SPLIT, text(0)).await.unwrap());
    assert_eq!(said.recv().await, Some(()));

    let mut config = ChannelConfig::default();
    config.methods.set("test.Text/Upper", MethodConfig::new().wait_for_ready(true));
    // Nobody listens there.
    let channel = Channel::with_config("127.0.0.1:1", config).unwrap();
    assert_eq!(failed(channel.unary(&UPPER, text(0)).timeout(SECOND).await).0, Code::DeadlineExceeded);
    assert_eq!(failed(channel.server_streaming(&SPLIT, text(0)).await).0, Code::Unavailable);
}
