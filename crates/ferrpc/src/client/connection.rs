//! A client's side of a connection: opens streams for calls and tells them what came back.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ferrpc_http2::{
    Closed, Connection, End, ErrorCode, Event, Head, HeaderWriter, Indexing, OpenError, Repeated, Reset,
    StreamKey, Violation,
};
use tokio::time::Instant;

use crate::code::Code;
use crate::compression::{ACCEPT_ENCODING, Compression, ENCODING};
use crate::conn::driver::{Gone, Side};
use crate::conn::exchange::{Exchange, Feed, Whose};
use crate::conn::inbox::{Command, Inbox};
use crate::conn::{self, Open};
use crate::counters::Counters;
use crate::deadline;
use crate::metadata::Metadata;
use crate::method::Path;
use crate::status::{Phase, Status};

/// Whom a connection tells what becomes of it: its channel.
pub(crate) trait Lifeline: Send + Sync {
    /// The server's SETTINGS came.
    fn ready(&self);
    /// No new calls on this connection; those that run go on.
    fn unusable(&self);
    /// The connection is gone.
    fn gone(&self, why: &str);
    /// The server had too many PINGs; the interval of keepalive from now on, if there is one.
    fn too_many_pings(&self) -> Option<Duration>;
}

pub(crate) struct ClientSide {
    slots: Vec<Option<Slot>>,
    /// Calls that wait for the peer's stream limit, in order.
    waiting: VecDeque<Open>,
    /// At this many they are searched for those given up.
    waiting_checked_at: usize,
    usual: Usual,
    counters: Arc<Counters>,
    /// The earliest deadline of any call, maybe of one that is over.
    deadline: Option<Instant>,
    lifeline: Box<dyn Lifeline>,
    /// What the peer's GOAWAY said.
    going_away: Option<String>,
    last_words: Option<String>,
    heads: Heads,
    idle_timeout: Option<Duration>,
    /// Since when there has been no call, while there is none.
    idle_since: Option<Instant>,
}

/// Why no more streams can be opened, though the server said nothing.
const USED_UP: &str = "the stream ids of the connection are used up";

/// Calls that may wait before it is worth looking for those given up.
const WAITING_CHECKED_MIN: usize = 64;

struct Slot {
    key: StreamKey,
    path: Path,
    feed: Feed,
    deadline: Option<Instant>,
    messages: u64,
    /// The method answers with one message, and nobody takes it before the end.
    one_answer: bool,
}

impl ClientSide {
    pub(crate) fn new(
        lifeline: Box<dyn Lifeline>,
        compression: &Compression,
        user_agent: String,
        counters: Arc<Counters>,
        idle_timeout: Option<Duration>,
    ) -> Self {
        Self {
            slots: Vec::new(),
            waiting: VecDeque::new(),
            waiting_checked_at: WAITING_CHECKED_MIN,
            usual: Usual { accept: compression.names(), user_agent },
            counters,
            deadline: None,
            lifeline,
            going_away: None,
            last_words: None,
            heads: Heads::default(),
            idle_timeout,
            idle_since: None,
        }
    }

    fn slot(&mut self, key: StreamKey) -> Option<&mut Slot> {
        self.slots.get_mut(key.slot())?.as_mut().filter(|slot| slot.key == key)
    }

    fn open(&mut self, conn: &mut Connection, open: Open, now: Instant) {
        if open.exchange.is_abandoned() {
            return;
        }
        if let Some(deadline) = open.deadline {
            if deadline <= now {
                return open.exchange.end(Err(deadline::exceeded(Phase::Queue).not_executed()));
            }
            self.deadline = Some(self.deadline.map_or(deadline, |earliest| earliest.min(deadline)));
        }
        let (bytes, bytes_max) = (head_bytes(&open, &self.usual), conn.peer_header_list_bytes_max());
        if bytes > bytes_max {
            let status = Status::resource_exhausted(format!(
                "the head of the call has {bytes} octets, over the server's limit of {bytes_max}; send less metadata"
            ));
            return open.exchange.end(Err(status.at(Phase::Send).not_executed()));
        }
        if !self.waiting.is_empty() && conn.can_open().is_ok() {
            // Calls that wait go first.
            self.wait(open);
            return self.open_waiting(conn, now);
        }
        let end = End::No;
        match conn.open(end, |writer| self.heads.write(writer, &open, &self.usual, now)) {
            Ok(key) => self.opened(conn, key, open),
            Err(OpenError::StreamLimit { .. }) => self.wait(open),
            Err(_) => {
                open.exchange.end(Err(self.unusable()));
                self.leave(USED_UP);
            }
        }
    }

