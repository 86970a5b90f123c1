//! Attacks over real sockets: the bound holds, and a neighbour on another connection is served throughout.
//! The engine's own tests have the other half of the table.

#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::raw::{GOOD, Raw, Told, block, frame, head};
use common::{Text, TextMethod, UPPER, is_served, start};
use ferrpc::server::{Call, Running, Service};
use ferrpc::{Channel, Kind, Method, MethodInfo, Request, Server};

static WAIT: TextMethod =
    Method::with_codecs("/test.Wait/Wait", "test.Wait", "Wait", Kind::Unary, &Text, &Text);
static METHODS: [MethodInfo; 1] = [WAIT.info()];

/// A service whose calls never end, counting those that are alive.
#[derive(Default)]
struct Wait {
    alive: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Service for Wait {
    fn name(&self) -> &'static str {
        "test.Wait"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        &METHODS
    }

    fn dispatch(&self, _: usize, call: Call) -> Running {
        let (alive, most) = (self.alive.clone(), self.most.clone());
        call.unary(&WAIT, |_: Request<String>| async move {
            most.fetch_max(alive.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            let _alive = Alive(alive);
            std::future::pending().await
        })
    }
}

const MESSAGE: [u8; 6] = [0, 0, 0, 0, 1, b'x'];

async fn rapid_reset() {
    // CVE-2023-44487: cancelled handlers count until they are gone.
    let wait = Wait::default();
    let (alive, most) = (wait.alive.clone(), wait.most.clone());
    let bound = Server::new().add(wait).add(common::Texts::default()).bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr();
    tokio::spawn(bound.run());
    let neighbour = Channel::new(address.to_string()).unwrap();
    is_served(&neighbour).await;

    let mut raw = Raw::greeted(address).await;
    let mut octets = Vec::new();
    for n in 0..2000 {
        let stream = 2 * n + 1;
        octets.extend(frame(1, 4, stream, &block(&head(":path", "/test.Wait/Wait"))));
        octets.extend(frame(0, 1, stream, &MESSAGE));
        octets.extend(frame(3, 0, stream, &8u32.to_be_bytes()));
    }
    raw.send(&octets).await;
    loop {
        match raw.told().await {
            Told::GoAway(code, words) => {
                break assert_eq!((code, words.as_str()), (11, "too many streams cut short"));
            }
            Told::Closed => panic!("closed without a word"),
            _ => {}
        }
    }
    is_served(&neighbour).await;
    assert!(most.load(Ordering::Relaxed) <= 200, "{most:?} handlers lived at once");
    // Those that began are gone once the connection is.
    while raw.told().await != Told::Closed {}
    while alive.load(Ordering::Relaxed) > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn atk_01_rapid_reset_on_one_thread() {
    rapid_reset().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_01_rapid_reset_on_two_threads() {
    rapid_reset().await;
}

#[tokio::test(start_paused = true)]
async fn atk_27_a_peer_that_never_reads_is_cut_after_the_stall_timeout() {
    // CVE-2016-1546, CVE-2019-9517: windows wide open, and the socket never read.
    let s = start().await;
    is_served(&s.channel).await;
    let mut raw = Raw::greeted(s.address).await;
    raw.send(&frame(4, 1, 0, &[])).await;
    let wide = (1u32 << 30).to_be_bytes();
    raw.send(&frame(8, 0, 0, &wide)).await;
    raw.send(&frame(1, 4, 1, &block(&head(":path", "/test.Text/Split")))).await;
    raw.send(&frame(8, 0, 1, &wide)).await;
    let began = tokio::time::Instant::now();
    raw.send(&frame(0, 1, 1, &[&[0, 0, 0, 0, 5][..], b"flood"].concat())).await;
    // The handler sends for ever; it is dropped when the connection is given up.
    s.dropped.notified().await;
    let waited = began.elapsed();
    assert!((30..=40).contains(&waited.as_secs()), "{waited:?}");
    is_served(&s.channel).await;
}

#[tokio::test]
async fn atk_05_streams_over_the_limit_are_refused_from_the_first_octet() {
    let s = start().await;
    is_served(&s.channel).await;
    let mut raw = Raw::greeted(s.address).await;
    // Heads only: their calls wait for a message and stay open.
    for n in 0..150 {
        raw.send(&frame(1, 4, 2 * n + 1, &block(&GOOD))).await;
    }
    for n in 100..150 {
        assert_eq!(raw.told().await, Told::Reset(2 * n + 1, 7));
    }
    is_served(&s.channel).await;
}

#[tokio::test]
async fn s21_a_prefix_that_promises_the_limit_takes_no_memory_for_it() {
    let s = start().await;
    let mut raw = Raw::greeted(s.address).await;
    for n in 0..100 {
        let stream = 2 * n + 1;
        raw.send(&frame(1, 4, stream, &block(&GOOD))).await;
        raw.send(&frame(0, 0, stream, &[0, 0, 0x3f, 0xff, 0xff, b'x'])).await;
    }
    // The connection lends credit for large messages from one budget of 16 MiB: the first streams have it,
    // the others wait, and nobody else is harmed.
    is_served(&s.channel).await;
    let call = s.channel.unary(&UPPER, "y".repeat(1 << 20).into());
    assert_eq!(call.await.unwrap().len(), 1 << 20);
}
