//! Two engines, client and server, with a pipe each way.

use std::collections::VecDeque;
use std::time::Instant;

use super::peer::beginning;
use crate::{Config, Connection, Event};

/// One end: its engine, what happened there, and the octets under way to it.
pub(super) struct Side {
    pub(super) engine: Connection,
    pub(super) events: VecDeque<Event>,
    pipe: VecDeque<u8>,
}

/// The two ends of a connection, in a time of their own.
pub(super) struct Pair {
    pub(super) client: Side,
    pub(super) server: Side,
    pub(super) now: Instant,
}

impl Side {
    fn new(engine: Connection) -> Self {
        Self { engine, events: VecDeque::new(), pipe: VecDeque::new() }
    }

    /// Writes at most `n` octets into the pipe of the other end.
    fn write(&mut self, to: &mut Self, n: usize, now: Instant) -> usize {
        let out = self.engine.output();
        let piece = &out.first()[..n.min(out.first().len())];
        to.pipe.extend(piece);
        let n = piece.len();
        if n > 0 {
            self.engine.written(n, now);
        }
        n
    }

    /// Takes at most `n` octets from its pipe, and the events that come of them.
    fn read(&mut self, n: usize, now: Instant) -> usize {
        let mut n = n.min(self.pipe.len());
        if n > 0 && self.engine.wants_read() {
            let space = self.engine.space();
            n = n.min(space.len());
            for (to, from) in space.iter_mut().zip(self.pipe.drain(..n)) {
                *to = from;
            }
            self.engine.received(n, now);
        } else {
            n = 0;
        }
        while let Some(event) = self.engine.event() {
            self.events.push_back(event);
        }
        n
    }
}

impl Pair {
    pub(super) fn new(client: Config, server: Config) -> Self {
        let now = beginning();
        Self {
            client: Side::new(Connection::client(client, now)),
            server: Side::new(Connection::server(server, now)),
            now,
        }
    }

    /// Moves at most `n` octets each way, through sockets and pipes; true if any moved.
    pub(super) fn step(&mut self, n: usize) -> bool {
        let written = self.client.write(&mut self.server, n, self.now)
            + self.server.write(&mut self.client, n, self.now);
        let read = self.server.read(n, self.now) + self.client.read(n, self.now);
        written + read > 0
    }

    /// Moves everything until nothing is under way.
    pub(super) fn drive(&mut self) {
        while self.step(usize::MAX) {}
    }
}