    fn wait(&mut self, open: Open) {
        self.waiting.push_back(open);
        // Calls given up while they wait are forgotten when they reach the front; behind a limit that never
        // moves they must not pile up either. Doubling makes it cheap.
        if self.waiting.len() >= self.waiting_checked_at {
            self.waiting.retain(|open| !open.exchange.is_abandoned());
            self.waiting_checked_at = (2 * self.waiting.len()).max(WAITING_CHECKED_MIN);
        }
    }

    fn opened(&mut self, conn: &mut Connection, key: StreamKey, open: Open) {
        open.exchange.opened(key);
        if let Some(message) = open.message {
            conn::send_segments(conn, key, message, End::Yes);
        }
        let slot = key.slot();
        if self.slots.len() <= slot {
            self.slots.resize_with(slot + 1, || None);
        }
        let Open { path, deadline, one_answer, .. } = open;
        let feed = Feed::new(open.exchange, open.message_bytes_max);
        self.slots[slot] = Some(Slot { key, path, feed, deadline, messages: 0, one_answer });
    }

    /// A stream ended: the next calls that wait may have its place.
    fn open_waiting(&mut self, conn: &mut Connection, now: Instant) {
        while !self.waiting.is_empty() {
            match conn.can_open() {
                Ok(()) => {}
                Err(OpenError::StreamLimit { .. }) => return,
                Err(_) => return self.leave(USED_UP),
            }
            let Some(open) = self.waiting.pop_front() else { return };
            if open.exchange.is_abandoned() {
                continue;
            }
            match conn.open(End::No, |writer| self.heads.write(writer, &open, &self.usual, now)) {
                Ok(key) => self.opened(conn, key, open),
                Err(_) => return self.waiting.push_front(open),
            }
        }
    }

    /// No more streams here, though the server said nothing. Calls that run may finish; the channel makes another
    /// connection.
    fn leave(&mut self, why: &str) {
        if self.going_away.is_none() {
            self.going_away = Some(why.into());
            self.lifeline.unusable();
            for open in std::mem::take(&mut self.waiting) {
                open.exchange.end(Err(self.unusable()));
            }
        }
    }

    fn idle_at(&self) -> Option<Instant> {
        self.idle_since.zip(self.idle_timeout).and_then(|(since, timeout)| since.checked_add(timeout))
    }

    /// For calls this connection never sent anywhere.
    fn unusable(&self) -> Status {
        let why = self.going_away.as_deref().unwrap_or("the connection takes no new streams");
        Status::unavailable(why.to_owned()).at(Phase::Http2).not_executed()
    }

    /// The outcome of a stream is known.
    fn finish(
        &mut self,
        conn: &mut Connection,
        key: StreamKey,
        ended: Result<Metadata, Status>,
        now: Instant,
    ) {
        let Some(slot) = self.slots.get_mut(key.slot()).and_then(|slot| slot.take_if(|slot| slot.key == key))
        else {
            return;
        };
        // A server that answers early gets no more from us; after a complete exchange the key is stale
        // and nothing is sent (gRPC PROTOCOL-HTTP2.md).
        let code = if ended.is_ok() { ErrorCode::NO_ERROR } else { ErrorCode::CANCEL };
        conn.reset(key, code);
        slot.feed.exchange.end(ended.map_err(|status| deadline::blame(status, slot.deadline)));
        self.open_waiting(conn, now);
    }

