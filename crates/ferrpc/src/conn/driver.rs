//! One turn of a connection's loop, for both roles: commands, input, time, output.
//!
//! The future below owns the socket and the engine; everything it does is `&mut self`.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ferrpc_http2::{Closed, Connection, Event, SLICES_MAX};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::{Instant, Sleep};

use super::inbox::{Command, Inbox};
use super::keepalive::{Beat, Keepalive, Pulse};

/// What a role adds to the loop.
pub(crate) trait Side: Send + Unpin {
    /// Something happened on the connection.
    fn event(&mut self, conn: &mut Connection, event: Event, now: Instant);
    /// A call wants something done.
    fn command(&mut self, conn: &mut Connection, command: Command, now: Instant);
    /// When [`tick`](Self::tick) is due; may be too early, never too late. Asked at the end of each turn.
    fn deadline(&mut self, conn: &Connection, now: Instant) -> Option<Instant>;
    /// Time passed.
    fn tick(&mut self, conn: &mut Connection, now: Instant);
    /// True when the connection should close once its output is written.
    fn is_done(&self, conn: &Connection) -> bool;
    /// The connection is gone; nothing more will be called.
    fn closed(&mut self, why: &Gone);
    /// The peer does not speak HTTP/2: octets to send instead of a GOAWAY.
    fn foreign(&mut self, first: &[u8]) -> Vec<u8>;
    /// No stream is open and none was for a while: gives back what only calls need.
    fn release_memory(&mut self);
    /// True, once, if what waits to be written should not wait for more input to be digested.
    fn is_late(&mut self) -> bool {
        false
    }
    /// The input that there is, or as much as one turn takes, is digested.
    fn digested(&mut self, _: &mut Connection) {}
    /// A command that came too late, after [`closed`](Self::closed).
    fn late(&mut self, _: Command) {}
}

/// Why a connection is gone.
#[derive(Debug)]
pub(crate) enum Gone {
    /// The engine says so.
    Closed(Closed),
    /// The socket failed.
    Io(io::Error),
    /// The peer did not answer a PING for so long.
    Dead(Duration),
    /// We closed it, drained or told to.
    Done,
}

/// Octets read in one turn before output gets its share.
const TURN_READ_BYTES_MAX: usize = 256 << 10;
/// Calls begun in one turn before output gets its share: a whole burst of the default stream limit.
const TURN_CALLS_MAX: u32 = 128;
/// A connection without calls for this long gives its buffers back.
const QUIET: Duration = Duration::from_secs(5);
/// How long to read on after a GOAWAY, so that a TCP reset does not take it from the peer.
const LINGER: Duration = Duration::from_secs(1);
/// How many octets at most: what a peer that keeps to its window may have had under way.
const LINGER_BYTES_MAX: usize = 16 << 20;

/// What tasks that are ready to run have to send belongs to one turn, so they go first.
///
/// On a runtime of several threads a task that another one wakes runs right behind it, before all that wait: the
/// first of a hundred handlers that is done, or of callers that begin, would get a turn and a write of its own, and so
/// would each of the others. So a connection that was woken by one while other calls are open queues up once more
/// behind them; unless that took too long lately, since what is there must not wait for tasks that work long.
#[derive(Debug, Default)]
struct Way {
    /// Since when it has been given, if this turn is the one after.
    given_at: Option<Instant>,
    /// Turns that begin at once.
    hurried: u32,
}

/// More than this for the others is too long.
const WAY_MAX: Duration = Duration::from_micros(200);
/// Turns that begin at once after that.
const HURRIED_TURNS: u32 = 128;

impl Way {
    /// True if others go first; then the turn is due behind them.
    fn give(&mut self) -> bool {
        if let Some(at) = self.given_at.take() {
            if at.elapsed() > WAY_MAX {
                self.hurried = HURRIED_TURNS;
            }
            return false;
        }
        if self.hurried > 0 {
            self.hurried -= 1;
            return false;
        }
        self.given_at = Some(Instant::now());
        true
    }
}

