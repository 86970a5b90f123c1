//! Interceptors of both sides, over calls of all four kinds.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::custom::Custom;
use common::{ECHO, JOIN, SPLIT, UNKNOWN, UPPER};
use ferrpc::server::Intercepted;
use ferrpc::{
    AnyMessage, CallSide, CallStart, Channel, Code, Follow, Follower, Interceptor, Metadata, Request,
    Response, Server, Status,
};

type Lines = Arc<Mutex<Vec<String>>>;

fn text(text: &str) -> Request<String> {
    text.to_owned().into()
}

/// Writes down all it sees.
#[derive(Clone)]
struct Log {
    name: &'static str,
    lines: Lines,
}

impl Log {
    fn new(name: &'static str) -> Self {
        Self { name, lines: Lines::default() }
    }

    fn beside(&self, name: &'static str) -> Self {
        Self { name, lines: self.lines.clone() }
    }

    fn line(&self, line: String) {
        self.lines.lock().unwrap().push(format!("{} {line}", self.name));
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

impl Interceptor for Log {
    async fn begin(&self, call: &mut CallStart) -> Result<Follow, Status> {
        // An interceptor may wait.
        tokio::task::yield_now().await;
        let key = call.metadata().get("k").unwrap_or("-");
        self.line(format!("begin {} {} {key}", call.service(), call.method()));
        Ok(Some(Box::new(self.clone())))
    }
}

impl Follower for Log {
    fn request(&mut self, message: &mut AnyMessage<'_>) -> Result<(), Status> {
        self.line(format!("request {}", message.get::<String>().unwrap()));
        assert_eq!(message.to_vec()?, message.get::<String>().unwrap().as_bytes());
        Ok(())
    }

    fn headers(&mut self, metadata: &mut Metadata) {
        self.line(format!("headers {}", metadata.get("h").unwrap_or("-")));
    }

    fn response(&mut self, message: &mut AnyMessage<'_>) -> Result<(), Status> {
        self.line(format!("response {}", message.get::<String>().unwrap()));
        Ok(())
    }

    fn end(&mut self, ended: Result<&mut Metadata, &mut Status>) -> Result<(), Status> {
        self.line(match ended {
            Ok(trailers) => format!("end OK {}", trailers.get("t").unwrap_or("-")),
            Err(status) => format!("end {}", status.code()),
        });
        Ok(())
    }
}

/// Answers `fail` with NOT_FOUND, all else with itself, with metadata around it.
fn echo() -> Custom {
    Custom::default()
        .unary(|request| async move {
            if request.get_ref().starts_with("fail") {
                return Err(Status::not_found("no"));
            }
            let mut response = Response::new(request.into_inner());
            response.metadata_mut().append("h", "head")?;
            response.trailers_mut().append("t", "trailer")?;
            Ok(response)
        })
        .down(|request, mut out| async move {
            out.headers_mut().append("h", "head")?;
            out.send(request.into_inner()).await?;
            let mut trailers = Metadata::new();
            trailers.append("t", "trailer")?;
            out.add_trailers(&trailers);
            Ok(())
        })
        .up(|mut request| async move {
            let mut all = Vec::new();
            while let Some(word) = request.get_mut().message().await? {
                all.push(word);
            }
            let mut response = Response::new(all.join(" "));
            response.metadata_mut().append("h", "head")?;
            response.trailers_mut().append("t", "trailer")?;
            Ok(response)
        })
        .bidi(|mut request, mut out| async move {
            out.headers_mut().append("h", "head")?;
            while let Some(word) = request.get_mut().message().await? {
                out.send(word).await?;
            }
            let mut trailers = Metadata::new();
            trailers.append("t", "trailer")?;
            out.add_trailers(&trailers);
            Ok(())
        })
}

async fn unary(channel: &Channel, word: &str) -> Result<Response<String>, Status> {
    channel.unary(&UPPER, text(word)).metadata("k", "v").await
}

async fn down(channel: &Channel) -> Result<Option<String>, Status> {
    let mut down = channel.server_streaming(&SPLIT, text("a")).metadata("k", "v").await?;
    let first = down.message().await?;
    down.message().await?;
    Ok(first)
}

async fn up(channel: &Channel) -> Result<Response<String>, Status> {
    let mut up = channel.client_streaming(&JOIN).metadata("k", "v").await?;
    up.send("a".into()).await?;
    up.finish().await
}

async fn bidi(channel: &Channel) -> Result<Option<String>, Status> {
    let (mut sender, mut receiver) = channel.bidi(&ECHO).metadata("k", "v").await?.split();
    sender.send("a".into()).await?;
    let first = receiver.message().await?;
    sender.close();
    receiver.message().await?;
    Ok(first)
}

#[tokio::test]
async fn an_interceptor_of_either_side_sees_all_of_a_call_of_any_kind() {
    let (client, server) = (Log::new("client"), Log::new("server"));
    let (channel, _server) = Server::new().add(echo()).intercept(server.clone()).in_process();
    let channel = channel.intercept(client.clone());
    let seen = |side: &str, method: &str| {
        let rest = ["request a", "headers head", "response a", "end OK trailer"];
        let begin = format!("begin test.Text {method} v");
        [begin].into_iter().chain(rest.map(str::to_owned)).map(|line| format!("{side} {line}")).collect()
    };
    for method in ["Upper", "Split", "Join", "Echo"] {
        match method {
            "Upper" => assert_eq!(unary(&channel, "a").await.unwrap().trailers().get("t"), Some("trailer")),
            "Split" => assert_eq!(down(&channel).await.unwrap().as_deref(), Some("a")),
            "Join" => assert_eq!(up(&channel).await.unwrap().metadata().get("h"), Some("head")),
            _ => assert_eq!(bidi(&channel).await.unwrap().as_deref(), Some("a")),
        }
        let both: [Vec<String>; 2] = [seen("client", method), seen("server", method)];
        assert_eq!([client.take(), server.take()], both);
    }
}

#[tokio::test]
async fn interceptors_stand_in_the_order_in_which_they_were_given() {
    let a = Log::new("a");
    let service = Intercepted::new(echo(), a.beside("c")).and(a.beside("d"));
    let server = Server::new().add(service).intercept(a.clone()).intercept(a.beside("b"));
    let (channel, _server) = server.in_process();
    unary(&channel, "x").await.unwrap();
    let order = |what: &str, names: [&str; 4]| names.map(|name| format!("{name} {what}"));
    let outwards = ["d", "c", "b", "a"];
    let expected: Vec<String> = [
        order("begin test.Text Upper v", ["a", "b", "c", "d"]),
        order("request x", ["a", "b", "c", "d"]),
        order("headers head", outwards),
        order("response x", outwards),
        order("end OK trailer", outwards),
    ]
    .concat();
    assert_eq!(a.take(), expected);
    // One of a clone of the channel is that clone's alone.
    let with = channel.clone().intercept(Log::new("client"));
    unary(&with, "x").await.unwrap();
    a.take();
    let client = Log::new("1");
    unary(&channel.intercept(client.clone()).intercept(client.beside("2")), "x").await.unwrap();
    let order = |what: &str, names: [&str; 2]| names.map(|name| format!("{name} {what}"));
    let expected: Vec<String> = [
        order("begin test.Text Upper v", ["1", "2"]),
        order("request x", ["1", "2"]),
        order("headers head", ["2", "1"]),
        order("response x", ["2", "1"]),
        order("end OK trailer", ["2", "1"]),
    ]
    .concat();
    assert_eq!(client.take(), expected);
}

/// Refuses calls without a token, and tells the handler who calls.
struct Auth;

#[derive(Clone, Debug, PartialEq)]
struct Caller(String);

impl Interceptor for Auth {
    async fn begin(&self, call: &mut CallStart) -> Result<Follow, Status> {
        assert_eq!(call.side(), CallSide::Server);
        let token = call.metadata().get("authorization").map(str::to_owned);
        let token = token.ok_or_else(|| Status::unauthenticated("no token"))?;
        call.metadata_mut().remove("authorization");
        call.extensions_mut().insert(Caller(token));
        Ok(None)
    }
}

#[tokio::test]
async fn an_interceptor_refuses_calls_of_all_kinds_and_hands_values_to_the_handler() {
    let service = echo().unary(|request| async move {
        let caller = request.extensions().get::<Caller>().map(|caller| caller.0.clone());
        Ok(format!("{caller:?} {:?}", request.metadata().get("authorization")).into())
    });
    let log = Log::new("");
    let server = Server::new().add(service).intercept(log.clone()).intercept(Auth);
    let (channel, _server) = server.in_process();
    let status = unary(&channel, "x").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, "no token"));
    // The one before it hears how its call ended.
    assert_eq!(log.take(), [" begin test.Text Upper v", " end UNAUTHENTICATED"]);
    assert_eq!(down(&channel).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(up(&channel).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(bidi(&channel).await.unwrap_err().code(), Code::Unauthenticated);
    let known = channel.unary(&UPPER, text("")).metadata("authorization", "me").await.unwrap();
    assert_eq!(known.as_str(), r#"Some("me") None"#);
}

/// Refuses on the client, before anything is sent; gives metadata; takes a value of the request.
struct Outgoing;

impl Interceptor for Outgoing {
    async fn begin(&self, call: &mut CallStart) -> Result<Follow, Status> {
        match call.extensions().get::<Caller>() {
            Some(caller) if caller.0 == "nobody" => return Err(Status::permission_denied("nobody")),
            Some(caller) if caller.0 == "late" => std::future::pending().await,
            Some(caller) => {
                let caller = caller.0.clone();
                call.metadata_mut().insert("authorization", &caller)?;
            }
            None => {}
        }
        Ok(None)
    }
}

#[tokio::test(start_paused = true)]
async fn a_clients_interceptor_adds_metadata_refuses_and_is_bound_by_the_deadline() {
    let service = Custom::default()
        .unary(|request| async move { Ok(format!("{:?}", request.metadata().get("authorization")).into()) });
    let (channel, _server) = Server::new().add(service).in_process();
    let channel = channel.intercept(Outgoing);
    let call = |caller: &str| {
        let mut request = text("");
        request.extensions_mut().insert(Caller(caller.into()));
        channel.unary(&UPPER, request)
    };
    assert_eq!(call("me").await.unwrap().as_str(), r#"Some("me")"#);
    let refused = call("nobody").await.unwrap_err();
    assert_eq!((refused.code(), refused.may_have_executed()), (Code::PermissionDenied, false));
    let late = call("late").timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);
}

/// Changes whatever it can.
#[derive(Clone)]
struct Meddler;

impl Interceptor for Meddler {
    async fn begin(&self, _: &mut CallStart) -> Result<Follow, Status> {
        Ok(Some(Box::new(self.clone())))
    }
}

impl Follower for Meddler {
    fn request(&mut self, message: &mut AnyMessage<'_>) -> Result<(), Status> {
        let word = message.get_mut::<String>().unwrap();
        if word == "bad" {
            return Err(Status::invalid_argument("bad word"));
        }
        word.push('1');
        Ok(())
    }

    fn headers(&mut self, metadata: &mut Metadata) {
        metadata.insert("h", "changed").unwrap();
    }

    fn response(&mut self, message: &mut AnyMessage<'_>) -> Result<(), Status> {
        message.get_mut::<String>().unwrap().push('2');
        Ok(())
    }

    fn end(&mut self, ended: Result<&mut Metadata, &mut Status>) -> Result<(), Status> {
        match ended {
            Ok(trailers) if trailers.get("t") == Some("trailer") => trailers.insert("t", "changed")?,
            Ok(_) => return Err(Status::data_loss("it did not")),
            Err(status) => *status = Status::aborted(status.message().to_owned()),
        }
        Ok(())
    }
}

async fn is_changed(channel: Channel) {
    let response = unary(&channel, "a").await.unwrap();
    assert_eq!(response.as_str(), "a12");
    assert_eq!(response.metadata().get("h"), Some("changed"));
    assert_eq!(response.trailers().get("t"), Some("changed"));
    assert_eq!(down(&channel).await.unwrap().as_deref(), Some("a12"));
    assert_eq!(up(&channel).await.unwrap().as_str(), "a12");
    assert_eq!(bidi(&channel).await.unwrap().as_deref(), Some("a12"));
    let bad = unary(&channel, "bad").await.unwrap_err();
    assert_eq!((bad.code(), bad.message()), (Code::Aborted, "bad word"));
    let fail = unary(&channel, "fail").await.unwrap_err();
    assert_eq!((fail.code(), fail.message()), (Code::Aborted, "no"));
}

#[tokio::test]
async fn an_interceptor_of_either_side_changes_messages_metadata_and_status() {
    let (channel, _server) = Server::new().add(echo()).intercept(Meddler).in_process();
    is_changed(channel).await;
    let (channel, _server) = Server::new().add(echo()).in_process();
    is_changed(channel.intercept(Meddler)).await;
}

#[tokio::test]
async fn a_call_that_went_well_can_be_made_to_fail() {
    let quiet = Custom::default()
        .unary(|_| async { Ok(String::new().into()) })
        .down(|_, _| async { Ok(()) })
        .up(|_| async { Ok(String::new().into()) })
        .bidi(|_, _| async { Ok(()) });
    let (on_server, _one) = Server::new().add(quiet.clone()).intercept(Meddler).in_process();
    let (on_client, _two) = Server::new().add(quiet).in_process();
    for channel in [on_server, on_client.intercept(Meddler)] {
        assert_eq!(unary(&channel, "a").await.unwrap_err().code(), Code::DataLoss);
        assert_eq!(down(&channel).await.unwrap_err().code(), Code::DataLoss);
        let up = channel.client_streaming(&JOIN).await.unwrap();
        assert_eq!(up.finish().await.unwrap_err().code(), Code::DataLoss);
        let (_sender, mut receiver) = channel.bidi(&ECHO).await.unwrap().split();
        assert_eq!(receiver.message().await.unwrap_err().code(), Code::DataLoss);
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_follow_a_call_hear_its_end_however_it_ends() {
    let stuck = Custom::default()
        .unary(|request| async move {
            if request.get_ref() == "panic" {
                panic!("on purpose");
            }
            std::future::pending().await
        })
        .down(|_, _| std::future::pending());
    let (client, server) = (Log::new("client"), Log::new("server"));
    let (channel, handle) = Server::new().add(stuck).intercept(server.clone()).in_process();
    let channel = channel.intercept(client.clone());
    let last = |log: &Log| log.take().pop().unwrap();
    let second = Duration::from_secs(1);
    let settled = || tokio::time::sleep(second);

    let _ = channel.unary(&UPPER, text("")).timeout(second).await.unwrap_err();
    settled().await;
    assert_eq!(
        [last(&client), last(&server)],
        ["client end DEADLINE_EXCEEDED", "server end DEADLINE_EXCEEDED"]
    );

    assert!(tokio::time::timeout(second, channel.unary(&UPPER, text("")).into_future()).await.is_err());
    settled().await;
    assert_eq!([last(&client), last(&server)], ["client end CANCELLED", "server end CANCELLED"]);

    drop(channel.server_streaming(&SPLIT, text("")).await.unwrap());
    settled().await;
    assert_eq!([last(&client), last(&server)], ["client end CANCELLED", "server end CANCELLED"]);

    let _ = channel.unary(&UPPER, text("panic")).await.unwrap_err();
    assert_eq!([last(&client), last(&server)], ["client end UNKNOWN", "server end UNKNOWN"]);

    // The server has no such method, and nobody to follow it there.
    let _ = channel.unary(&UNKNOWN, text("")).await.unwrap_err();
    assert_eq!(last(&client), "client end UNIMPLEMENTED");

    handle.shutdown_now();
    settled().await;
    let _ = channel.unary(&UPPER, text("")).await.unwrap_err();
    assert_eq!(last(&client), "client end UNAVAILABLE");
}