    fn head(&mut self, conn: &mut Connection, key: StreamKey, head: Head, end: End, now: Instant) {
        if let Some(status) = not_grpc(&head) {
            return self.finish(conn, key, Err(status), now);
        }
        if end == End::Yes {
            let ended = Status::from_trailers(Metadata::from_head(head));
            return self.finish(conn, key, ended, now);
        }
        if let Some(slot) = self.slot(key) {
            slot.feed.exchange.set_head(Metadata::from_head(head));
        }
    }

    fn trailers(&mut self, conn: &mut Connection, key: StreamKey, trailers: Head, now: Instant) {
        let Some(slot) = self.slot(key) else { return };
        let ended = if trailers.get(b"grpc-status").is_none() {
            Err(no_status(slot.messages))
        } else if slot.feed.is_partial() {
            Err(Status::internal("the stream ended in the middle of a message").at(Phase::Recv))
        } else {
            Status::from_trailers(Metadata::from_head(trailers))
        };
        self.finish(conn, key, ended, now);
    }

    fn data(
        &mut self,
        conn: &mut Connection,
        key: StreamKey,
        chunk: ferrpc_http2::Chunk,
        end: End,
        now: Instant,
    ) {
        let Some(slot) = self.slot(key) else { return };
        match slot.feed.data(conn, key, chunk, end) {
            Ok(messages) => {
                slot.messages += messages;
                if slot.one_answer && slot.messages > 1 {
                    let status =
                        Status::unimplemented("the server answered with several messages where one is due");
                    return self.finish(conn, key, Err(status.at(Phase::Recv)), now);
                }
                if end == End::Yes {
                    let status = no_status(slot.messages);
                    self.finish(conn, key, Err(status), now);
                }
            }
            Err(status) => {
                let status = status.of(&slot.path);
                self.counters.note(&status);
                self.finish(conn, key, Err(status), now);
            }
        }
    }
}

impl Side for ClientSide {
    fn event(&mut self, conn: &mut Connection, event: Event, now: Instant) {
        match event {
            Event::Ready => self.lifeline.ready(),
            Event::Head { stream, head, end } => self.head(conn, stream, head, end, now),
            Event::Data { stream, chunk, end } => self.data(conn, stream, chunk, end, now),
            Event::Trailers { stream, trailers } => self.trailers(conn, stream, trailers, now),
            Event::Reset { stream, reason } => {
                let status = reset_status(&reason, self.slot(stream).map_or(0, |slot| slot.messages));
                self.finish(conn, stream, Err(status), now);
            }
            Event::Writable { stream } => {
                if let Some(slot) = self.slot(stream) {
                    slot.feed.exchange.writable();
                }
            }
            Event::GoAway { code, debug } => {
                let too_many_pings = code == ErrorCode::ENHANCE_YOUR_CALM && *debug == *b"too_many_pings";
                let debug =
                    if debug.is_empty() { String::new() } else { format!(" \"{}\"", debug.escape_ascii()) };
                let mut words = format!("the server said GOAWAY {code}{debug}");
                if too_many_pings && let Some(interval) = self.lifeline.too_many_pings() {
                    words += &format!("; keepalive interval doubled to {}", in_words(interval));
                }
                self.going_away = Some(words);
                self.lifeline.unusable();
                for open in std::mem::take(&mut self.waiting) {
                    open.exchange.end(Err(self.unusable()));
                }
            }
            _ => {}
        }
    }

    fn command(&mut self, conn: &mut Connection, command: Command, now: Instant) {
        match command {
            Command::Open(open) => self.open(conn, open, now),
            Command::Send { key } => {
                if let Some(slot) = self.slot(key) {
                    slot.feed.send(conn, key);
                }
            }
            Command::End { key } => {
                conn.send_end(key);
            }
            Command::Consumed { key, octets } => {
                if let Some(slot) = self.slot(key) {
                    slot.feed.consumed(conn, key, octets);
                }
            }
            Command::Reset { key, code } => {
                conn.reset(key, code);
                if let Some(slot) = self.slots.get_mut(key.slot()) {
                    slot.take_if(|slot| slot.key == key);
                }
                self.open_waiting(conn, now);
            }
            _ => {}
        }
    }

