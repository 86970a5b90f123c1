//! Our client against a server that means harm: the call learns what happened, memory and work stay bounded, and
//! calls to an honest server go on.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::time::Duration;

use common::raw::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PREFACE, PUSH_PROMISE,
    SETTINGS, WINDOW_UPDATE, block, frame,
};
use common::{ECHO, JOIN, SPLIT, UPPER, is_served, start};
use ferrpc::client::ChannelConfig;
use ferrpc::{Channel, Code, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const OK: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/grpc")];

/// A server that answers the request on stream N, once it is whole, with what `answer` makes for it. Requests of
/// which it makes nothing stay open.
async fn hostile(answer: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static) -> String {
    hostile_with(&[], answer).await
}

async fn hostile_with(
    settings: &'static [u8],
    answer: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            socket.set_nodelay(true).unwrap();
            // One connection after the other: a client has one at a time.
            converse(socket, settings, &answer).await;
        }
    });
    address
}

async fn converse(mut socket: TcpStream, settings: &[u8], answer: impl Fn(u32) -> Vec<u8>) {
    let mut octets = Vec::new();
    let greeting = [frame(SETTINGS, 0, 0, settings), frame(SETTINGS, ACK, 0, &[])].concat();
    // Whoever is cut off has had its say; what the client makes of it is what counts.
    let _ = socket.write_all(&greeting).await;
    let mut preface_left = PREFACE.len();
    while socket.read_buf(&mut octets).await.is_ok_and(|n| n > 0) {
        let n = preface_left.min(octets.len());
        octets.drain(..n);
        preface_left -= n;
        if preface_left > 0 {
            continue;
        }
        while let Some((read, rest)) = Frame::first(&octets) {
            let said = if read.is_end() { answer(read.stream) } else { Vec::new() };
            let used = octets.len() - rest.len();
            octets.drain(..used);
            let _ = socket.write_all(&said).await;
        }
    }
}

fn head(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &block(&OK))
}

fn message(stream: u32, text: &str) -> Vec<u8> {
    let mut octets = vec![0];
    octets.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
    octets.extend_from_slice(text.as_bytes());
    frame(DATA, 0, stream, &octets)
}

fn trailers(stream: u32, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(fields))
}

fn fine(stream: u32) -> Vec<u8> {
    [head(stream), message(stream, "FINE"), trailers(stream, &[("grpc-status", "0")])].concat()
}

async fn call(channel: &Channel) -> Result<String, Status> {
    let call = channel.unary(&UPPER, "x".to_owned().into()).timeout(Duration::from_secs(20));
    call.await.map(ferrpc::Response::into_inner)
}

/// How the first call ends; the second one, on the same connection, must be answered.
async fn first_call_alone(answer: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static) -> Status {
    let honest = start().await;
    let hostile = hostile(move |stream| if stream == 1 { answer(stream) } else { fine(stream) }).await;
    let channel = Channel::new(hostile).unwrap();
    let status = call(&channel).await.unwrap_err();
    assert_eq!(call(&channel).await.unwrap(), "FINE");
    is_served(&honest.channel).await;
    status
}

/// How a call ends whose server breaks the connection.
async fn connection_ends(answer: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static) -> Status {
    let honest = start().await;
    let channel = Channel::new(hostile(answer).await).unwrap();
    let status = call(&channel).await.unwrap_err();
    is_served(&honest.channel).await;
    status
}