pub(crate) struct Driver<Io, S> {
    io: Io,
    conn: Connection,
    side: S,
    inbox: Arc<Inbox>,
    pulse: Pulse,
    commands: Vec<Command>,
    /// Armed for the earliest deadline known when it was set; may fire for nothing.
    sleep: Option<Pin<Box<Sleep>>>,
    stage: Stage,
    gone: Option<Gone>,
    foreign: Vec<u8>,
    /// Calls begun in this turn.
    begun: u32,
    /// None on a runtime of one thread, where who is woken queues up behind all others anyway.
    way: Option<Way>,
    /// This turn used up its share; the next is due at once.
    more: bool,
    /// The socket was left unread, since what it has would make more to write.
    held_back: bool,
    /// When to see whether the connection went quiet; none while it is.
    quiet_at: Option<Instant>,
    /// Something came since that time was set.
    active: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// Nothing more is taken in; output is written, then the socket is shut down.
    Flush,
    /// Shut down; input is thrown away until the peer closes, time is up, or so many octets came.
    Linger(usize),
}

impl<Io: AsyncRead + AsyncWrite + Send + Unpin, S: Side> Driver<Io, S> {
    pub(crate) fn new(io: Io, conn: Connection, side: S, inbox: Arc<Inbox>, keepalive: Keepalive) -> Self {
        Self {
            io,
            conn,
            side,
            inbox,
            pulse: Pulse::new(keepalive, Instant::now()),
            commands: Vec::new(),
            sleep: None,
            stage: Stage::Open,
            gone: None,
            foreign: Vec::new(),
            begun: 0,
            way: (Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread).then(Way::default),
            more: false,
            held_back: false,
            quiet_at: None,
            active: false,
        }
    }

    /// True if there were any.
    #[inline]
    fn take_commands(&mut self, cx: &Context<'_>, now: Instant) -> bool {
        self.inbox.is_stirred() && self.take_all_commands(cx, now)
    }

    /// Until there are no more; the next one then wakes this task.
    fn take_all_commands(&mut self, cx: &Context<'_>, now: Instant) -> bool {
        let mut any = false;
        loop {
            self.inbox.take(&mut self.commands, cx.waker());
            if self.commands.is_empty() {
                return any;
            }
            any = true;
            for command in self.commands.drain(..) {
                match command {
                    Command::Drain => self.conn.drain(now.into_std()),
                    Command::Close => {
                        self.gone.get_or_insert(Gone::Done);
                        self.conn.shut_down(ferrpc_http2::ErrorCode::NO_ERROR, "");
                    }
                    command => self.side.command(&mut self.conn, command, now),
                }
            }
        }
    }

    /// Digests what has been read, until so many calls began that output should have its share first.
    fn take_events(&mut self, now: Instant) {
        loop {
            if self.begun >= TURN_CALLS_MAX {
                self.more = true;
                return;
            }
            match self.conn.event() {
                None => return,
                Some(Event::Closed { reason }) => {
                    if matches!(&reason, Closed::Violation(violation) if violation.is_foreign()) {
                        self.foreign = self.side.foreign(self.conn.unparsed());
                    }
                    self.gone.get_or_insert(Gone::Closed(reason));
                }
                Some(event) => {
                    self.begun += u32::from(matches!(event, Event::Head { .. }));
                    self.side.event(&mut self.conn, event, now);
                    if self.side.is_late() {
                        self.more = true;
                        return;
                    }
                }
            }
        }
    }