    fn deadline(&mut self, conn: &Connection, now: Instant) -> Option<Instant> {
        if conn.streams() > 0 || !self.waiting.is_empty() {
            self.idle_since = None;
        } else if self.idle_since.is_none() {
            self.idle_since = Some(now);
        }
        [self.deadline, self.idle_at()].into_iter().flatten().min()
    }

    fn tick(&mut self, conn: &mut Connection, now: Instant) {
        if self.idle_at().is_some_and(|at| at <= now) {
            // A call that comes in this moment is told that it was not begun, and tries again.
            self.leave("it had no calls for a while");
            conn.shut_down(ErrorCode::NO_ERROR, "");
        }
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        let passed = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        let expired: Vec<StreamKey> =
            self.slots.iter().flatten().filter(|slot| passed(slot.deadline)).map(|slot| slot.key).collect();
        for key in expired {
            self.finish(conn, key, Err(deadline::exceeded(Phase::Recv)), now);
        }
        let limit = match conn.can_open() {
            Err(OpenError::StreamLimit { streams_max }) => format!("the server allows {streams_max} at once"),
            _ => "the connection has just got one".into(),
        };
        self.waiting.retain(|open| {
            if passed(open.deadline) {
                let what = format!("for a stream: {limit}");
                open.exchange.end(Err(deadline::exceeded_waiting(Phase::Queue, &what)));
            }
            !passed(open.deadline)
        });
        let running = self.slots.iter().flatten().filter_map(|slot| slot.deadline);
        self.deadline = running.chain(self.waiting.iter().filter_map(|open| open.deadline)).min();
    }

    fn is_done(&self, conn: &Connection) -> bool {
        conn.is_drained() || (self.going_away.is_some() && conn.streams() == 0)
    }

    fn closed(&mut self, why: &Gone) {
        let why = describe(why, self.going_away.as_deref(), self.last_words.as_deref());
        self.lifeline.gone(&why);
        for slot in self.slots.drain(..).flatten() {
            let status = Status::unavailable(format!("the connection was lost: {why}")).at(Phase::Recv);
            slot.feed.exchange.end(Err(deadline::blame(status, slot.deadline)));
        }
        for open in std::mem::take(&mut self.waiting) {
            let status = Status::unavailable(format!("the connection was lost: {why}"));
            open.exchange.end(Err(status.at(Phase::Queue).not_executed()));
        }
    }

    fn late(&mut self, command: Command) {
        if let Command::Open(open) = command {
            open.exchange.end(Err(self.unusable()));
        }
    }

    fn release_memory(&mut self) {
        self.slots = Vec::new();
        self.waiting.shrink_to_fit();
        self.heads = Heads::default();
    }

    fn foreign(&mut self, first: &[u8]) -> Vec<u8> {
        self.last_words = match first {
            [b'H', b'T', b'T', b'P', b'/', b'1', ..] => Some("the server answered with HTTP/1.1".into()),
            [0x15 | 0x16, 3, ..] => Some("the server answered with TLS".into()),
            _ => None,
        };
        Vec::new()
    }
}

/// Heads as they were encoded last, one for each of the methods called most recently. Their authority and
/// what is accepted are the connection's.
#[derive(Default)]
struct Heads {
    known: Vec<(Path, Repeated)>,
    next: usize,
}

/// Methods whose heads a connection remembers.
const HEADS_KEPT: usize = 8;

impl Heads {
    fn of(&mut self, path: &Path) -> &mut Repeated {
        let at = self.known.iter().position(|(known, _)| known.is(path)).unwrap_or_else(|| {
            if self.known.len() < HEADS_KEPT {
                self.known.push((path.clone(), Repeated::default()));
                return self.known.len() - 1;
            }
            self.next = (self.next + 1) % HEADS_KEPT;
            self.known[self.next] = (path.clone(), Repeated::default());
            self.next
        });
        &mut self.known[at].1
    }

