//! The exchange of a call: its connection on one side, the halves that receive and send on the other, and the inbox
//! between them.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use ferrpc_attack::frames::{END_HEADERS, HEADERS, PREFACE, SETTINGS, append, block};
use ferrpc_http2::{Chunk, Connection, End, ErrorCode, Event, Limits, StreamKey};
use loom::sync::atomic::Ordering;
use loom::thread;

use crate::codec::Segments;
use crate::conn::exchange::{Ended, Exchange, Feed, Messages, Whose};
use crate::conn::handed_over;
use crate::conn::inbox::{Command, Inbox};
use crate::envelope::BEGUN;
use crate::metadata::Metadata;
use crate::{Model, Task, model, waker};

pub(crate) const MODELS: [Model; 7] = [
    ("messages and the end reach a receiver that sleeps", messages_and_the_end_reach_a_receiver_that_sleeps),
    ("who waits for the whole answer is woken by its end alone", whole_answer_wakes_once),
    ("what is sent never lies there without its command", what_is_sent_never_lies_there_without_its_command),
    ("a sender that was told to wait is told to go on", sender_that_was_told_to_wait_is_told_to_go_on),
    ("who waits for a large message gets its credit", who_waits_for_a_large_message_gets_its_credit),
    ("a call given up beside its end is reset unless it was over", call_given_up_beside_its_end),
    ("a sender hears that its call was given up", sender_hears_that_its_call_was_given_up),
];

