//! Attacks over real sockets: the bound holds, and a neighbour on another connection is served throughout.
//! The engine's own tests have the other half of the table.

#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::raw::{
    ACK, DATA, END_HEADERS, END_STREAM, GOOD, HEADERS, PADDED, RST_STREAM, Raw, SETTINGS, Told, block, frame,
    head,
};
use common::{ECHO, JOIN, SPLIT, Text, TextMethod, UPPER, is_served, start, start_with};
use ferrpc::server::{Call, Running, Service};
use ferrpc::{Channel, Code, Kind, Method, MethodInfo, Request, Server, ServerLimits};

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
async fn atk_26_a_peer_that_never_reads_is_cut_after_the_stall_timeout() {
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

/// Reads until the trailers of a stream, and returns them as text.
async fn answer(raw: &mut Raw, stream: u32) -> String {
    loop {
        match raw.told().await {
            Told::Headers(answered, text) if answered == stream && text.contains("grpc-status") => {
                return text;
            }
            Told::Headers(..) | Told::Data(..) => {}
            // That of an answer before, whose request was still open.
            Told::Reset(other, 0) if other < stream => {}
            told => panic!("{told:?} instead of an answer on {stream}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn s25_a_unary_request_that_never_ends_is_given_up_after_the_request_timeout() {
    // CVE-2026-48854: no grpc-timeout, and an octet now and then as long as it pleases.
    let s = start().await;
    let mut raw = Raw::greeted(s.address).await;
    raw.send(&frame(SETTINGS, ACK, 0, &[])).await;
    let began = tokio::time::Instant::now();
    for stream in [1, 3] {
        raw.send(&frame(HEADERS, END_HEADERS, stream, &block(&GOOD))).await;
    }
    raw.send(&frame(DATA, 0, 3, &[0, 0, 0, 0, 9])).await;
    // Each octet counts: a slow client has its time.
    tokio::time::sleep(Duration::from_secs(50)).await;
    raw.send(&frame(DATA, 0, 3, b"x")).await;
    for (stream, seconds) in [(1, 60), (3, 110)] {
        let text = answer(&mut raw, stream).await;
        assert!(text.contains("request_timeout says how long to wait"), "{text:?}");
        assert_eq!(began.elapsed().as_secs(), seconds);
        assert_eq!(raw.told().await, Told::Reset(stream, 0));
    }
    assert_eq!(s.handle.counters().request_timeout.get(), 2);
    is_served(&s.channel).await;
}

#[tokio::test(start_paused = true)]
async fn streams_of_messages_may_pause_for_hours_on_either_side() {
    // An uploader that has nothing to say, and a subscriber that does not read while its window is full.
    let s = start().await;
    let mut upload = s.channel.client_streaming(&JOIN).await.unwrap();
    let mut subscribed = s.channel.server_streaming(&SPLIT, "flood".to_owned().into()).await.unwrap();
    upload.send("before".into()).await.unwrap();
    for _ in 0..24 {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        is_served(&s.channel).await;
    }
    upload.send("after".into()).await.unwrap();
    assert_eq!(upload.finish().await.unwrap().as_str(), "before after");
    for _ in 0..1000 {
        assert_eq!(subscribed.message().await.unwrap().unwrap().len(), 1000);
    }
    assert!(s.handle.counters().all().all(|(name, count)| count == 0 || name == "unsent_bytes_mark"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_speaks_stays_connected_and_is_served_when_it_does() {
    // Round robin connects to every server and may call some of them never.
    let s = start().await;
    let mut raw = Raw::greeted(s.address).await;
    raw.send(&frame(SETTINGS, ACK, 0, &[])).await;
    // Keepalive asks after two hours.
    tokio::time::sleep(Duration::from_secs(7199)).await;
    raw.call(1, &GOOD, &MESSAGE).await;
    let text = answer(&mut raw, 1).await;
    assert!(text.contains("grpc-status\u{1}0"), "{text:?}");
}

#[tokio::test]
async fn atk_24_a_binary_field_that_is_no_base64_is_the_calls_own_business() {
    // CVE-2023-32732 (S18): one bad value ended a connection that others shared.
    let s = start().await;
    let mut raw = Raw::greeted(s.address).await;
    let mut bad = GOOD.to_vec();
    bad.extend([("x-bin", "!!!"), ("y-bin", "YQ="), ("z-bin", ""), ("grpc-trace-bin", "a,b,,")]);
    for stream in [1, 3] {
        raw.call(stream, &bad, &MESSAGE).await;
        assert!(answer(&mut raw, stream).await.contains("grpc-status\u{1}0"));
    }
    is_served(&s.channel).await;
}

#[tokio::test]
async fn s16_odd_values_of_known_fields_end_their_call_at_most() {
    // CVE-2023-1428: an odd te, a scheme, load reports of a balancer, beside a large list.
    let s = start().await;
    let mut raw = Raw::greeted(s.address).await;
    let large = "x".repeat(120);
    let mut stream = 1;
    for (name, value, is_malformed) in [
        ("te", "odd", true),
        ("te", "", true),
        (":scheme", "odd", false),
        (":scheme", "", false),
        ("grpclb_client_stats", "odd", false),
        ("grpc-timeout", "99999999999H", false),
        ("grpc-status", "99", false),
        ("content-length", "6", false),
    ] {
        let mut fields = head(name, value);
        (0..70).for_each(|_| fields.push(("x-large", &large)));
        raw.call(stream, &fields, &MESSAGE).await;
        if is_malformed {
            assert_eq!(raw.told().await, Told::Reset(stream, 1), "{name}: {value:?}");
        } else {
            assert!(answer(&mut raw, stream).await.contains("grpc-status\u{1}0"), "{name}: {value:?}");
        }
        stream += 2;
    }
    is_served(&s.channel).await;
}

#[tokio::test]
async fn atk_30_credit_of_what_is_cut_short_padded_or_late_is_not_lost() {
    // h2's #894, #895, #896, #914 and #930 leaked a little each time, until a connection could send nothing more.
    let s = start().await;
    is_served(&s.channel).await;
    let mut raw = Raw::greeted(s.address).await;
    let cancel = 8_u32.to_be_bytes();
    // 3.6 million octets, where the connection's window is a mebibyte.
    let padded = [&[255][..], &[0; 15_999]].concat();
    for n in 0..150 {
        let stream = 2 * n + 1;
        raw.send(&frame(HEADERS, END_HEADERS, stream, &block(&GOOD))).await;
        raw.send(&frame(DATA, PADDED, stream, &padded)).await;
        raw.send(&frame(RST_STREAM, 0, stream, &cancel)).await;
        raw.send(&frame(DATA, 0, stream, &[0; 8_000])).await;
    }
    raw.call(301, &GOOD, &MESSAGE).await;
    let text = loop {
        match raw.told().await {
            Told::Headers(301, text) if text.contains("grpc-status") => break text,
            Told::GoAway(code, words) => panic!("{code}: {words}"),
            Told::Closed => panic!("closed without a word"),
            _ => {}
        }
    };
    assert!(text.contains("grpc-status\u{1}0"), "{text:?}");
    assert_eq!(s.handle.counters().http2.conn_window_bytes.get(), 0);
    is_served(&s.channel).await;
}

#[tokio::test]
async fn s19_only_the_path_itself_leads_to_a_method() {
    // CVE-2026-33186: what a rule about paths sees is what is called.
    let s = start().await;
    let mut raw = Raw::greeted(s.address).await;
    let mut stream = 1;
    for path in [
        "//test.Text/Upper",
        "/test.Text//Upper",
        "/test.Text/Upper/",
        "/test.Text/Upper?x",
        "/TEST.Text/Upper",
        "/test.Text/%55pper",
        "/./test.Text/Upper",
        "/x/../test.Text/Upper",
        "/",
    ] {
        raw.call(stream, &head(":path", path), &MESSAGE).await;
        assert!(answer(&mut raw, stream).await.contains("grpc-status\u{2}12"), "{path}");
        stream += 2;
    }
    for path in ["", "*", "test.Text/Upper", "http://h/test.Text/Upper"] {
        raw.send(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(&head(":path", path)))).await;
        let mut told = raw.told().await;
        // The end of the last answer above.
        if told == Told::Reset(17, 0) {
            told = raw.told().await;
        }
        assert_eq!(told, Told::Reset(stream, 1), "{path}");
        stream += 2;
    }
    is_served(&s.channel).await;
}

#[tokio::test]
async fn s28_a_handler_that_panics_ends_its_call_alone() {
    let s = start().await;
    let mut chat = s.channel.bidi(&ECHO).await.unwrap();
    for _ in 0..50 {
        let status = s.channel.unary(&UPPER, "panic".to_owned().into()).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Unknown, "handler panicked"));
    }
    // The same connection, and a stream that was open on it all the time.
    chat.sender().send("still here".into()).await.unwrap();
    assert_eq!(chat.receiver().message().await.unwrap().as_deref(), Some("still here"));
    is_served(&s.channel).await;
}

/// A service whose calls hold their thread until they are told.
struct Hold {
    entered: tokio::sync::mpsc::UnboundedSender<()>,
    release: Arc<std::sync::Barrier>,
}

static HOLD: TextMethod =
    Method::with_codecs("/test.Hold/Hold", "test.Hold", "Hold", Kind::Unary, &Text, &Text);
static HOLD_METHODS: [MethodInfo; 1] = [HOLD.info()];

impl Service for Hold {
    fn name(&self) -> &'static str {
        "test.Hold"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        &HOLD_METHODS
    }

    fn dispatch(&self, _: usize, call: Call) -> Running {
        let (entered, release) = (self.entered.clone(), self.release.clone());
        call.unary(&HOLD, |_: Request<String>| async move {
            let _ = entered.send(());
            release.wait();
            Ok("held".to_owned().into())
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_45_a_handler_that_blocks_its_thread_does_not_stop_the_others_of_its_connection() {
    let (entered, mut is_entered) = tokio::sync::mpsc::unbounded_channel();
    let release = Arc::new(std::sync::Barrier::new(2));
    let hold = Hold { entered, release: release.clone() };
    let bound = Server::new().add(hold).add(common::Texts::default()).bind("127.0.0.1:0").await.unwrap();
    let channel = Channel::new(bound.local_addr().to_string()).unwrap();
    tokio::spawn(bound.run());
    let held = tokio::spawn(channel.unary(&HOLD, String::new().into()).into_future());
    is_entered.recv().await.unwrap();
    is_served(&channel).await;
    tokio::task::spawn_blocking(move || release.wait()).await.unwrap();
    assert_eq!(held.await.unwrap().unwrap().as_str(), "held");
}

#[tokio::test]
async fn atk_46_a_server_with_all_the_connections_it_takes_serves_them_and_closes_the_rest() {
    let mut limits = ServerLimits::default();
    limits.connections_max = 21;
    let s = start_with(limits).await;
    is_served(&s.channel).await;
    let mut greedy = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::greeted(s.address).await;
        // As much as the windows of one connection take, on streams that nobody reads to their end.
        for n in 0..100 {
            raw.send(&frame(HEADERS, END_HEADERS, 2 * n + 1, &block(&head(":path", "/test.Text/Upper"))))
                .await;
            raw.send(&frame(DATA, 0, 2 * n + 1, &[0, 0, 1, 0, 0, b'x'])).await;
        }
        greedy.push(raw);
    }
    is_served(&s.channel).await;
    let over = Raw::connect(s.address).await;
    assert_eq!(over.rest().await, "");
    assert_eq!(s.handle.counters().connections_max.get(), 1);
    is_served(&s.channel).await;
    drop(greedy);
}

#[tokio::test]
async fn atk_46_connections_that_hold_more_than_their_share_of_a_full_server_lose_their_largest_calls() {
    const BYTES_MAX: usize = 1 << 20;
    const GREEDY: usize = 4;
    let mut limits = ServerLimits::default();
    limits.unread_bytes_max = BYTES_MAX;
    let s = start_with(limits).await;
    let counter = &s.handle.counters().unread_bytes_max;
    // A request that stays within its connection's share may stop half way, however full the server is.
    let mut modest = Raw::greeted(s.address).await;
    modest.send(&frame(HEADERS, END_HEADERS, 1, &block(&GOOD))).await;
    modest.send(&frame(DATA, 0, 1, &[0, 0, 0, 0xa0, 0])).await;
    let half = frame(DATA, 0, 1, &[b'm'; 0x2800]).repeat(2);
    modest.send(&half).await;
    modest.settle().await;

    // Two mebibytes in windows of 64 KiB: each connection would hold half of what all may.
    let (mut ended, mut held) = (0, Vec::new());
    for _ in 0..GREEDY {
        let mut raw = Raw::greeted(s.address).await;
        let mut live: Vec<u32> = (0..8).map(|n| 2 * n + 1).collect();
        for id in live.clone() {
            raw.send(&frame(HEADERS, END_HEADERS, id, &block(&GOOD))).await;
            raw.send(&frame(DATA, 0, id, &[0, 0, 1, 0, 0])).await;
            for _ in 0..4 {
                raw.send(&frame(DATA, 0, id, &vec![b'g'; 16 << 10][..16_000])).await;
            }
        }
        // What is said in the turn of the first answer may stand behind it.
        let told = [raw.settled().await, raw.settled().await];
        for told in told.into_iter().flatten() {
            match told {
                Told::Headers(id, text) => {
                    assert!(text.contains("unread_bytes_max"), "{text}");
                    assert!(text.contains("grpc-status\u{1}8"), "{text:?}");
                    live.retain(|live| *live != id);
                    ended += 1;
                }
                Told::Reset(id, _) => assert!(!live.contains(&id)),
                other => panic!("{other:?}"),
            }
        }
        // What it has now stays below all that there is, and it was not ended for it.
        assert!(!live.is_empty());
        held.push(raw);
    }
    assert!(ended > 0);
    assert_eq!(counter.get(), ended);
    is_served(&s.channel).await;

    // The modest one is as good as before.
    modest.send(&half).await;
    modest.settle().await;
    modest.send(&frame(DATA, END_STREAM, 1, &[])).await;
    let Told::Headers(1, text) = modest.told().await else { panic!("no answer") };
    assert!(!text.contains("unread_bytes_max"), "{text}");
}
