//! Attacks of a server on our client, over sockets: the call ends, the bound holds and is counted, and calls that
//! the same program makes to an honest server go on.
//!
//! docs/attacks.md says where the other rows of the table are.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ferrpc::{Channel, Code, Counters};
use ferrpc_attack::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, Frame, GOAWAY, HEADERS, PING, PREFACE, PRIORITY, PUSH_PROMISE,
    SETTINGS, WINDOW_UPDATE, block, frame,
};
use ferrpc_tests::honest::{cancel_a_hundred, honest, round};
use ferrpc_tests::proto::ferrpc::test::v1::{DownloadRequest, TestServiceClient};
use ferrpc_tests::service;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Memory is the process's, so the tests take turns.
static ALONE: Mutex<()> = Mutex::new(());

/// What a row may make the process grow by, with what the honest client and its server need at once.
const GROWTH_BYTES_MAX: usize = 4 << 20;
/// Octets that a hostile server sends at most: more than are read to let it hear the goodbye, and than sockets hold.
const FLOOD_BYTES: usize = 64 << 20;

/// Bytes that are allocated now.
fn held_bytes() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}

/// Waits for a request, answers with `first`, and then sends `flood` again and again until it is cut off. It reads
/// nothing more.
fn attack(mut socket: TcpStream, first: &[u8], flood: &[u8]) -> io::Result<()> {
    socket.write_all(&[frame(SETTINGS, 0, 0, &[]), frame(SETTINGS, ACK, 0, &[])].concat())?;
    let mut preface = [0; PREFACE.len()];
    socket.read_exact(&mut preface)?;
    let (mut octets, mut came) = (Vec::new(), [0; 4096]);
    'request: loop {
        let count = socket.read(&mut came)?;
        if count == 0 {
            return Ok(());
        }
        octets.extend_from_slice(&came[..count]);
        let mut rest = &octets[..];
        while let Some((frame, behind)) = Frame::first(rest) {
            if frame.kind == HEADERS {
                break 'request;
            }
            rest = behind;
        }
    }
    socket.write_all(first)?;
    // Not in one piece, and not one system call for each frame.
    let many = flood.repeat((4096 / flood.len().max(1)).max(1));
    for _ in 0..FLOOD_BYTES / many.len() {
        socket.write_all(&many)?;
    }
    Ok(())
}

/// A server that floods whoever calls it, and tells how that ended; it ends with its process.
fn hostile(first: Vec<u8>, flood: Vec<u8>) -> (String, Receiver<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, ends) = mpsc::channel();
    thread::spawn(move || {
        while let Ok((socket, _)) = listener.accept() {
            // The first one is what the test asks for.
            let _ = sender.send(attack(socket, &first, &flood));
        }
    });
    (address, ends)
}

/// Calls a server that answers with `first` and then with `flood`, beside an honest client of an honest server; the
/// call must fail, the server must be cut off, and `counted` of the channel's limits must have fired.
fn under_attack(first: Vec<u8>, flood: Vec<u8>, counted: impl Fn(&Counters) -> u64) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let bound = runtime.block_on(service::server().bind("127.0.0.1:0")).unwrap();
    let heavy = TestServiceClient::new(Channel::new(bound.local_addr().to_string()).unwrap());
    runtime.spawn(bound.run());
    // What all connections share comes with the first ones.
    runtime.block_on(cancel_a_hundred(&heavy)).unwrap();
    runtime.block_on(round(&heavy)).unwrap();
    let before = held_bytes();
    let (is_over, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let beside = runtime.spawn(honest(heavy, is_over.clone()));
    let (watched, highest) = (is_over.clone(), most.clone());
    let watch = thread::spawn(move || {
        while !watched.load(Ordering::Acquire) {
            highest.fetch_max(held_bytes(), Ordering::Relaxed);
            thread::yield_now();
        }
    });

    let (address, ends) = hostile(first, flood);
    let channel = Channel::new(address).unwrap();
    let client = TestServiceClient::new(channel.clone());
    let code = runtime.block_on(async {
        let mut download = match client.download(DownloadRequest::default()).await {
            Ok(download) => download,
            Err(status) => return status.code(),
        };
        loop {
            match download.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return Code::Ok,
                Err(status) => return status.code(),
            }
        }
    });
    // As long as the channel is there: nobody else cuts it off.
    let flooded = ends.recv().unwrap();
    is_over.store(true, Ordering::Release);
    watch.join().unwrap();
    let rounds = runtime.block_on(beside).unwrap();
    runtime.shutdown_background();

    assert_ne!(code, Code::Ok);
    assert!(flooded.is_err(), "all {FLOOD_BYTES} octets of the flood were taken");
    assert!(rounds.unwrap() >= 1);
    let grown = most.load(Ordering::Relaxed).saturating_sub(before);
    assert!(grown <= GROWTH_BYTES_MAX, "grew by {grown} bytes");
    assert!(counted(channel.counters()) > 0, "no count of it: {:#?}", channel.counters());
}

