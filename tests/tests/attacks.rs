//! The attacks of `cargo xtask attack` on our own server, each with a heavy honest client on another
//! connection: the bound holds, what counts it counts, and the client is served throughout.
//!
//! docs/attacks.md says where the other rows of the table are.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ferrpc::{Channel, Counters, Request, Response, Status};
use ferrpc_attack::frames::{DATA, SETTINGS, frame};
use ferrpc_attack::neighbour::Neighbour;
use ferrpc_attack::peer::Peer;
use ferrpc_attack::rows::{ROWS, Target};
use ferrpc_tests::honest::{cancel_a_hundred, honest, round};
use ferrpc_tests::proto::ferrpc::test::v1::TestServiceClient;
use ferrpc_tests::proto::{UserRequest, UserResponse, UserService, UserServiceServer};
use ferrpc_tests::service;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Memory is the process's, so the tests take turns.
static ALONE: Mutex<()> = Mutex::new(());

/// What a row may make the process grow by; attacker and honest client are in it with some hundred KiB. One
/// connection's unread DATA alone may be 100 streams times 64 KiB.
const GROWTH_BYTES_MAX: usize = 4 << 20;
/// Handlers that may live at once on the attacker's connection: twice the limit of streams.
const HANDLERS_MAX: usize = 200;

/// Bytes that are allocated now.
fn held_bytes() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}