    fn write(&mut self, writer: &mut HeaderWriter<'_>, open: &Open, usual: &Usual, now: Instant) {
        match open.has_own_authority {
            true => usual.write(writer, open),
            false => writer.repeated(self.of(&open.path), |writer| usual.write(writer, open)),
        }
        if let Some(deadline) = open.deadline {
            let timeout = deadline::format_timeout(deadline.saturating_duration_since(now));
            writer.field(b"grpc-timeout", timeout.as_bytes(), Indexing::Literal);
        }
        if let Some(encoding) = open.encoding {
            writer.field(ENCODING, encoding.as_bytes(), Indexing::Index);
        }
        open.metadata.write_to(writer);
    }
}

/// What all heads of a connection have in common.
#[derive(Default)]
struct Usual {
    /// `grpc-accept-encoding`.
    accept: String,
    user_agent: String,
}

impl Usual {
    fn write(&self, writer: &mut HeaderWriter<'_>, open: &Open) {
        writer.field(b":method", b"POST", Indexing::Index);
        writer.field(b":scheme", b"http", Indexing::Index);
        writer.field(b":path", open.path.as_bytes(), Indexing::Index);
        //= RFC 9113 §8.3.1 authority-sent
        writer.field(b":authority", open.authority.as_bytes(), Indexing::Index);
        writer.field(b"te", b"trailers", Indexing::Index);
        writer.field(b"content-type", b"application/grpc", Indexing::Index);
        writer.field(b"user-agent", self.user_agent.as_bytes(), Indexing::Index);
        if !self.accept.is_empty() {
            writer.field(ACCEPT_ENCODING, self.accept.as_bytes(), Indexing::Index);
        }
    }
}

/// Size of the head as RFC 9113 §6.5.2 counts it, a little too large rather than too small.
fn head_bytes(open: &Open, usual: &Usual) -> usize {
    /// Pseudo-headers without path and authority, `te`, content type, timeout; with 32 for each field.
    const FIXED_BYTES: usize = 512;
    let texts = [&*open.path, &*open.authority, &usual.accept, &usual.user_agent].map(str::len);
    FIXED_BYTES + texts.iter().sum::<usize>() + open.metadata.list_bytes()
}

/// What an answer that is not gRPC means.
fn not_grpc(head: &Head) -> Option<Status> {
    let field = |name: &[u8]| head.fields().find(|(n, _)| *n == name).map(|(_, value)| value);
    // A grpc-status counts whatever HTTP says.
    if field(b"grpc-status").is_some() {
        return None;
    }
    let content_type = field(b"content-type").unwrap_or_default();
    if head.status() == 200 && content_type.starts_with(b"application/grpc") {
        return None;
    }
    let message = format!(
        "the peer did not answer with gRPC: HTTP {}, content-type \"{}\"",
        head.status(),
        content_type.escape_ascii()
    );
    Some(Status::new(Code::from_http(head.status()), message).at(Phase::Recv).by_proxy(head.status()))
}

fn no_status(messages: u64) -> Status {
    Status::unknown(format!(
        "the stream ended without grpc-status after {messages} messages; the data may be incomplete"
    ))
    .at(Phase::Recv)
}

fn reset_status(reason: &Reset, messages: u64) -> Status {
    match reason {
        Reset::ByPeer(ErrorCode::REFUSED_STREAM) => {
            Status::unavailable("the server refused the stream").at(Phase::Send).not_executed()
        }
        Reset::ByPeer(code) => Status::new(
            Code::from_reset(*code),
            format!("the server reset the stream with {code} after {messages} messages; the data may be incomplete"),
        )
        .at(Phase::Recv),
        Reset::ByUs(violation) => {
            Status::internal(format!("the server broke HTTP/2: {violation}")).at(Phase::Http2)
        }
        Reset::Unprocessed(code) => {
            Status::unavailable(format!("the server said GOAWAY {code} and did not look at the call"))
                .at(Phase::Http2)
                .not_executed()
        }
    }
}