#[tokio::test]
async fn atk_37_malformed_answers_end_their_call_alone() {
    let lists: [(&str, &[(&str, &str)]); 10] = [
        ("no status", &[("content-type", "application/grpc")]),
        ("a status twice", &[(":status", "200"), (":status", "200")]),
        ("a status that is none", &[(":status", "20")]),
        ("a status that switches protocols", &[(":status", "101")]),
        ("a pseudo-header of a request", &[(":status", "200"), (":path", "/")]),
        ("a pseudo-header behind a field", &[("a", "b"), (":status", "200")]),
        ("upper case", &[(":status", "200"), ("Upper", "b")]),
        ("a line break", &[(":status", "200"), ("a", "b\r\nc: d")]),
        ("connection-specific", &[(":status", "200"), ("transfer-encoding", "chunked")]),
        ("no length", &[(":status", "200"), ("content-length", "some")]),
    ];
    for (name, list) in lists {
        let status = first_call_alone(move |stream| frame(HEADERS, END_HEADERS, stream, &block(list))).await;
        assert_eq!(status.code(), Code::Internal, "{name}: {status}");
        assert!(status.message().starts_with("the server broke HTTP/2: malformed headers"), "{status}");
    }
}

#[tokio::test]
async fn atk_39_what_a_server_may_never_send_ends_the_call_and_at_most_the_connection() {
    let early = |stream| frame(HEADERS, END_HEADERS, stream, &block(&[(":status", "103")]));
    let status = first_call_alone(move |stream| early(stream).repeat(11)).await;
    assert!(status.message().contains("too many 1xx responses"), "{status}");

    // Ten are fine.
    let channel =
        Channel::new(hostile(move |stream| [early(stream).repeat(10), fine(stream)].concat()).await).unwrap();
    assert_eq!(call(&channel).await.unwrap(), "FINE");

    let status = first_call_alone(|stream| {
        let many: Vec<(&str, &str)> = vec![("x", "y"); 300];
        [head(stream), trailers(stream, &many)].concat()
    })
    .await;
    assert!(status.message().contains("is too large"), "{status}");

    let status =
        connection_ends(|stream| frame(PUSH_PROMISE, END_HEADERS, stream, &[0, 0, 0, 2, 0x82])).await;
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("PUSH_PROMISE, although push is disabled"), "{status}");

    // HEADERS behind trailers come too late to change anything.
    let channel =
        Channel::new(hostile(|stream| [fine(stream), trailers(stream, &[("a", "b")])].concat()).await)
            .unwrap();
    assert_eq!(call(&channel).await.unwrap(), "FINE");
    assert_eq!(call(&channel).await.unwrap(), "FINE");
}

#[tokio::test]
async fn atk_15_a_header_block_without_end_ends_the_connection() {
    let status = connection_ends(|stream| {
        let more = frame(CONTINUATION, 0, stream, &block(&[("a", "b")]));
        [frame(HEADERS, 0, stream, &block(&OK)), more.repeat(9)].concat()
    })
    .await;
    assert!(status.message().contains("more than 8 CONTINUATION frames"), "{status}");
}

#[tokio::test]
async fn atk_31_settings_out_of_their_range_end_the_connection() {
    let honest = start().await;
    for (settings, words) in [
        (&[0, 5, 0, 0, 0, 0][..], "setting 0x5 cannot be 0"),
        (&[0, 4, 0xff, 0xff, 0xff, 0xff], "setting 0x4 cannot be 4294967295"),
        (&[0, 2, 0, 0, 0, 1], "setting 0x2 cannot be 1"),
    ] {
        let channel = Channel::new(hostile_with(settings, fine).await).unwrap();
        let status = call(&channel).await.unwrap_err();
        assert!(status.message().contains(words), "{status}");
        is_served(&honest.channel).await;
    }
    // A table of 4 GiB is taken for the 4 KiB that we use.
    let channel = Channel::new(hostile_with(&[0, 1, 0xff, 0xff, 0xff, 0xff], fine).await).unwrap();
    assert_eq!(call(&channel).await.unwrap(), "FINE");
}

#[tokio::test]
async fn atk_14_goaways_without_end_or_that_rise_end_the_connection() {
    let goaway = |last: u32| frame(GOAWAY, 0, 0, &[&last.to_be_bytes()[..], &[0; 4]].concat());
    let status = connection_ends(move |_| goaway(1).repeat(4)).await;
    assert!(status.message().contains("too many GOAWAY frames"), "{status}");
    let status = connection_ends(move |_| [goaway(1), goaway(3)].concat()).await;
    assert!(status.message().contains("GOAWAY raised its last stream id"), "{status}");
}

