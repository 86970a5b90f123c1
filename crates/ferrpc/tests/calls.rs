//! Calls of all four kinds over loopback, with a codec of our own: text.

use std::sync::Arc;
use std::time::Duration;

use ferrpc::codec::{Codec, Segments};
use ferrpc::server::{Call, Running, Service};
use ferrpc::{
    Channel, Code, Kind, Method, MethodInfo, Request, Response, Server, ServerLimits, Status, Streaming,
};
use tokio::sync::Notify;

struct Text;

impl Codec<String> for Text {
    fn encode(&self, message: &String, out: &mut Segments) -> Result<(), Status> {
        out.buffer().extend_from_slice(message.as_bytes());
        Ok(())
    }

    fn decode(
        &self,
        octets: ferrpc::codec::Chunk,
        _: &ferrpc::proto::DecodeLimits,
    ) -> Result<String, Status> {
        String::from_utf8(octets.as_slice().to_vec()).map_err(|error| Status::internal(error.to_string()))
    }
}

type TextMethod = Method<String, String>;

const fn method(path: &'static str, name: &'static str, kind: Kind) -> TextMethod {
    Method::with_codecs(path, "test.Text", name, kind, &Text, &Text)
}

static UPPER: TextMethod = method("/test.Text/Upper", "Upper", Kind::Unary);
static SPLIT: TextMethod = method("/test.Text/Split", "Split", Kind::ServerStreaming);
static JOIN: TextMethod = method("/test.Text/Join", "Join", Kind::ClientStreaming);
static ECHO: TextMethod = method("/test.Text/Echo", "Echo", Kind::Bidi);
static METHODS: [MethodInfo; 4] = [UPPER.info(), SPLIT.info(), JOIN.info(), ECHO.info()];
static UNKNOWN: TextMethod = method("/test.Text/Nope", "Nope", Kind::Unary);

#[derive(Default)]
struct Texts {
    /// Released once a handler that waits for ever is dropped.
    dropped: Arc<Notify>,
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
        let dropped = self.dropped.clone();
        match index {
            0 => call.unary(&UPPER, |request: Request<String>| async move {
                match request.get_ref().as_str() {
                    "panic" => panic!("on purpose"),
                    "fail" => Err(Status::not_found("niemand da: ü").with_details(vec![1, 2, 3])),
                    "sleep" => {
                        let _guard = NotifyOnDrop(dropped);
                        std::future::pending().await
                    }
                    "metadata" => {
                        let mut response = Response::new(format!("{:?}", request.metadata().get("x-text")));
                        response.metadata_mut().append_bin("x-bin", &[0, 1, 255])?;
                        response.trailers_mut().append("x-trailer", "behind")?;
                        Ok(response)
                    }
                    text => Ok(text.to_uppercase().into()),
                }
            }),
            1 => call.server_streaming(&SPLIT, |request: Request<String>, mut out| async move {
                let _guard = NotifyOnDrop(dropped);
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
                while let Some(word) = request.get_mut().message().await? {
                    out.send(word).await?;
                }
                Ok(())
            }),
            _ => call.unimplemented(),
        }
    }
}

struct Running_ {
    channel: Channel,
    handle: ferrpc::server::Handle,
    server: tokio::task::JoinHandle<Result<(), ferrpc::Error>>,
    dropped: Arc<Notify>,
}

async fn start() -> Running_ {
    start_with(ServerLimits::default()).await
}

async fn start_with(limits: ServerLimits) -> Running_ {
    let texts = Texts::default();
    let dropped = texts.dropped.clone();
    let bound = Server::new().add(texts).limits(limits).bind("127.0.0.1:0").await.unwrap();
    let channel = Channel::new(bound.local_addr().to_string()).unwrap();
    let handle = bound.handle();
    Running_ { channel, handle, server: tokio::spawn(bound.run()), dropped }
}

/// Each test runs on both runtimes, since handlers run differently there.
macro_rules! on_both_runtimes {
    ($(async fn $name:ident() $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn test() $body

            #[tokio::test]
            async fn current_thread() {
                test().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn multi_thread() {
                test().await;
            }
        })*
    };
}

