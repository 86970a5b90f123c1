//! Deadlines, cancellation and trace context: of a call, and of the calls its handler makes. Time is moved by the
//! tests.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::custom::Custom;
use common::{ECHO, JOIN, SPLIT, UPPER};
use ferrpc::server::{Handle, OnCancel};
use ferrpc::{CallContext, Channel, Code, MethodConfig, Request, Response, Server, ServerLimits, Status};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn serve(service: Custom) -> (Channel, Handle) {
    Server::new().add(service).in_process()
}

fn text(text: &str) -> Request<String> {
    text.to_owned().into()
}

/// What is left until the deadline, in whole seconds.
fn left<T>(request: &Request<T>) -> String {
    request.deadline().map_or_else(
        || "none".into(),
        |deadline| {
            let left = Instant::from_std(deadline).saturating_duration_since(Instant::now());
            format!("{:.0} s", left.as_secs_f64())
        },
    )
}

/// A service that answers unary calls with what it sees of their deadline and trace.
fn witness() -> Custom {
    Custom::default().unary(|request| async move {
        let metadata = request.metadata();
        let bin = metadata.get_bin("grpc-trace-bin")?;
        let trace = (metadata.get("traceparent"), metadata.get("tracestate"), bin);
        Ok(format!("{} {trace:?}", left(&request)).into())
    })
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_calls_of_all_kinds_on_both_sides() {
    let (heard, mut hears) = mpsc::unbounded_channel::<(&str, Code)>();
    let told = |heard: &mpsc::UnboundedSender<_>, kind| {
        let heard = heard.clone();
        move |status: Status| heard.send((kind, status.code())).unwrap()
    };
    let (unary, down, up, bidi) =
        (told(&heard, "unary"), told(&heard, "down"), told(&heard, "up"), told(&heard, "bidi"));
    let service = Custom::default()
        .unary(move |_| {
            let unary = unary.clone();
            async move {
                CallContext::current().unwrap().cancelled().await;
                unary(Status::deadline_exceeded("told"));
                Ok("late".to_owned().into())
            }
        })
        .down(move |_, mut out| {
            let down = down.clone();
            async move {
                let ended = loop {
                    if let Err(status) = out.send("x".repeat(1000)).await {
                        break status;
                    }
                };
                down(ended);
                Ok(())
            }
        })
        .up(move |mut request| {
            let up = up.clone();
            async move {
                let ended = loop {
                    if let Err(status) = request.get_mut().message().await {
                        break status;
                    }
                };
                up(ended.clone());
                Err(ended)
            }
        })
        .bidi(move |mut request, out| {
            let bidi = bidi.clone();
            async move {
                let ended = request.get_mut().message().await.unwrap_err();
                out.closed().await;
                bidi(ended.clone());
                Err(ended)
            }
        });
    let (channel, _server) = Server::new().add(service).on_cancel(OnCancel::Tell).in_process();

    let began = Instant::now();
    let unary = channel.unary(&UPPER, text("")).timeout(SECOND).await.unwrap_err();
    assert_eq!((unary.code(), began.elapsed().as_secs()), (Code::DeadlineExceeded, 1));
    assert_eq!(hears.recv().await, Some(("unary", Code::DeadlineExceeded)));

    // Messages keep coming, and are taken, beyond the deadline.
    let mut down = channel.server_streaming(&SPLIT, text("")).timeout(SECOND).await.unwrap();
    let status = loop {
        match down.message().await {
            Ok(message) => assert!(message.is_some()),
            Err(status) => break status,
        }
        tokio::time::sleep(SECOND / 10).await;
    };
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(hears.recv().await, Some(("down", Code::DeadlineExceeded)));

    let mut up = channel.client_streaming(&JOIN).timeout(SECOND).await.unwrap();
    let status = loop {
        tokio::time::sleep(SECOND / 10).await;
        if let Err(status) = up.send("x".into()).await {
            break status;
        }
    };
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(up.finish().await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(hears.recv().await, Some(("up", Code::DeadlineExceeded)));

    let (mut sender, mut receiver) = channel.bidi(&ECHO).timeout(SECOND).await.unwrap().split();
    assert_eq!(receiver.message().await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(sender.send("x".into()).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(hears.recv().await, Some(("bidi", Code::DeadlineExceeded)));
}

#[tokio::test(start_paused = true)]
async fn a_server_has_a_least_a_most_and_a_default_time_for_calls() {
    let seen = |limits: ServerLimits, timeout: Option<u32>| async move {
        let (channel, _server) = Server::new().add(witness()).limits(limits).in_process();
        let call = channel.unary(&UPPER, text(""));
        let call = match timeout {
            Some(timeout) => call.timeout(timeout * SECOND),
            None => call,
        };
        let seen = call.await.unwrap().into_inner();
        seen.split_once(" (").unwrap().0.to_owned()
    };
    let mut limits = ServerLimits::default();
    assert_eq!(seen(limits.clone(), None).await, "none");
    limits.default_timeout = Some(20 * SECOND);
    limits.timeout_min = Some(10 * SECOND);
    limits.timeout_max = Some(30 * SECOND);
    assert_eq!(seen(limits.clone(), None).await, "20 s");
    assert_eq!(seen(limits.clone(), Some(5)).await, "10 s");
    assert_eq!(seen(limits.clone(), Some(15)).await, "15 s");
    assert_eq!(seen(limits.clone(), Some(60)).await, "30 s");
    limits.default_timeout = None;
    assert_eq!(seen(limits, None).await, "30 s");
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_client_names_no_time_ends_when_the_server_says_so() {
    let service = Custom::default().unary(|_| std::future::pending());
    let mut limits = ServerLimits::default();
    limits.default_timeout = Some(SECOND);
    let (channel, _server) = Server::new().add(service).limits(limits).in_process();
    let status = channel.unary(&UPPER, text("")).await.unwrap_err();
    assert_eq!((status.code(), status.is_local()), (Code::DeadlineExceeded, false));
}

/// A front that asks `behind` as it is told, before and after it has waited.
fn front(behind: Channel) -> Custom {
    Custom::default().unary(move |request| {
        let behind = behind.clone();
        async move {
            // Then it is in a task of its own.
            tokio::task::yield_now().await;
            let call = behind.unary(&UPPER, text(""));
            let call = match request.get_ref().as_str() {
                "alone" => call.inherit(false),
                "shorter" => call.timeout(2 * SECOND),
                "longer" => call.timeout(60 * SECOND),
                "own trace" => call.metadata("traceparent", "own"),
                _ => call,
            };
            Ok(call.await?.into_inner().into())
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_handlers_calls_inherit_deadline_and_trace_unless_told_not_to() {
    let (behind, _behind) = serve(witness());
    let (channel, _front) = serve(front(behind));
    let ask = |what| {
        let call = channel.unary(&UPPER, text(what)).timeout(10 * SECOND);
        let call = call.metadata("traceparent", "00-1-2-01").metadata("tracestate", "a=b");
        async move { call.await.unwrap().into_inner() }
    };
    let traced = r#"(Some("00-1-2-01"), Some("a=b"), None)"#;
    assert_eq!(ask("").await, format!("10 s {traced}"));
    assert_eq!(ask("shorter").await, format!("2 s {traced}"));
    assert_eq!(ask("longer").await, format!("10 s {traced}"));
    assert_eq!(ask("own trace").await, r#"10 s (Some("own"), None, None)"#);
    assert_eq!(ask("alone").await, "none (None, None, None)");
    assert_eq!(channel.unary(&UPPER, text("")).await.unwrap().as_str(), "none (None, None, None)");
}

#[tokio::test(start_paused = true)]
async fn a_handlers_calls_are_cancelled_with_it() {
    let dropped = Arc::new(Notify::new());
    let tell = dropped.clone();
    let (behind, _behind) = serve(Custom::default().unary(move |_| {
        let tell = NotifyOnDrop(tell.clone());
        async move {
            let _tell = tell;
            std::future::pending().await
        }
    }));
    let (front, _front) = serve(front(behind));
    let call = tokio::time::timeout(SECOND, front.unary(&UPPER, text("alone")).into_future());
    assert!(call.await.is_err(), "nobody answers");
    dropped.notified().await;
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_told_goes_on_and_its_calls_end() {
    let (behind, _behind) =
        serve(Custom::default().unary(|_| std::future::pending()).bidi(|_, _| std::future::pending()));
    let (says, mut said) = mpsc::unbounded_channel();
    let service = Custom::default().unary(move |_| {
        let (behind, says) = (behind.clone(), says.clone());
        async move {
            let (_sender, mut receiver) = behind.bidi(&ECHO).await.unwrap().split();
            let ended = behind.unary(&UPPER, text("")).await.unwrap_err();
            let stream_ended = receiver.message().await.unwrap_err();
            let later = behind.unary(&UPPER, text("")).await.unwrap_err();
            assert!(CallContext::current().unwrap().is_cancelled());
            let alone = behind.unary(&UPPER, text("")).inherit(false).timeout(SECOND).await.unwrap_err();
            says.send([ended.code(), stream_ended.code(), later.code(), alone.code()]).unwrap();
            Ok(String::new().into())
        }
    });
    let (channel, _server) = Server::new().add(service).on_cancel(OnCancel::Tell).in_process();
    let call = tokio::time::timeout(SECOND, channel.unary(&UPPER, text("")).into_future());
    assert!(call.await.is_err(), "nobody answers");
    let cancelled = Code::Cancelled;
    assert_eq!(said.recv().await, Some([cancelled, cancelled, cancelled, Code::DeadlineExceeded]));
}

#[tokio::test(start_paused = true)]
async fn a_task_of_a_handler_inherits_if_it_is_wrapped_and_its_calls_end_with_the_handler() {
    let (behind, _behind) = serve(witness().down(|_, out| async move {
        out.closed().await;
        Ok(())
    }));
    let (says, mut said) = mpsc::unbounded_channel();
    let (channel, _server) = serve(Custom::default().unary(move |request: Request<String>| {
        let (behind, says) = (behind.clone(), says.clone());
        async move {
            let started = Arc::new(Notify::new());
            let tell = started.clone();
            let work = async move {
                let seen = behind.unary(&UPPER, text("")).await.unwrap().into_inner();
                let mut stream = behind.server_streaming(&SPLIT, text("")).await.unwrap();
                tell.notify_one();
                let ended = stream.message().await.map_err(|status| status.code());
                says.send((seen, ended)).unwrap();
            };
            let context = CallContext::current().unwrap();
            if request.get_ref() == "wrapped" {
                tokio::spawn(context.scope(work));
            } else {
                tokio::spawn(work);
            }
            started.notified().await;
            Ok(Response::new(String::new()))
        }
    }));
    channel.unary(&UPPER, text("wrapped")).timeout(10 * SECOND).await.unwrap();
    assert_eq!(said.recv().await, Some(("10 s (None, None, None)".into(), Err(Code::Cancelled))));
    channel.unary(&UPPER, text("alone")).timeout(10 * SECOND).await.unwrap();
    assert!(tokio::time::timeout(20 * SECOND, said.recv()).await.is_err(), "it goes on");
    assert!(CallContext::current().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_message_of_a_stream_may_stay_away_for_so_long_on_either_side() {
    let (says, mut said) = mpsc::unbounded_channel();
    let service = Custom::default()
        .up(move |mut request| {
            let says = says.clone();
            async move {
                loop {
                    match request.get_mut().message().await {
                        // What the handler itself takes does not count.
                        Ok(_) => tokio::time::sleep(3 * SECOND).await,
                        Err(status) => {
                            says.send(status.code()).unwrap();
                            return Err(status);
                        }
                    }
                }
            }
        })
        .down(|_, mut out| async move {
            loop {
                out.send("tick".into()).await?;
                tokio::time::sleep(2 * SECOND).await;
            }
        });
    let mut limits = ServerLimits::default();
    limits.message_timeout = Some(SECOND);
    let server = Server::new().add(service).limits(limits);
    let mut config = ferrpc::client::ChannelConfig::default();
    config.methods.set("test.Text/Split", MethodConfig::new().message_timeout(SECOND));
    let (channel, _server) = server.in_process_with(config);

    let began = Instant::now();
    let mut up = channel.client_streaming(&JOIN).await.unwrap();
    for _ in 0..3 {
        up.send("x".into()).await.unwrap();
        tokio::time::sleep(SECOND * 9 / 10).await;
    }
    assert_eq!(said.recv().await, Some(Code::DeadlineExceeded));
    // Three messages that its handler took 3 s each for, and the one that did not come.
    assert_eq!(began.elapsed().as_secs(), 10);
    let status = up.finish().await.unwrap_err();
    assert_eq!((status.code(), status.is_local()), (Code::DeadlineExceeded, false));
    assert_eq!(status.message(), "no message came for 1 s; message_timeout says how long to wait");

    let mut down = channel.server_streaming(&SPLIT, text("")).await.unwrap();
    assert_eq!(down.message().await.unwrap().as_deref(), Some("tick"));
    let status = down.message().await.unwrap_err();
    assert_eq!((status.code(), status.is_local()), (Code::DeadlineExceeded, true));
    assert_eq!(down.message().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_up_says_what_it_waited_for() {
    let mut limits = ServerLimits::default();
    limits.http2.streams_max = 1;
    let service = Custom::default().unary(|_| std::future::pending());
    let (channel, _server) = Server::new().add(service).limits(limits).in_process();
    let first = tokio::spawn(channel.unary(&UPPER, text("")).timeout(9 * SECOND).into_future());
    tokio::time::sleep(SECOND).await;
    let queued = channel.unary(&UPPER, text("")).timeout(SECOND).await.unwrap_err();
    assert_eq!(
        queued.to_string(),
        "DEADLINE_EXCEEDED: the deadline of the call has passed while it waited for a stream: the server allows 1 at \
         once [phase=queue, local]"
    );
    let answer = first.await.unwrap().unwrap_err();
    assert_eq!(
        (answer.code(), answer.message()),
        (Code::DeadlineExceeded, "the deadline of the call has passed")
    );

    // Nobody listens there.
    let away = Channel::new("127.0.0.1:1").unwrap();
    let never = away.unary(&UPPER, text("")).wait_for_ready(true).timeout(SECOND / 2).await.unwrap_err();
    let message = never.message();
    assert!(message.contains("while it waited for a connection: cannot connect to 127.0.0.1:1"), "{message}");
    assert_eq!((never.code(), never.may_have_executed()), (Code::DeadlineExceeded, false));
}
