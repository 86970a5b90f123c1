//! Any octets on the socket: a clear answer or a clear close, and everybody else is served as before.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::time::Duration;

use common::raw::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOOD, HEADERS, PREFACE, Raw, SETTINGS, Told, block,
    frame, head,
};
use common::{UPPER, is_served, start, start_with};
use ferrpc::{Channel, Code, Server, ServerLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::test]
async fn octets_that_are_no_http2_are_closed_on_and_others_are_served() {
    let s = start().await;
    is_served(&s.channel).await;
    for octets in [
        &b"\0\0\0\0\0\0\0\0\0\0\0\0"[..],
        b"hello world, this is no protocol at all",
        b"PRI * HTTP/2.0\r\n\r\nXX",
    ] {
        let mut raw = Raw::connect(s.address).await;
        raw.send(octets).await;
        assert_eq!(raw.rest().await, "");
        is_served(&s.channel).await;
    }
}

#[tokio::test]
async fn an_http1_request_is_told_in_http1_what_this_is() {
    let s = start().await;
    let mut raw = Raw::connect(s.address).await;
    raw.send(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let answer = raw.rest().await;
    assert!(answer.starts_with("HTTP/1.1 505 HTTP Version Not Supported\r\n"), "{answer}");
    assert!(
        answer.ends_with("this is a gRPC server: it speaks HTTP/2 only (curl: --http2-prior-knowledge)\n")
    );
    is_served(&s.channel).await;
}

#[tokio::test]
async fn a_tls_hello_on_a_plaintext_port_is_closed_on() {
    let s = start().await;
    let mut raw = Raw::connect(s.address).await;
    raw.send(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).await;
    assert_eq!(raw.rest().await, "");
    is_served(&s.channel).await;
}

#[tokio::test]
async fn what_is_not_grpc_gets_the_answer_of_http() {
    let s = start().await;
    let mut raw = Raw::greeted(s.address).await;
    for (stream, fields, status) in [
        (1, head(":method", "GET"), "405"),
        (3, head("content-type", "text/plain"), "415"),
        (5, head("content-type", "application/json"), "415"),
        (7, head("content-type", "application/grpc+json"), "415"),
        (9, head("content-type", "application/grpcx"), "415"),
    ] {
        raw.send(&frame(1, 5, stream, &block(&fields))).await;
        let Told::Headers(answered, text) = raw.told().await else { panic!("no headers on {stream}") };
        assert_eq!(answered, stream);
        assert!(text.contains(status), "{fields:?}: {text:?}");
        assert!(matches!(raw.told().await, Told::Data(..)));
    }
    is_served(&s.channel).await;
}

async fn refused(
    raw: &mut Raw,
    stream: u32,
    fields: &[(&str, &str)],
    body: &[u8],
    code: &str,
    message: &str,
) {
    raw.call(stream, fields, body).await;
    loop {
        match raw.told().await {
            Told::Headers(answered, text) => {
                let status = format!("grpc-status{}{code}", char::from(u8::try_from(code.len()).unwrap()));
                assert_eq!(answered, stream);
                assert!(text.contains(&status) && text.contains(message), "{code} {message:?}: {text:?}");
                return;
            }
            Told::Reset(..) => {}
            told => panic!("{told:?} instead of the status of stream {stream}"),
        }
    }
}

#[tokio::test]
async fn calls_that_cannot_be_are_ended_with_the_status_that_says_why() {
    let s = start().await;
    let mut raw = Raw::greeted(s.address).await;
    let good: &[u8] = &[0, 0, 0, 0, 1, b'x'];
    let two = [good, good].concat();
    for (stream, fields, body, code, message) in [
        (
            1,
            head(":path", "/test.Text/Nope"),
            good,
            "12",
            "service test.Text has no method at /test.Text/Nope",
        ),
        (3, head(":path", "/nobody/Home"), good, "12", "no service is served at /nobody/Home"),
        (
            5,
            head("grpc-encoding", "br"),
            good,
            "12",
            "grpc-encoding \"br\" is not supported; there are identity,gzip",
        ),
        (7, GOOD.to_vec(), &two[..], "12", "more than one request message"),
        (9, GOOD.to_vec(), &[], "12", "no request message"),
        (11, GOOD.to_vec(), &[0, 0, 0, 0, 9, b'x'], "13", "the request ended in the middle of a message"),
        (13, GOOD.to_vec(), &[1, 0, 0, 0, 1, b'x'], "13", "although no grpc-encoding was agreed on"),
        (15, GOOD.to_vec(), &[0, 0x7f, 0, 0, 0], "8", "over the receive limit of 4194304"),
        (17, GOOD.to_vec(), &[0, 0, 0, 0, 1, 0xff], "13", "invalid utf-8"),
        (
            21,
            head("grpc-encoding", "gzip"),
            &[1, 0, 0, 0, 1, b'x'],
            "13",
            "cannot decompress a message of 1 octets",
        ),
    ] {
        refused(&mut raw, stream, &fields, body, code, message).await;
    }
    raw.call(23, &GOOD, good).await;
    loop {
        match raw.told().await {
            Told::Data(23, body) => break assert_eq!(body, [0, 0, 0, 0, 1, b'X']),
            Told::Headers(..) | Told::Reset(..) => {}
            told => panic!("{told:?}"),
        }
    }
}

#[tokio::test]
async fn atk_36_a_path_without_a_slash_is_refused_before_anything_else() {
    let s = start().await;
    let mut raw = Raw::greeted(s.address).await;
    raw.send(&frame(1, 5, 1, &block(&head(":path", "test.Text/Upper")))).await;
    assert_eq!(raw.told().await, Told::Reset(1, 1));
    is_served(&s.channel).await;
}

#[tokio::test]
async fn a_violation_is_named_in_the_goaway_and_ends_its_connection_alone() {
    let s = start().await;
    is_served(&s.channel).await;
    let mut raw = Raw::greeted(s.address).await;
    raw.send(&frame(6, 0, 1, &[0; 8])).await;
    assert_eq!(raw.told().await, Told::GoAway(1, "PING names a stream".into()));
    assert_eq!(raw.told().await, Told::Closed);
    is_served(&s.channel).await;
}

#[tokio::test]
async fn noise_never_takes_the_server_down() {
    let s = start().await;
    // xorshift with a fixed seed: the same noise on every machine.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..200 {
        let mut raw = Raw::greeted(s.address).await;
        for _ in 0..20 {
            let payload: Vec<u8> = (0..random() % 64).map(|_| random().to_be_bytes()[0]).collect();
            let kind = u8::try_from(random() % 11).unwrap();
            let flags = random().to_be_bytes()[0];
            let stream = u32::try_from(random() % 8).unwrap();
            raw.send(&frame(kind, flags, stream, &payload)).await;
        }
        drop(raw);
        if round % 20 == 0 {
            is_served(&s.channel).await;
        }
    }
    is_served(&s.channel).await;
}