fn describe(why: &Gone, going_away: Option<&str>, last_words: Option<&str>) -> String {
    if let Some(words) = last_words {
        return words.into();
    }
    let own = match why {
        Gone::Closed(Closed::Violation(Violation::PrefaceTimeout)) => {
            "the server did not answer in HTTP/2 in time".into()
        }
        Gone::Closed(Closed::Violation(violation)) => format!("the server broke HTTP/2: {violation}"),
        Gone::Closed(Closed::Eof) => "the server closed it".into(),
        Gone::Closed(_) => "the server took nothing for too long".into(),
        Gone::Io(error) => error.to_string(),
        Gone::Dead(silence) => {
            format!("the server did not answer a keepalive PING for {}", in_words(*silence))
        }
        Gone::Done => "closed by this client".into(),
    };
    match going_away {
        Some(words) => format!("{own} ({words})"),
        None => own,
    }
}

/// As whoever set it would write it.
fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds > 0 && seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{} s", time.as_secs_f64()),
    }
}

/// The handle by which calls reach a connection.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) authority: Arc<str>,
    /// Said before the channel is told.
    pub(crate) is_unusable: AtomicBool,
}

impl Conn {
    /// Hands a call over. Its exchange tells what becomes of it.
    pub(crate) fn open(
        &self,
        path: Path,
        metadata: Metadata,
        encoding: Option<&'static str>,
        deadline: Option<Instant>,
        message: Option<crate::codec::Segments>,
        one_answer: bool,
        message_bytes_max: usize,
        own_authority: Option<Arc<str>>,
    ) -> Arc<Exchange> {
        let exchange = Exchange::new(self.inbox.clone(), Whose::Client, None, deadline);
        let has_own_authority = own_authority.is_some();
        let open = Open {
            path,
            authority: own_authority.unwrap_or_else(|| self.authority.clone()),
            has_own_authority,
            metadata,
            encoding,
            deadline,
            message,
            one_answer,
            message_bytes_max,
            exchange: exchange.clone(),
        };
        if !self.inbox.push(Command::Open(open)) {
            let status = Status::unavailable("the connection was lost before the call began");
            exchange.end(Err(status.at(Phase::Http2).not_executed()));
        }
        exchange
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server sees of a call's head.
    fn seen(open: &Open) -> Head {
        let now = std::time::Instant::now();
        let mut client = Connection::client(ferrpc_http2::Limits::default(), now);
        let mut server = Connection::server(ferrpc_http2::Limits::default(), now);
        let usual = Usual { accept: "gzip".into(), user_agent: "ours".into() };
        client.open(End::Yes, |writer| Heads::default().write(writer, open, &usual, now.into())).unwrap();
        while !client.output().is_empty() {
            let octets = client.output().first().to_vec();
            server.space()[..octets.len()].copy_from_slice(&octets);
            server.received(octets.len(), now);
            client.written(octets.len(), now);
        }
        let head = std::iter::from_fn(|| server.event()).find_map(|event| match event {
            Event::Head { head, .. } => Some(head),
            _ => None,
        });
        head.unwrap()
    }

    #[test]
    fn head_of_a_call_is_what_http2_and_grpc_demand() {
        let mut metadata = Metadata::new();
        metadata.append("k", "v").unwrap();
        let open = Open {
            path: Path::Static("/a.B/C"),
            authority: "host:1".into(),
            has_own_authority: false,
            metadata,
            encoding: Some("gzip"),
            deadline: None,
            message: None,
            one_answer: true,
            message_bytes_max: 0,
            exchange: Exchange::new(Arc::new(Inbox::default()), Whose::Client, None, None),
        };
        let head = seen(&open);
        let pseudo = (head.method(), head.scheme(), head.path(), head.authority());
        assert_eq!(pseudo, (&b"POST"[..], &b"http"[..], &b"/a.B/C"[..], &b"host:1"[..]));
        assert_eq!(head.pseudo_len(), 4);
        let names: Vec<_> =
            head.fields().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
        assert_eq!(names, ["te", "content-type", "user-agent", "grpc-accept-encoding", "grpc-encoding", "k"]);
    }
}
