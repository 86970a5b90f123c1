//! A server's side of a connection: from the head of a request to its handler and back.
//!
//! One slot per stream, indexed by the engine's slot number; no lock and no hash on the inline path.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use ferrpc_http2::{
    Chunk, Connection, End, ErrorCode, Event, Head, HeaderWriter, Indexing, Repeated, Reset, StreamKey,
};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::age::{Age, Due};
use super::batch::Batch;
use super::call::{Call, Terms};
use super::facts::{Facts, Heads, Refusal};
use super::habit::Habit;
use super::handler::{Handler, Live, Place, Reporting, Spawned};
use super::router::{Route, Router};
use super::unread::{Share, Unread};
use super::{Config, OnCancel};
use crate::compression::{ACCEPT_ENCODING, ENCODING};
use crate::conn::cancellation::Cancellation;
use crate::conn::driver::{Gone, Side};
use crate::conn::exchange::{Exchange, Feed, Whose};
use crate::conn::inbox::{Command, Inbox};
use crate::conn::{self, Reply, ResponseHead};
use crate::connection_info::ConnectionInfo;
use crate::context::CallContext;
use crate::counters::Counters;
use crate::deadline;
use crate::envelope::{self, Assembled, Assembler, Envelope};
use crate::extensions::Extensions;
use crate::metadata::Metadata;
use crate::method::Kind;
use crate::request::About;
use crate::status::{Phase, Status};

/// What all connections of a server share.
pub(super) struct Common {
    pub(super) router: Router,
    pub(super) config: Arc<Config>,
    pub(super) counters: Arc<Counters>,
    pub(super) unread: Arc<Unread>,
    /// There is no other thread for handlers.
    pub(super) one_thread: bool,
}

pub(super) struct ServerSide {
    common: Arc<Common>,
    inbox: Arc<Inbox>,
    connection: Arc<ConnectionInfo>,
    batch: Batch,
    /// Handlers that were given a task at once, since that was learned of their methods.
    spawned: u32,
    slots: Vec<Option<Slot>>,
    /// Handlers not yet gone, those of cancelled calls included.
    live: Arc<AtomicUsize>,
    /// The earliest deadline of any call, maybe of one that is over.
    deadline: Option<Instant>,
    /// Since when the request message waits that was not heard of for longest, maybe of one that is there by now.
    silent_since: Option<Instant>,
    heads: Heads,
    usual: Usual,
    age: Age,
    /// Of what the whole server may hold.
    share: Share,
    /// The peer did not take its goodbye.
    over: bool,
}

/// Of the handlers that begin in a task of their own since their method is not brief, one in so many says whether
/// that is still so.
const REPORTS_EACH: u32 = 8;

/// A call in progress.
struct Slot {
    key: StreamKey,
    /// Of its method, for messages to people.
    path: &'static str,
    stage: Stage,
}

impl Slot {
    fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Collecting { asked: Asked { deadline, .. }, .. } | Stage::Running { deadline, .. } => {
                deadline
            }
            Stage::Refused(..) => None,
        }
    }
}

enum Stage {
    /// The one request message is still coming.
    Collecting {
        asked: Asked,
        /// When the last octet came.
        heard: Instant,
        /// Only where it does not come in one piece.
        begun: Option<Box<Begun>>,
    },
    /// Not gRPC: answered in HTTP when the request is over, as HTTP servers do.
    Refused(&'static str, &'static str),
    /// The handler runs.
    Running { deadline: Option<Instant>, feed: Option<Feed>, task: Option<Task> },
}

/// What a head asks for.
struct Asked {
    facts: Facts,
    metadata: Metadata,
    deadline: Option<Instant>,
}

impl Asked {
    /// Leaves nothing that anybody would have to give back.
    fn take(&mut self) -> Self {
        Self { metadata: take(&mut self.metadata), ..*self }
    }
}

/// A request message that comes in several pieces.
struct Begun {
    assembler: Assembler,
    message: Option<Envelope>,
}

