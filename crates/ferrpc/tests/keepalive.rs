//! Who is still there, who asks too often, and connections that are old or have nothing to do. Time is virtual.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::time::Duration;

use common::raw::{ACK, END_HEADERS, Frame, GOAWAY, GOOD, HEADERS, PING, PREFACE, SETTINGS, block, frame};
use common::{ECHO, Texts, UPPER};
use ferrpc::client::{ChannelConfig, ConnectivityState};
use ferrpc::{Channel, Code, Keepalive, Server, ServerLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn asking(every: Duration, timeout: Duration, without_calls: bool) -> ChannelConfig {
    let mut config = ChannelConfig::default();
    config.keepalive = Keepalive::every(every);
    config.keepalive.timeout = timeout;
    config.keepalive.without_calls = without_calls;
    config.idle_timeout = None;
    config
}

/// A server that greets, then says nothing more, and tells when a PING came.
async fn silent() -> (String, mpsc::UnboundedReceiver<Instant>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, pings) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let greeting = [frame(SETTINGS, 0, 0, &[]), frame(SETTINGS, ACK, 0, &[])].concat();
            socket.write_all(&greeting).await.unwrap();
            let mut octets = Vec::new();
            let mut preface_left = PREFACE.len();
            while socket.read_buf(&mut octets).await.is_ok_and(|n| n > 0) {
                let n = preface_left.min(octets.len());
                octets.drain(..n);
                preface_left -= n;
                while let Some((read, rest)) = Frame::first(&octets) {
                    if read.kind == PING {
                        let _ = sender.send(Instant::now());
                    }
                    let used = octets.len() - rest.len();
                    octets.drain(..used);
                }
            }
        }
    });
    (address, pings)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_asked_and_then_given_up() {
    let (address, mut pings) = silent().await;
    let channel = Channel::with_config(address, asking(30 * SECOND, 5 * SECOND, false)).unwrap();
    let began = Instant::now();
    let status = channel.unary(&UPPER, "x".to_owned().into()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("did not answer a keepalive PING for 5 s"), "{status}");
    assert_eq!(pings.recv().await.unwrap() - began, 30 * SECOND);
    assert_eq!(began.elapsed(), 35 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_channel_without_calls_asks_only_where_it_should() {
    for (without_calls, asked) in [(false, false), (true, true)] {
        let (address, mut pings) = silent().await;
        let config = asking(30 * SECOND, 300 * SECOND, without_calls);
        let channel = Channel::with_config(address, config).unwrap();
        channel.connect();
        sleep(60 * SECOND).await;
        assert_eq!(pings.try_recv().is_ok(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn no_client_asks_more_often_than_every_ten_seconds() {
    let (address, mut pings) = silent().await;
    let channel = Channel::with_config(address, asking(SECOND, 60 * SECOND, true)).unwrap();
    let began = Instant::now();
    channel.connect();
    assert_eq!(pings.recv().await.unwrap() - began, 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn who_asks_too_often_is_told_so_and_asks_half_as_often() {
    let config = asking(MINUTE, 20 * SECOND, false);
    let (channel, handle) = Server::new().add(Texts::default()).in_process_with(config);
    let mut texts = Vec::new();
    for _ in 0..3 {
        let mut chat = channel.bidi(&ECHO).await.unwrap();
        let began = Instant::now();
        let status = chat.receiver().message().await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        texts.push((status.message().to_owned(), began.elapsed().as_secs() / 60));
    }
    // The first is free, then two strikes: the fourth ends it.
    for ((text, minutes), (doubled, after)) in texts.iter().zip([("2 min", 4), ("4 min", 8), ("8 min", 16)]) {
        let words =
            format!("GOAWAY ENHANCE_YOUR_CALM \"too_many_pings\"; keepalive interval doubled to {doubled}");
        assert!(text.contains(&words), "{text}");
        assert_eq!(*minutes, after, "{text}");
    }
    assert_eq!(channel.counters().keepalive_doubled.get(), 3);
    assert_eq!(handle.counters().http2.ping_strikes_max.get(), 3);
    // Every eight minutes is no offence.
    let mut chat = channel.bidi(&ECHO).await.unwrap();
    sleep(1000 * MINUTE).await;
    chat.sender().send("still here".into()).await.unwrap();
    assert_eq!(chat.receiver().message().await.unwrap().unwrap(), "still here");
}

/// A connection to a server with these limits, written by hand and greeted.
async fn raw(limits: ServerLimits) -> DuplexStream {
    let (acceptor, _) = Server::new().add(Texts::default()).limits(limits).accept_by_hand();
    let (ours, mut theirs) = tokio::io::duplex(16 << 10);
    acceptor.accept(ours);
    theirs.write_all(PREFACE).await.unwrap();
    theirs.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    theirs.write_all(&frame(SETTINGS, ACK, 0, &[])).await.unwrap();
    theirs
}

/// When frames of this kind came, until the connection ended or nothing came for a day; PINGs are answered if wanted.
async fn times(io: &mut DuplexStream, kind: u8, answer: bool) -> (Vec<u64>, bool) {
    let (began, mut at, mut octets) = (Instant::now(), Vec::new(), Vec::new());
    loop {
        match tokio::time::timeout(24 * 60 * MINUTE, io.read_buf(&mut octets)).await {
            Ok(Ok(n)) if n > 0 => {}
            Ok(_) => return (at, true),
            Err(_) => return (at, false),
        }
        while let Some((read, rest)) = Frame::first(&octets) {
            if read.kind == kind {
                at.push(began.elapsed().as_secs());
            }
            let ack = frame(PING, ACK, 0, read.payload);
            let asks = read.kind == PING && read.flags & ACK == 0;
            let used = octets.len() - rest.len();
            octets.drain(..used);
            if asks && answer {
                io.write_all(&ack).await.unwrap();
            }
            if at.len() == 5 {
                return (at, false);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_asks_after_two_hours_and_closes_what_is_dead() {
    let mut dead = raw(ServerLimits::default()).await;
    let began = Instant::now();
    assert_eq!(times(&mut dead, PING, false).await, (vec![7200], true));
    assert_eq!(began.elapsed().as_secs(), 7220);
    let mut alive = raw(ServerLimits::default()).await;
    assert_eq!(times(&mut alive, PING, true).await, (vec![7200, 14400, 21600, 28800, 36000], false));
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_is_drained_at_about_its_age_and_its_calls_are_cut_after_their_grace() {
    let mut limits = ServerLimits::default();
    limits.connection_age_max = Some(100 * SECOND);
    limits.connection_age_grace = 50 * SECOND;
    let mut ends = Vec::new();
    for _ in 0..10 {
        let mut io = raw(limits.clone()).await;
        let head = GOOD.map(|(k, v)| if k == ":path" { (k, "/test.Text/Echo") } else { (k, v) });
        io.write_all(&frame(HEADERS, END_HEADERS, 1, &block(&head))).await.unwrap();
        let began = Instant::now();
        let (goaways, ended) = times(&mut io, GOAWAY, true).await;
        // Twice, since it answers the PING between.
        assert!(ended && goaways.len() == 2 && goaways[0] == goaways[1], "{goaways:?}");
        assert!((90..=110).contains(&goaways[0]), "{goaways:?}");
        let grace = began.elapsed().as_secs() - goaways[0];
        assert!((50..=51).contains(&grace), "{grace} s");
        ends.push(goaways[0]);
    }
    ends.dedup();
    assert!(ends.len() > 1, "all ended after {ends:?}: no jitter");
}

#[tokio::test(start_paused = true)]
async fn a_client_moves_on_from_old_connections_without_an_error() {
    let mut limits = ServerLimits::default();
    limits.connection_age_max = Some(10 * SECOND);
    let (channel, _handle) = Server::new().add(Texts::default()).limits(limits).in_process();
    let mut chat = channel.bidi(&ECHO).await.unwrap();
    for _ in 0..600 {
        assert_eq!(channel.unary(&UPPER, "x".to_owned().into()).await.unwrap().as_str(), "X");
        sleep(SECOND / 10).await;
        chat.sender().send("long".into()).await.unwrap();
        assert_eq!(chat.receiver().message().await.unwrap().unwrap(), "long");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_idle_from_its_last_call_on() {
    let mut limits = ServerLimits::default();
    limits.connection_idle_timeout = Some(60 * SECOND);
    let mut idle = raw(limits.clone()).await;
    assert_eq!(times(&mut idle, GOAWAY, true).await, (vec![60, 60], true));
    let (channel, _handle) = Server::new().add(Texts::default()).limits(limits).in_process();
    let mut chat = channel.bidi(&ECHO).await.unwrap();
    sleep(100 * SECOND).await;
    chat.sender().send("busy".into()).await.unwrap();
    assert_eq!(chat.receiver().message().await.unwrap().unwrap(), "busy");
    assert_eq!(channel.state(), ConnectivityState::Ready);
    drop(chat);
    sleep(59 * SECOND).await;
    assert_eq!(channel.state(), ConnectivityState::Ready);
    sleep(2 * SECOND).await;
    assert_eq!(channel.state(), ConnectivityState::Idle);
}

#[tokio::test(start_paused = true)]
async fn a_channel_without_calls_leaves_its_connection_after_half_an_hour() {
    let (channel, _handle) = Server::new().add(Texts::default()).in_process();
    for _ in 0..3 {
        assert_eq!(channel.unary(&UPPER, "x".to_owned().into()).await.unwrap().as_str(), "X");
        sleep(30 * MINUTE - SECOND).await;
        assert_eq!(channel.state(), ConnectivityState::Ready);
        sleep(2 * SECOND).await;
        assert_eq!(channel.state(), ConnectivityState::Idle);
    }
}
