//! A long way between client and server: each octet arrives later, and not more of them a second than the
//! line carries.
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;

/// Passes connections on, later, until it is killed.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// Where connections go.
    #[arg(long)]
    target: String,
    /// Milliseconds there and back.
    #[arg(long, default_value_t = 0.0)]
    rtt_ms: f64,
    /// Megabits per second each way; without it as many as this program can.
    #[arg(long)]
    mbit: Option<f64>,
}

/// Octets that are read at once.
const PIECE_BYTES: usize = 64 << 10;
/// Pieces under way in one direction: at most 256 MiB.
const PIECES_MAX: usize = 4096;
/// What a router would keep when more comes than the line carries.
const QUEUE: Duration = Duration::from_millis(5);

#[derive(Clone, Copy)]
struct Line {
    delay: Duration,
    bytes_per_second: Option<f64>,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let listener = TcpListener::bind(&args.listen)?;
    println!("listening on {}", listener.local_addr()?);
    let delay = Duration::from_secs_f64(args.rtt_ms / 2e3);
    let line = Line { delay, bytes_per_second: args.mbit.map(|mbit| mbit * 1e6 / 8.0) };
    loop {
        let (near, _) = listener.accept()?;
        let far = TcpStream::connect(&args.target)?;
        for socket in [&near, &far] {
            socket.set_nodelay(true)?;
        }
        line.pass_on(near.try_clone()?, far.try_clone()?);
        line.pass_on(far, near);
    }
}

impl Line {
    /// One direction, in two threads.
    fn pass_on(self, from: TcpStream, to: TcpStream) {
        let (sender, receiver) = sync_channel(PIECES_MAX);
        // Either ends with its socket; the connection is over then.
        thread::spawn(move || self.read(from, &sender));
        thread::spawn(move || write(to, &receiver));
    }

    /// Reads, and says when each piece arrives at the other end; nothing is the end.
    fn read(self, mut from: TcpStream, pieces: &SyncSender<(Instant, Vec<u8>)>) {
        let mut free = Instant::now();
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            let count = from.read(&mut piece).unwrap_or(0);
            piece.truncate(count);
            let now = Instant::now();
            free = free.max(now);
            if let Some(rate) = self.bytes_per_second {
                free += Duration::from_secs_f64(count as f64 / rate);
            }
            if pieces.send((free + self.delay, piece)).is_err() || count == 0 {
                return;
            }
            if let Some(ahead) = (free - now).checked_sub(QUEUE) {
                thread::sleep(ahead);
            }
        }
    }
}

fn write(mut to: TcpStream, pieces: &Receiver<(Instant, Vec<u8>)>) {
    for (due, piece) in pieces {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if piece.is_empty() {
            let _ = to.shutdown(std::net::Shutdown::Write);
            return;
        }
        if to.write_all(&piece).is_err() {
            return;
        }
    }
}
