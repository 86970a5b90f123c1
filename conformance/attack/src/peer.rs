//! A client that writes what it likes, and remembers what it is told.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::frames::{ACK, Frame, GOAWAY, HEADERS, PREFACE, RST_STREAM, SETTINGS, frame};

/// A server that takes nothing for this long has stopped reading.
const STALL: Duration = Duration::from_secs(1);
/// How long to wait for a server to say something.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the server has said so far.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Told {
    /// All frames.
    pub frames: usize,
    /// Its SETTINGS came.
    pub settings: bool,
    /// How many SETTINGS it acknowledged.
    pub settings_acks: usize,
    /// Streams that were reset before they were answered, with the code of the last reset.
    pub resets: usize,
    /// That code.
    pub reset_code: u32,
    /// HEADERS frames that ended their stream, and the last such stream.
    pub answers: usize,
    answered: u32,
    /// The code of the first GOAWAY.
    pub goaway: Option<u32>,
    /// The socket is at its end.
    pub closed: bool,
}

impl Told {
    /// The connection is at its end.
    pub fn is_over(&self) -> bool {
        self.closed || self.goaway.is_some_and(|code| code != 0)
    }
}

/// One connection.
#[derive(Debug)]
pub struct Peer {
    socket: TcpStream,
    told: Arc<Mutex<Told>>,
    /// Octets the server's socket took.
    pub sent_bytes: usize,
    /// The server took nothing for a while.
    pub stalled: bool,
    reads: bool,
}

impl Peer {
    /// Connected; nothing sent, nothing read.
    ///
    /// # Errors
    /// What the socket says.
    pub fn connect(server: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpStream::connect_timeout(&server, PATIENCE)?;
        socket.set_write_timeout(Some(STALL))?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, told: Arc::default(), sent_bytes: 0, stalled: false, reads: false })
    }

    /// Connected, with the preface and these SETTINGS sent; what the server says is read.
    ///
    /// # Errors
    /// What the socket says.
    pub fn greeted(server: SocketAddr, settings: &[u8]) -> std::io::Result<Self> {
        let mut peer = Self::connect(server)?;
        peer.read()?;
        peer.send(PREFACE);
        peer.send(&frame(SETTINGS, 0, 0, settings));
        peer.wait(|told| told.settings);
        peer.send(&frame(SETTINGS, ACK, 0, &[]));
        Ok(peer)
    }

    /// Greeted, but what the server says is not read before [`read`](Self::read).
    ///
    /// # Errors
    /// What the socket says.
    pub fn deaf(server: SocketAddr) -> std::io::Result<Self> {
        let mut peer = Self::connect(server)?;
        peer.send(PREFACE);
        peer.send(&frame(SETTINGS, 0, 0, &[]));
        peer.send(&frame(SETTINGS, ACK, 0, &[]));
        Ok(peer)
    }

    /// Reads from now on, if it did not before.
    ///
    /// # Errors
    /// What the socket says.
    pub fn read(&mut self) -> std::io::Result<()> {
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
    pub fn send(&mut self, octets: &[u8]) -> bool {
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
    pub fn flood(&mut self, count: usize, piece: impl Fn(usize) -> Vec<u8>) {
        const BYTES_AT_ONCE: usize = 16 << 10;
        let mut octets = Vec::new();
        for nth in 0..count {
            octets.extend(piece(nth));
            if octets.len() >= BYTES_AT_ONCE || nth + 1 == count {
                if !self.send(&octets) {
                    return;
                }
                octets.clear();
            }
        }
    }

    /// What the server has said so far.
    pub fn told(&self) -> Told {
        lock(&self.told).clone()
    }

    /// Waits until the server has said something, within reason; whether it has.
    pub fn wait(&self, until: impl Fn(&Told) -> bool) -> bool {
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
    let mut left = octets;
    while let Some((frame, rest)) = Frame::first(left) {
        told.frames += 1;
        match frame.kind {
            HEADERS if frame.is_end() => {
                told.answers += 1;
                told.answered = frame.stream;
            }
            // A server that has answered may ask for no more of the request.
            RST_STREAM if frame.stream != told.answered => {
                told.resets += 1;
                told.reset_code = frame.number(0);
            }
            SETTINGS if frame.flags & ACK != 0 => told.settings_acks += 1,
            SETTINGS => told.settings = true,
            GOAWAY => told.goaway = told.goaway.or_else(|| Some(frame.number(4))),
            _ => {}
        }
        left = rest;
    }
    octets.len() - left.len()
}
