//! Services behind layers of tower.
#![cfg(feature = "tower")]
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use common::custom::Custom;
use common::{ECHO, UPPER};
use ferrpc::server::{Dispatch, Intercepted, Layered, RequestBody, ResponseBody};
use ferrpc::{Channel, Code, Request, Response, Server, Status};
use http::StatusCode;
use tower_layer::Layer;
use tower_service::Service;

fn text(text: &str) -> Request<String> {
    text.to_owned().into()
}

/// Lets in who has a token, as a layer for any HTTP service may be written.
#[derive(Clone)]
struct Gate;

#[derive(Clone)]
struct Gated<S>(S);

/// What the gate tells the service.
#[derive(Clone, Debug, PartialEq)]
struct Caller(String);

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated(inner)
    }
}

impl<S, In, Out> Service<http::Request<In>> for Gated<S>
where
    S: Service<http::Request<In>, Response = http::Response<Out>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    Out: Default + Send + 'static,
{
    type Response = http::Response<Out>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<In>) -> Self::Future {
        assert_eq!(
            (request.method().as_str(), request.headers()["content-type"].as_bytes()),
            ("POST", &b"application/grpc"[..])
        );
        let refuse = |status| -> Self::Future {
            let mut response = http::Response::new(Out::default());
            *response.status_mut() = status;
            Box::pin(async { Ok(response) })
        };
        let Some(token) = request.headers_mut().remove("authorization") else {
            return refuse(StatusCode::UNAUTHORIZED);
        };
        assert!(token.is_sensitive());
        let path = request.uri().path().to_owned();
        request.extensions_mut().insert(Caller(String::from_utf8_lossy(token.as_bytes()).into_owned()));
        request.headers_mut().insert("x-path", path.parse().unwrap());
        let answer = self.0.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            let status = response.headers().get("grpc-status").cloned();
            response.headers_mut().insert("x-seen", status.unwrap_or_else(|| "answer".parse().unwrap()));
            Ok(response)
        })
    }
}

fn service() -> Custom {
    Custom::default()
        .unary(|request| async move {
            let caller = request.extensions().get::<http::Extensions>().and_then(|all| all.get::<Caller>());
            let metadata = request.metadata();
            let seen = (metadata.get("authorization"), metadata.get("x-path"), metadata.get_bin("k-bin")?);
            let mut response = Response::new(format!("{caller:?} {seen:?}"));
            response.metadata_mut().append("own", "kept")?;
            response.trailers_mut().append("t", "trailer")?;
            match request.get_ref().as_str() {
                "fail" => Err(Status::not_found("no such").with_details(vec![1])),
                _ => Ok(response),
            }
        })
        .bidi(|mut request, mut out| async move {
            while let Some(word) = request.get_mut().message().await? {
                out.send(word).await?;
            }
            Ok(())
        })
}

async fn is_gated(channel: Channel) {
    let refused = channel.unary(&UPPER, text("")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(refused.message(), "a layer before the service answered with HTTP 401");
    let let_in = |what| channel.unary(&UPPER, text(what)).metadata("authorization", "me");
    let answer = let_in("").metadata_bin("k-bin", &[0, 255]).await.unwrap();
    assert_eq!(answer.as_str(), r#"Some(Caller("me")) (None, Some("/test.Text/Upper"), Some([0, 255]))"#);
    assert_eq!(
        (answer.metadata().get("own"), answer.metadata().get("x-seen")),
        (Some("kept"), Some("answer"))
    );
    assert_eq!(answer.trailers().get("t"), Some("trailer"));
    let failed = let_in("fail").await.unwrap_err();
    assert_eq!((failed.code(), failed.message(), failed.details()), (Code::NotFound, "no such", &[1][..]));

    let (_sender, mut receiver) = channel.bidi(&ECHO).await.unwrap().split();
    assert_eq!(receiver.message().await.unwrap_err().code(), Code::Unauthenticated);
    let (mut sender, mut receiver) =
        channel.bidi(&ECHO).metadata("authorization", "me").await.unwrap().split();
    sender.send("word".into()).await.unwrap();
    assert_eq!(receiver.message().await.unwrap().as_deref(), Some("word"));
    sender.close();
    assert_eq!(receiver.message().await.unwrap(), None);
}

#[tokio::test]
async fn a_layer_sees_and_changes_the_heads_of_calls_of_one_message_and_of_streams() {
    let (channel, _server) = Server::new().add(Layered::new(service(), Gate)).in_process();
    is_gated(channel).await;
}

/// Does nothing.
struct Nothing;

impl ferrpc::Interceptor for Nothing {
    async fn begin(&self, _: &mut ferrpc::CallStart) -> Result<ferrpc::Follow, Status> {
        Ok(None)
    }
}

#[tokio::test]
async fn layers_and_interceptors_stand_before_each_other() {
    let inside = Layered::new(Intercepted::new(service(), Nothing), Gate);
    let (channel, _server) = Server::new().add(inside).intercept(Nothing).in_process();
    is_gated(channel).await;
}

/// Fails, as a layer does that sheds load; or says in gRPC's words why not.
#[derive(Clone)]
struct Shed(bool);

impl Layer<Dispatch> for Shed {
    type Service = Self;

    fn layer(&self, _: Dispatch) -> Self {
        self.clone()
    }
}

impl Service<http::Request<RequestBody>> for Shed {
    type Response = http::Response<ResponseBody>;
    type Error = String;
    type Future = std::future::Ready<Result<Self::Response, String>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), String>> {
        Poll::Ready(if self.0 { Err("too much to do".into()) } else { Ok(()) })
    }

    fn call(&mut self, _: http::Request<RequestBody>) -> Self::Future {
        let response = http::Response::builder().header("grpc-status", "8");
        std::future::ready(response.body(ResponseBody::default()).map_err(|error| error.to_string()))
    }
}

#[tokio::test]
async fn errors_and_answers_of_a_layer_are_statuses() {
    for (fails, code) in [(true, Code::Unavailable), (false, Code::ResourceExhausted)] {
        let (channel, _server) = Server::new().add(Layered::new(service(), Shed(fails))).in_process();
        assert_eq!(channel.unary(&UPPER, text("")).await.unwrap_err().code(), code);
    }
}
