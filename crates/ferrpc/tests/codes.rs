//! The codes that the library makes itself, as gRPC's `statuscodes.md` says, and what of a call's metadata arrives.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::time::Duration;

use common::custom::Custom;
use common::{ECHO, SPLIT, UNKNOWN, UPPER};
use ferrpc::client::ChannelConfig;
use ferrpc::compression::{Compression, Gzip};
use ferrpc::{Channel, Code, Kind, Metadata, MethodRef, Request, Response, Server, Status};

fn text(text: &str) -> Request<String> {
    text.to_owned().into()
}

/// Does what it is told, mostly wrong.
fn service() -> Custom {
    Custom::default()
        .unary(|request| async move {
            match request.get_ref().as_str() {
                "panic" => panic!("on purpose"),
                "wait" => std::future::pending().await,
                "large" => Ok("x".repeat(5000).into()),
                "ok as an error" => Err(Status::new(Code::Ok, "")),
                "bad key" => {
                    let mut response = Response::new(String::new());
                    response.metadata_mut().append("grpc-status", "0")?;
                    Ok(response)
                }
                _ => Ok(String::new().into()),
            }
        })
        .bidi(|mut request, _| async move { request.get_mut().message().await.map(|_| ()) })
}

#[tokio::test(start_paused = true)]
async fn the_library_makes_the_codes_that_grpc_says() {
    let mut limits = ferrpc::ServerLimits::default();
    limits.message_bytes_max = 1000;
    let server = Server::new().add(service()).limits(limits).compression(Compression::none());
    let mut config = ChannelConfig::default();
    config.message_bytes_max = 1000;
    config.send_message_bytes_max = 4000;
    config.compression = Compression::default().accept(Gzip::new());
    let (channel, handle) = server.in_process_with(config);
    let unary = |what: &str| channel.unary(&UPPER, text(what));
    let second = Duration::from_secs(1);
    let failed = |result: Result<Response<String>, Status>| result.unwrap_err().code();

    assert_eq!(failed(channel.unary(&UNKNOWN, text("")).await), Code::Unimplemented, "no such method");
    assert_eq!(failed(unary("panic").await), Code::Unknown, "a handler panics");
    assert_eq!(failed(unary("ok as an error").await), Code::Unknown, "an error that is none");
    assert_eq!(failed(unary("bad key").await), Code::Internal, "metadata that is not allowed");
    assert_eq!(failed(unary("wait").timeout(second).await), Code::DeadlineExceeded);
    assert_eq!(
        failed(unary("wait").timeout(Duration::ZERO).await),
        Code::DeadlineExceeded,
        "before it began"
    );
    assert_eq!(failed(unary("large").await), Code::ResourceExhausted, "an answer over the client's limit");
    assert_eq!(
        failed(unary(&"x".repeat(1001)).await),
        Code::ResourceExhausted,
        "a request over the server's"
    );
    assert_eq!(failed(unary(&"x".repeat(4001)).await), Code::ResourceExhausted, "over what may be sent");
    let compressed = unary("").compression("gzip");
    assert_eq!(failed(compressed.await), Code::Unimplemented, "compressed in what the server does not know");
    assert_eq!(
        failed(unary("").compression("none").await),
        Code::Internal,
        "in what the client does not know"
    );
    let octets = MethodRef::raw("/test.Text/Upper", Kind::Unary).unwrap();
    let bad = channel.unary(octets, bytes::Bytes::from_static(&[0xff]).into()).await.unwrap_err();
    assert_eq!(bad.code(), Code::Internal, "octets that are no message");
    let none = MethodRef::raw("/test.Text/Upper", Kind::ClientStreaming).unwrap();
    let none = channel.client_streaming(none).await.unwrap().finish().await.unwrap_err();
    assert_eq!(none.code(), Code::Unimplemented, "no request where one is due");
    let two = MethodRef::raw("/test.Text/Upper", Kind::ClientStreaming).unwrap();
    let mut two = channel.client_streaming(two).await.unwrap();
    two.send("a".into()).await.unwrap();
    two.send("b".into()).await.unwrap();
    assert_eq!(two.finish().await.unwrap_err().code(), Code::Unimplemented, "two requests where one is due");
    let no_answer = MethodRef::named("/test.Text/Echo", Kind::Unary, &common::Text, &common::Text).unwrap();
    let no_answer: Result<Response<String>, Status> = channel.unary(no_answer, text("")).await;
    assert_eq!(failed(no_answer), Code::Unimplemented, "no answer where one is due");
    let (mut sender, mut receiver) = channel.bidi(&ECHO).await.unwrap().split();
    sender.cancel();
    assert_eq!(receiver.message().await.unwrap_err().code(), Code::Cancelled, "given up by its caller");
    handle.shutdown_now();
    tokio::time::sleep(second).await;
    assert_eq!(failed(unary("").await), Code::Unavailable, "a server that is gone");
    // Nobody listens there.
    let refused = Channel::new("127.0.0.1:1").unwrap();
    assert_eq!(failed(refused.unary(&UPPER, text("")).await), Code::Unavailable);
}

