//! Calls of all four kinds over loopback, with a codec of our own: text.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::time::Duration;

use common::{ECHO, JOIN, SPLIT, UNKNOWN, UPPER, start, start_with};
use ferrpc::client::ChannelConfig;
use ferrpc::{Channel, Code, Server, ServerLimits};

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

/// Messages as somebody gives them.
struct Arriving(tokio::sync::mpsc::UnboundedReceiver<Result<String, ferrpc::Status>>);

impl futures_core::Stream for Arriving {
    type Item = Result<String, ferrpc::Status>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
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

    async fn send_all_sends_what_is_ready_and_what_stands_before_an_error() {
        let s = start().await;
        let (mut tx, mut rx) = s.channel.bidi(&ECHO).await.unwrap().split();
        let (give, arriving) = tokio::sync::mpsc::unbounded_channel();
        let sending = tokio::spawn(async move {
            let result = tx.send_all(Arriving(arriving)).await;
            (tx, result)
        });
        // One that is ready does not wait for the next.
        for n in 0..3 {
            give.send(Ok(n.to_string())).unwrap();
            assert_eq!(rx.message().await.unwrap(), Some(n.to_string()));
        }
        // Far more than goes under one lock, or than may wait to be sent.
        for n in 0..50_000 {
            give.send(Ok(n.to_string())).unwrap();
        }
        give.send(Err(ferrpc::Status::data_loss("of the stream"))).unwrap();
        for n in 0..50_000 {
            assert_eq!(rx.message().await.unwrap(), Some(n.to_string()));
        }
        let (mut tx, result) = sending.await.unwrap();
        assert_eq!(result.unwrap_err().code(), Code::DataLoss);
        tx.send("still open".into()).await.unwrap();
        assert_eq!(rx.message().await.unwrap().as_deref(), Some("still open"));
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

    async fn a_slow_reader_does_not_stop_the_calls_beside_it() {
        let s = start().await;
        // Its window fills, and its server waits.
        let mut slow = s.channel.server_streaming(&SPLIT, "a flood".to_owned().into()).await.unwrap();
        assert_eq!(slow.message().await.unwrap().unwrap(), "a");
        // Many times the connection's window.
        for _ in 0..100 {
            let response = s.channel.unary(&UPPER, "x".repeat(50_000).into()).await.unwrap();
            assert_eq!(response.len(), 50_000);
        }
        for _ in 0..1000 {
            assert_eq!(slow.message().await.unwrap().unwrap().len(), 1000);
        }
    }

    async fn as_many_calls_as_are_given_up_at_once_take_their_place() {
        let s = start().await;
        for _ in 0..5 {
            // All streams that the server allows, each with a handler that runs.
            let mut running = Vec::new();
            for _ in 0..100 {
                let (mut tx, mut rx) = s.channel.bidi(&ECHO).await.unwrap().split();
                tx.send("x".into()).await.unwrap();
                assert_eq!(rx.message().await.unwrap().unwrap(), "x");
                running.push((tx, rx));
            }
            drop(running);
            let calls: Vec<_> = (0..100)
                .map(|_| tokio::spawn(s.channel.unary(&UPPER, "y".to_owned().into()).into_future()))
                .collect();
            for call in calls {
                assert_eq!(call.await.unwrap().unwrap().as_str(), "Y");
            }
        }
    }

    async fn streams_dropped_unread_take_no_credit_along() {
        let s = start().await;
        for _ in 0..200 {
            let mut words = s.channel.server_streaming(&SPLIT, "a flood".to_owned().into()).await.unwrap();
            assert_eq!(words.message().await.unwrap().unwrap(), "a");
        }
        assert_eq!(s.channel.unary(&UPPER, "x".repeat(3 << 20).into()).await.unwrap().len(), 3 << 20);
    }

    async fn a_send_that_is_given_up_sends_nothing() {
        let s = start().await;
        // The handler gives up one send that waits, and says so in a later message; see its "impatient".
        let mut words = s.channel.server_streaming(&SPLIT, "impatient".to_owned().into()).await.unwrap();
        assert_eq!(words.headers().await.unwrap().get("x-head"), Some("kept"));
        let mut sizes = Vec::new();
        while let Some(word) = words.message().await.unwrap() {
            sizes.push(word.len());
        }
        let given_up = sizes.iter().filter(|&&size| size == 7).count();
        assert_eq!((given_up, sizes.last()), (0, Some(&4)), "{sizes:?}");
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
        let call = s.channel.unary(&UPPER, "sleep".to_owned().into()).timeout(Duration::from_millis(300));
        let call = tokio::spawn(call.into_future());
        s.started.notified().await;
        assert_eq!(call.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
        s.dropped.notified().await;
    }

    async fn a_dropped_call_drops_its_handler() {
        let s = start().await;
        // Connected, so that the call below is sent before it is dropped.
        s.channel.unary(&UPPER, "x".to_owned().into()).await.unwrap();
        let call = tokio::spawn(s.channel.unary(&UPPER, "sleep".to_owned().into()).into_future());
        // A call that is dropped before its handler begins has none to drop.
        s.started.notified().await;
        let mut words = s.channel.server_streaming(&SPLIT, "a flood".to_owned().into()).await.unwrap();
        assert_eq!(words.message().await.unwrap().unwrap(), "a");
        drop(words);
        s.dropped.notified().await;
        call.abort();
        s.dropped.notified().await;
    }

    async fn a_cancelled_call_ends_in_both_halves_and_on_the_server() {
        let s = start().await;
        let (mut tx, mut rx) = s.channel.bidi(&ECHO).await.unwrap().split();
        tx.send("before".into()).await.unwrap();
        assert_eq!(rx.message().await.unwrap().unwrap(), "before");
        // Half-closed or not.
        tx.close();
        tx.cancel();
        assert_eq!(rx.message().await.unwrap_err().code(), Code::Cancelled);
        s.dropped.notified().await;
        let mut up = s.channel.client_streaming(&JOIN).await.unwrap();
        up.sender().cancel();
        assert_eq!(up.send("late".into()).await.unwrap_err().code(), Code::Cancelled);
        assert_eq!(up.finish().await.unwrap_err().code(), Code::Cancelled);
        let mut words = s.channel.server_streaming(&SPLIT, "a flood".to_owned().into()).await.unwrap();
        assert_eq!(words.message().await.unwrap().unwrap(), "a");
        words.cancel();
        s.dropped.notified().await;
        while let Ok(message) = words.message().await {
            assert!(message.is_some(), "a cancelled stream ended well");
        }
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

    async fn large_messages_in_a_row_wait_for_their_reader_and_arrive_whole() {
        let s = start().await;
        let (mut tx, mut rx) = s.channel.bidi(&ECHO).await.unwrap().split();
        let sending = tokio::spawn(async move {
            for size in [1 << 20, 1, 300_000, 2 << 20] {
                tx.send("z".repeat(size)).await.unwrap();
            }
            tx.close();
        });
        let mut sizes = Vec::new();
        while let Some(message) = rx.message().await.unwrap() {
            sizes.push(message.len());
        }
        sending.await.unwrap();
        assert_eq!(sizes, [1 << 20, 1, 300_000, 2 << 20]);
    }

    async fn one_address_that_refuses_fails_no_call() {
        let s = start().await;
        let refusing = Server::new().bind("127.0.0.1:0").await.unwrap().local_addr();
        let channel = Channel::new(format!("ipv4:{refusing},{}", s.address)).unwrap();
        assert_eq!(channel.unary(&UPPER, "x".to_owned().into()).await.unwrap().as_str(), "X");
    }

    async fn a_server_on_all_addresses_takes_ipv4_and_ipv6() {
        let bound = Server::new().add(common::Texts::default()).bind("[::]:0").await.unwrap();
        let port = bound.local_addr().port();
        let serving = tokio::spawn(bound.run());
        // Where IPv6 is off there is no ::1 to try.
        let both = std::net::TcpListener::bind("[::1]:0").is_ok();
        for host in ["127.0.0.1", "[::1]"].into_iter().take(if both { 2 } else { 1 }) {
            let channel = Channel::new(format!("{host}:{port}")).unwrap();
            assert_eq!(channel.unary(&UPPER, "x".to_owned().into()).await.unwrap().as_str(), "X", "{host}");
        }
        serving.abort();
    }

    async fn atk_06_a_channel_goes_on_when_the_stream_ids_of_a_connection_are_used_up() {
        let s = start().await;
        let mut config = ChannelConfig::default();
        // Ten calls.
        config.http2.stream_id_max = 19;
        let channel = Channel::with_config(s.address.to_string(), config).unwrap();
        for n in 0..25 {
            assert_eq!(channel.unary(&UPPER, "x".to_owned().into()).await.unwrap().as_str(), "X", "call {n}");
        }
        // Those that run finish on their connection.
        let mut bidi = channel.bidi(&ECHO).await.unwrap();
        for n in 0..25 {
            assert_eq!(channel.unary(&UPPER, "x".to_owned().into()).await.unwrap().as_str(), "X", "call {n}");
        }
        bidi.sender().send("still here".into()).await.unwrap();
        assert_eq!(bidi.receiver().message().await.unwrap().as_deref(), Some("still here"));
        assert!(channel.counters().http2.stream_id_max.get() >= 4);
    }

    async fn calls_that_wait_for_a_stream_are_not_left_with_a_connection_that_has_no_more_ids() {
        let mut limits = ServerLimits::default();
        limits.http2.streams_max = 1;
        let s = start_with(limits).await;
        let mut config = ChannelConfig::default();
        config.http2.stream_id_max = 19;
        let channel = Channel::with_config(s.address.to_string(), config).unwrap();
        let call = || tokio::spawn(channel.unary(&UPPER, "x".to_owned().into()).into_future());
        let calls: Vec<_> = (0..30).map(|_| call()).collect();
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap().as_str(), "X");
        }
    }

    async fn metadata_over_the_servers_limit_is_not_even_sent() {
        let mut limits = ServerLimits::default();
        limits.http2.header_list_bytes_max = 2000;
        let s = start_with(limits).await;
        // The limit is known once the server's SETTINGS came, which is before the first call.
        let call = s.channel.unary(&UPPER, "x".to_owned().into()).metadata("x-large", &"m".repeat(2000));
        let status = call.await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(status.is_local() && !status.may_have_executed());
        assert!(status.message().contains("over the server's limit of 2000; send less metadata"), "{status}");
        let call = s.channel.unary(&UPPER, "x".to_owned().into()).metadata("x-small", &"m".repeat(1000));
        assert_eq!(call.await.unwrap().as_str(), "X");
    }

    async fn calls_given_up_while_they_wait_for_a_stream_leave_nothing_behind() {
        let mut limits = ServerLimits::default();
        limits.http2.streams_max = 1;
        let s = start_with(limits).await;
        let holding = s.channel.bidi(&ECHO).await.unwrap();
        let metadata = "m".repeat(1000);
        for _ in 0..500 {
            let call = s.channel.unary(&UPPER, "x".to_owned().into()).metadata("x-weight", &metadata);
            let status = call.timeout(Duration::from_millis(1)).await.unwrap_err();
            assert_eq!(status.code(), Code::DeadlineExceeded);
        }
        let waiting = tokio::spawn(s.channel.unary(&UPPER, "y".to_owned().into()).into_future());
        drop(holding);
        assert_eq!(waiting.await.unwrap().unwrap().as_str(), "Y");
    }

    async fn a_server_in_this_process_needs_no_socket_and_ends_by_its_handle() {
        let (channel, handle) = Server::new().add(common::Texts::default()).in_process();
        assert_eq!(channel.unary(&UPPER, "x".repeat(1 << 20).into()).await.unwrap().len(), 1 << 20);
        let (mut tx, mut rx) = channel.bidi(&ECHO).await.unwrap().split();
        tx.send("before".into()).await.unwrap();
        assert_eq!(rx.message().await.unwrap().unwrap(), "before");
        handle.shutdown();
        tx.close();
        assert_eq!(rx.message().await.unwrap(), None);
        // The shutdown reaches the connection in its own time; until then it takes calls.
        while channel.state() == ferrpc::client::ConnectivityState::Ready {
            tokio::task::yield_now().await;
        }
        let status = channel.unary(&UPPER, "x".to_owned().into()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().starts_with("the server in this process was shut down"), "{status}");
    }

    async fn a_connection_handed_over_is_served_until_the_end_and_closed_at_once_after_it() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (acceptor, handle) = Server::new().add(common::Texts::default()).accept_by_hand();
        let (mut client, server) = tokio::io::duplex(1 << 10);
        acceptor.accept(server);
        client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
        let mut settings = [0; 9];
        client.read_exact(&mut settings).await.unwrap();
        assert_eq!(settings[3], 4);
        handle.shutdown_now();
        client.read_to_end(&mut Vec::new()).await.unwrap();
        let (mut late, server) = tokio::io::duplex(1 << 10);
        acceptor.accept(server);
        assert!(acceptor.is_over());
        assert_eq!(late.read(&mut [0]).await.unwrap(), 0);
    }

