//! Credit for messages larger than a window: who gets it, when, and how much of it there is.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::sync::Arc;

use common::raw::{DATA, END_HEADERS, HEADERS, Raw, block, frame, head};
use common::{Text, TextMethod, Texts, is_served};
use ferrpc::server::{Call, Running, Service};
use ferrpc::{Channel, Kind, Method, MethodInfo, Request, Server, Streaming};
use tokio::sync::mpsc;

static TAKE: TextMethod =
    Method::with_codecs("/test.Take/Take", "test.Take", "Take", Kind::ClientStreaming, &Text, &Text);
static METHODS: [MethodInfo; 1] = [TAKE.info()];

/// A service whose calls take one message and no more.
struct Take {
    taken: mpsc::UnboundedSender<()>,
}

impl Service for Take {
    fn name(&self) -> &'static str {
        "test.Take"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        &METHODS
    }

    fn dispatch(&self, _: usize, call: Call) -> Running {
        let taken = self.taken.clone();
        call.client_streaming(&TAKE, |mut request: Request<Streaming<String>>| async move {
            let first = request.get_mut().message().await?;
            assert!(first.is_some());
            let _ = taken.send(());
            std::future::pending().await
        })
    }
}

const STREAMS: u32 = 20;
/// What a stream starts with, and what the server lends in all.
const WINDOW_BYTES: u64 = 65_535;
const EXTENDED_BYTES_MAX: u64 = 16 << 20;

#[tokio::test]
async fn credit_that_comes_while_a_batch_is_unread_stays_within_its_budget() {
    // A receiver takes all messages there are at once and hands them out one by one. While it is at the first of
    // them, a large one that begins has its credit: a window early, and never more than there is to lend.
    let (taken, mut is_taken) = mpsc::unbounded_channel();
    let bound = Server::new().add(Take { taken }).add(Texts::default()).bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr();
    let counters = Arc::clone(bound.handle().counters());
    tokio::spawn(bound.run());
    let mut raw = Raw::greeted(address).await;
    // A message of 1,000 octets 60 times, in one go: one batch.
    let batch = [&[0, 0, 0, 3, 232][..], &[b'x'; 1000]].concat().repeat(15);
    for n in 0..STREAMS {
        let stream = 2 * n + 1;
        raw.send(&frame(HEADERS, END_HEADERS, stream, &block(&head(":path", "/test.Take/Take")))).await;
        let piece = frame(DATA, 0, stream, &batch);
        raw.send(&piece.repeat(4)).await;
    }
    for _ in 0..STREAMS {
        is_taken.recv().await.unwrap();
    }
    raw.settle().await;
    // Nobody is at its end: what was taken is not consumed, but for one message of each.
    assert_eq!(raw.stream_credit, 0);
    // Then a message of nearly 4 MiB begins on each: credit for four of them is there to be lent.
    for n in 0..STREAMS {
        raw.send(&frame(DATA, 0, 2 * n + 1, &[0, 0, 0x3f, 0xff, 0xf0])).await;
    }
    raw.settle().await;
    let lent = raw.stream_credit;
    assert!((3 << 22..=EXTENDED_BYTES_MAX + u64::from(STREAMS) * WINDOW_BYTES).contains(&lent), "{lent}");
    assert!(counters.http2.extended_bytes_max.get() > 0, "some wait");
    // The rest have none, and nobody else is harmed.
    is_served(&Channel::new(address.to_string()).unwrap()).await;
}