fn metadata(pairs: &[(&str, &str)]) -> Metadata {
    let mut metadata = Metadata::new();
    pairs.iter().for_each(|(key, value)| metadata.append(key, value).unwrap());
    metadata
}

#[tokio::test]
async fn an_error_brings_the_metadata_that_the_handler_has_set_before_it() {
    let service = Custom::default()
        .unary(|_| async {
            let status = Status::not_found("no").with_metadata(metadata(&[("t", "trailer")]));
            Err(status.with_headers(metadata(&[("h", "head")])))
        })
        .down(|_, mut out| async move {
            out.headers_mut().append("h", "head")?;
            Err(Status::not_found("no").with_metadata(metadata(&[("t", "trailer")])))
        })
        .bidi(|_, mut out| async move {
            out.headers_mut().append("h", "head")?;
            out.add_trailers(&metadata(&[("t", "trailer")]));
            Ok(())
        });
    let (channel, _server) = Server::new().add(service).in_process();
    let status = channel.unary(&UPPER, text("")).await.unwrap_err();
    assert_eq!((status.headers().get("h"), status.metadata().get("t")), (Some("head"), Some("trailer")));
    assert_eq!((status.headers().get("t"), status.metadata().get("h")), (None, None));
    let mut down = channel.server_streaming(&SPLIT, text("")).await.unwrap();
    assert_eq!(down.headers().await.unwrap().get("h"), Some("head"));
    let status = down.message().await.unwrap_err();
    assert_eq!((status.code(), status.metadata().get("t")), (Code::NotFound, Some("trailer")));
    let (_sender, mut receiver) = channel.bidi(&ECHO).await.unwrap().split();
    assert_eq!(receiver.message().await.unwrap(), None);
    assert_eq!(receiver.headers().await.unwrap().get("h"), Some("head"));
    assert_eq!(receiver.trailers().unwrap().get("t"), Some("trailer"));
}

#[tokio::test]
async fn metadata_over_the_clients_limit_ends_its_call_alone() {
    let long = || "x".repeat(5000);
    let service = Custom::default()
        .unary(move |request| async move {
            let mut response = Response::new(String::new());
            match request.get_ref().as_str() {
                "head" => response.metadata_mut().append("k", &long())?,
                "trailers" => response.trailers_mut().append("k", &long())?,
                "message" => return Err(Status::not_found(long())),
                "details" => return Err(Status::not_found("").with_details(vec![1; 5000])),
                _ => {}
            }
            Ok(response)
        })
        .down(move |request, mut out| async move {
            match request.get_ref().as_str() {
                "head" => out.headers_mut().append("k", &long())?,
                _ => out.add_trailers(&metadata(&[("k", &long())])),
            }
            out.send("message".into()).await
        });
    let mut config = ChannelConfig::default();
    config.http2.header_list_bytes_max = 4000;
    let (channel, _server) = Server::new().add(service).in_process_with(config);
    for what in ["head", "trailers", "message", "details"] {
        let status = channel.unary(&UPPER, text(what)).await.unwrap_err();
        assert_eq!((status.code(), status.is_local()), (Code::ResourceExhausted, false), "{what}: {status}");
        assert!(status.message().ends_with("over the client's limit of 4000; send less"), "{status}");
    }
    for what in ["head", "trailers"] {
        let mut down = channel.server_streaming(&SPLIT, text(what)).await.unwrap();
        let ended = loop {
            match down.message().await {
                Ok(message) => assert!(message.is_some(), "it ended well"),
                Err(status) => break status,
            }
        };
        assert_eq!((ended.code(), ended.is_local()), (Code::ResourceExhausted, false), "{what}: {ended}");
    }
    assert_eq!(channel.unary(&UPPER, text("")).await.unwrap().as_str(), "");
}