/// How a handler in a task of its own hears that its call is over.
enum Task {
    /// Nobody waits for it; an `AbortHandle` beside one would be a third count of the same task.
    Dropped(JoinHandle<()>),
    Told(Arc<Cancellation>),
}

impl ServerSide {
    pub(super) fn new(common: Arc<Common>, inbox: Arc<Inbox>, connection: ConnectionInfo) -> Self {
        Self {
            inbox,
            connection: Arc::new(connection),
            batch: Batch::new(common.one_thread),
            spawned: 0,
            slots: Vec::new(),
            live: Arc::default(),
            deadline: None,
            silent_since: None,
            heads: Heads::default(),
            usual: Usual::default(),
            age: Age::new(&common.config.limits, Instant::now()),
            share: Share::new(&common.unread),
            over: false,
            common,
        }
    }

    fn slot(&mut self, key: StreamKey) -> Option<&mut Slot> {
        self.slots.get_mut(key.slot())?.as_mut().filter(|slot| slot.key == key)
    }

    fn take(&mut self, key: StreamKey) -> Option<Slot> {
        self.slots.get_mut(key.slot())?.take_if(|slot| slot.key == key)
    }

    #[inline(always)]
    fn put(&mut self, slot: Slot) {
        let place = slot.key.slot();
        if self.slots.len() <= place {
            self.slots.resize_with(place + 1, || None);
        }
        self.slots[place] = Some(slot);
    }

    fn refuse(&mut self, conn: &mut Connection, key: StreamKey, refusal: Refusal, end: End) {
        match refusal {
            Refusal::Grpc(status) => self.usual.finish(conn, key, Reply::End(Err(status))),
            Refusal::Encoding(status, accepted) => {
                // gRPC compression.md: "The server will include a grpc-accept-encoding response header which
                // specifies the algorithms that the server accepts."
                conn.send_headers(key, End::Yes, |writer| {
                    write_head(writer);
                    writer.field(ACCEPT_ENCODING, accepted.as_bytes(), Indexing::Index);
                    status.write_to(writer);
                });
            }
            Refusal::Http(status, why) if end == End::Yes => answer_http(conn, key, status, why),
            Refusal::Http(status, why) => {
                self.put(Slot { key, path: "", stage: Stage::Refused(status, why) });
            }
        }
    }

    fn head(&mut self, conn: &mut Connection, key: StreamKey, head: Head, end: End, now: Instant) {
        let Common { router, config, .. } = &*self.common;
        let (facts, timeout) = match self.heads.read(&head, router, &config.compression) {
            Ok(read) => read,
            Err(refusal) => return self.refuse(conn, key, refusal, end),
        };
        // A cancelled call counts until its handler is gone (CVE-2023-44487), but an honest client that
        // cancels many at once must not be refused at the advertised limit.
        if self.live.load(Ordering::Relaxed) >= 2 * config.limits.http2.streams_max as usize {
            self.common.counters.handlers_max.count();
            return conn.reset(key, ErrorCode::REFUSED_STREAM);
        }
        let route = router.route(facts.route);
        let (kind, path) = (route.kind, route.path);
        let timeout = route.config.as_ref().unwrap_or(config).limits.timeout(timeout);
        let deadline = timeout.and_then(|timeout| now.checked_add(timeout));
        self.deadline = earlier(self.deadline, deadline);
        let asked = Asked { facts, metadata: Metadata::from_head(head), deadline };
        if kind.client_streams() {
            return self.begin_stream(conn, key, asked, end, now);
        }
        self.silent_since.get_or_insert(now);
        self.put(Slot { key, path, stage: Stage::Collecting { asked, heard: now, begun: None } });
        if end == End::Yes {
            self.data(conn, key, Chunk::empty(), end, now);
        }
    }

    /// When a call's time is up, or a request was waited for long enough.
    fn due(&self) -> Option<Instant> {
        let silent = self.silent_since.map(|since| since + self.common.config.limits.request_timeout);
        earlier(self.deadline, silent)
    }

