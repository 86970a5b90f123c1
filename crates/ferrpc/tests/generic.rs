//! Calls of methods known only at run time, messages as octets, and servers that take what no service has.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::custom::Custom;
use common::{ECHO, JOIN, SPLIT, UPPER, start};
use ferrpc::server::Handle;
use ferrpc::{
    CallStart, Channel, Code, Follow, Interceptor, Kind, Metadata, MethodRef, Request, Response, Sender,
    Server, Status, Streaming,
};
use tokio::sync::{Notify, mpsc};

fn raw(path: &str, kind: Kind) -> MethodRef<Bytes, Bytes> {
    MethodRef::raw(path, kind).unwrap()
}

#[tokio::test]
async fn methods_of_all_kinds_are_called_by_their_path_with_octets() {
    let s = start().await;
    let hello = || Bytes::from_static(b"hello you");
    // Long enough for the paths of all methods, and some more than a connection remembers.
    for _ in 0..3 {
        let unary = s.channel.unary(raw("/test.Text/Upper", Kind::Unary), hello().into());
        assert_eq!(unary.await.unwrap().get_ref(), "HELLO YOU");
        let down = raw("/test.Text/Split", Kind::ServerStreaming);
        let mut down = s.channel.server_streaming(down, hello().into()).await.unwrap();
        assert_eq!(down.message().await.unwrap().unwrap(), "hello");
        let mut up = s.channel.client_streaming(raw("/test.Text/Join", Kind::ClientStreaming)).await.unwrap();
        up.send(hello()).await.unwrap();
        assert_eq!(up.finish().await.unwrap().get_ref(), "hello you");
        let (mut sender, mut receiver) =
            s.channel.bidi(raw("/test.Text/Echo", Kind::Bidi)).await.unwrap().split();
        sender.send(hello()).await.unwrap();
        assert_eq!(receiver.message().await.unwrap().unwrap(), "hello you");
        for number in 0..10 {
            let path = format!("/test.Text/None{number}");
            let none = s.channel.unary(raw(&path, Kind::Unary), hello().into()).await.unwrap_err();
            assert_eq!(none.code(), Code::Unimplemented);
            assert!(none.message().contains(&path), "{none}");
        }
    }
}

#[tokio::test]
async fn no_message_comes_after_octets_that_are_none() {
    let (channel, _handle) = Server::new()
        .add(Custom::default().up(|request| async move {
            let mut messages = request.into_inner();
            let first = messages.message().await;
            assert_eq!(first.map_err(|status| status.code()), Err(Code::Internal));
            // It came in the same run.
            Ok(Response::new(format!("{:?}", messages.message().await?)))
        }))
        .in_process();
    let mut up = channel.client_streaming(raw("/test.Text/Join", Kind::ClientStreaming)).await.unwrap();
    up.send(Bytes::from_static(&[0xff])).await.unwrap();
    up.send("good".into()).await.unwrap();
    assert_eq!(up.finish().await.unwrap().get_ref(), "None");
}

#[test]
fn what_is_no_path_is_refused_before_it_is_sent() {
    for path in ["", "test.Text/Upper", "/a b", "/a\r\nb", "/ä"] {
        assert_eq!(
            MethodRef::raw(path, Kind::Unary).map(|_| ()).unwrap_err().code(),
            Code::Internal,
            "{path:?}"
        );
    }
}

/// Passes calls on, as a proxy does.
async fn forward(
    channel: Channel,
    path: String,
    request: Request<Streaming<Bytes>>,
    mut out: Sender<Bytes>,
) -> Result<(), Status> {
    let call = channel.bidi(raw(&path, Kind::Bidi)).metadata_of(request.metadata());
    let mut requests = request.into_inner();
    let (mut up, mut down) = call.await?.split();
    let upload = async {
        while let Ok(Some(message)) = requests.message().await {
            if up.send(message).await.is_err() {
                break;
            }
        }
        up.close();
        std::future::pending::<()>().await;
    };
    let download = async {
        out.headers_mut().extend(down.headers().await?);
        while let Some(message) = down.message().await? {
            out.send(message).await?;
        }
        out.add_trailers(&down.trailers().cloned().unwrap_or_default());
        Ok(())
    };
    tokio::select! {
        ended = download => ended.map_err(Status::pass_on),
        () = upload => Ok(()),
    }
}

/// A channel to a proxy before this service.
fn proxied(service: Custom) -> (Channel, [Handle; 2]) {
    let (behind, server) = Server::new().add(service).in_process();
    let front = Server::new().fallback(move |path, request, out| forward(behind.clone(), path, request, out));
    let (channel, proxy) = front.in_process();
    (channel, [server, proxy])
}

fn text(text: &str) -> Request<String> {
    text.to_owned().into()
}