    async fn a_server_that_comes_back_is_found_again() {
        let s = start().await;
        assert_eq!(s.channel.unary(&UPPER, "x".to_owned().into()).await.unwrap().as_str(), "X");
        s.handle.shutdown();
        s.server.await.unwrap().unwrap();
        // Between its end and its return calls fail, and say why.
        let status = s.channel.unary(&UPPER, "x".to_owned().into()).await.unwrap_err();
        assert!(status.message().contains("refused"), "{status}");
        let bound = Server::new().add(common::Texts::default()).bind(s.address.to_string()).await.unwrap();
        let serving = tokio::spawn(bound.run());
        let call = s.channel.unary(&UPPER, "y".to_owned().into()).wait_for_ready(true);
        assert_eq!(call.await.unwrap().as_str(), "Y");
        serving.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_to_connect_back_off() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = Channel::new(listener.local_addr().unwrap().to_string()).unwrap();
    channel.connect();
    // Each attempt is accepted and dropped; the times between them grow.
    let mut times = Vec::new();
    for _ in 0..6 {
        drop(listener.accept().await.unwrap());
        times.push(tokio::time::Instant::now());
    }
    let mut base = 1.0;
    for pair in times.windows(2) {
        let wait = (pair[1] - pair[0]).as_secs_f64();
        assert!((base * 0.79..base * 1.21).contains(&wait), "{wait} s where {base} s are due");
        base *= 1.6;
    }
}