    fn data(&mut self, conn: &mut Connection, key: StreamKey, mut chunk: Chunk, end: End, now: Instant) {
        let slot = self.slots.get_mut(key.slot()).and_then(Option::as_mut);
        let Some(slot) = slot.filter(|slot| slot.key == key) else { return };
        let path = slot.path;
        match &mut slot.stage {
            Stage::Running { feed: Some(feed), .. } => {
                match feed.data(conn, key, chunk, end) {
                    Ok(_) if end == End::Yes => feed.exchange.end(Ok(Metadata::new())),
                    Ok(_) => {}
                    // Octets that are no message: the call ends with that, whatever its handler does.
                    Err(status) => {
                        self.common.counters.note(&status);
                        self.stop(conn, key, status.of(path));
                    }
                }
            }
            Stage::Running { feed: None, .. } => {}
            Stage::Refused(status, why) => {
                let (status, why) = (*status, *why);
                conn.consumed(key, chunk.len());
                if end == End::Yes {
                    self.slots[key.slot()] = None;
                    answer_http(conn, key, status, why);
                }
            }
            Stage::Collecting { asked, heard, begun } => {
                let Common { router, config, .. } = &*self.common;
                let config = router.route(asked.facts.route).config.as_ref().unwrap_or(config);
                let bytes_max = config.limits.message_bytes_max;
                let message = if end == End::Yes
                    && begun.is_none()
                    && let Some(compressed) = envelope::alone(&mut chunk, bytes_max)
                {
                    Some(Envelope { octets: chunk, compressed })
                } else {
                    *heard = now;
                    let begun = begun.get_or_insert_with(|| Box::new(Begun::new(bytes_max)));
                    if let Err(status) = begun.collect(chunk, end) {
                        self.common.counters.note(&status);
                        return self.stop(conn, key, status.of(path));
                    }
                    if let Some(octets) = begun.assembler.missing() {
                        conn.want(key, octets);
                    }
                    if end == End::No {
                        return;
                    }
                    begun.message.take()
                };
                let asked = asked.take();
                self.slots[key.slot()] = None;
                self.begin(conn, key, asked, message, end, now);
            }
        }
    }

    /// Begins a call whose client streams. Apart, so that most calls begin where their message came, without a call for it.
    #[inline(never)]
    fn begin_stream(&mut self, conn: &mut Connection, key: StreamKey, asked: Asked, end: End, now: Instant) {
        self.begin(conn, key, asked, None, end, now);
    }

    /// Begins a call that is not in its slot: there is none if its handler is done at once. `message` is the request, where
    /// there is one; where there is a stream of them, `end` says whether it is over already.
    #[inline(always)]
    fn begin(
        &mut self,
        conn: &mut Connection,
        key: StreamKey,
        asked: Asked,
        message: Option<Envelope>,
        end: End,
        now: Instant,
    ) {
        let Asked { facts, metadata, deadline } = asked;
        let Common { router, config, one_thread, .. } = &*self.common;
        let route = router.route(facts.route);
        let config = route.config.as_ref().unwrap_or(config);
        let place = Place::of(config.handlers, *one_thread, message.as_ref());
        let told = (config.on_cancel == OnCancel::Tell).then(Arc::<Cancellation>::default);
        let trace = facts.is_traced.then(|| metadata.clone());
        let context = CallContext::new(deadline, trace, told.clone());
        let feed = (route.kind != Kind::Unary).then(|| self.feed(key, route, deadline, end));
        let call = Call {
            path: route.is_fallback.then(|| metadata.path()),
            about: About {
                metadata,
                extensions: Extensions::new(),
                deadline,
                connection: Some(self.connection.clone()),
            },
            message,
            exchange: feed.as_ref().map(|feed| feed.exchange.clone()),
            terms: Terms { config: config.clone(), accepted: facts.accepted, following: None },
        };
        let mut handler = Handler::new(route.service.dispatch(route.index, call), context);
        let learned = (place == Place::Learned).then_some(&*route.habit);
        let mut reported_to = None;
        if learned.map_or(place == Place::Inline, Habit::is_brief) {
            let poll = handler.poll_inline(learned);
            self.batch.polled(router, facts.route, now, poll.is_ready());
            if let Poll::Ready(reply) = poll {
                if feed.is_none() {
                    return self.usual.finish(conn, key, reply);
                }
                let path = route.path;
                self.put(Slot { key, path, stage: Stage::Running { deadline, feed, task: None } });
                // Its messages are in the inbox; the end must not overtake them.
                self.inbox.push(Command::Finish { key, reply });
                return;
            }
        } else if let Some(habit) = learned {
            self.spawned = self.spawned.wrapping_add(1);
            if habit.is_watched() || self.spawned.is_multiple_of(REPORTS_EACH) {
                reported_to = Some(route.habit.clone());
            }
        }
        let path = route.path;
        let task = self.spawn(key, route.kind, handler, reported_to);
        let task = Some(told.map_or(Task::Dropped(task), Task::Told));
        self.put(Slot { key, path, stage: Stage::Running { deadline, feed, task } });
    }

