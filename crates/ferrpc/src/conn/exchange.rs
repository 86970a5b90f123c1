//! One attempt's stream as the halves of a call see it: what came, what may be sent, how it ended.
//!
//! The driver fills it, the halves empty it; both hold its lock for a few instructions. Nothing here
//! touches the engine: what a half wants done goes through the inbox.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ferrpc_http2::{Chunk, Connection, End, ErrorCode, StreamKey};
use tokio::time::Instant;

use super::ResponseHead;
use super::inbox::{Command, Inbox};
use super::sync::{Mutex, MutexGuard};
use crate::codec::Segments;
use crate::deadline;
#[cfg(feature = "client")]
use crate::envelope::Envelope;
use crate::envelope::{self, Assembled, Assembler, Front};
use crate::metadata::Metadata;
use crate::status::{Phase, Status};

/// How the peer's half ended: its trailers (empty on a server), or why not.
pub(crate) type Ended = Result<Metadata, Status>;

pub(crate) struct Exchange {
    inbox: Arc<Inbox>,
    /// When the call's time is up; what failed by then failed of that.
    deadline: Option<Instant>,
    state: Mutex<State>,
}

/// On which side of the call an exchange is: the end of a server's half is the end of the call, the end
/// of a client's half is not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    #[cfg(feature = "client")]
    Client,
    #[cfg(feature = "server")]
    Server,
}

struct State {
    whose: Whose,
    /// Known once the stream is open.
    key: Option<StreamKey>,
    /// On a client the head of the response, from when it is there until it is taken; on a server what the handler adds
    /// to the status. A stream may be open for long, so these share their room.
    beside: Metadata,
    has_head: bool,
    messages: Messages,
    ended: Option<Ended>,
    /// Messages behind their prefixes that the engine has not got yet. A command is in the inbox while there
    /// are any.
    outgoing: Segments,
    /// The engine holds more of this stream than it should.
    paused: bool,
    /// A message has begun that is larger than the window may be; it gets its credit when all before it are
    /// taken.
    starved: bool,
    /// Nobody waits for the outcome any more.
    abandoned: bool,
    receiver: Option<Waker>,
    /// The receiver waits for the end of all, not for what comes before.
    until_end: bool,
    sender: Option<Waker>,
}

impl State {
    /// Whom to wake for what is not the end yet.
    fn receiver_before_end(&mut self) -> Option<Waker> {
        if self.until_end { None } else { self.receiver.take() }
    }

    fn take_head(&mut self) -> Option<Metadata> {
        std::mem::take(&mut self.has_head).then(|| std::mem::take(&mut self.beside))
    }
}

/// Octets one stream may have on their way to the engine before its sender waits.
const OUTGOING_BYTES_MAX: usize = 64 << 10;
/// Credit is given back in portions of this many octets, a quarter of the smallest window.
const CONSUMED_PORTION_BYTES: usize = 16 << 10;

