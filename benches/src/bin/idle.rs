//! What a server keeps for connections and streams on which nothing happens: the growth of its resident memory.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use clap::Parser;

/// Opens connections, or streams of `Both` without a message, and divides what the server has grown by them.
#[derive(Parser)]
struct Args {
    /// The server, as HOST:PORT.
    #[arg(long)]
    target: String,
    /// The server's process.
    #[arg(long, value_name = "PID")]
    watch: u32,
    /// So many connections, or with `--streams` so many streams on each at most.
    #[arg(long, default_value_t = 1000)]
    connections: usize,
    /// So many streams in all; the connections are there before and do not count.
    #[arg(long)]
    streams: Option<usize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    // Whatever comes with the first of its kind.
    let first = Peer::connect(&args.target)?;
    let Some(streams) = args.streams else {
        let before = settled_kib(args.watch)?;
        let peers =
            (0..args.connections).map(|_| Peer::connect(&args.target)).collect::<Result<Vec<_>, _>>()?;
        let after = settled_kib(args.watch)?;
        println!("figures kib {} failed 0", (after - before) / peers.len() as f64);
        return Ok(());
    };
    let each = args.connections.min(first.streams_max);
    let mut peers = Vec::new();
    for _ in 0..streams.div_ceil(each) {
        let mut peer = Peer::connect(&args.target)?;
        // As above: a connection that has had a call.
        peer.open(1)?;
        peer.close_all()?;
        peers.push(peer);
    }
    let before = settled_kib(args.watch)?;
    for peer in &mut peers {
        peer.open(each)?;
    }
    let after = settled_kib(args.watch)?;
    // They were open indeed: each is answered once it ends.
    for peer in &mut peers {
        peer.close_all()?;
    }
    println!("figures kib {} failed 0", (after - before) / (each * peers.len()) as f64);
    Ok(())
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const STREAMS_MAX: u16 = 3;

/// Kind, flags, stream, payload.
type Frame = (u8, u8, u32, Vec<u8>);

/// One raw connection.
struct Peer {
    socket: TcpStream,
    input: Vec<u8>,
    streams_max: usize,
    stream: u32,
    open: Vec<u32>,
}

impl Peer {
    /// Connects and waits until settings have gone both ways.
    fn connect(target: &str) -> Result<Self, Box<dyn Error>> {
        let mut socket = TcpStream::connect(target)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(30)))?;
        socket.write_all(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &frame(SETTINGS, 0, 0, &[])[..]].concat())?;
        let mut peer =
            Self { socket, input: Vec::new(), streams_max: usize::MAX, stream: 1, open: Vec::new() };
        let (mut theirs, mut ours) = (false, false);
        while !(theirs && ours) {
            let (kind, flags, _, payload) = peer.next()?;
            if kind == SETTINGS && flags & ACK != 0 {
                ours = true;
            } else if kind == SETTINGS {
                theirs = true;
                for setting in payload.chunks_exact(6) {
                    let (name, value) = setting.split_at(2);
                    if name == STREAMS_MAX.to_be_bytes() {
                        peer.streams_max = u32::from_be_bytes(value.try_into()?) as usize;
                    }
                }
                peer.socket.write_all(&frame(SETTINGS, ACK, 0, &[]))?;
            }
        }
        Ok(peer)
    }

    /// Opens so many calls and waits until the server has seen them.
    fn open(&mut self, count: usize) -> Result<(), Box<dyn Error>> {
        let mut octets = Vec::new();
        for _ in 0..count {
            octets.extend(frame(HEADERS, END_HEADERS, self.stream, &head()));
            self.open.push(self.stream);
            self.stream += 2;
        }
        octets.extend(frame(PING, 0, 0, b"is there"));
        self.socket.write_all(&octets)?;
        loop {
            match self.next()? {
                (PING, flags, _, payload) if flags & ACK != 0 && payload == b"is there" => return Ok(()),
                (RST_STREAM, _, stream, _) => return Err(format!("stream {stream} was refused").into()),
                _ => {}
            }
        }
    }

    /// Ends all calls and waits for each to be answered.
    fn close_all(&mut self) -> Result<(), Box<dyn Error>> {
        let octets: Vec<u8> =
            self.open.iter().flat_map(|&stream| frame(DATA, END_STREAM, stream, &[])).collect();
        self.socket.write_all(&octets)?;
        while !self.open.is_empty() {
            match self.next()? {
                (HEADERS, flags, stream, _) if flags & END_STREAM != 0 => {
                    self.open.retain(|it| *it != stream)
                }
                (RST_STREAM, _, stream, _) if self.open.contains(&stream) => {
                    return Err(format!("stream {stream} was reset").into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The next frame. Pings are answered.
    fn next(&mut self) -> Result<Frame, Box<dyn Error>> {
        loop {
            if let [l0, l1, l2, kind, flags, s0, s1, s2, s3, rest @ ..] = &self.input[..] {
                let length = u32::from_be_bytes([0, *l0, *l1, *l2]) as usize;
                if let Some(payload) = rest.get(..length) {
                    let stream = u32::from_be_bytes([*s0, *s1, *s2, *s3]);
                    let found = (*kind, *flags, stream, payload.to_vec());
                    self.input.drain(..9 + length);
                    if found.0 == GOAWAY {
                        return Err("the server says goodbye".into());
                    }
                    if found.0 == PING && found.1 & ACK == 0 {
                        self.socket.write_all(&frame(PING, ACK, 0, &found.3))?;
                    }
                    return Ok(found);
                }
            }
            let mut octets = [0; 16 << 10];
            let count = self.socket.read(&mut octets)?;
            if count == 0 {
                return Err("the server has closed the connection".into());
            }
            self.input.extend_from_slice(&octets[..count]);
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, l0, l1, l2] = (payload.len() as u32).to_be_bytes();
    [&[l0, l1, l2, kind, flags], &stream.to_be_bytes()[..], payload].concat()
}

/// The fields of a call of `Both`: numbers of the static table, or literals that no table keeps.
fn head() -> Vec<u8> {
    let mut head = vec![0x83, 0x86];
    let mut text = |name: &[u8], value: &str| {
        head.extend_from_slice(name);
        head.push(value.len() as u8);
        head.extend_from_slice(value.as_bytes());
    };
    text(b"\x04", "/ferrpc.bench.rpc.Load/Both");
    text(b"\x01", "localhost");
    text(b"\x0f\x10", "application/grpc");
    text(b"\x00\x02te", "trailers");
    head
}

/// KiB of the process in memory, once they stay the same.
fn settled_kib(process: u32) -> Result<f64, Box<dyn Error>> {
    let mut last = 0;
    for _ in 0..50 {
        std::thread::sleep(Duration::from_millis(100));
        let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:")).ok_or("no Rss")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
        if kib == last {
            break;
        }
        last = kib;
    }
    Ok(last as f64)
}