    /// The streams of a call that has any.
    #[inline(never)]
    fn feed(&self, key: StreamKey, route: &Route, deadline: Option<Instant>, end: End) -> Feed {
        let exchange = Exchange::new(self.inbox.clone(), Whose::Server, Some(key), deadline);
        if !route.kind.client_streams() {
            return Feed::new(exchange, 0);
        }
        if end == End::Yes {
            exchange.end(Ok(Metadata::new()));
        }
        let config = route.config.as_ref().unwrap_or(&self.common.config);
        Feed::new(exchange, config.limits.message_bytes_max)
    }

    /// Gives a handler a task of its own. Apart from where it is polled inline, which has no room for a task then.
    #[inline(never)]
    fn spawn(
        &self,
        key: StreamKey,
        kind: Kind,
        handler: Handler,
        reported_to: Option<Arc<Habit>>,
    ) -> JoinHandle<()> {
        let spawned = Spawned::new(handler, Live::new(&self.live), key, self.inbox.clone());
        match reported_to {
            Some(habit) => conn::spawn(Reporting::new(habit, spawned)),
            // Streams may be open for long. With all of it inside, tokio's task would take 256 octets, with one
            // pointer 128.
            None if kind != Kind::Unary => conn::spawn(Box::new(spawned)),
            None => conn::spawn(spawned),
        }
    }

    /// The handler is done.
    fn finish(&mut self, conn: &mut Connection, key: StreamKey, reply: Reply) {
        let Some(Slot { stage, .. }) = self.take(key) else { return };
        self.usual.finish(conn, key, reply);
        if let Stage::Running { feed: Some(feed), .. } = stage {
            feed.exchange.end(Err(Status::cancelled("the handler has returned")));
        }
    }

    /// Ends all calls.
    fn cut(&mut self, conn: &mut Connection, why: &'static str) {
        let keys: Vec<StreamKey> = self.slots.iter().flatten().map(|slot| slot.key).collect();
        for key in keys {
            self.common.counters.calls_cut.count();
            self.stop(conn, key, Status::unavailable(why));
        }
    }

    /// Ends the calls that hold most of what came, until the connection has no more than its share.
    fn shed(&mut self, conn: &mut Connection) {
        while self.share.is_exceeded()
            && let Some((key, octets)) = conn.most_unread()
        {
            self.common.counters.unread_bytes_max.count();
            if let Some(path) = self.slot(key).map(|slot| slot.path) {
                let status = Status::resource_exhausted(format!(
                    "the server holds more than the {} octets of requests that its connections may have waiting \
                     (unread_bytes_max), {octets} of them of this call; send less at once, or later",
                    self.common.config.limits.unread_bytes_max
                ));
                self.stop(conn, key, status.of(path));
            }
            if conn.most_unread().is_some_and(|(most, _)| most == key) {
                // The end waits behind what the client does not take.
                conn.reset(key, ErrorCode::ENHANCE_YOUR_CALM);
            }
            self.share.tell(conn.unread_bytes());
        }
    }