impl Exchange {
    pub(crate) fn new(
        inbox: Arc<Inbox>,
        whose: Whose,
        key: Option<StreamKey>,
        deadline: Option<Instant>,
    ) -> Arc<Self> {
        let state = State {
            whose,
            key,
            beside: Metadata::new(),
            has_head: false,
            messages: Messages::default(),
            ended: None,
            outgoing: Segments::default(),
            paused: false,
            starved: false,
            abandoned: false,
            receiver: None,
            until_end: false,
            sender: None,
        };
        Arc::new(Self { inbox, deadline, state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    // The driver's side

    #[cfg(feature = "client")]
    pub(crate) fn opened(&self, key: StreamKey) {
        let mut state = self.lock();
        state.key = Some(key);
        wake(state, State::receiver_before_end);
    }

    #[cfg(feature = "client")]
    pub(crate) fn set_head(&self, head: Metadata) {
        let mut state = self.lock();
        (state.beside, state.has_head) = (head, true);
        wake(state, State::receiver_before_end);
    }

    /// The peer's half, or the whole stream, is over. Only the first end counts.
    pub(crate) fn end(&self, ended: Ended) {
        let mut state = self.lock();
        state.ended.get_or_insert(ended);
        let sender = state.sender.take();
        wake(state, |state| state.receiver.take());
        if let Some(sender) = sender {
            sender.wake();
        }
    }

    /// Everything to be sent, however many messages it is.
    fn take_outgoing(&self) -> Segments {
        std::mem::take(&mut self.lock().outgoing)
    }

    /// The engine has what was taken, and says whether the sender should pause.
    fn taken(&self, pause: bool) {
        let mut state = self.lock();
        state.paused = pause;
        if !pause {
            wake(state, |state| state.sender.take());
        }
    }

    pub(crate) fn writable(&self) {
        let mut state = self.lock();
        state.paused = false;
        wake(state, |state| state.sender.take());
    }

    #[cfg(any(feature = "client", test))]
    pub(crate) fn is_abandoned(&self) -> bool {
        self.lock().abandoned
    }

    // The receiving half

    /// Ready once the stream is open, or will never be.
    #[cfg(feature = "client")]
    pub(crate) fn poll_opened(&self, cx: &Context<'_>) -> Poll<Result<(), Status>> {
        let mut state = self.lock();
        match (&state.ended, state.key) {
            (Some(Err(status)), None) => Poll::Ready(Err(status.clone())),
            (_, Some(_)) => Poll::Ready(Ok(())),
            _ => pend(&mut state.receiver, cx),
        }
    }

    /// The metadata before the first message, once it is there; `None` if the stream ended without.
    #[cfg(feature = "client")]
    pub(crate) fn poll_head(&self, cx: &Context<'_>) -> Poll<Option<Metadata>> {
        let mut state = self.lock();
        if state.has_head || state.ended.is_some() {
            return Poll::Ready(state.take_head());
        }
        pend(&mut state.receiver, cx)
    }

    /// The metadata before the first message, if it is there and nobody has taken it.
    pub(crate) fn take_head(&self) -> Option<Metadata> {
        self.lock().take_head()
    }

    /// All messages there are, into `came`, which must be empty; or how the peer's half ended once all are
    /// taken. Gives the credit of `consumed` octets back when somebody may be waiting for it.
    pub(crate) fn poll_messages(
        &self,
        cx: &Context<'_>,
        came: &mut Messages,
        consumed: &mut usize,
    ) -> Poll<Result<(), Ended>> {
        let mut state = self.lock();
        let poll = if state.messages.is_empty() {
            match &state.ended {
                Some(ended) => Poll::Ready(Err(ended.clone().map_err(|status| self.blame(status)))),
                None => pend(&mut state.receiver, cx),
            }
        } else {
            std::mem::swap(&mut state.messages, came);
            Poll::Ready(Ok(()))
        };
        if state.starved && poll.is_pending() {
            state.starved = false;
            self.give_back(state, consumed);
        }
        poll
    }

    /// Messages have been consumed: their credit goes back in portions.
    #[inline]
    pub(crate) fn consumed(&self, consumed: &mut usize) {
        if *consumed >= CONSUMED_PORTION_BYTES {
            self.give_back(self.lock(), consumed);
        }
    }

    fn give_back(&self, state: MutexGuard<'_, State>, consumed: &mut usize) {
        let octets = std::mem::take(consumed);
        let key = state.key.filter(|_| state.ended.is_none());
        drop(state);
        if let Some(key) = key {
            // If the connection is gone there is no credit to give.
            self.inbox.push(Command::Consumed { key, octets });
        }
    }

    /// Everything at once, when the peer's half is over: head, messages, end. For unary answers.
    #[cfg(feature = "client")]
    pub(crate) fn poll_finished(&self, cx: &Context<'_>) -> Poll<Finished> {
        let mut state = self.lock();
        match state.ended.take() {
            Some(ended) => {
                let messages = std::mem::take(&mut state.messages);
                Poll::Ready(Finished { head: state.take_head().unwrap_or_default(), messages, ended })
            }
            None => {
                state.until_end = true;
                pend(&mut state.receiver, cx)
            }
        }
    }

    // The sending half

    /// Why nothing more may be sent, if that is so.
    fn over(&self, state: &State) -> Option<Status> {
        let status = match &state.ended {
            Some(Err(status)) => status.clone(),
            #[cfg(feature = "client")]
            Some(Ok(_)) if state.whose == Whose::Client => {
                Status::cancelled("the server has answered and takes no more messages").at(Phase::Send)
            }
            _ if state.abandoned => over(),
            _ => return None,
        };
        Some(self.blame(status))
    }

    fn blame(&self, status: Status) -> Status {
        deadline::blame(status, self.deadline)
    }

    /// Ready when another message may be sent; an error if none ever may.
    pub(crate) fn poll_ready(&self, cx: &Context<'_>) -> Poll<Result<(), Status>> {
        let mut state = self.lock();
        if let Some(status) = self.over(&state) {
            return Poll::Ready(Err(status));
        }
        if state.paused || state.outgoing.len() >= OUTGOING_BYTES_MAX {
            return pend(&mut state.sender, cx);
        }
        Poll::Ready(Ok(()))
    }

    /// Hands messages to the connection once the quota allows, and leaves none, behind a server's head if that is
    /// still due.
    pub(crate) fn poll_send(
        &self,
        cx: &Context<'_>,
        octets: &mut Segments,
        head: impl FnOnce() -> Option<ResponseHead>,
    ) -> Poll<Result<(), Status>> {
        let mut state = self.lock();
        if let Some(status) = self.over(&state) {
            return Poll::Ready(Err(status));
        }
        if state.paused || state.outgoing.len() >= OUTGOING_BYTES_MAX {
            return pend(&mut state.sender, cx);
        }
        Poll::Ready(self.hand_over(state, octets, head()))
    }

    /// As [`poll_send`](Self::poll_send), over the quota if need be.
    pub(crate) fn send(
        &self,
        octets: &mut Segments,
        head: impl FnOnce() -> Option<ResponseHead>,
    ) -> Result<(), Status> {
        let state = self.lock();
        match self.over(&state) {
            Some(status) => Err(status),
            None => self.hand_over(state, octets, head()),
        }
    }

    fn hand_over(
        &self,
        mut state: MutexGuard<'_, State>,
        octets: &mut Segments,
        head: Option<ResponseHead>,
    ) -> Result<(), Status> {
        let Some(key) = state.key else { return Err(self.blame(over())) };
        let first = state.outgoing.is_empty();
        state.outgoing.append(std::mem::take(octets));
        drop(state);
        if let Some(head) = head {
            self.inbox.push(Command::Head { key, head });
        }
        // What is there already has its command under way.
        if !first || self.inbox.push(Command::Send { key }) { Ok(()) } else { Err(self.blame(over())) }
    }

    /// A server's response head, before its first message.
    pub(crate) fn send_head(&self, head: ResponseHead) {
        if let Some(key) = self.lock().key {
            self.inbox.push(Command::Head { key, head });
        }
    }

    /// Adds to what goes with the status of a server's handler.
    pub(crate) fn add_trailers(&self, trailers: &Metadata) {
        self.lock().beside.extend(trailers);
    }

    /// What the handler has added.
    #[cfg(feature = "server")]
    pub(crate) fn take_trailers(&self) -> Metadata {
        std::mem::take(&mut self.lock().beside)
    }

    /// No more messages from us.
    pub(crate) fn send_end(&self) {
        if let Some(key) = self.lock().key {
            self.inbox.push(Command::End { key });
        }
    }

    /// Ready once nothing more may be sent.
    pub(crate) fn poll_over(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if self.over(&state).is_some() {
            return Poll::Ready(());
        }
        pend(&mut state.sender, cx)
    }

    /// Gives the exchange up: the stream is reset unless it is over.
    pub(crate) fn abandon(&self, code: ErrorCode) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.abandoned, true) {
            return;
        }
        let over = state.ended.is_some();
        state.ended.get_or_insert_with(|| Err(Status::cancelled("the call was given up on this side")));
        let key = state.key;
        let sender = state.sender.take();
        wake(state, |state| state.receiver.take());
        if let Some(sender) = sender {
            sender.wake();
        }
        if let Some(key) = key
            && !over
        {
            self.inbox.push(Command::Reset { key, code });
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exchange({:?})", self.lock().key)
    }
}

/// Messages nobody has taken yet, in runs as they came. Most calls have one a side, for which there is no queue to
/// allocate.
#[derive(Debug)]
pub(crate) struct Messages {
    /// Before all others; empty only if there are none.
    first: Chunk,
    #[expect(clippy::box_collection, reason = "one word instead of four, twice for each stream")]
    rest: Option<Box<VecDeque<Chunk>>>,
}

impl Default for Messages {
    fn default() -> Self {
        Self { first: Chunk::empty(), rest: None }
    }
}

impl Messages {
    /// A run is not empty.
    fn push_back(&mut self, run: Chunk) {
        if self.is_empty() {
            self.first = run;
        } else {
            self.rest.get_or_insert_default().push_back(run);
        }
    }

    #[cfg(feature = "client")]
    pub(crate) fn pop_front(&mut self) -> Option<Envelope> {
        let message = envelope::take_front(&mut self.first)?;
        self.next_run();
        Some(message)
    }

    /// Narrows [`first`](Self::first) to the first message.
    #[inline]
    pub(crate) fn narrow(&mut self) -> Option<Front> {
        envelope::narrow(&mut self.first)
    }

    #[inline]
    pub(crate) fn first(&self) -> &Chunk {
        &self.first
    }

    /// Goes on behind that message. Returns how long it was, with its prefix.
    #[inline]
    pub(crate) fn go_on(&mut self, front: Front) -> usize {
        let octets = envelope::go_on(&mut self.first, front);
        self.next_run();
        octets
    }

    /// The first run is not empty unless all are.
    fn next_run(&mut self) {
        if self.first.is_empty()
            && let Some(next) = self.rest.as_mut().and_then(|rest| rest.pop_front())
        {
            self.first = next;
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

/// A finished exchange.
#[cfg(feature = "client")]
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) head: Metadata,
    pub(crate) messages: Messages,
    pub(crate) ended: Ended,
}

fn over() -> Status {
    Status::cancelled("the call is over").at(Phase::Send)
}

fn pend<T>(slot: &mut Option<Waker>, cx: &Context<'_>) -> Poll<T> {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        none => *none = Some(cx.waker().clone()),
    }
    Poll::Pending
}

/// Wakes outside of the lock.
fn wake(mut state: MutexGuard<'_, State>, which: impl FnOnce(&mut State) -> Option<Waker>) {
    let waker = which(&mut state);
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// The driver's end of an exchange whose peer may send many messages.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) exchange: Arc<Exchange>,
    assembler: Assembler,
}

impl Feed {
    pub(crate) fn new(exchange: Arc<Exchange>, message_bytes_max: usize) -> Self {
        Self { exchange, assembler: Assembler::new(message_bytes_max) }
    }

    /// True in the middle of a message.
    #[cfg(feature = "client")]
    pub(crate) fn is_partial(&self) -> bool {
        self.assembler.is_partial()
    }

    /// The receiver consumed octets: gives their credit back, and that of a large message it now waits for.
    pub(crate) fn consumed(&self, conn: &mut Connection, key: StreamKey, octets: usize) {
        conn.consumed(key, octets);
        let waited_for = {
            let mut state = self.exchange.lock();
            let waited_for = state.messages.is_empty();
            state.starved &= !waited_for;
            waited_for
        };
        if waited_for {
            self.want(conn, key);
        }
    }

    /// Gives the engine what waits to be sent.
    pub(crate) fn send(&self, conn: &mut Connection, key: StreamKey) {
        let octets = self.exchange.take_outgoing();
        if !octets.is_empty() {
            super::send_segments(conn, key, octets, End::No);
        }
        self.exchange.taken(conn.should_pause(key));
    }

    /// Sees to it that the rest of the message begun can come.
    fn want(&self, conn: &mut Connection, key: StreamKey) {
        if let Some(octets) = self.assembler.missing() {
            conn.want(key, octets);
        }
    }

    /// Takes a piece of the body and returns how many messages it completed. `Err` says what is wrong with
    /// it; the caller ends the stream.
    pub(crate) fn data(
        &mut self,
        conn: &mut Connection,
        key: StreamKey,
        mut chunk: Chunk,
        end: End,
    ) -> Result<u64, Status> {
        let mut messages = 0;
        let mut came = None;
        while !chunk.is_empty() {
            let run = match self.assembler.push(&mut chunk)? {
                Assembled::Run(run, n) => {
                    messages += n;
                    Some(unpinned(run))
                }
                Assembled::Partial => None,
            };
            let state = came.get_or_insert_with(|| self.exchange.lock());
            if let Some(run) = run {
                state.messages.push_back(run);
            }
        }
        if let Some(mut state) = came {
            // Credit beyond the window only for a message somebody waits for: what is queued unread stays
            // bounded by the window.
            state.starved = self.assembler.missing().is_some() && !state.messages.is_empty();
            let waited_for = !state.starved;
            wake(state, |state| if messages > 0 { state.receiver_before_end() } else { None });
            if waited_for {
                self.want(conn, key);
            }
        }
        if end == End::Yes && self.assembler.is_partial() {
            return Err(Status::internal("the stream ended in the middle of a message").at(Phase::Recv));
        }
        Ok(messages)
    }
}

/// Messages that wait must not keep a whole receive block alive for a few octets of it.
fn unpinned(run: Chunk) -> Chunk {
    if run.len() * 8 < run.block_bytes() { Chunk::copy_of(run.as_slice()) } else { run }
}