#[tokio::test]
async fn atk_28_windows_over_the_largest_end_what_they_belong_to() {
    let update = |stream: u32| frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffff_u32.to_be_bytes());
    let status = connection_ends(move |_| update(0)).await;
    assert!(status.message().contains("a flow-control window over 2^31-1"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn s21_a_prefix_and_nothing_behind_it_is_waited_for_until_the_deadline() {
    let hostile =
        hostile(|stream| [head(stream), frame(DATA, 0, stream, &[0, 0, 0x3f, 0xff, 0xff])].concat()).await;
    let (channel, honest) = (Channel::new(hostile).unwrap(), start().await);
    let began = tokio::time::Instant::now();
    assert_eq!(call(&channel).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(began.elapsed().as_secs(), 20);
    is_served(&honest.channel).await;
}

#[tokio::test]
async fn s22_a_message_over_the_limit_is_refused_on_its_prefix() {
    let mut config = ChannelConfig::default();
    config.message_bytes_max = 1000;
    let hostile = hostile(|stream| [head(stream), frame(DATA, 0, stream, &[0, 0, 0, 3, 233])].concat()).await;
    let channel = Channel::with_config(hostile, config).unwrap();
    let status = call(&channel).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(
        status.message().contains("message of 1001 octets is over the receive limit of 1000"),
        "{status}"
    );
    assert_eq!(channel.counters().message_bytes_max.get(), 1);
    is_served(&start().await.channel).await;
}

#[tokio::test]
async fn s24_octets_that_are_no_message_end_their_call_alone() {
    for (octets, words) in [
        (&[0, 0, 0, 0, 1, 0xff][..], "invalid utf-8"),
        (&[1, 0, 0, 0, 1, b'x'], "compressed message"),
        (&[2, 0, 0, 0, 1, b'x'], "unknown compression flag 2"),
        (&[0, 0, 0, 0, 9, b'x'], "ended in the middle of a message"),
        (&[0, 0], "ended in the middle of a message"),
    ] {
        let status = first_call_alone(move |stream| {
            let end = trailers(stream, &[("grpc-status", "0")]);
            [head(stream), frame(DATA, 0, stream, octets), end].concat()
        })
        .await;
        assert_eq!(status.code(), Code::Internal);
        assert!(status.message().contains(words), "{status}");
    }
}

#[tokio::test]
async fn s18_bad_base64_in_trailers_costs_the_call_nothing() {
    // CVE-2023-32732: one bad value ended the connection of a proxy's many users.
    let odd =
        [("grpc-status", "5"), ("grpc-message", "%zz%"), ("x-bin", "!!!"), ("grpc-status-details-bin", "!")];
    let status = first_call_alone(move |stream| trailers(stream, &[&OK[..], &odd].concat())).await;
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn messages_nobody_asked_for_do_not_pile_up() {
    // More answers than one, and DATA on a stream that ended.
    let hostile = hostile(|stream| {
        let late = message(stream, "late").repeat(100);
        [head(stream), message(stream, "one"), message(stream, "two"), late].concat()
    })
    .await;
    let channel = Channel::new(hostile).unwrap();
    for _ in 0..3 {
        assert_eq!(call(&channel).await.unwrap_err().code(), Code::Unimplemented);
    }
}

#[tokio::test]
async fn a_server_that_overruns_a_paused_subscriber_loses_the_connection() {
    // atk_29 on this side: what is queued unread stays within the window.
    let hostile = hostile(|stream| {
        let large = "x".repeat(16_000);
        [head(stream), message(stream, &large).repeat(5)].concat()
    })
    .await;
    let channel = Channel::new(hostile).unwrap();
    let mut stream = channel.server_streaming(&SPLIT, "x".to_owned().into()).await.unwrap();
    // Reads nothing until it is over.
    while channel.counters().http2.stream_window_bytes.get() == 0 {
        tokio::task::yield_now().await;
    }
    let mut messages = 0;
    let status = loop {
        match stream.message().await {
            Ok(Some(_)) => messages += 1,
            Ok(None) => panic!("a good end"),
            Err(status) => break status,
        }
    };
    assert_eq!(messages, 4);
    assert!(status.message().contains("DATA over the window of stream 1"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_allows_no_stream_or_takes_no_data_costs_the_caller_its_deadline_only() {
    let none = Channel::new(hostile_with(&[0, 3, 0, 0, 0, 0], fine).await).unwrap();
    let began = tokio::time::Instant::now();
    let status = call(&none).await.unwrap_err();
    assert_eq!((status.code(), began.elapsed().as_secs()), (Code::DeadlineExceeded, 20));
    // SETTINGS_INITIAL_WINDOW_SIZE 0: a sender that waits is told when time is up.
    let closed = Channel::new(hostile_with(&[0, 4, 0, 0, 0, 0], |_| Vec::new()).await).unwrap();
    let mut chat = closed.bidi(&ECHO).timeout(Duration::from_secs(5)).await.unwrap();
    let mut sent = 0;
    let status = loop {
        match chat.sender().send("x".repeat(1000)).await {
            Ok(()) => sent += 1,
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::DeadlineExceeded);
    // 64 KiB in the engine, and as much on the way to it.
    assert!((60..=140).contains(&sent), "{sent} messages of 1,000 octets were taken");
}

#[tokio::test]
async fn a_call_that_fails_with_one_answer_due_keeps_what_came_before() {
    let hostile = hostile(|stream| {
        let fields = [(":status", "200"), ("content-type", "application/grpc"), ("x-request", "7")];
        let head = frame(HEADERS, END_HEADERS, stream, &block(&fields));
        [head, trailers(stream, &[("grpc-status", "5"), ("x-trailer", "8")])].concat()
    })
    .await;
    let channel = Channel::new(hostile).unwrap();
    let mut upload = channel.client_streaming(&JOIN).await.unwrap();
    upload.sender().close();
    for status in [call(&channel).await.unwrap_err(), upload.finish().await.unwrap_err()] {
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(status.headers().get("x-request"), Some("7"));
        assert_eq!(
            (status.metadata().get("x-trailer"), status.metadata().get("x-request")),
            (Some("8"), None)
        );
    }
}

/// How calls end that a server answers, one after the other, with these octets.
async fn codes(answers: Vec<fn(u32) -> Vec<u8>>) -> Vec<Code> {
    let count = answers.len();
    let hostile = hostile(move |stream| answers[(stream as usize - 1) / 2](stream)).await;
    let channel = Channel::new(hostile).unwrap();
    let mut codes = Vec::new();
    for _ in 0..count {
        codes.push(call(&channel).await.unwrap_err().code());
    }
    codes
}

/// An answer for each row of a table: its octets, and the code that they mean.
macro_rules! table {
    ($($answer:expr => $code:ident,)*) => {
        let expected = [$((stringify!($answer), Code::$code)),*];
        let codes = codes(vec![$($answer),*]).await;
        assert_eq!(codes.len(), expected.len());
        for ((answer, code), seen) in expected.into_iter().zip(codes) {
            assert_eq!(seen, code, "{answer}");
        }
    };
}

fn http(stream: u32, status: &str) -> Vec<u8> {
    trailers(stream, &[(":status", status), ("content-type", "text/html")])
}

fn reset(stream: u32, code: u8) -> Vec<u8> {
    frame(3, 0, stream, &[0, 0, 0, code])
}

fn status(stream: u32, status: &str) -> Vec<u8> {
    trailers(stream, &[OK[0], OK[1], ("grpc-status", status)])
}

#[tokio::test]
async fn http_answers_without_grpc_status_mean_what_grpcs_table_says() {
    table! {
        |s| http(s, "200") => Unknown,
        |s| http(s, "204") => Unknown,
        |s| http(s, "302") => Unknown,
        |s| http(s, "400") => Internal,
        |s| http(s, "401") => Unauthenticated,
        |s| http(s, "403") => PermissionDenied,
        |s| http(s, "404") => Unimplemented,
        |s| http(s, "405") => Unknown,
        |s| http(s, "415") => Unknown,
        |s| http(s, "429") => Unavailable,
        |s| http(s, "431") => Unknown,
        |s| http(s, "500") => Unknown,
        |s| http(s, "502") => Unavailable,
        |s| http(s, "503") => Unavailable,
        |s| http(s, "504") => Unavailable,
        |s| http(s, "599") => Unknown,
        // 1xx are no answers.
        |s| [frame(HEADERS, END_HEADERS, s, &block(&[(":status", "103")])), http(s, "401")].concat()
            => Unauthenticated,
        // A grpc-status counts whatever HTTP says.
        |s| trailers(s, &[(":status", "503"), OK[1], ("grpc-status", "5")]) => NotFound,
        |s| trailers(s, &OK) => Unknown,
    }
}

#[tokio::test]
async fn resets_mean_what_grpcs_table_says() {
    table! {
        |s| reset(s, 0) => Internal,
        |s| reset(s, 1) => Internal,
        |s| reset(s, 2) => Internal,
        |s| reset(s, 3) => Internal,
        |s| reset(s, 4) => Internal,
        |s| reset(s, 5) => Internal,
        |s| reset(s, 6) => Internal,
        |s| reset(s, 8) => Cancelled,
        |s| reset(s, 9) => Internal,
        |s| reset(s, 10) => Internal,
        |s| reset(s, 11) => ResourceExhausted,
        |s| reset(s, 12) => PermissionDenied,
        |s| reset(s, 13) => Internal,
        |s| reset(s, 200) => Internal,
    }
    // A refused stream is tried once more.
    let refusing = Channel::new(hostile(|stream| reset(stream, 7)).await).unwrap();
    assert_eq!(call(&refusing).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_status_is_a_number_that_grpc_knows_or_unknown() {
    table! {
        |s| status(s, "1") => Cancelled,
        |s| status(s, "2") => Unknown,
        |s| status(s, "3") => InvalidArgument,
        |s| status(s, "4") => DeadlineExceeded,
        |s| status(s, "5") => NotFound,
        |s| status(s, "6") => AlreadyExists,
        |s| status(s, "7") => PermissionDenied,
        |s| status(s, "8") => ResourceExhausted,
        |s| status(s, "9") => FailedPrecondition,
        |s| status(s, "10") => Aborted,
        |s| status(s, "11") => OutOfRange,
        |s| status(s, "12") => Unimplemented,
        |s| status(s, "13") => Internal,
        |s| status(s, "14") => Unavailable,
        |s| status(s, "15") => DataLoss,
        |s| status(s, "16") => Unauthenticated,
        |s| status(s, "17") => Unknown,
        |s| status(s, "-1") => Unknown,
        |s| status(s, "OK") => Unknown,
        |s| status(s, "") => Unknown,
        |s| status(s, "05") => Unknown,
        // A call with one answer that ends well has one.
        |s| status(s, "0") => Unimplemented,
        |s| [head(s), message(s, "a"), message(s, "b"), trailers(s, &[("grpc-status", "0")])].concat()
            => Unimplemented,
        |s| [head(s), message(s, "a"), frame(DATA, END_STREAM, s, &[])].concat() => Unknown,
        |s| [head(s), message(s, "a"), trailers(s, &[("x", "y")])].concat() => Unknown,
    }
}