on_both_runtimes! {
    async fn a_unary_call_brings_its_answer() {
        let s = start().await;
        for _ in 0..3 {
            let response = s.channel.unary(&UPPER, "hello".to_owned().into()).await.unwrap();
            assert_eq!(response.as_str(), "HELLO");
        }
    }

    async fn a_thousand_calls_at_once_wait_for_streams_and_none_fails() {
        let s = start().await;
        let calls: Vec<_> = (0..1000)
            .map(|i| tokio::spawn(s.channel.unary(&UPPER, format!("n{i}").into()).into_future()))
            .collect();
        for (i, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await.unwrap().unwrap().as_str(), format!("N{i}"));
        }
    }

    async fn messages_of_all_sizes_survive_both_ways() {
        let s = start().await;
        for size in [0, 1, 2047, 2048, 16_384, 65_536, 1 << 20, 3 << 20] {
            let text = "x".repeat(size);
            let response = s.channel.unary(&UPPER, text.clone().into()).await.unwrap();
            assert_eq!(response.len(), size);
        }
    }

    async fn a_stream_of_answers_ends_with_its_trailers() {
        let s = start().await;
        let mut words = s.channel.server_streaming(&SPLIT, "a bc def".to_owned().into()).await.unwrap();
        let mut all = Vec::new();
        while let Some(word) = words.message().await.unwrap() {
            all.push(word);
        }
        assert_eq!(all, ["a", "bc", "def"]);
        assert!(words.trailers().is_some());
    }

    async fn a_stream_of_requests_gets_one_answer() {
        let s = start().await;
        let mut upload = s.channel.client_streaming(&JOIN).await.unwrap();
        for word in ["a", "b", "c"] {
            upload.send(word.into()).await.unwrap();
        }
        assert_eq!(upload.finish().await.unwrap().as_str(), "a b c");
    }

    async fn an_answer_before_the_upload_ended_is_an_answer() {
        let s = start().await;
        let mut upload = s.channel.client_streaming(&JOIN).await.unwrap();
        upload.send("first".into()).await.unwrap();
        upload.send("enough".into()).await.unwrap();
        upload.sender().closed().await;
        assert_eq!(upload.finish().await.unwrap().as_str(), "first");
    }

    async fn both_halves_of_a_bidi_call_are_independent() {
        let s = start().await;
        let (mut tx, mut rx) = s.channel.bidi(&ECHO).await.unwrap().split();
        for i in 0..100 {
            tx.send(format!("m{i}")).await.unwrap();
            assert_eq!(rx.message().await.unwrap().unwrap(), format!("m{i}"));
        }
        tx.close();
        assert_eq!(rx.message().await.unwrap(), None);
    }

    async fn a_large_stream_passes_flow_control_whoever_waits() {
        let s = start().await;
        let (mut tx, mut rx) = s.channel.bidi(&ECHO).await.unwrap().split();
        let sending = tokio::spawn(async move {
            for _ in 0..200 {
                tx.send("y".repeat(50_000)).await.unwrap();
            }
            tx.close();
        });
        let mut octets = 0;
        while let Some(message) = rx.message().await.unwrap() {
            octets += message.len();
        }
        sending.await.unwrap();
        assert_eq!(octets, 200 * 50_000);
    }

    async fn an_error_brings_code_message_and_details() {
        let s = start().await;
        let status = s.channel.unary(&UPPER, "fail".to_owned().into()).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::NotFound, "niemand da: ü"));
        assert_eq!(status.details(), [1, 2, 3]);
        assert!(!status.is_local());
    }

    async fn metadata_goes_both_ways() {
        let s = start().await;
        let call = s.channel.unary(&UPPER, "metadata".to_owned().into()).metadata("x-text", "hi");
        let response = call.await.unwrap();
        assert_eq!(response.as_str(), "Some(\"hi\")");
        assert_eq!(response.metadata().get_bin("x-bin"), Ok(Some(vec![0, 1, 255])));
        assert_eq!(response.trailers().get("x-trailer"), Some("behind"));
    }

    async fn an_unknown_method_is_unimplemented() {
        let s = start().await;
        let status = s.channel.unary(&UNKNOWN, "x".to_owned().into()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        assert_eq!(status.message(), "service test.Text has no method at /test.Text/Nope");
    }

    async fn a_panic_is_a_status_and_the_connection_lives() {
        let s = start().await;
        let status = s.channel.unary(&UPPER, "panic".to_owned().into()).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Unknown, "handler panicked"));
        assert_eq!(s.channel.unary(&UPPER, "x".to_owned().into()).await.unwrap().as_str(), "X");
    }

    async fn a_deadline_ends_the_call_on_both_sides() {
        let s = start().await;
        let call = s.channel.unary(&UPPER, "sleep".to_owned().into()).timeout(Duration::from_millis(50));
        assert_eq!(call.await.unwrap_err().code(), Code::DeadlineExceeded);
        s.dropped.notified().await;
    }

    async fn a_dropped_call_drops_its_handler() {
        let s = start().await;
        // Connected, so that the call below is sent before it is dropped.
        s.channel.unary(&UPPER, "x".to_owned().into()).await.unwrap();
        let call = tokio::spawn(s.channel.unary(&UPPER, "sleep".to_owned().into()).into_future());
        tokio::task::yield_now().await;
        let mut words = s.channel.server_streaming(&SPLIT, "a flood".to_owned().into()).await.unwrap();
        assert_eq!(words.message().await.unwrap().unwrap(), "a");
        drop(words);
        s.dropped.notified().await;
        call.abort();
        s.dropped.notified().await;
    }

    async fn a_message_over_the_limit_fails_its_call_alone() {
        let mut limits = ServerLimits::default();
        limits.message_bytes_max = 1000;
        let s = start_with(limits).await;
        let status = s.channel.unary(&UPPER, "x".repeat(1001).into()).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(s.channel.unary(&UPPER, "x".repeat(1000).into()).await.unwrap().len(), 1000);
    }

    async fn a_drain_lets_running_calls_finish_and_then_ends() {
        let s = start().await;
        let (mut tx, mut rx) = s.channel.bidi(&ECHO).await.unwrap().split();
        tx.send("before".into()).await.unwrap();
        assert_eq!(rx.message().await.unwrap().unwrap(), "before");
        s.handle.shutdown();
        tx.send("during".into()).await.unwrap();
        assert_eq!(rx.message().await.unwrap().unwrap(), "during");
        tx.close();
        assert_eq!(rx.message().await.unwrap(), None);
        s.server.await.unwrap().unwrap();
        let status = s.channel.unary(&UPPER, "x".to_owned().into()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }

    async fn a_refused_connection_says_where_and_what_to_do() {
        let bound = Server::new().bind("127.0.0.1:0").await.unwrap();
        let address = bound.local_addr();
        drop(bound);
        let channel = Channel::new(format!("dns:///{address}")).unwrap();
        let status = channel.unary(&UPPER, "x".to_owned().into()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        let text = status.to_string();
        assert!(text.starts_with(&format!(
            "UNAVAILABLE: cannot connect to dns:///{address} (1 address tried: {address} refused); \
             is the server running?; next attempt in "
        )), "{text}");
        assert!(text.ends_with("[phase=connect, local]"), "{text}");
    }
}