/// The attacked service: counts its handlers.
#[derive(Clone, Default)]
struct Users {
    alive: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl UserService for Users {
    async fn get_user(&self, _: Request<UserRequest>) -> Result<Response<UserResponse>, Status> {
        self.most.fetch_max(self.alive.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        let _alive = Alive(self.alive.clone());
        tokio::task::yield_now().await;
        Ok(UserResponse { id: 1, name: "x".repeat(100), ..UserResponse::default() }.into())
    }
}

/// A server on threads of its own.
struct Attacked {
    runtime: Runtime,
    address: SocketAddr,
    counters: Arc<Counters>,
    users: Users,
}

fn attacked() -> Attacked {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let users = Users::default();
    let server = service::server().add(UserServiceServer::new(users.clone()));
    let bound = runtime.block_on(server.bind("127.0.0.1:0")).unwrap();
    let (address, counters) = (bound.local_addr(), bound.handle().counters().clone());
    runtime.spawn(bound.run());
    Attacked { runtime, address, counters, users }
}

/// Does something to the server, with an honest client beside it, and returns what that came to; the server must
/// keep its bounds, and `counted` of its limits must have fired.
fn under_attack<T>(attack: impl FnOnce(&Target) -> T, counted: impl Fn(&Counters) -> u64) -> T {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let server = attacked();
    let client = TestServiceClient::new(Channel::new(server.address.to_string()).unwrap());
    // What all connections share comes with the first ones.
    server.runtime.block_on(cancel_a_hundred(&client)).unwrap();
    server.runtime.block_on(round(&client)).unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let neighbour = Neighbour::start(server.address, || Some(held_bytes())).unwrap();
    let honest = server.runtime.spawn(honest(client, is_over.clone()));

    let seen = attack(&Target { server: server.address, path: "/UserService/GetUser".into() });
    is_over.store(true, Ordering::Release);
    let rounds = server.runtime.block_on(honest).unwrap();
    let felt = neighbour.stop();

    assert!(rounds.unwrap() >= 1);
    assert!(!felt.lost);
    let grown = felt.grown_bytes.unwrap();
    assert!(grown <= GROWTH_BYTES_MAX, "grew by {grown} bytes");
    let most = server.users.most.load(Ordering::Relaxed);
    assert!(most <= HANDLERS_MAX, "{most} handlers lived at once");
    assert!(counted(&server.counters) > 0, "no count of it: {:#?}", server.counters);
    // Handlers of the attacker's are gone with its connection.
    while server.users.alive.load(Ordering::Relaxed) > 0 {
        std::thread::yield_now();
    }
    server.runtime.shutdown_background();
    seen
}

/// Runs a row.
fn holds(name: &str, counted: impl Fn(&Counters) -> u64) {
    let row = ROWS.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no row {name:?}"));
    let seen = under_attack(|target| (row.run)(target).unwrap(), counted);
    assert!(seen.bounded, "{seen:?}");
}

#[test]
fn s21_messages_that_promise_all_that_is_allowed_take_no_memory_for_it() {
    // 100 calls, each with a prefix of 4 MiB and one octet: 400 MiB if it were believed.
    under_attack(
        |target| {
            let mut peer = Peer::greeted(target.server, &[]).unwrap();
            for call in 0..100 {
                let stream = 2 * call + 1;
                peer.send(&target.open(stream));
                peer.send(&frame(DATA, 0, stream, &[0, 0, 0x3f, 0xff, 0xff, b'x']));
            }
            // It is all read once the server has acknowledged what comes behind.
            let acks = peer.told().settings_acks;
            peer.send(&frame(SETTINGS, 0, 0, &[]));
            assert!(peer.wait(|told| told.settings_acks > acks));
            assert_eq!(peer.told().resets + peer.told().answers, 0);
        },
        |counters| counters.http2.extended_bytes_max.get(),
    );
}

macro_rules! rows {
    ($($test:ident: $row:literal, $counter:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let counter: fn(&Counters) -> u64 = $counter;
                holds($row, counter);
            }
        )*

        #[test]
        fn every_row_is_a_test_whose_number_is_its_own() {
            let tests = [$((stringify!($test), $row)),*];
            for (test, row) in tests {
                assert!(test.starts_with(&format!("atk_{}_", &row[..2])), "{test}: {row}");
            }
            let tested: Vec<&str> = tests.iter().map(|(_, row)| *row).collect();
            let rows: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
            assert_eq!(tested, rows);
        }
    };
}

rows! {
    atk_01_streams_opened_and_cancelled_at_once_end_the_connection:
        "01 rapid reset: open and cancel at once", |counters| counters.http2.resets_burst.get();
    atk_02_streams_that_we_must_reset_end_the_connection_too:
        "02 make the server reset: WINDOW_UPDATE 0 on each stream", |counters| counters.http2.resets_burst.get();
    atk_04_resets_that_are_never_read_do_not_pile_up:
        "04 resets that are never read", |counters| counters.http2.resets_burst.get();
    atk_05_streams_over_the_limit_are_refused:
        "05 streams beyond the limit, none ended", |counters| counters.http2.streams_max.get();
    atk_07_answers_to_pings_that_are_never_read_do_not_pile_up:
        "07 PINGs whose answers are never read", |counters| counters.http2.ping_strikes_max.get();
    atk_08_answers_to_settings_that_are_never_read_do_not_pile_up:
        "08 SETTINGS whose answers are never read", |counters| {
            counters.http2.cheap_frames_burst.get() + counters.http2.reply_bytes_max.get()
        };
    atk_09_empty_data_ends_the_connection:
        "09 empty DATA without an end", |counters| counters.http2.empty_data_max.get();
    atk_10_data_of_one_octet_ends_the_connection:
        "10 DATA of one octet", |counters| counters.http2.cheap_frames_burst.get();
    atk_11_priorities_end_the_connection:
        "11 PRIORITY", |counters| counters.http2.cheap_frames_burst.get();
    atk_12_frames_of_unknown_types_end_the_connection:
        "12 frames of unknown types", |counters| counters.http2.cheap_frames_burst.get();
    atk_13_dribbled_window_updates_end_the_connection:
        "13 WINDOW_UPDATE by one octet", |counters| counters.http2.cheap_frames_burst.get();
    atk_14_goaways_end_the_connection:
        "14 GOAWAY", |counters| counters.http2.goaways_max.get();
    atk_15_continuations_without_end_end_the_connection:
        "15 CONTINUATION without end", |counters| counters.http2.continuations_max.get();
    atk_15_continuations_of_nothing_end_the_connection:
        "15 CONTINUATION of no octets without end", |counters| counters.http2.continuations_max.get();
    atk_16_a_long_entry_named_often_is_counted_before_it_is_copied:
        "16 one long entry, named 4,000 times by an index",
        |counters| counters.http2.header_list_bytes_max.get();
    atk_17_thousands_of_fields_are_counted_before_they_are_copied:
        "17 thousands of fields by an index, window closed, 100 streams",
        |counters| counters.http2.header_list_bytes_max.get();
    atk_18_fields_without_a_name_count_as_fields:
        "18 fields without a name", |counters| counters.http2.header_list_bytes_max.get();
    atk_19_a_string_longer_than_its_block_takes_no_memory:
        "19 a string that claims 4 GiB", |counters| counters.http2.misdeeds.get();
    atk_22_a_table_over_its_limit_ends_the_connection:
        "22 a table size over the limit", |counters| counters.http2.header_table_bytes.get();
    atk_23_the_end_symbol_inside_a_string_ends_the_connection:
        "23 Huffman with the end symbol in it", |counters| counters.http2.misdeeds.get();
    atk_27_answers_that_are_never_read_do_not_pile_up:
        "27 answers that are never read", |counters| {
            let http2 = &counters.http2;
            http2.resets_burst.get() + http2.output_bytes_max.get() + http2.reply_bytes_max.get()
        };
    atk_28_a_window_over_the_largest_ends_the_connection:
        "28 a window over 2^31 - 1", |counters| counters.http2.misdeeds.get();
    atk_29_data_beyond_the_window_is_never_kept:
        "29 DATA beyond the window", |counters| {
            counters.message_bytes_max.get() + counters.http2.stream_window_bytes.get()
        };
    atk_31_a_frame_size_of_zero_ends_the_connection:
        "31 a maximal frame size of 0", |counters| counters.http2.misdeeds.get();
    atk_32_messages_over_the_limit_are_refused_on_their_prefix:
        "32 100 messages that claim 4 GiB each", |counters| counters.message_bytes_max.get();
    atk_36_a_path_without_its_slash_reaches_nobody:
        "36 a path without its slash", |counters| counters.http2.misdeeds.get();
    atk_37_a_pseudo_header_twice_ends_its_stream:
        "37 a pseudo-header twice", |counters| counters.http2.misdeeds.get();
    atk_37_a_line_break_in_a_value_ends_its_stream:
        "37 CR and LF in a value", |counters| counters.http2.misdeeds.get();
    atk_37_a_connection_specific_field_ends_its_stream:
        "37 a connection-specific field", |counters| counters.http2.misdeeds.get();
    atk_41_nothing_behind_a_fatal_error_is_heard:
        "41 frames behind a fatal error", |counters| counters.http2.misdeeds.get();
}
