//! A client that writes what it likes, and remembers what it is told.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A server that takes nothing for this long has stopped reading.
const STALL: Duration = Duration::from_secs(2);
/// How long to wait for a server to say something.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A frame (RFC 9113 §4.1).
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes()[1..].to_vec();
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
    out
}

/// Fields as literals without indexing (RFC 7541 §6.2.2), each text below 127 octets.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            out.push(u8::try_from(text.len()).unwrap_or(0));
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

/// What the server has said so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) frames: usize,
    pub(crate) settings: bool,
    pub(crate) settings_acks: usize,
    /// Streams that were reset before they were answered, with the code of the last reset.
    pub(crate) resets: usize,
    pub(crate) reset_code: u32,
    /// HEADERS frames that ended their stream, and the last such stream.
    pub(crate) answers: usize,
    answered: u32,
    /// The code of the first GOAWAY.
    pub(crate) goaway: Option<u32>,
    pub(crate) closed: bool,
}

impl Told {
    /// The connection is at its end.
    pub(crate) fn is_over(&self) -> bool {
        self.closed || self.goaway.is_some_and(|code| code != 0)
    }
}

/// One connection.
pub(crate) struct Peer {
    socket: TcpStream,
    told: Arc<Mutex<Told>>,
    pub(crate) sent_bytes: usize,
    /// The server took nothing for a while.
    pub(crate) stalled: bool,
    reads: bool,
}

impl Peer {
    /// Connected; nothing sent, nothing read.
    pub(crate) fn connect(server: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpStream::connect_timeout(&server, PATIENCE)?;
        socket.set_write_timeout(Some(STALL))?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, told: Arc::default(), sent_bytes: 0, stalled: false, reads: false })
    }

    /// Connected, with the preface and these SETTINGS sent; what the server says is read.
    pub(crate) fn greeted(server: SocketAddr, settings: &[u8]) -> std::io::Result<Self> {
        let mut peer = Self::connect(server)?;
        peer.read()?;
        peer.send(PREFACE);
        peer.send(&frame(SETTINGS, 0, 0, settings));
        peer.wait(|told| told.settings);
        peer.send(&frame(SETTINGS, ACK, 0, &[]));
        Ok(peer)
    }

    /// Greeted, but what the server says is not read before [`read`](Self::read).
    pub(crate) fn deaf(server: SocketAddr) -> std::io::Result<Self> {
        let mut peer = Self::connect(server)?;
        peer.send(PREFACE);
        peer.send(&frame(SETTINGS, 0, 0, &[]));
        peer.send(&frame(SETTINGS, ACK, 0, &[]));
        Ok(peer)
    }

    /// Reads from now on, if it did not before.
    pub(crate) fn read(&mut self) -> std::io::Result<()> {
        if std::mem::replace(&mut self.reads, true) {
            return Ok(());
        }
        let (mut socket, told) = (self.socket.try_clone()?, Arc::clone(&self.told));
        std::thread::spawn(move || {
            let mut octets = Vec::new();
            let mut piece = [0; 16 << 10];
            loop {
                match socket.read(&mut piece) {
                    Ok(n) if n > 0 => octets.extend_from_slice(&piece[..n]),
                    _ => break,
                }
                let used = note(&octets, &mut lock(&told));
                octets.drain(..used);
            }
            lock(&told).closed = true;
        });
        Ok(())
    }

    /// Sends, unless the connection is over or stalled; false once it is.
    pub(crate) fn send(&mut self, octets: &[u8]) -> bool {
        if self.stalled || self.told().is_over() {
            return false;
        }
        match self.socket.write_all(octets) {
            Ok(()) => self.sent_bytes += octets.len(),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                self.stalled = true;
            }
            Err(_) => lock(&self.told).closed = true,
        }
        !self.stalled
    }

    /// Sends `count` pieces, many in one write; stops when the server does.
    pub(crate) fn flood(&mut self, count: usize, piece: impl Fn(usize) -> Vec<u8>) {
        const AT_ONCE: usize = 100;
        for first in (0..count).step_by(AT_ONCE) {
            let octets: Vec<u8> = (first..count.min(first + AT_ONCE)).flat_map(&piece).collect();
            if !self.send(&octets) {
                return;
            }
        }
    }

    pub(crate) fn told(&self) -> Told {
        lock(&self.told).clone()
    }

    /// Waits until the server has said something, within reason; whether it has.
    pub(crate) fn wait(&self, until: impl Fn(&Told) -> bool) -> bool {
        let end = Instant::now() + PATIENCE;
        loop {
            let told = self.told();
            if until(&told) {
                return true;
            }
            if told.closed || Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // So that the reading thread ends.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes all whole frames; returns how many octets they were.
fn note(octets: &[u8], told: &mut Told) -> usize {
    let mut at = 0;
    while let Some(&[l0, l1, l2, kind, flags, s0, s1, s2, s3]) = octets[at..].first_chunk::<9>() {
        let stream = u32::from_be_bytes([s0, s1, s2, s3]);
        let len = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        let Some(payload) = octets[at + 9..].get(..len) else { break };
        let code = |at: usize| {
            payload
                .get(at..)
                .and_then(|rest| rest.first_chunk::<4>())
                .map_or(0, |code| u32::from_be_bytes(*code))
        };
        told.frames += 1;
        match kind {
            HEADERS if flags & END_STREAM != 0 => {
                told.answers += 1;
                told.answered = stream;
            }
            // A server that has answered may ask for no more of the request.
            RST_STREAM if stream != told.answered => {
                told.resets += 1;
                told.reset_code = code(0);
            }
            SETTINGS if flags & ACK != 0 => told.settings_acks += 1,
            SETTINGS => told.settings = true,
            GOAWAY => {
                told.goaway = told.goaway.or_else(|| Some(code(4)));
            }
            _ => {}
        }
        at += 9 + len;
    }
    at
}