const ANSWER: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/grpc")];

fn head() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, &block(&ANSWER))
}

/// An answer's head that names the last of these fields, or octets, thousands of times.
fn bomb(repeated: &[u8]) -> Vec<u8> {
    let mut octets = block(&ANSWER);
    // A value of 4,000 octets, inserted with incremental indexing (RFC 7541 §6.2.1): its index is 62.
    octets.extend_from_slice(&[0x40, 1, b'x', 0x7f, 0x80 | 0x21, 0x1e]);
    octets.extend(std::iter::repeat_n(b'v', 0x7f + 0x21 + (0x1e << 7)));
    octets.extend(repeated.repeat(4000));
    frame(HEADERS, END_HEADERS, 1, &octets)
}

macro_rules! rows {
    ($($test:ident: $first:expr, $flood:expr, $counter:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let counter: fn(&Counters) -> u64 = $counter;
                under_attack($first, $flood, counter);
            }
        )*
    };
}

rows! {
    atk_07_pings_of_a_server_end_its_connection:
        head(), frame(PING, 0, 0, &[0; 8]), |counters| counters.http2.cheap_frames_burst.get();
    atk_08_settings_of_a_server_end_its_connection:
        head(), frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]), |counters| counters.http2.cheap_frames_burst.get();
    atk_09_empty_data_of_a_server_ends_its_connection:
        head(), frame(DATA, 0, 1, &[]), |counters| counters.http2.empty_data_max.get();
    atk_10_data_of_one_octet_ends_the_call_of_a_client_too:
        head(), frame(DATA, 0, 1, &[0]), |counters| {
            // Five make an empty message, and those that nobody reads in time fill the window.
            counters.http2.cheap_frames_burst.get() + counters.http2.stream_window_bytes.get()
        };
    atk_11_priorities_of_a_server_end_its_connection:
        head(), frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 16]), |counters| counters.http2.cheap_frames_burst.get();
    atk_12_frames_of_unknown_types_of_a_server_end_its_connection:
        head(), frame(0xbe, 0, 0, &[0; 8]), |counters| counters.http2.cheap_frames_burst.get();
    atk_13_dribbled_window_updates_of_a_server_end_its_connection:
        head(), frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes()),
        |counters| counters.http2.cheap_frames_burst.get();
    atk_14_goaways_of_a_server_end_its_connection:
        head(), frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]), |counters| counters.http2.goaways_max.get();
    atk_15_continuations_of_a_server_without_end_end_its_connection:
        frame(HEADERS, 0, 1, &block(&ANSWER)), frame(CONTINUATION, 0, 1, &block(&[("x", "0123456789")])),
        |counters| counters.http2.continuations_max.get();
    atk_15_continuations_of_nothing_of_a_server_end_its_connection:
        frame(HEADERS, 0, 1, &block(&ANSWER)), frame(CONTINUATION, 0, 1, &[]),
        |counters| counters.http2.continuations_max.get();
    atk_16_a_long_entry_of_a_server_is_counted_before_it_is_copied:
        bomb(&[0xbe]), frame(DATA, 0, 1, &[]), |counters| counters.http2.header_list_bytes_max.get();
    atk_17_thousands_of_fields_of_a_server_are_counted_before_they_are_copied:
        bomb(&[0x90]), frame(DATA, 0, 1, &[]), |counters| counters.http2.header_list_bytes_max.get();
    atk_18_fields_without_a_name_count_in_answers_too:
        bomb(&[0, 0, 0]), frame(DATA, 0, 1, &[]), |counters| counters.http2.header_list_bytes_max.get();
    atk_32_messages_of_a_server_over_the_limit_are_refused_on_their_prefix:
        [head(), frame(DATA, 0, 1, &[0, 0xff, 0xff, 0xff, 0xff])].concat(), frame(PING, ACK, 0, &[0; 8]),
        |counters| counters.message_bytes_max.get();
    atk_39_early_answers_without_end_end_the_call:
        Vec::new(), frame(HEADERS, END_HEADERS, 1, &block(&[(":status", "103"), ("link", "</a>")])),
        |counters| counters.http2.informational_max.get();
    atk_39_a_promise_ends_the_connection:
        head(), frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]),
        |counters| counters.http2.misdeeds.get();
    atk_41_nothing_behind_a_servers_fatal_error_is_heard:
        frame(PING, 0, 1, &[0; 8]), frame(DATA, 0, 1, &[7; 16_000]), |counters| counters.http2.misdeeds.get();
}