#[tokio::test(start_paused = true)]
async fn atk_34_a_silent_connection_is_closed_after_its_time() {
    let s = start().await;
    is_served(&s.channel).await;
    let began = tokio::time::Instant::now();
    let raw = Raw::connect(s.address).await;
    raw.rest().await;
    let waited = began.elapsed();
    assert!((10..12).contains(&waited.as_secs()), "{waited:?}");
    is_served(&s.channel).await;
}

#[tokio::test(start_paused = true)]
async fn atk_34_a_header_block_that_never_ends_is_cut_after_its_time() {
    let s = start().await;
    is_served(&s.channel).await;
    let began = tokio::time::Instant::now();
    let mut raw = Raw::greeted(s.address).await;
    // Acknowledges the server's SETTINGS, so that only the block is late.
    raw.send(&frame(4, 1, 0, &[])).await;
    raw.send(&frame(1, 0, 1, &block(&GOOD))).await;
    assert_eq!(raw.told().await, Told::GoAway(11, "a header block was not finished in time".into()));
    let waited = began.elapsed();
    assert!((5..7).contains(&waited.as_secs()), "{waited:?}");
    is_served(&s.channel).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_that_keeps_to_the_times_is_served() {
    let s = start().await;
    let sleep = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
    let mut raw = Raw::connect(s.address).await;
    sleep(9).await;
    raw.send(PREFACE).await;
    // SETTINGS_HEADER_TABLE_SIZE 0: every answer is literals.
    raw.send(&frame(SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0])).await;
    sleep(10).await;
    raw.send(&frame(SETTINGS, ACK, 0, &[])).await;
    let block = block(&GOOD);
    raw.send(&frame(HEADERS, 0, 1, &block[..20])).await;
    sleep(4).await;
    raw.send(&frame(CONTINUATION, END_HEADERS, 1, &block[20..])).await;
    for octet in [0, 0, 0, 0, 1] {
        sleep(50).await;
        raw.send(&frame(DATA, 0, 1, &[octet])).await;
    }
    raw.send(&frame(DATA, END_STREAM, 1, b"x")).await;
    assert!(matches!(raw.told().await, Told::Headers(1, _)));
    assert_eq!(raw.told().await, Told::Data(1, vec![0, 0, 0, 0, 1, b'X']));
    assert!(s.handle.counters().all().all(|(_, count)| count == 0));
}