    /// Ends a call from our side before its handler does: the handler goes, the client learns why.
    fn stop(&mut self, conn: &mut Connection, key: StreamKey, status: Status) {
        if let Some(slot) = self.take(key) {
            abort(slot, &status);
            self.usual.finish(conn, key, Reply::End(Err(status)));
        }
    }
}

impl Side for ServerSide {
    #[inline]
    fn event(&mut self, conn: &mut Connection, event: Event, now: Instant) {
        match event {
            Event::Head { stream, head, end } => self.head(conn, stream, head, end, now),
            Event::Data { stream, chunk, end } => self.data(conn, stream, chunk, end, now),
            // Requests have no trailers in gRPC; they end the request all the same.
            Event::Trailers { stream, .. } => self.data(conn, stream, Chunk::empty(), End::Yes, now),
            Event::Reset { stream, reason } => {
                if let Some(slot) = self.take(stream) {
                    abort(slot, &gone_client(&reason));
                }
            }
            Event::Writable { stream } => {
                if let Some(Slot { stage: Stage::Running { feed: Some(feed), .. }, .. }) = self.slot(stream) {
                    feed.exchange.writable();
                }
            }
            _ => {}
        }
    }

    fn command(&mut self, conn: &mut Connection, command: Command, _: Instant) {
        match command {
            Command::Head { key, head } => match fits_bytes(conn, head.metadata.list_bytes()) {
                Ok(()) => self.usual.send_head(conn, key, Some(&head)),
                Err(status) => self.stop(conn, key, status),
            },
            Command::Send { key } => {
                self.usual.send_head(conn, key, None);
                if let Some(Slot { stage: Stage::Running { feed: Some(feed), .. }, .. }) = self.slot(key) {
                    feed.send(conn, key);
                }
            }
            Command::Consumed { key, octets } => {
                if let Some(Slot { stage: Stage::Running { feed: Some(feed), .. }, .. }) = self.slot(key) {
                    feed.consumed(conn, key, octets);
                }
            }
            Command::Finish { key, reply } => self.finish(conn, key, reply),
            Command::Reset { key, code } => conn.reset(key, code),
            Command::Cut => self.cut(conn, "the server is shutting down and has no more time for calls"),
            _ => {}
        }
    }

    fn deadline(&mut self, conn: &Connection, now: Instant) -> Option<Instant> {
        let age = self.age.due(conn.streams(), now);
        [self.due(), age].into_iter().flatten().min()
    }

    fn tick(&mut self, conn: &mut Connection, now: Instant) {
        match self.age.tick(conn, now) {
            Due::Nothing => {}
            Due::Cut => self.cut(conn, "the connection has reached its age, and the call had its grace"),
            Due::Close => self.over = true,
        }
        if self.due().is_none_or(|due| due > now) {
            return;
        }
        (self.deadline, self.silent_since) = (None, None);
        let mut passed = VecDeque::new();
        let timeout = self.common.config.limits.request_timeout;
        for slot in self.slots.iter().flatten() {
            let heard = match slot.stage {
                Stage::Collecting { heard, .. } => Some(heard),
                _ => None,
            };
            if slot.deadline().is_some_and(|deadline| deadline <= now) {
                passed.push_back((slot.key, deadline::exceeded(Phase::Recv)));
            } else if heard.is_some_and(|heard| heard + timeout <= now) {
                self.common.counters.request_timeout.count();
                passed.push_back((slot.key, no_request(timeout)));
            } else {
                self.deadline = earlier(self.deadline, slot.deadline());
                self.silent_since = earlier(self.silent_since, heard);
            }
        }
        for (key, status) in passed {
            self.stop(conn, key, status);
        }
    }

    fn is_late(&mut self) -> bool {
        self.batch.take_late()
    }

    fn digested(&mut self, conn: &mut Connection) {
        if self.share.grew_to(conn.unread_bytes()) {
            self.shed(conn);
        }
        self.batch.end(&self.common.router);
    }

    fn is_done(&self, conn: &Connection) -> bool {
        conn.is_drained() || self.over
    }