#[tokio::test]
async fn a_proxy_of_octets_passes_on_messages_metadata_and_status_of_all_kinds() {
    let service = Custom::default()
        .unary(|request| async move {
            let mut trailers = Metadata::new();
            trailers.append("t", "trailer")?;
            if request.get_ref() == "fail" {
                let status = Status::not_found("no such").with_details(vec![1, 2]);
                return Err(status.with_metadata(trailers));
            }
            let mut response = Response::new(format!("{:?}", request.metadata().get_bin("k-bin")?));
            response.metadata_mut().append("h", "head")?;
            *response.trailers_mut() = trailers;
            Ok(response)
        })
        .down(|request, mut out| async move {
            for word in request.get_ref().split(' ') {
                out.send(word.into()).await?;
            }
            Ok(())
        })
        .up(|mut request| async move {
            // Answers early.
            Ok(request.get_mut().message().await?.unwrap_or_default().into())
        })
        .bidi(|mut request, mut out| async move {
            while let Some(word) = request.get_mut().message().await? {
                out.send(word).await?;
            }
            Ok(())
        });
    let (channel, _servers) = proxied(service);
    let response = channel.unary(&UPPER, text("")).metadata_bin("k-bin", &[0, 255]).await.unwrap();
    assert_eq!(response.as_str(), "Some([0, 255])");
    assert_eq!(response.metadata().get("h"), Some("head"));
    assert_eq!(response.trailers().get("t"), Some("trailer"));
    let status = channel.unary(&UPPER, text("fail")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "no such"));
    assert_eq!((status.details(), status.metadata().get("t")), (&[1, 2][..], Some("trailer")));

    let mut down = channel.server_streaming(&SPLIT, text("a b")).await.unwrap();
    assert_eq!(down.message().await.unwrap().as_deref(), Some("a"));
    assert_eq!(down.message().await.unwrap().as_deref(), Some("b"));
    assert_eq!(down.message().await.unwrap(), None);

    let mut up = channel.client_streaming(&JOIN).await.unwrap();
    up.send("first".into()).await.unwrap();
    assert_eq!(up.finish().await.unwrap().as_str(), "first");

    let (mut sender, mut receiver) = channel.bidi(&ECHO).await.unwrap().split();
    for word in ["a", "b"] {
        sender.send(word.into()).await.unwrap();
        assert_eq!(receiver.message().await.unwrap().as_deref(), Some(word));
    }
    sender.close();
    assert_eq!(receiver.message().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_passes_on_deadline_and_cancellation() {
    let dropped = Arc::new(Notify::new());
    let tell = dropped.clone();
    let (says, mut said) = mpsc::unbounded_channel();
    let (channel, _servers) = proxied(Custom::default().unary(move |request| {
        says.send(request.deadline().is_some()).unwrap();
        let tell = NotifyOnDrop(tell.clone());
        async move {
            let _tell = tell;
            std::future::pending().await
        }
    }));
    let second = Duration::from_secs(1);
    let late = channel.unary(&UPPER, text("")).timeout(second).await.unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);
    assert_eq!(said.recv().await, Some(true));
    dropped.notified().await;
    assert!(tokio::time::timeout(second, channel.unary(&UPPER, text("")).into_future()).await.is_err());
    assert_eq!(said.recv().await, Some(false));
    dropped.notified().await;
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// Writes down the paths of calls.
struct Paths(mpsc::UnboundedSender<String>);

impl Interceptor for Paths {
    async fn begin(&self, call: &mut CallStart) -> Result<Follow, Status> {
        call.metadata_mut().insert("seen", "yes")?;
        self.0.send(call.path().to_owned()).map_err(|_| Status::internal("nobody listens"))?;
        Ok(None)
    }
}

#[tokio::test]
async fn services_come_before_the_fallback_and_interceptors_before_both() {
    let (says, mut said) = mpsc::unbounded_channel();
    let server = Server::new()
        .add(Custom::default().unary(|_| async { Ok("known".to_owned().into()) }))
        .fallback(|path, request, mut out| async move {
            let seen = request.metadata().get("seen").unwrap_or("no");
            out.send(format!("{path} {seen}").into()).await
        })
        .intercept(Paths(says));
    let (channel, _server) = server.in_process();
    assert_eq!(channel.unary(&UPPER, text("")).await.unwrap().as_str(), "known");
    let other = MethodRef::named("/other.Service/Get", Kind::Unary, &common::Text, &common::Text).unwrap();
    let answer: Response<String> = channel.unary(other, text("")).await.unwrap();
    assert_eq!(answer.as_str(), "/other.Service/Get yes");
    assert_eq!(said.recv().await.unwrap(), "/test.Text/Upper");
    assert_eq!(said.recv().await.unwrap(), "/other.Service/Get");
}

#[tokio::test]
async fn a_status_from_another_server_goes_on_without_its_trailers() {
    let (behind, _behind) = Server::new()
        .add(Custom::default().unary(|_| async {
            let mut trailers = Metadata::new();
            trailers.append("x-internal", "host 7")?;
            Err(Status::not_found("no such").with_details(vec![7]).with_metadata(trailers))
        }))
        .in_process();
    let front = Custom::default().unary(move |_| {
        let behind = behind.clone();
        async move { behind.unary(&UPPER, text("")).await }
    });
    let (channel, _front) = Server::new().add(front).in_process();
    let status = channel.unary(&UPPER, text("")).await.unwrap_err();
    assert_eq!((status.code(), status.message(), status.details()), (Code::NotFound, "no such", &[7][..]));
    assert!(status.metadata().is_empty(), "{:?}", status.metadata());
}

#[tokio::test]
async fn a_server_sees_who_calls_and_whom_as_channel_and_call_say() {
    use common::raw::{END_HEADERS, END_STREAM, HEADERS, block, frame};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    // Reads heads as they come, and answers each with a status.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (says, mut said) = mpsc::unbounded_channel::<String>();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        // Literals only, to be read as they are.
        socket.write_all(&frame(4, 0, 0, &[0, 1, 0, 0, 0, 0])).await.unwrap();
        let mut octets = vec![0; 1 << 16];
        let mut all = Vec::new();
        let mut stream = 1;
        while let Ok(n @ 1..) = socket.read(&mut octets).await {
            all.extend_from_slice(&octets[..n]);
            let text = String::from_utf8_lossy(&all).into_owned();
            if text.contains("grpc-accept-encoding") && text.contains("END") {
                says.send(text).unwrap();
                all.clear();
                let fields = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5")];
                let answer = frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(&fields));
                socket.write_all(&answer).await.unwrap();
                stream += 2;
            }
        }
    });
    let mut config = ferrpc::client::ChannelConfig::default();
    config.user_agent = Some("shop/1.4".into());
    config.authority = Some("users.internal".into());
    let channel = Channel::with_config(&address, config).unwrap();
    let call = || channel.unary(&UPPER, text("END"));
    for (call, authority, other) in [
        (call(), "users.internal", "elsewhere"),
        (call().authority("elsewhere:7"), "elsewhere:7", "users.internal"),
        (call(), "users.internal", "elsewhere"),
    ] {
        assert_eq!(call.await.unwrap_err().code(), Code::NotFound);
        let head = said.recv().await.unwrap();
        assert!(head.contains("shop/1.4 grpc-rust-ferrpc/"), "{head:?}");
        assert!(head.contains(authority) && !head.contains(other), "{head:?}");
    }
    let mistake = call().authority("a b").await.unwrap_err();
    assert_eq!((mistake.code(), mistake.may_have_executed()), (Code::Internal, false));
    for (user_agent, authority) in [("", "a"), ("a\r\nb", "a"), ("a ", "a"), ("a", ""), ("a", "b c")] {
        let mut config = ferrpc::client::ChannelConfig::default();
        config.user_agent = Some(user_agent.into());
        config.authority = Some(authority.into());
        assert!(Channel::with_config(&address, config).is_err(), "{user_agent:?} {authority:?}");
    }
}

