//! What is compressed on its way, and what is not.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]
#![cfg(feature = "gzip")]

mod common;

use common::{ECHO, JOIN, SPLIT, Texts, UPPER, is_served};
use ferrpc::client::ChannelConfig;
use ferrpc::compression::{Compression, Deflate, Gzip};
use ferrpc::{Channel, Code, Server};

/// Long enough to be compressed, and worth it.
fn long() -> String {
    "lorem ipsum ".repeat(1000)
}

/// A server that does this about compression, and a channel that does that.
fn start(server: Compression, channel: Compression) -> (Channel, ferrpc::server::Handle) {
    let mut config = ChannelConfig::default();
    config.compression = channel;
    Server::new().add(Texts::default()).compression(server).in_process_with(config)
}

#[tokio::test]
async fn nothing_is_compressed_unless_somebody_says_so() {
    let (channel, _server) = start(Compression::default(), Compression::default());
    let response = channel.unary(&UPPER, long().into()).await.unwrap();
    assert!(!response.was_compressed());
    let response = channel.unary(&UPPER, "compressed?".to_owned().into()).await.unwrap();
    assert_eq!(response.as_str(), "no");
}

#[tokio::test]
async fn a_channel_compresses_its_requests_and_a_call_can_say_otherwise() {
    let (channel, _server) = start(Compression::default(), Compression::default().send(Gzip::new()));
    let asked = format!("compressed?{}", long());
    let call = || channel.unary(&UPPER, asked.clone().into());
    assert_eq!(call().await.unwrap().as_str(), "yes");
    assert_eq!(call().compression("deflate").await.unwrap().as_str(), "yes");
    assert_eq!(call().compression("identity").await.unwrap().as_str(), "no");
    assert_eq!(channel.unary(&UPPER, "compressed?".to_owned().into()).await.unwrap().as_str(), "no");
    let status = call().compression("br").await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(
        status.message().starts_with("there is no compressor \"br\" here; there are identity,"),
        "{status}"
    );
}

#[tokio::test]
async fn a_server_compresses_for_those_who_accept_it() {
    let sends = || Compression::default().send(Gzip::new());
    for (accepts, gets) in [
        (Compression::default(), true),
        (Compression::none(), false),
        (Compression::none().accept(Deflate::new()), false),
    ] {
        let (channel, _server) = start(sends(), accepts);
        let response = channel.unary(&UPPER, long().into()).await.unwrap();
        assert_eq!((response.was_compressed(), response.as_str()), (gets, &*long().to_uppercase()));
        let mut words = channel.server_streaming(&SPLIT, "a b".repeat(1000).into()).await.unwrap();
        assert_eq!(words.message().await.unwrap().unwrap(), "a");
        assert!(!words.was_compressed(), "it is short");
        let (mut tx, mut rx) = channel.bidi(&ECHO).await.unwrap().split();
        tx.send(long()).await.unwrap();
        assert_eq!(rx.message().await.unwrap().unwrap(), long());
        assert_eq!(rx.was_compressed(), gets);
    }
}

#[tokio::test]
async fn a_stream_decides_for_each_message() {
    let (channel, _server) = start(Compression::default(), Compression::default());
    let mut upload = channel.client_streaming(&JOIN).compression("gzip").await.unwrap();
    upload.send(long()).await.unwrap();
    upload.sender().set_message_compression(false);
    upload.send(long()).await.unwrap();
    let mistake = upload.sender().set_compression("gzip").unwrap_err();
    assert_eq!(mistake.code(), Code::FailedPrecondition);
    assert_eq!(upload.finish().await.unwrap().as_str(), format!("{} {}", long(), long()));
}

#[tokio::test]
async fn a_server_that_has_not_the_format_says_which_it_has() {
    let (channel, _server) = start(Compression::none().accept(Deflate::new()), Compression::default());
    let status = channel.unary(&UPPER, long().into()).compression("gzip").await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(status.message(), "grpc-encoding \"gzip\" is not supported; there are identity,deflate");
    is_served(&channel).await;
}

#[tokio::test]
async fn atk_33_a_bomb_ends_its_call_alone() {
    // 16 KiB that become 16 MiB, over the limit of 4 MiB.
    let bomb = "0".repeat(16 << 20);
    let (channel, _server) = start(Compression::default(), Compression::default());
    let status = channel.unary(&UPPER, bomb.clone().into()).compression("gzip").await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains("over the receive limit of 4194304 when decompressed"), "{status}");
    assert!(!status.is_local());
    let mut upload = channel.client_streaming(&JOIN).compression("gzip").await.unwrap();
    upload.send(bomb).await.unwrap();
    assert_eq!(upload.finish().await.unwrap_err().code(), Code::ResourceExhausted);
    // An honest one that is as large as it may be.
    let honest = "0".repeat(4 << 20);
    let response = channel.unary(&UPPER, honest.clone().into()).compression("gzip").await.unwrap();
    assert_eq!(response.as_str(), honest);

    // A server's bomb ends the client's call.
    let (channel, _server) = start(Compression::default().send(Gzip::new()), Compression::default());
    let status = channel.unary(&UPPER, "bomb".to_owned().into()).await.unwrap_err();
    assert_eq!((status.code(), status.is_local()), (Code::ResourceExhausted, true));
    is_served(&channel).await;
}