/// A server's connection with one stream, which has its head.
fn engine(unsent_bytes_mark: usize) -> (Connection, StreamKey) {
    let mut limits = Limits::default();
    limits.unsent_bytes_mark = unsent_bytes_mark;
    let mut conn = Connection::server(limits, Instant::now());
    let mut octets = PREFACE.to_vec();
    // Windows of nothing: what is sent stays with the engine.
    append(&mut octets, SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let head = block(&[(":method", "POST"), (":scheme", "http"), (":path", "/")]);
    append(&mut octets, HEADERS, END_HEADERS, 1, &head);
    conn.space()[..octets.len()].copy_from_slice(&octets);
    conn.received(octets.len(), Instant::now());
    while let Some(event) = conn.event() {
        if let Event::Head { stream, .. } = event {
            conn.send_headers(stream, End::No, |_| {});
            return (conn, stream);
        }
    }
    unreachable!("the head is whole");
}

fn exchange(key: StreamKey) -> (Arc<Inbox>, Arc<Exchange>) {
    let inbox = Arc::new(Inbox::default());
    let exchange = Exchange::new(inbox.clone(), Whose::Server, Some(key), None);
    (inbox, exchange)
}

/// Receives until the peer's half is over: all octets, and how it ended.
fn receive(exchange: &Exchange) -> (Vec<u8>, Ended) {
    let task = Task::new();
    let waker = waker(&task);
    let (mut came, mut consumed, mut octets) = (Messages::default(), 0, Vec::new());
    loop {
        match exchange.poll_messages(&Context::from_waker(&waker), &mut came, &mut consumed) {
            Poll::Pending => task.notify.wait(),
            Poll::Ready(Err(ended)) => return (octets, ended),
            Poll::Ready(Ok(())) => {
                while let Some(front) = came.narrow() {
                    octets.extend_from_slice(came.first().as_slice());
                    came.go_on(front);
                }
                consumed += 1;
            }
        }
    }
}

/// A connection's turns, until `is_done` with a command or without.
fn turns(inbox: &Inbox, mut is_done: impl FnMut(Option<Command>) -> bool) {
    let task = Task::new();
    let waker = waker(&task);
    let mut commands = Vec::new();
    while !is_done(None) {
        inbox.take(&mut commands, &waker);
        if commands.is_empty() {
            task.notify.wait();
        }
        for command in commands.drain(..) {
            if is_done(Some(command)) {
                return;
            }
        }
    }
}

/// Sends messages of so many octets, one behind the other as each may go, then the end.
fn send(exchange: &Exchange, sizes: &[usize]) {
    let task = Task::new();
    let waker = waker(&task);
    for size in sizes {
        let mut message = Segments(*size);
        while exchange.poll_send(&Context::from_waker(&waker), &mut message, || None).is_pending() {
            task.notify.wait();
        }
        assert_eq!(message.len(), 0);
    }
    exchange.send_end();
}

fn messages_and_the_end_reach_a_receiver_that_sleeps() {
    model(|| {
        let (mut conn, key) = engine(usize::MAX);
        let (_inbox, exchange) = exchange(key);
        let shared = exchange.clone();
        let driver = thread::spawn(move || {
            let mut feed = Feed::new(shared.clone(), 1);
            for octets in [b"a", b"b"] {
                let came = feed.data(&mut conn, key, Chunk::copy_of(octets), End::No);
                assert_eq!(came.expect("messages"), 1);
            }
            shared.end(Ok(Metadata));
        });
        let (octets, ended) = receive(&exchange);
        driver.join().unwrap();
        assert_eq!(octets, b"ab");
        assert!(ended.is_ok());
    });
}

fn whole_answer_wakes_once() {
    model(|| {
        let (mut conn, key) = engine(usize::MAX);
        let (_inbox, exchange) = exchange(key);
        let shared = exchange.clone();
        let driver = thread::spawn(move || {
            let mut feed = Feed::new(shared.clone(), 1);
            shared.opened(key);
            shared.set_head(Metadata);
            let came = feed.data(&mut conn, key, Chunk::copy_of(b"a"), End::No);
            assert_eq!(came.expect("messages"), 1);
            shared.end(Ok(Metadata));
        });
        let task = Task::new();
        let waker = waker(&task);
        let finished = loop {
            match exchange.poll_finished(&Context::from_waker(&waker)) {
                Poll::Ready(finished) => break finished,
                Poll::Pending => task.notify.wait(),
            }
        };
        driver.join().unwrap();
        assert!(finished.ended.is_ok() && !finished.messages.is_empty());
        assert!(task.wakes.load(Ordering::SeqCst) <= 1);
    });
}

/// Sends messages of these sizes and sees that the connection has all of them when it hears that nothing follows.
fn sent(unsent_bytes_mark: usize, sizes: &'static [usize]) {
    let (mut conn, key) = engine(unsent_bytes_mark);
    let (inbox, exchange) = exchange(key);
    let shared = exchange.clone();
    let sender = thread::spawn(move || send(&shared, sizes));
    let feed = Feed::new(exchange.clone(), 1);
    let before = handed_over();
    turns(&inbox, |command| {
        if matches!(command, Some(Command::Send { .. })) {
            feed.send(&mut conn, key);
            if conn.should_pause(key) {
                // As the engine says once it has written what it had.
                exchange.writable();
            }
        }
        matches!(command, Some(Command::End { .. }))
    });
    sender.join().unwrap();
    assert_eq!(handed_over() - before, sizes.iter().sum::<usize>());
}

fn what_is_sent_never_lies_there_without_its_command() {
    // The third has to wait until the connection has taken what is there.
    model(|| sent(usize::MAX, &[40 << 10, 40 << 10, 1]));
}

fn sender_that_was_told_to_wait_is_told_to_go_on() {
    // The engine has more than it should from the first octet on.
    model(|| sent(0, &[1, 1]));
}

fn who_waits_for_a_large_message_gets_its_credit() {
    model(|| {
        let (mut conn, key) = engine(usize::MAX);
        let (inbox, exchange) = exchange(key);
        let shared = exchange.clone();
        let driver = thread::spawn(move || {
            let mut feed = Feed::new(shared.clone(), 1);
            let before = conn.output().len();
            for octets in [b"a", BEGUN] {
                feed.data(&mut conn, key, Chunk::copy_of(octets), End::No).expect("messages");
            }
            // A WINDOW_UPDATE: at once if the first message was taken by then, else when its octet comes back.
            turns(&inbox, |command| {
                if let Some(Command::Consumed { octets, .. }) = command {
                    feed.consumed(&mut conn, key, octets);
                }
                conn.output().len() > before
            });
            shared.end(Ok(Metadata));
        });
        let (octets, _) = receive(&exchange);
        driver.join().unwrap();
        assert_eq!(octets, b"a");
    });
}

fn call_given_up_beside_its_end() {
    model(|| {
        let (_, key) = engine(usize::MAX);
        let (inbox, exchange) = exchange(key);
        let (giving_up, ending) = (exchange.clone(), exchange.clone());
        let threads = [
            thread::spawn(move || giving_up.abandon(ErrorCode::CANCEL)),
            thread::spawn(move || ending.end(Ok(Metadata))),
        ];
        let (_, ended) = receive(&exchange);
        for thread in threads {
            thread.join().unwrap();
        }
        let resets = inbox.close().into_iter().filter(|command| matches!(command, Command::Reset { .. }));
        assert_eq!(resets.count(), usize::from(ended.is_err()));
    });
}

fn sender_hears_that_its_call_was_given_up() {
    model(|| {
        let (_, key) = engine(usize::MAX);
        let (_inbox, exchange) = exchange(key);
        let giving_up = exchange.clone();
        let receiver = thread::spawn(move || giving_up.abandon(ErrorCode::CANCEL));
        let task = Task::new();
        let waker = waker(&task);
        while exchange.poll_over(&Context::from_waker(&waker)).is_pending() {
            task.notify.wait();
        }
        receiver.join().unwrap();
    });
}