    /// Reads and digests until the socket has no more, or the turn's share is used up.
    fn read(&mut self, cx: &mut Context<'_>, now: Instant) {
        let mut left = TURN_READ_BYTES_MAX;
        // What the turn before left over comes first; the engine takes no new octets before. And it counts it if it
        // takes none now.
        if std::mem::take(&mut self.more) || self.conn.has_event() || !self.conn.wants_read() {
            self.take_events(now);
        }
        self.held_back = false;
        while !self.more {
            if !self.conn.wants_read() {
                self.held_back = true;
                return;
            }
            let mut space = ReadBuf::new(self.conn.space());
            match Pin::new(&mut self.io).poll_read(cx, &mut space) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) => {
                    let n = space.filled().len();
                    if n == 0 {
                        self.conn.eof();
                    } else {
                        self.conn.received(n, now.into_std());
                        self.active = true;
                        self.pulse.heard(now);
                        left = left.saturating_sub(n);
                    }
                    self.take_events(now);
                    self.more |= left == 0;
                }
                Poll::Ready(Err(error)) => {
                    self.gone.get_or_insert(Gone::Io(error));
                    self.conn.eof();
                    return;
                }
            }
        }
    }

    /// Writes until the output is empty (then `Ready`) or the socket takes no more.
    fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<io::Result<()>> {
        loop {
            let out = self.conn.output();
            if out.is_empty() {
                break;
            }
            let io = Pin::new(&mut self.io);
            let written = if out.is_one_piece() {
                io.poll_write(cx, out.first())
            } else {
                let mut slices = [IoSlice::new(&[]); SLICES_MAX];
                let n = out.slices(&mut slices);
                io.poll_write_vectored(cx, &slices[..n])
            };
            match written {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(n)) => self.conn.written(n, now.into_std()),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.conn.write_blocked(now.into_std());
                    return Poll::Pending;
                }
            }
            // What left the queues may let senders go on, and what they send belongs to this turn.
            if self.conn.has_event() {
                self.take_events(now);
            }
        }
        while !self.foreign.is_empty() {
            match Pin::new(&mut self.io).poll_write(cx, &self.foreign) {
                Poll::Ready(Ok(n)) if n > 0 => drop(self.foreign.drain(..n)),
                Poll::Ready(_) => self.foreign.clear(),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Arms the timer; true if it is due already.
    fn arm(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if self.active && self.quiet_at.is_none() {
            self.quiet_at = Some(now + QUIET);
        }
        let conn = self.conn.deadline().map(Instant::from_std);
        let pulse = self.pulse.due(self.conn.streams());
        let side = self.side.deadline(&self.conn, now);
        let Some(due) = [conn, side, self.quiet_at, pulse].into_iter().flatten().min() else {
            return false;
        };
        if due <= now {
            return true;
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(now)));
        // An earlier time than needed is left to fire: re-arming on every call would cost more. So a timer
        // that is set for later than now has its waker already.
        if sleep.deadline() <= now || sleep.deadline() > due {
            sleep.as_mut().reset(due);
            return sleep.as_mut().poll(cx).is_ready();
        }
        false
    }

    /// Gives the buffers back if nothing came for a while and no call is open.
    fn rest(&mut self, now: Instant) {
        if self.quiet_at.is_none_or(|at| at > now) {
            return;
        }
        let quiet = !self.active && self.conn.streams() == 0;
        self.active = false;
        self.quiet_at = if quiet { None } else { Some(now + QUIET) };
        if quiet {
            self.conn.release_memory();
            self.commands = Vec::new();
            self.side.release_memory();
        }
    }

    fn open(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        self.take_commands(cx, now);
        self.begun = 0;
        self.read(cx, now);
        self.side.digested(&mut self.conn);
        // What handlers polled just now have to send belongs to this turn's write.
        self.take_commands(cx, now);
        let mut flushed = self.write(cx, now);
        loop {
            match flushed {
                Poll::Ready(Err(error)) => {
                    self.gone.get_or_insert(Gone::Io(error));
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(())) if self.side.is_done(&self.conn) => {
                    self.gone.get_or_insert(Gone::Done);
                }
                _ => {}
            }
            if self.gone.is_some() {
                return Poll::Ready(());
            }
            if !self.arm(cx, now) {
                break;
            }
            let now = Instant::now();
            self.conn.tick(now.into_std());
            self.side.tick(&mut self.conn, now);
            match self.pulse.tick(now, self.conn.streams()) {
                Beat::Nothing => {}
                Beat::Ask => self.conn.send_ping(),
                Beat::Dead(silence) => _ = self.gone.get_or_insert(Gone::Dead(silence)),
            }
            self.rest(now);
            self.take_events(now);
            flushed = self.write(cx, now);
        }
        // Handlers that ran inline may have pushed commands; the inbox then has no waker to wake.
        let late = self.take_commands(cx, now);
        // Nobody wakes a task for octets that it never asked for.
        let unread = self.held_back && self.conn.wants_read();
        if self.more || unread || late && self.output_waits(flushed.is_ready()) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// True if tasks with something to send go first.
    fn gives_way(&mut self) -> bool {
        let Some(way) = &mut self.way else { return false };
        self.conn.streams() > 1 && self.inbox.is_stirred() && way.give()
    }

    /// True if there is output although the last write emptied it: late commands made some.
    fn output_waits(&mut self, flushed: bool) -> bool {
        flushed && !self.conn.output().is_empty()
    }
}

impl<Io: AsyncRead + AsyncWrite + Send + Unpin, S: Side> Future for Driver<Io, S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            match this.stage {
                Stage::Open => {
                    if this.gives_way() {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    if this.open(cx).is_pending() {
                        return Poll::Pending;
                    }
                    let gone = this.gone.get_or_insert(Gone::Done);
                    this.side.closed(gone);
                    for command in this.inbox.close() {
                        this.side.late(command);
                    }
                    // Nobody is there to say goodbye to.
                    if matches!(gone, Gone::Io(_) | Gone::Dead(_)) {
                        return Poll::Ready(());
                    }
                    // From here on time is bounded, whatever the peer does.
                    this.sleep = Some(Box::pin(tokio::time::sleep(LINGER)));
                    this.stage = Stage::Flush;
                }
                Stage::Flush => {
                    let now = Instant::now();
                    match this.write(cx, now) {
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(_)) => return Poll::Ready(()),
                        Poll::Pending => return this.poll_linger(cx),
                    }
                    match Pin::new(&mut this.io).poll_shutdown(cx) {
                        Poll::Ready(Ok(())) => this.stage = Stage::Linger(LINGER_BYTES_MAX),
                        Poll::Ready(Err(_)) => return Poll::Ready(()),
                        Poll::Pending => return this.poll_linger(cx),
                    }
                }
                Stage::Linger(left) => {
                    if matches!(this.gone, Some(Gone::Closed(Closed::Eof))) {
                        return Poll::Ready(());
                    }
                    let mut waste = [0; 4096];
                    let mut buffer = ReadBuf::new(&mut waste);
                    match Pin::new(&mut this.io).poll_read(cx, &mut buffer) {
                        Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                            let Some(left) = left.checked_sub(buffer.filled().len()) else {
                                return Poll::Ready(());
                            };
                            this.stage = Stage::Linger(left);
                        }
                        Poll::Ready(_) => return Poll::Ready(()),
                        Poll::Pending => return this.poll_linger(cx),
                    }
                    if this.poll_linger(cx).is_ready() {
                        return Poll::Ready(());
                    }
                }
            }
        }
    }
}

impl<Io, S> Driver<Io, S> {
    /// Ready when the time for saying goodbye is up.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn way_is_given_once_a_turn_and_not_for_a_while_after_it_took_long() {
        let mut way = Way::default();
        for _ in 0..3 {
            assert!(way.give());
            tokio::time::advance(WAY_MAX).await;
            assert!(!way.give(), "this turn was put off already");
        }
        assert!(way.give());
        tokio::time::advance(WAY_MAX + Duration::from_millis(1)).await;
        for _ in 0..=HURRIED_TURNS {
            assert!(!way.give());
        }
        assert!(way.give());
    }
}
