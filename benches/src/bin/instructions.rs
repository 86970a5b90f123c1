//! What calls cost in instructions, counted by callgrind around [`counted`]: `cargo xtask bench instructions`.
//!
//! Prints `count NAME OPERATIONS` for each time that function ran. One thread, no socket: the figures are the
//! same on every machine with this compiler.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use ferrpc::{Channel, Server, Status};
use ferrpc_benches::rpc::api::{LoadClient, LoadServer, Order, Piece, UserServiceServer};
use ferrpc_benches::rpc::script::{self, END_STREAM, HEADERS, Heads, Script};
use ferrpc_benches::rpc::service::{Service, payload};
use tokio::runtime::Runtime;

/// Runs what callgrind counts.
#[derive(Parser)]
struct Args {
    /// Only this one.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

/// Calls in flight.
const BURST: u32 = 100;
/// Bursts before the counted ones: tables and buffers have their size then.
const WARM_UP: u32 = 10;
const ROUNDS: u32 = 10;
/// Messages of a stream, each of 100 octets.
const MESSAGES: u64 = 2000;

fn main() -> ExitCode {
    let only = Args::parse().only;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("threads and timers are there");
    let mut failed = false;
    let mut run = |name: &str, what: &dyn Fn(&Runtime) -> Result<u64, String>| {
        if only.as_deref().is_some_and(|only| only != name) {
            return;
        }
        match what(&runtime) {
            Ok(operations) => println!("count {name} {operations}"),
            Err(why) => {
                failed = true;
                println!("error: {name}: {why}");
            }
        }
    };
    for (name, heads) in
        [("unary-equal", Heads::Equal), ("unary-indexed", Heads::Indexed), ("unary-literal", Heads::Literal)]
    {
        run(name, &|runtime| unary(runtime, heads, BURST));
    }
    run("unary-alone", &|runtime| unary(runtime, Heads::Equal, 1));
    run("both-sides-unary", &|runtime| both_sides_unary(runtime, BURST));
    run("both-sides-alone", &|runtime| both_sides_unary(runtime, 1));
    run("both-sides-down", &|runtime| streams(runtime, Shape::Down));
    run("both-sides-up", &|runtime| streams(runtime, Shape::Up));
    run("both-sides-ping-pong", &|runtime| streams(runtime, Shape::PingPong));
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Bursts that are counted: as many calls in all, whatever a burst has.
fn rounds(calls: u32) -> u32 {
    ROUNDS * BURST / calls
}

/// Everything inside is counted.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
}

fn server() -> Server {
    let service = Service::default();
    Server::new().add(UserServiceServer::new(service)).add(LoadServer::new(service))
}

/// A server's part of unary calls, so many at once: engine, driver, dispatch, handler.
fn unary(runtime: &Runtime, heads: Heads, calls: u32) -> Result<u64, String> {
    let script = Script::default();
    let _server = runtime.block_on(async {
        let (acceptor, handle) = server().accept_by_hand();
        acceptor.accept(script.pipe());
        (acceptor, handle)
    });
    // SETTINGS, its acknowledgement, credit, and the first answer.
    runtime.block_on(script.exchange(script::greeting(), 100));
    let rounds = rounds(calls);
    let burst = |round: u32| script::burst(heads, 3 + 2 * calls * round, calls);
    let mut expected = 1;
    for round in 0..WARM_UP {
        runtime.block_on(script.exchange(burst(round), expected));
        expected = script.answer().len();
    }
    let mut bursts: Vec<_> = (WARM_UP..WARM_UP + rounds).map(burst).collect();
    bursts.reverse();
    counted(&mut || {
        while let Some(burst) = bursts.pop() {
            runtime.block_on(script.exchange(burst, expected));
        }
    });
    let answer = script.answer();
    let ends = |&(kind, flags, _): &(u8, u8, &[u8])| kind == HEADERS && flags & END_STREAM != 0;
    // Head, message, trailers; the status in them is one octet by then, "grpc-status: 0" from the table.
    let (all, good) = (script::frames(&answer), |frames: &[(u8, u8, &[u8])]| {
        frames.iter().filter(|frame| ends(frame) && frame.2.len() == 1).count()
    });
    if all.len() != 3 * calls as usize || good(&all) != calls as usize {
        return Err(format!("{} frames came, {} of them good ends of a call", all.len(), good(&all)));
    }
    Ok(u64::from(calls * rounds))
}

/// Both sides of unary calls, so many at once, and the pipe between them.
fn both_sides_unary(runtime: &Runtime, calls: u32) -> Result<u64, String> {
    let client = connected(runtime);
    let rounds = rounds(calls);
    let burst = || {
        runtime.block_on(async {
            let calls: Vec<_> = (0..u64::from(calls))
                .map(|number| {
                    let client = client.clone();
                    tokio::spawn(async move { client.unary(piece(number)).await })
                })
                .collect();
            for (number, call) in (0..).zip(calls) {
                let reply = call.await.map_err(|error| error.to_string())?.map_err(failure)?;
                check(number, reply.get_ref())?;
            }
            Ok::<_, String>(())
        })
    };
    for _ in 0..WARM_UP {
        burst()?;
    }
    let mut result = Ok(());
    counted(&mut || result = (0..rounds).try_for_each(|_| burst()));
    result.map(|()| u64::from(calls * rounds))
}

#[derive(Clone, Copy)]
enum Shape {
    Down,
    Up,
    PingPong,
}

/// Both sides of one stream.
fn streams(runtime: &Runtime, shape: Shape) -> Result<u64, String> {
    let client = connected(runtime);
    let once = || {
        runtime.block_on(async {
            match shape {
                Shape::Down => down(&client).await,
                Shape::Up => up(&client).await,
                Shape::PingPong => ping_pong(&client).await,
            }
        })
    };
    for _ in 0..WARM_UP {
        once()?;
    }
    let mut result = Ok(());
    counted(&mut || result = once());
    result.map(|()| MESSAGES)
}

async fn down(client: &LoadClient) -> Result<(), String> {
    let order = Order { count: MESSAGES, payload_bytes: 100, ..Order::default() };
    let mut pieces = client.down(order).await.map_err(failure)?;
    let mut count = 0;
    while let Some(piece) = pieces.message().await.map_err(failure)? {
        check(count, &piece)?;
        count += 1;
    }
    if count == MESSAGES { Ok(()) } else { Err(format!("{count} messages came")) }
}

async fn up(client: &LoadClient) -> Result<(), String> {
    let mut upload = client.up().await.map_err(failure)?;
    for number in 0..MESSAGES {
        upload.send(piece(number)).await.map_err(failure)?;
    }
    let count = upload.finish().await.map_err(failure)?.get_ref().count;
    if count == MESSAGES { Ok(()) } else { Err(format!("{count} messages came")) }
}

async fn ping_pong(client: &LoadClient) -> Result<(), String> {
    let (mut there, mut back) = client.both().await.map_err(failure)?.split();
    for number in 0..MESSAGES {
        there.send(piece(number)).await.map_err(failure)?;
        let piece = back.message().await.map_err(failure)?;
        check(number, &piece.ok_or("the stream ended")?)?;
    }
    there.close();
    match back.message().await.map_err(failure)? {
        None => Ok(()),
        Some(_) => Err("the stream did not end".into()),
    }
}

fn connected(runtime: &Runtime) -> LoadClient {
    let (channel, _): (Channel, _) = runtime.block_on(async { server().in_process() });
    LoadClient::new(channel)
}

fn piece(number: u64) -> Piece {
    Piece { number, payload: payload(100), ..Piece::default() }
}

fn check(number: u64, piece: &Piece) -> Result<(), String> {
    if (piece.number, piece.payload.len()) == (number, 100) {
        return Ok(());
    }
    Err(format!("piece {} of {} octets came where {number} was due", piece.number, piece.payload.len()))
}

fn failure(status: Status) -> String {
    status.to_string()
}