/// Who is at the other end, as whoever accepted the connection knows.
struct Guest(&'static str);

#[tokio::test]
async fn a_handler_knows_the_connection_that_its_call_came_by() {
    let service = || {
        Custom::default().unary(|request| async move {
            let connection = request.connection().ok_or_else(|| Status::internal("no connection"))?;
            let guest = connection.get::<Guest>().map(|guest| guest.0);
            Ok(format!("{:?} {:?} {guest:?}", connection.peer_addr(), connection.local_addr()).into())
        })
    };
    let (acceptor, _handle) = Server::new().add(service()).accept_by_hand();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (socket, peer) = listener.accept().await.unwrap();
        acceptor.accept_with(socket, ferrpc::ConnectionInfo::new().with_peer_addr(peer).with(Guest("anna")));
    });
    let channel = Channel::new(address.to_string()).unwrap();
    let seen = channel.unary(&UPPER, text("")).await.unwrap().into_inner();
    assert!(seen.starts_with("Some(127.0.0.1:") && seen.ends_with(r#" None Some("anna")"#), "{seen}");

    for shards in [None, Some(1)] {
        let server = Server::new().add(service());
        let server = match shards {
            Some(shards) => server.shards(shards),
            None => server,
        };
        // On all addresses; what the call came by is one of them.
        let bound = server.bind("0.0.0.0:0").await.unwrap();
        let port = bound.local_addr().port();
        tokio::spawn(bound.run());
        let channel = Channel::new(format!("127.0.0.1:{port}")).unwrap();
        let seen = channel.unary(&UPPER, text("")).await.unwrap().into_inner();
        assert!(seen.ends_with(&format!(" Some(127.0.0.1:{port}) None")), "{seen}");
    }
}
