//! Two engines, client and server, with a pipe each way.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::peer::beginning;
use crate::{Connection, Event, Limits};

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

    /// Writes at most `n` octets into the pipe of the other end; its socket takes nothing if that is 0.
    fn write(&mut self, to: &mut Self, n: usize, now: Instant) -> usize {
        let out = self.engine.output();
        if n == 0 && !out.is_empty() {
            self.engine.write_blocked(now);
            return 0;
        }
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
        self.take_events();
        n
    }

    fn take_events(&mut self) {
        while let Some(event) = self.engine.event() {
            self.events.push_back(event);
        }
    }

    /// The connection breaks: of what is under way, at most `n` octets still come.
    fn cut(&mut self, n: usize, now: Instant) {
        self.pipe.truncate(n);
        while self.read(usize::MAX, now) > 0 {}
        self.engine.eof();
        self.take_events();
    }
}

impl Pair {
    pub(super) fn new(client: Limits, server: Limits) -> Self {
        let now = beginning();
        Self {
            client: Side::new(Connection::client(client, now)),
            server: Side::new(Connection::server(server, now)),
            now,
        }
    }

    /// Moves at most `n` octets each way, through sockets and pipes; true if any moved.
    pub(super) fn step(&mut self, n: usize) -> bool {
        self.step_by([n; 4])
    }

    /// Moves at most so many octets: the client's into its socket and out of the pipe, the server's likewise.
    pub(super) fn step_by(&mut self, [up_in, up_out, down_in, down_out]: [usize; 4]) -> bool {
        let written = self.client.write(&mut self.server, up_in, self.now)
            + self.server.write(&mut self.client, down_in, self.now);
        let read = self.server.read(up_out, self.now) + self.client.read(down_out, self.now);
        written + read > 0
    }

    /// Time passes, and timers that are due fire.
    pub(super) fn wait(&mut self, time: Duration) {
        self.now += time;
        for side in [&mut self.client, &mut self.server] {
            if side.engine.deadline().is_some_and(|due| due <= self.now) {
                side.engine.tick(self.now);
            }
            side.take_events();
        }
    }

    /// The connection breaks at any octet in either direction, and both ends notice.
    pub(super) fn cut(&mut self, up: usize, down: usize) {
        self.server.cut(up, self.now);
        self.client.cut(down, self.now);
    }

    /// Moves everything until nothing is under way.
    pub(super) fn drive(&mut self) {
        while self.step(usize::MAX) {}
    }
}
