//! A server's end, stage by stage: it comes by its deadline whatever the peers do. Time is virtual.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::time::Duration;

use common::raw::{
    ACK, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, GOOD, HEADERS, PREFACE, SETTINGS, block, frame,
};
use common::{ECHO, SPLIT, Texts, UPPER};
use ferrpc::server::{Acceptor, Handle, ShutdownPlan, ShutdownReport};
use ferrpc::{Channel, Code, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

async fn ended(handle: &Handle) -> ShutdownReport {
    handle.ended().await.expect("it was shut down")
}

fn plan(lame_duck: u32, drain: u32, kill: u32) -> ShutdownPlan {
    let mut plan = ShutdownPlan::default();
    plan.lame_duck = lame_duck * SECOND;
    plan.drain = drain * SECOND;
    plan.kill = kill * SECOND;
    plan
}

async fn is_served(channel: &Channel) {
    assert_eq!(channel.unary(&UPPER, "ok".to_owned().into()).await.unwrap().as_str(), "OK");
}

/// A connection that is written by hand.
fn raw(acceptor: &Acceptor) -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(16 << 10);
    acceptor.accept(ours);
    theirs
}

/// What a client says that opens a stream of words and reads nothing of it: its windows are closed.
fn unread(word_bytes: usize) -> Vec<u8> {
    let mut octets = PREFACE.to_vec();
    octets.extend(frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]));
    octets.extend(frame(SETTINGS, ACK, 0, &[]));
    let head =
        GOOD.map(|(name, value)| if name == ":path" { (name, "/test.Text/Split") } else { (name, value) });
    octets.extend(frame(HEADERS, END_HEADERS, 1, &block(&head)));
    let mut message = vec![0];
    message.extend(u32::try_from(word_bytes).unwrap().to_be_bytes());
    message.extend(vec![b'x'; word_bytes]);
    octets.extend(frame(DATA, END_STREAM, 1, &message));
    octets
}

/// The frames up to the end of the connection.
async fn all_frames(io: &mut DuplexStream) -> Vec<(u8, Vec<u8>)> {
    let mut octets = Vec::new();
    io.read_to_end(&mut octets).await.unwrap();
    let mut left = &octets[..];
    let mut frames = Vec::new();
    while let Some((frame, rest)) = Frame::first(left) {
        frames.push((frame.kind, frame.payload.to_vec()));
        left = rest;
    }
    frames
}