#[tokio::test]
async fn a_port_in_use_says_so_and_what_to_do() {
    let s = start().await;
    let error = Server::new().bind(s.address.to_string()).await.unwrap_err();
    assert!(error.is_address_in_use());
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {}: Address already in use (os error 98); \
             another program listens there; stop it or choose another port",
            s.address
        )
    );
}

#[tokio::test]
async fn atk_35_connections_over_the_limit_are_closed_on_arrival() {
    let mut limits = ServerLimits::default();
    limits.connections_max = 1;
    let s = start_with(limits).await;
    is_served(&s.channel).await;
    let raw = Raw::connect(s.address).await;
    assert_eq!(raw.rest().await, "");
    is_served(&s.channel).await;
}

/// A server that says one thing to everybody.
async fn says(octets: &'static [u8]) -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = Channel::new(listener.local_addr().unwrap().to_string()).unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut heard = [0; 1024];
            let _ = socket.read(&mut heard).await;
            let _ = socket.write_all(octets).await;
            let _ = socket.shutdown().await;
        }
    });
    channel
}

#[tokio::test]
async fn a_client_says_what_the_other_side_seems_to_be() {
    for (octets, words) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "the server answered with HTTP/1.1"),
        (&[0x15, 3, 3, 0, 2, 2, 70, 0, 0], "the server answered with TLS"),
        (b"", "the server closed it"),
        (b"220 smtp.example ESMTP", "the server broke HTTP/2: the first frame is"),
    ] {
        let channel = says(octets).await;
        let status = channel.unary(&UPPER, "x".to_owned().into()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains(words), "{words:?} not in {status}");
        assert!(!status.may_have_executed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up_after_the_connect_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = Channel::new(listener.local_addr().unwrap().to_string()).unwrap();
    let status = channel.unary(&UPPER, "x".to_owned().into()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("timed out after 20 s"), "{status}");
    let call =
        channel.unary(&UPPER, "x".to_owned().into()).wait_for_ready(true).timeout(Duration::from_secs(1));
    assert_eq!(call.await.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_says_so() {
    let channel = Channel::new("dns:///no-such-host.invalid:50051").unwrap();
    let status = channel.unary(&UPPER, "x".to_owned().into()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let text = status.to_string();
    assert!(text.starts_with("UNAVAILABLE: cannot resolve \"no-such-host.invalid:50051\": "), "{text}");
    assert!(text.ends_with("[phase=resolve, local]"), "{text}");
}