    fn closed(&mut self, why: &Gone) {
        let status = Status::cancelled(format!("the connection is gone: {}", describe(why)));
        for slot in self.slots.drain(..).flatten() {
            abort(slot, &status);
        }
    }

    fn release_memory(&mut self) {
        self.slots = Vec::new();
        self.heads = Heads::default();
        self.usual = Usual::default();
    }

    fn foreign(&mut self, first: &[u8]) -> Vec<u8> {
        let line = first.split(|&octet| octet == b'\r').next().unwrap_or_default();
        if !line.windows(8).any(|window| window.starts_with(b" HTTP/1.")) {
            return Vec::new();
        }
        let body = "this is a gRPC server: it speaks HTTP/2 only (curl: --http2-prior-knowledge)\n";
        format!(
            "HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

impl Begun {
    fn new(bytes_max: usize) -> Self {
        Self { assembler: Assembler::new(bytes_max), message: None }
    }

    /// Takes a piece.
    fn collect(&mut self, mut chunk: Chunk, end: End) -> Result<(), Status> {
        while !chunk.is_empty() {
            let Assembled::Run(mut run, messages) = self.assembler.push(&mut chunk)? else { continue };
            if messages > 1 || self.message.is_some() {
                return Err(Status::unimplemented(
                    "more than one request message for a method that takes one",
                ));
            }
            self.message = envelope::take_front(&mut run);
        }
        if end == End::Yes {
            if self.assembler.is_partial() {
                return Err(Status::internal("the request ended in the middle of a message").at(Phase::Recv));
            }
            if self.message.is_none() {
                return Err(Status::unimplemented("no request message for a method that takes one"));
            }
        }
        Ok(())
    }
}

fn answer_http(conn: &mut Connection, key: StreamKey, status: &str, why: &str) {
    conn.send_headers(key, End::No, |writer| {
        writer.field(b":status", status.as_bytes(), Indexing::Literal);
        writer.field(b"content-type", b"text/plain", Indexing::Literal);
    });
    conn.send_slice(key, why.as_bytes(), End::Yes);
}

/// What most answers consist of, as it was encoded last.
#[derive(Default)]
struct Usual {
    head: Repeated,
    ok: Repeated,
}

impl Usual {
    /// HEADERS, message and trailers of a reply, as far as they are not out yet.
    fn finish(&mut self, conn: &mut Connection, key: StreamKey, reply: Reply) {
        if let Err(status) = fits(conn, &reply) {
            return self.finish_early(conn, key, status);
        }
        match reply {
            Reply::Message { octets, around } => {
                let around = around.as_deref();
                let short = octets.as_slice().filter(|octets| octets.len() <= conn::COPY_BYTES_MAX);
                let Self { head: known_head, ok: known_ok } = self;
                if let Some(octets) = short
                    && conn.respond(
                        key,
                        |writer| write_usual_head(writer, known_head, around.map(|around| &around.head)),
                        octets,
                        |writer| write_ok(writer, known_ok, around.map(|around| &around.trailers)),
                    )
                {
                    return;
                }
                self.send_head(conn, key, around.map(|around| &around.head));
                conn::send_segments(conn, key, octets, End::No);
                self.send_ok(conn, key, around.map(|around| &around.trailers));
            }
            Reply::End(Ok(trailers)) => {
                self.send_head(conn, key, None);
                self.send_ok(conn, key, Some(&trailers));
            }
            Reply::End(Err(status)) => self.finish_early(conn, key, status),
        }
    }

    /// The end of a call that failed.
    fn finish_early(&mut self, conn: &mut Connection, key: StreamKey, mut status: Status) {
        let metadata = status.take_headers();
        if !metadata.is_empty() {
            self.send_head(conn, key, Some(&ResponseHead { metadata, encoding: None }));
        }
        // Trailers-only, unless the head is out already.
        let alone = conn.send_headers(key, End::Yes, |writer| {
            write_head(writer);
            status.write_to(writer);
        });
        if !alone {
            conn.send_trailers(key, |writer| status.write_to(writer));
        }
    }

    /// Without more than all heads have, if there is none.
    fn send_head(&mut self, conn: &mut Connection, key: StreamKey, head: Option<&ResponseHead>) {
        conn.send_headers(key, End::No, |writer| write_usual_head(writer, &mut self.head, head));
    }

    fn send_ok(&mut self, conn: &mut Connection, key: StreamKey, trailers: Option<&Metadata>) {
        conn.send_trailers(key, |writer| write_ok(writer, &mut self.ok, trailers));
    }
}

#[inline]
fn write_usual_head(writer: &mut HeaderWriter<'_>, known: &mut Repeated, head: Option<&ResponseHead>) {
    writer.repeated(known, write_head);
    if let Some(head) = head {
        if let Some(encoding) = head.encoding {
            writer.field(ENCODING, encoding.as_bytes(), Indexing::Index);
        }
        head.metadata.write_to(writer);
    }
}

#[inline]
fn write_ok(writer: &mut HeaderWriter<'_>, known: &mut Repeated, trailers: Option<&Metadata>) {
    writer.repeated(known, |writer| writer.field(b"grpc-status", b"0", Indexing::Index));
    if let Some(trailers) = trailers {
        trailers.write_to(writer);
    }
}

/// Whether a reply's metadata are within the client's limit.
#[inline]
fn fits(conn: &Connection, reply: &Reply) -> Result<(), Status> {
    let bytes = match reply {
        Reply::Message { around: None, .. } => 0,
        Reply::Message { around: Some(around), .. } => {
            around.head.metadata.list_bytes().max(around.trailers.list_bytes())
        }
        Reply::End(Ok(trailers)) => trailers.list_bytes(),
        Reply::End(Err(status)) => status.headers().list_bytes().max(status.list_bytes()),
    };
    fits_bytes(conn, bytes)
}

#[inline]
fn fits_bytes(conn: &Connection, bytes: usize) -> Result<(), Status> {
    /// What the library itself writes: a status line, content type and encoding, or a status.
    const FIXED_BYTES: usize = 256;
    let (bytes, bytes_max) = (FIXED_BYTES + bytes, conn.peer_header_list_bytes_max());
    if bytes <= bytes_max { Ok(()) } else { Err(too_large(bytes, bytes_max)) }
}

#[cold]
fn too_large(bytes: usize, bytes_max: usize) -> Status {
    Status::resource_exhausted(format!(
        "metadata of the answer has {bytes} octets, over the client's limit of {bytes_max}; send less"
    ))
}

fn write_head(writer: &mut HeaderWriter<'_>) {
    writer.field(b":status", b"200", Indexing::Index);
    writer.field(b"content-type", b"application/grpc", Indexing::Index);
}

/// The earlier of two times, or the one there is.
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn no_request(timeout: Duration) -> Status {
    Status::deadline_exceeded(format!(
        "the request is not whole, and nothing of it came for {} s; request_timeout says how long to wait",
        timeout.as_secs_f64()
    ))
    .at(Phase::Recv)
}

/// Lets a handler go whose call is over.
fn abort(slot: Slot, status: &Status) {
    if let Stage::Running { feed, task, .. } = slot.stage {
        if let Some(feed) = feed {
            feed.exchange.end(Err(status.clone()));
        }
        match task {
            Some(Task::Dropped(task)) => task.abort(),
            Some(Task::Told(cancellation)) => cancellation.cancel(),
            None => {}
        }
    }
}

fn gone_client(reason: &Reset) -> Status {
    match reason {
        Reset::ByUs(violation) => Status::internal(format!("the client broke HTTP/2: {violation}")),
        Reset::ByPeer(code) => Status::cancelled(format!("the client reset the call with {code}")),
        Reset::Unprocessed(code) => Status::cancelled(format!("the client went away with {code}")),
    }
}

fn describe(why: &Gone) -> String {
    match why {
        Gone::Closed(reason) => format!("{reason:?}"),
        Gone::Io(error) => error.to_string(),
        Gone::Dead(silence) => format!("the client did not answer a PING for {} s", silence.as_secs_f64()),
        Gone::Done => "closed by this server".into(),
    }
}