#[tokio::test(start_paused = true)]
async fn a_lame_duck_serves_as_before_and_says_that_it_is_one() {
    let (channel, handle) = Server::new().add(Texts::default()).in_process();
    is_served(&channel).await;
    let began = Instant::now();
    handle.shutdown_with(&plan(5, 25, 30));
    handle.ending().await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    sleep(4 * SECOND).await;
    is_served(&channel).await;
    let report = ended(&handle).await;
    assert_eq!(began.elapsed(), 5 * SECOND);
    assert_eq!((report.connections, report.undrained, report.calls_cut, report.killed), (1, 0, 0, 0));
    let status = channel.unary(&UPPER, "x".to_owned().into()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn calls_that_end_in_time_are_drained() {
    let (channel, handle) = Server::new().add(Texts::default()).in_process();
    let (mut tx, mut rx) = channel.bidi(&ECHO).await.unwrap().split();
    tx.send("before".into()).await.unwrap();
    rx.message().await.unwrap();
    let began = Instant::now();
    handle.shutdown();
    sleep(24 * SECOND).await;
    tx.send("during".into()).await.unwrap();
    assert_eq!(rx.message().await.unwrap().unwrap(), "during");
    tx.close();
    assert_eq!(rx.message().await.unwrap(), None);
    let report = ended(&handle).await;
    assert_eq!((report.connections, report.undrained, report.calls_cut, report.killed), (1, 0, 0, 0));
    assert_eq!(began.elapsed(), 24 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn calls_that_do_not_end_are_cut_and_told_why() {
    let texts = Texts::default();
    let dropped = texts.dropped.clone();
    let (channel, handle) = Server::new().add(texts).in_process();
    let (mut tx, mut rx) = channel.bidi(&ECHO).await.unwrap().split();
    tx.send("before".into()).await.unwrap();
    rx.message().await.unwrap();
    let sleeper = tokio::spawn(channel.unary(&UPPER, "sleep".to_owned().into()).into_future());
    let began = Instant::now();
    handle.shutdown();
    for status in [rx.message().await.unwrap_err(), sleeper.await.unwrap().unwrap_err()] {
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().starts_with("the server is shutting down"), "{status}");
    }
    dropped.notified().await;
    let report = ended(&handle).await;
    assert_eq!((report.connections, report.undrained, report.calls_cut, report.killed), (1, 1, 2, 0));
    assert_eq!(began.elapsed(), 25 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_holds_nothing_up() {
    let (acceptor, handle) = Server::new().add(Texts::default()).accept_by_hand();
    // One that never spoke, one that never reads or answers.
    let mut silent = raw(&acceptor);
    let mut deaf = raw(&acceptor);
    deaf.write_all(PREFACE).await.unwrap();
    deaf.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    sleep(SECOND).await;
    let began = Instant::now();
    handle.shutdown();
    let report = ended(&handle).await;
    // Five seconds for the PING of the drain, one to say goodbye.
    assert!(began.elapsed() <= 6 * SECOND, "{report:?}");
    assert_eq!((report.connections, report.undrained, report.killed), (2, 0, 0));
    for io in [&mut silent, &mut deaf] {
        let goaways = all_frames(io).await.iter().filter(|(kind, _)| *kind == GOAWAY).count();
        assert_eq!(goaways, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_closed_at_the_kill() {
    let (acceptor, handle) = Server::new().add(Texts::default()).accept_by_hand();
    let mut hostile = raw(&acceptor);
    // Its call has an answer, for which the window never opens; not even the trailers behind it may go.
    hostile.write_all(&unread(1000)).await.unwrap();
    sleep(SECOND).await;
    let began = Instant::now();
    handle.shutdown_with(&plan(0, 10, 20));
    let report = ended(&handle).await;
    assert_eq!((report.connections, report.undrained, report.killed), (1, 1, 1));
    assert!((20 * SECOND..=21 * SECOND).contains(&began.elapsed()), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_is_drained_as_long_as_there_is_time() {
    for (pause, killed) in [(Duration::from_millis(10), 0), (SECOND, 1)] {
        let (acceptor, handle) = Server::new().add(Texts::default()).accept_by_hand();
        let (ours, theirs) = tokio::io::duplex(256);
        acceptor.accept(ours);
        let slow = tokio::spawn(async move {
            let mut request = unread(15_000);
            // With open windows, for once.
            let at = PREFACE.len();
            request.splice(at..at + 15, frame(SETTINGS, 0, 0, &[]));
            let (mut read, mut write) = tokio::io::split(theirs);
            let writing = tokio::spawn(async move { write.write_all(&request).await.map(|()| write) });
            let mut octets = [0; 64];
            while read.read(&mut octets).await.is_ok_and(|n| n > 0) {
                sleep(pause).await;
            }
            drop(writing);
        });
        sleep(SECOND).await;
        let began = Instant::now();
        handle.shutdown_with(&plan(0, 10, 20));
        let report = ended(&handle).await;
        assert_eq!((report.connections, report.killed), (1, killed), "{pause:?}");
        assert!(began.elapsed() <= 21 * SECOND, "{report:?}");
        slow.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_can_be_hastened_and_never_put_off() {
    let (channel, handle) = Server::new().add(Texts::default()).in_process();
    let mut words = channel.bidi(&ECHO).await.unwrap();
    words.sender().send("one".into()).await.unwrap();
    words.receiver().message().await.unwrap();
    let began = Instant::now();
    handle.shutdown_with(&plan(100, 100, 300));
    sleep(10 * SECOND).await;
    handle.shutdown_with(&plan(2, 3, 4));
    handle.shutdown_with(&plan(900, 900, 900));
    let report = ended(&handle).await;
    assert_eq!((report.undrained, report.calls_cut), (1, 1));
    assert_eq!(began.elapsed(), 15 * SECOND);
    handle.shutdown_now();
    assert_eq!(ended(&handle).await, report);
}

#[tokio::test(start_paused = true)]
async fn a_stage_of_for_ever_is_a_day() {
    let (channel, handle) = Server::new().add(Texts::default()).in_process();
    let mut words = channel.bidi(&ECHO).await.unwrap();
    words.sender().send("one".into()).await.unwrap();
    words.receiver().message().await.unwrap();
    let began = Instant::now();
    let mut plan = ShutdownPlan::default();
    (plan.lame_duck, plan.drain, plan.kill) = (Duration::MAX, Duration::MAX, Duration::MAX);
    handle.shutdown_with(&plan);
    ended(&handle).await;
    assert_eq!(began.elapsed(), 48 * 3600 * SECOND);
}

#[tokio::test]
async fn one_listener_is_drained_and_the_others_go_on() {
    let mut bound = Server::new().add(Texts::default()).bind("127.0.0.1:0").await.unwrap();
    let (first, handle) = (bound.local_addr(), bound.handle());
    let second = bound.listen("127.0.0.1:0").await.unwrap();
    let server = tokio::spawn(bound.run());
    let [one, two] = [first, second].map(|address| Channel::new(address.to_string()).unwrap());
    let mut words = two.server_streaming(&SPLIT, "a flood".to_owned().into()).await.unwrap();
    assert_eq!(words.message().await.unwrap().unwrap(), "a");
    is_served(&one).await;
    handle.drain_listener(second);
    // The call goes on; a new one is not taken there any more.
    words.message().await.unwrap().unwrap();
    loop {
        match two.unary(&UPPER, "x".to_owned().into()).await {
            // The GOAWAY is on its way.
            Ok(_) => {}
            Err(status) => break assert_eq!(status.code(), Code::Unavailable),
        }
    }
    words.message().await.unwrap().unwrap();
    drop(words);
    is_served(&one).await;
    handle.shutdown();
    server.await.unwrap().unwrap();
    assert_eq!(ended(&handle).await.killed, 0);
}

#[tokio::test]
async fn a_server_that_was_dropped_has_no_report() {
    let bound = Server::new().bind("127.0.0.1:0").await.unwrap();
    let handle = bound.handle();
    drop(bound);
    assert_eq!(handle.ended().await, None);
}
