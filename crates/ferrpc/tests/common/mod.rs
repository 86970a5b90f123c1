//! A text service with a codec of its own, and a server of it on loopback.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

pub mod custom;
pub mod raw;

use std::sync::Arc;

use ferrpc::codec::{Codec, Segments};
use ferrpc::server::{Call, Running, Service};
use ferrpc::{Channel, Kind, Method, MethodInfo, Request, Response, Server, ServerLimits, Status, Streaming};
use tokio::sync::Notify;

/// Text as it is.
pub struct Text;

impl Codec<String> for Text {
    fn encode(&self, message: &String) -> Result<Segments, Status> {
        let mut out = Segments::new();
        out.buffer().extend_from_slice(message.as_bytes());
        Ok(out)
    }

    fn decode(
        &self,
        octets: &ferrpc::codec::Chunk,
        _: &ferrpc::proto::DecodeLimits,
    ) -> Result<String, Status> {
        String::from_utf8(octets.as_slice().to_vec()).map_err(|error| Status::internal(error.to_string()))
    }
}

pub type TextMethod = Method<String, String>;

const fn method(path: &'static str, name: &'static str, kind: Kind) -> TextMethod {
    Method::with_codecs(path, "test.Text", name, kind, &Text, &Text)
}

pub static UPPER: TextMethod = method("/test.Text/Upper", "Upper", Kind::Unary);
pub static SPLIT: TextMethod = method("/test.Text/Split", "Split", Kind::ServerStreaming);
pub static JOIN: TextMethod = method("/test.Text/Join", "Join", Kind::ClientStreaming);
pub static ECHO: TextMethod = method("/test.Text/Echo", "Echo", Kind::Bidi);
static METHODS: [MethodInfo; 4] = [UPPER.info(), SPLIT.info(), JOIN.info(), ECHO.info()];
pub static UNKNOWN: TextMethod = method("/test.Text/Nope", "Nope", Kind::Unary);

#[derive(Default)]
pub struct Texts {
    /// Released once a handler that waits for ever is dropped.
    pub dropped: Arc<Notify>,
    /// Released once such a handler runs.
    pub started: Arc<Notify>,
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Service for Texts {
    fn name(&self) -> &'static str {
        "test.Text"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        &METHODS
    }

    fn dispatch(&self, index: usize, call: Call) -> Running {
        let (dropped, started) = (self.dropped.clone(), self.started.clone());
        match index {
            0 => call.unary(&UPPER, |request: Request<String>| async move {
                match request.get_ref().as_str() {
                    "panic" => panic!("on purpose"),
                    "fail" => Err(Status::not_found("niemand da: ü").with_details(vec![1, 2, 3])),
                    "sleep" => {
                        let _guard = NotifyOnDrop(dropped);
                        started.notify_one();
                        std::future::pending().await
                    }
                    "metadata" => {
                        let mut response = Response::new(format!("{:?}", request.metadata().get("x-text")));
                        response.metadata_mut().append_bin("x-bin", &[0, 1, 255])?;
                        response.trailers_mut().append("x-trailer", "behind")?;
                        Ok(response)
                    }
                    "bomb" => Ok("0".repeat(16 << 20).into()),
                    text if text.starts_with("compressed?") => {
                        Ok(if request.was_compressed() { "yes" } else { "no" }.to_owned().into())
                    }
                    text => Ok(text.to_uppercase().into()),
                }
            }),
            1 => call.server_streaming(&SPLIT, |request: Request<String>, mut out| async move {
                let _guard = NotifyOnDrop(dropped);
                if request.get_ref() == "impatient" {
                    out.headers_mut().append("x-head", "kept")?;
                    // Fills the quota at once, so that the next send has to wait, and is dropped before it may.
                    for _ in 0..2 {
                        out.try_send("y".repeat(100_000))?;
                    }
                    let mut send = Box::pin(out.send("dropped".into()));
                    let polled =
                        std::future::poll_fn(|cx| std::task::Poll::Ready(send.as_mut().poll(cx))).await;
                    drop(send);
                    assert!(polled.is_pending());
                    return out.send("last".into()).await;
                }
                for word in request.get_ref().split(' ') {
                    if word == "flood" {
                        loop {
                            out.send("x".repeat(1000)).await?;
                        }
                    }
                    out.send(word.into()).await?;
                }
                Ok(())
            }),
            2 => call.client_streaming(&JOIN, |mut request: Request<Streaming<String>>| async move {
                let mut all = Vec::new();
                while let Some(word) = request.get_mut().message().await? {
                    if word == "enough" {
                        break;
                    }
                    all.push(word);
                }
                Ok(all.join(" ").into())
            }),
            3 => call.bidi(&ECHO, |mut request: Request<Streaming<String>>, mut out| async move {
                let _guard = NotifyOnDrop(dropped);
                while let Some(word) = request.get_mut().message().await? {
                    out.send(word).await?;
                }
                Ok(())
            }),
            _ => call.unimplemented(),
        }
    }
}

/// A server that runs, and a channel to it.
pub struct Started {
    pub channel: Channel,
    pub address: std::net::SocketAddr,
    pub handle: ferrpc::server::Handle,
    pub server: tokio::task::JoinHandle<Result<(), ferrpc::Error>>,
    pub dropped: Arc<Notify>,
    pub started: Arc<Notify>,
}

pub async fn start() -> Started {
    start_with(ServerLimits::default()).await
}

pub async fn start_with(limits: ServerLimits) -> Started {
    let texts = Texts::default();
    let (dropped, started) = (texts.dropped.clone(), texts.started.clone());
    let bound = Server::new().add(texts).limits(limits).bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr();
    let channel = Channel::new(address.to_string()).unwrap();
    let handle = bound.handle();
    Started { channel, address, handle, server: tokio::spawn(bound.run()), dropped, started }
}

/// The server answers others as before.
pub async fn is_served(channel: &Channel) {
    assert_eq!(channel.unary(&UPPER, "ok".to_owned().into()).await.unwrap().as_str(), "OK");
}
