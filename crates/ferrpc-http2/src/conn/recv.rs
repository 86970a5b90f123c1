//! Octets to events: parses frames, keeps the rules of RFC 9113 §5 and §6, one step at a time.
//!
//! DATA is handed out as it arrives; every other frame is looked at once it is whole.

use super::{Connection, Drain, Event, Role};
use crate::error::{FrameKind, StreamId, Violation};
use crate::flow::{RecvWindow, WINDOW_START};
use crate::frame::{self, FrameHeader, HEADER_BYTES, PREFACE};
use crate::head::{Head, LIST_KEPT_BYTES};
use crate::headers::Headers;
use crate::hpack::{ListLimits, Outcome};
use crate::input::Chunk;
use crate::limits::Limits;
use crate::malformed::Malformed;
use crate::memo::Kind;
use crate::path;
use crate::stream::{End, Fate, Half, StreamKey};

/// What parsing is in the middle of.
#[derive(Debug)]
pub(super) struct State {
    /// Octets of the client's preface still to come.
    preface_left: usize,
    pub(super) settings_came: bool,
    /// Octets of the current frame to drop unseen.
    skip: usize,
    data: Option<Data>,
    block: Option<Block>,
    pub(super) window: RecvWindow,
    /// Octets by which it has grown with the path.
    grown_bytes: u32,
    /// What a new stream may receive. Until our SETTINGS are acknowledged the peer may not know of a
    /// window below the protocol's (RFC 9113 §6.9.2).
    pub(super) stream_window_bytes: u32,
    /// The highest stream the peer opened.
    pub(super) last_remote: StreamId,
    pub(super) goaways: u32,
    pub(super) goaway_last: StreamId,
}

/// A DATA frame being received.
#[derive(Debug)]
struct Data {
    stream: StreamKey,
    left: usize,
    padding: usize,
    end: End,
}

/// A header block being received in several frames.
#[derive(Debug)]
struct Block {
    stream: StreamId,
    end: End,
    octets: Vec<u8>,
    continuations: u32,
    self_dependent: bool,
}

pub(super) enum Step {
    Event(Event),
    /// Something was done that is nobody's business.
    Again,
    /// More octets are needed.
    Starved,
}

/// DATA below this, without an end, costs more than it brings: not even a message's length fits.
const TINY_DATA: u32 = 5;

impl State {
    pub(super) fn new(role: Role, limits: &Limits) -> Self {
        Self {
            preface_left: if role == Role::Server { PREFACE.len() } else { 0 },
            settings_came: false,
            skip: 0,
            data: None,
            block: None,
            window: RecvWindow::new(limits.conn_window_bytes.max(WINDOW_START)),
            grown_bytes: 0,
            //= RFC 9113 §6.9.3 data-before-a-smaller-window: .max(WINDOW_START) →
            stream_window_bytes: limits.stream_window_bytes.max(WINDOW_START),
            last_remote: StreamId::ZERO,
            goaways: 0,
            goaway_last: StreamId::MAX,
        }
    }
}

impl Connection {
    /// Consumes the next piece of input.
    pub(super) fn step(&mut self) -> Result<Step, Violation> {
        if self.recv.preface_left > 0 {
            return self.preface();
        }
        if self.recv.skip > 0 {
            let n = self.recv.skip.min(self.input.unparsed().len());
            self.input.skip(n);
            self.recv.skip -= n;
            return Ok(if n == 0 { Step::Starved } else { Step::Again });
        }
        if self.recv.data.is_some() {
            return self.data_piece();
        }
        let Some(octets) = self.input.unparsed().first_chunk::<HEADER_BYTES>() else {
            return Ok(Step::Starved);
        };
        let header = FrameHeader::parse(octets);
        self.check_frame(header)?;
        if header.kind == FrameKind::DATA {
            return self.data(header);
        }
        let whole = HEADER_BYTES + header.len as usize;
        if self.input.unparsed().len() < whole {
            if header.kind.0 > FrameKind::CONTINUATION.0 {
                // RFC 9113 §4.1: "Implementations MUST ignore and discard frames of unknown types."
                self.charge()?;
                self.input.skip(HEADER_BYTES);
                self.recv.skip = header.len as usize;
                return Ok(Step::Again);
            }
            if header.kind == FrameKind::HEADERS {
                self.timers.header_block.get_or_insert(self.now + self.limits.header_block_timeout);
            }
            return Ok(Step::Starved);
        }
        let step = self.whole_frame(header);
        self.input.skip(whole);
        step
    }

    fn preface(&mut self) -> Result<Step, Violation> {
        let unparsed = self.input.unparsed();
        let n = unparsed.len().min(self.recv.preface_left);
        let at = PREFACE.len() - self.recv.preface_left;
        //= RFC 9113 §3.4 invalid-preface
        if unparsed[..n] != PREFACE[at..at + n] {
            return Err(Violation::BadPreface);
        }
        self.input.skip(n);
        self.recv.preface_left -= n;
        if self.recv.preface_left == 0 {
            //= RFC 9113 §3.3 server-preface
            self.greet();
        }
        Ok(if n == 0 { Step::Starved } else { Step::Again })
    }

    /// The rules that hold for every frame before its payload is looked at.
    fn check_frame(&self, header: FrameHeader) -> Result<(), Violation> {
        let frame = header.kind;
        if !self.recv.settings_came && (frame != FrameKind::SETTINGS || header.has(frame::FLAG_ACK)) {
            return Err(Violation::FirstFrameNotSettings { frame });
        }
        //= RFC 9113 §4.2 frame-too-large
        if header.len > self.limits.frame_bytes_max {
            return Err(Violation::FrameTooLarge {
                frame,
                bytes: header.len,
                bytes_max: self.limits.frame_bytes_max,
            });
        }
        //= RFC 9113 §6.2 block-interrupted
        if let Some(block) = &self.recv.block
            && (frame != FrameKind::CONTINUATION || header.stream != block.stream)
        {
            return Err(Violation::HeaderBlockInterrupted { frame });
        }
        let about_connection = matches!(frame, FrameKind::SETTINGS | FrameKind::PING | FrameKind::GOAWAY);
        //= RFC 9113 §6.5 settings-on-a-stream
        if about_connection && header.stream != StreamId::ZERO {
            return Err(Violation::NotStreamZero { frame });
        }
        let about_stream = matches!(
            frame,
            FrameKind::DATA
                | FrameKind::HEADERS
                | FrameKind::PRIORITY
                | FrameKind::RST_STREAM
                | FrameKind::PUSH_PROMISE
                | FrameKind::CONTINUATION
        );
        //= RFC 9113 §6.1 data-on-stream-zero
        if about_stream && header.stream == StreamId::ZERO {
            return Err(Violation::StreamZero { frame });
        }
        Ok(())
    }

    fn whole_frame(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        match header.kind {
            FrameKind::HEADERS => self.headers(header),
            FrameKind::CONTINUATION => self.continuation(header),
            FrameKind::WINDOW_UPDATE => self.window_update(header),
            FrameKind::RST_STREAM => self.rst_stream(header),
            FrameKind::SETTINGS => self.settings(header),
            FrameKind::PING => self.ping(header),
            FrameKind::GOAWAY => self.goaway(header),
            FrameKind::PRIORITY => self.priority(header),
            //= RFC 9113 §6.5.2 push-promise: Err(Violation::PushPromise) → Ok(Step::Again)
            FrameKind::PUSH_PROMISE => Err(Violation::PushPromise),
            //= RFC 9113 §4.1 unknown-types: Ok(Step::Again) → Err(Violation::PushPromise)
            _ => {
                self.charge()?;
                Ok(Step::Again)
            }
        }
    }

    /// The payload of a whole frame of exactly `N` octets.
    pub(super) fn fixed<const N: usize>(&self, header: FrameHeader) -> Result<[u8; N], Violation> {
        let wrong = Violation::FrameLength { frame: header.kind, bytes: header.len };
        //= RFC 9113 §6.4 reset-length
        if header.len as usize != N {
            return Err(wrong);
        }
        self.input.unparsed()[HEADER_BYTES..].first_chunk::<N>().copied().ok_or(wrong)
    }

    // DATA

    /// A DATA frame begins: all accounting is done here, before any of its payload.
    fn data(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        let frame = header.kind;
        let mut padding = 0;
        let mut prefix = HEADER_BYTES;
        if header.has(frame::FLAG_PADDED) {
            if header.len == 0 {
                return Err(Violation::FrameLength { frame, bytes: 0 });
            }
            let Some(&octet) = self.input.unparsed().get(HEADER_BYTES) else { return Ok(Step::Starved) };
            prefix += 1;
            padding = usize::from(octet);
            //= RFC 9113 §6.1 data-padded-to-its-end
            if padding >= header.len as usize {
                return Err(Violation::Padding { frame });
            }
        }
        //= RFC 9113 §5.1 idle-stream
        if self.is_idle(header.stream) {
            return Err(Violation::IdleStream { frame, stream: header.stream });
        }
        self.input.skip(prefix);
        if header.len < TINY_DATA && !header.has(frame::FLAG_END_STREAM) {
            self.charge()?;
        } else {
            self.ledger.useful(1);
        }
        let flow_bytes = header.len as usize;
        let left = flow_bytes - padding - (prefix - HEADER_BYTES);

        // Connection credit returns on receipt, so that one slow reader cannot stall the others; memory
        // is bounded by the windows of the streams.
        //= RFC 9113 §6.9 all-data-counted
        if !self.recv.window.take(flow_bytes) {
            return Err(Violation::WindowOverrun { stream: None });
        }
        if self.path.received(flow_bytes, self.now) {
            frame::append_ping(false, path::PROBE, self.out.scratch());
        }
        let returned = self.recv.window.consume(flow_bytes);
        self.widen(returned);

        // An error from here on ends the stream, and its payload is skipped.
        self.recv.skip = left + padding;
        let Some((key, stream)) = self.streams.find_mut(header.stream) else {
            return match self.streams.fate(header.stream) {
                Some(Fate::ResetByUs) => {
                    // Once: a frame with an end pays for others.
                    if header.has(frame::FLAG_END_STREAM) {
                        self.streams.ended(header.stream);
                    }
                    //= RFC 9113 §5.1 data-crossed-our-reset: Ok(Step::Again) → Err(Violation::PushPromise)
                    Ok(Step::Again)
                }
                _ if self.is_past_goaway(header.stream) => Ok(Step::Again),
                //= RFC 9113 §6.1 data-on-a-closed-stream: Err(Violation::StreamClosed { frame, stream: header.stream }) → Ok(Step::Again)
                _ => Err(Violation::StreamClosed { frame, stream: header.stream }),
            };
        };
        let id = key.id();
        match stream.recv {
            Half::Head => return Err(Violation::DataBeforeHeaders { stream: id }),
            //= RFC 9113 §5.1 after-the-peers-end: return Err(Violation::StreamClosed { frame, stream: id }) → {}
            Half::Done => return Err(Violation::StreamClosed { frame, stream: id }),
            Half::Body => {}
        }
        if !stream.recv_window.take(flow_bytes) {
            return Err(Violation::WindowOverrun { stream: Some(id) });
        }
        let overhead = flow_bytes - left;
        let returned = if overhead > 0 { stream.recv_window.consume(overhead) } else { None };
        self.unread_bytes += left;
        let end = End::from_flag(header.has(frame::FLAG_END_STREAM));
        stream.received_bytes += left as u64;
        check_length(id, stream.promised_bytes, stream.received_bytes, end)?;
        if left == 0 && end == End::No {
            stream.empty_frames += 1;
            if stream.empty_frames > self.limits.empty_data_max {
                return Err(Violation::EmptyDataFlood { stream: id });
            }
        } else {
            stream.empty_frames = 0;
        }
        let is_whole = left <= self.input.unparsed().len();
        let mut is_over = false;
        if is_whole && end.is_yes() {
            stream.recv = Half::Done;
            is_over = stream.send == Half::Done;
        }
        if let Some(increment) = returned {
            self.reply(|out| frame::append_window_update(id, increment, out));
        }
        if !is_whole {
            self.recv.skip = 0;
            self.recv.data = Some(Data { stream: key, left, padding, end });
            return Ok(Step::Again);
        }
        // The usual case: all of it is there.
        if is_over {
            self.forget(key, Fate::Over);
        }
        self.recv.skip = padding;
        if left == 0 && end == End::No {
            return Ok(Step::Again);
        }
        let chunk = if left > 0 { self.input.take(left) } else { Chunk::empty() };
        Ok(Step::Event(Event::Data { stream: key, chunk, end }))
    }

    /// Gives the peer credit for the whole connection: what returns, and at once what the path is known to hold.
    #[inline]
    pub(super) fn widen(&mut self, returned: Option<u32>) {
        let wanted = self.path.grown_bytes() - self.recv.grown_bytes;
        if wanted > 0 || returned.is_some() {
            self.widen_by(wanted, returned);
        }
    }

    fn widen_by(&mut self, wanted: u32, returned: Option<u32>) {
        let growth = self.recv.window.grow(wanted);
        self.recv.grown_bytes += growth;
        let increment = returned.unwrap_or(0) + growth;
        if increment > 0 {
            self.reply(|out| frame::append_window_update(StreamId::ZERO, increment, out));
        }
    }

    /// Hands out what has come of the current DATA frame.
    fn data_piece(&mut self) -> Result<Step, Violation> {
        let Some(data) = &mut self.recv.data else { return Ok(Step::Again) };
        let n = data.left.min(self.input.unparsed().len());
        if n == 0 {
            return Ok(Step::Starved);
        }
        data.left -= n;
        let (stream, last) = (data.stream, data.left == 0);
        let end = if last { data.end } else { End::No };
        if last {
            self.recv.skip = data.padding;
            self.recv.data = None;
        }
        if self.streams.get(stream).is_none() {
            // Reset while the frame was under way; its credit went with the stream.
            self.input.skip(n);
            return Ok(Step::Again);
        }
        let chunk = self.input.take(n);
        if end.is_yes() {
            self.received_end(stream);
        }
        Ok(Step::Event(Event::Data { stream, chunk, end }))
    }

    /// The peer's half of a stream is over.
    fn received_end(&mut self, key: StreamKey) {
        let Some(stream) = self.streams.get(key) else { return };
        stream.recv = Half::Done;
        if stream.send == Half::Done {
            self.forget(key, Fate::Over);
        }
    }

    // HEADERS and CONTINUATION

    fn headers(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        let frame = header.kind;
        let mut range = HEADER_BYTES..HEADER_BYTES + header.len as usize;
        let too_short = Violation::FrameLength { frame, bytes: header.len };
        if header.has(frame::FLAG_PADDED) {
            let Some(&padding) = self.input.unparsed().get(range.start).filter(|_| header.len > 0) else {
                return Err(too_short);
            };
            range.start += 1;
            //= RFC 9113 §6.2 headers-padded-beyond-their-end: end >= range.start → end > 0
            let Some(end) = range.end.checked_sub(usize::from(padding)).filter(|&end| end >= range.start)
            else {
                return Err(Violation::Padding { frame });
            };
            range.end = end;
        }
        let mut self_dependent = false;
        if header.has(frame::FLAG_PRIORITY) {
            if range.len() < 5 {
                return Err(if header.has(frame::FLAG_PADDED) {
                    Violation::Padding { frame }
                } else {
                    too_short
                });
            }
            self_dependent = self.depends_on(range.start) == header.stream;
            range.start += 5;
        }
        self.check_headers_stream(header.stream)?;
        let end = End::from_flag(header.has(frame::FLAG_END_STREAM));
        if header.has(frame::FLAG_END_HEADERS) {
            self.timers.header_block = None;
            let kind = if self_dependent { None } else { self.expected(header.stream) };
            let block = &self.input.unparsed()[range.clone()];
            let generation = self.decoder.generation();
            if let Some((kind, _)) = kind
                && let Some(head) = self.memo.find(block, generation, kind)
            {
                let head = head.clone();
                return self.checked(header.stream, kind, end, head);
            }
            self.fields.clear();
            let limits = self.list_limits();
            let outcome = self.decoder.decode(block, &limits, &mut self.fields).map_err(Violation::Hpack)?;
            if self_dependent {
                self.note_opened(header.stream);
                return Err(Violation::SelfDependency { stream: header.stream });
            }
            let read = self.message(header.stream, end, outcome);
            self.drop_large_list();
            let Some((read_as, head)) = read? else {
                return Ok(Step::Again);
            };
            if let Some((kind, _)) = kind
                && self.decoder.generation() == generation
            {
                self.memo.note(&self.input.unparsed()[range], generation, kind, &head);
            }
            return self.checked(header.stream, read_as, end, head);
        }
        self.timers.header_block.get_or_insert(self.now + self.limits.header_block_timeout);
        let octets = self.input.unparsed()[range].to_vec();
        self.recv.block =
            Some(Block { stream: header.stream, end, octets, continuations: 0, self_dependent });
        Ok(Step::Again)
    }

    fn continuation(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        //= RFC 9113 §6.10 continuation-of-nothing: Err(Violation::UnexpectedContinuation) → Ok(Step::Again)
        let Some(block) = &mut self.recv.block else { return Err(Violation::UnexpectedContinuation) };
        block.continuations += 1;
        if block.continuations > self.limits.continuations_max {
            return Err(Violation::ContinuationFlood { frames_max: self.limits.continuations_max });
        }
        if header.len == 0 {
            return Err(Violation::EmptyContinuation);
        }
        let bytes_max = self.limits.header_list_bytes_max;
        if block.octets.len() + header.len as usize > bytes_max {
            return Err(Violation::HeaderBlockTooLarge { bytes_max });
        }
        let payload = HEADER_BYTES..HEADER_BYTES + header.len as usize;
        block.octets.extend_from_slice(&self.input.unparsed()[payload]);
        if !header.has(frame::FLAG_END_HEADERS) {
            return Ok(Step::Again);
        }
        self.timers.header_block = None;
        let Some(block) = self.recv.block.take() else { return Ok(Step::Again) };
        self.fields.clear();
        let limits = self.list_limits();
        let decoded = self.decoder.decode(&block.octets, &limits, &mut self.fields);
        let outcome = decoded.map_err(Violation::Hpack)?;
        if block.self_dependent {
            self.note_opened(block.stream);
            return Err(Violation::SelfDependency { stream: block.stream });
        }
        let read = self.message(block.stream, block.end, outcome);
        self.drop_large_list();
        match read? {
            Some((kind, head)) => self.checked(block.stream, kind, block.end, head),
            None => Ok(Step::Again),
        }
    }

    /// A list that is larger than most must not leave its memory with the connection.
    fn drop_large_list(&mut self) {
        if self.fields.held_bytes() > LIST_KEPT_BYTES {
            self.fields = Headers::new();
        }
    }

    fn list_limits(&self) -> ListLimits {
        ListLimits {
            list_bytes_max: self.limits.header_list_bytes_max,
            fields_max: self.limits.header_fields_max,
        }
    }

    /// Whether HEADERS may name this stream at all; asked before the block is decoded, since these end
    /// the connection.
    fn check_headers_stream(&self, id: StreamId) -> Result<(), Violation> {
        if self.is_local(id) {
            // Only a client's own streams get HEADERS from the peer.
            return match self.role {
                Role::Server => Err(Violation::StreamIdOrder { stream: id, last: self.recv.last_remote }),
                Role::Client if self.is_idle(id) => {
                    Err(Violation::IdleStream { frame: FrameKind::HEADERS, stream: id })
                }
                Role::Client => Ok(()),
            };
        }
        // A server opens streams only by PUSH_PROMISE, which is forbidden. A new stream is above all others;
        // only below is it worth asking what became of it.
        let known =
            id > self.recv.last_remote || self.streams.find(id).is_some() || self.streams.fate(id).is_some();
        //= RFC 9113 §5.1 stream-of-a-server: self.role == Role::Client || →
        //= RFC 9113 §5.1.1 unexpected-stream: !known → false
        if self.role == Role::Client || !known {
            return Err(Violation::StreamIdOrder { stream: id, last: self.recv.last_remote });
        }
        Ok(())
    }

    fn note_opened(&mut self, id: StreamId) {
        if !self.is_local(id) && id > self.recv.last_remote {
            self.recv.last_remote = id;
        }
    }

    pub(super) fn is_past_goaway(&self, id: StreamId) -> bool {
        matches!(self.drain, Drain::Final(last) if !self.is_local(id) && id > last)
    }

    /// A whole header list came, and stands in `self.fields`: what it is read as, and the head that it makes. None if
    /// nobody wants it.
    fn message(
        &mut self,
        id: StreamId,
        end: End,
        outcome: Outcome,
    ) -> Result<Option<(Kind, Head)>, Violation> {
        let too_large = match outcome {
            Outcome::Complete => None,
            Outcome::OverLimit { list_bytes, fields } => {
                Some(Violation::HeaderListTooLarge { stream: id, bytes: list_bytes, fields })
            }
        };
        let is_used = self.is_local(id) || id <= self.recv.last_remote;
        let kind = if is_used && self.streams.find(id).is_some() {
            self.expected(id).map(|(kind, _)| kind)
        } else {
            //= RFC 9113 §6.8 last-stream-never-rises
            if self.is_past_goaway(id) {
                self.charge()?;
                return Ok(None);
            }
            match if is_used { self.streams.fate(id) } else { None } {
                Some(Fate::ResetByUs) => {
                    // A stream ends once, which need not be paid for.
                    match end {
                        End::Yes => self.streams.ended(id),
                        End::No => self.charge()?,
                    }
                    //= RFC 9113 §5.4.2 headers-crossed-our-reset: Ok(None) → Err(Violation::PushPromise)
                    return Ok(None);
                }
                Some(Fate::Over) => return Err(Violation::HeadersOnClosedStream { stream: id }),
                None if self.is_local(id) => {
                    return Err(Violation::StreamClosed { frame: FrameKind::HEADERS, stream: id });
                }
                None => {}
            }
            self.note_opened(id);
            Some(Kind::Request)
        };
        if let Some(violation) = too_large {
            return Err(violation);
        }
        let Some(kind) = kind else {
            return Err(Violation::StreamClosed { frame: FrameKind::HEADERS, stream: id });
        };
        let (fields, spare) = (&mut self.fields, &mut self.spare);
        let head = match kind {
            Kind::Request => Head::request(fields, spare),
            Kind::Response => Head::response(fields, spare),
            // What follows the body is trailers, or nothing: that it must end the stream comes first.
            Kind::Trailers if end == End::No => return Err(Violation::TrailersWithoutEnd { stream: id }),
            Kind::Trailers => Head::trailers(fields, spare),
        };
        let head = head.map_err(|rule| Violation::MalformedHeaders { stream: id, rule })?;
        Ok(Some((kind, head)))
    }

    /// A new stream with a good head.
    fn request(&mut self, id: StreamId, end: End, head: Head) -> Result<Step, Violation> {
        if self.is_past_goaway(id) {
            return Ok(Step::Again);
        }
        self.note_opened(id);
        check_length(id, head.content_length(), 0, end)?;
        //= RFC 9113 §5.1.2 stream-limit-of-ours
        if self.open_remote >= self.limits.streams_max {
            let streams_max = self.limits.streams_max;
            return Err(Violation::TooManyStreams { stream: id, streams_max });
        }
        let (key, stream) = self.streams.insert(id, self.recv.stream_window_bytes, self.peer.window_bytes);
        stream.promised_bytes = head.content_length();
        stream.recv = if end.is_yes() { Half::Done } else { Half::Body };
        self.open_remote += 1;
        Ok(Step::Event(Event::Head { stream: key, head, end }))
    }

    /// What the next header list of this stream would be, and the stream if there is one.
    fn expected(&mut self, id: StreamId) -> Option<(Kind, Option<StreamKey>)> {
        if self.role == Role::Server && id > self.recv.last_remote {
            return Some((Kind::Request, None));
        }
        let key = self.streams.find(id)?;
        let kind = match self.streams.get(key)?.recv {
            Half::Head => Kind::Response,
            Half::Body => Kind::Trailers,
            Half::Done => return None,
        };
        Some((kind, Some(key)))
    }

    /// A header list that is legal as what it was read as.
    fn checked(&mut self, id: StreamId, kind: Kind, end: End, head: Head) -> Result<Step, Violation> {
        if kind == Kind::Request {
            return self.request(id, end, head);
        }
        match self.expected(id) {
            Some((Kind::Response, Some(key))) => self.response(key, end, head),
            Some((Kind::Trailers, Some(key))) => self.trailers(key, end, head),
            _ => Err(Violation::StreamClosed { frame: FrameKind::HEADERS, stream: id }),
        }
    }

    fn trailers(&mut self, key: StreamKey, end: End, trailers: Head) -> Result<Step, Violation> {
        let id = key.id();
        let Some(stream) = self.streams.get(key) else { return Ok(Step::Again) };
        //= RFC 9113 §8.1 trailers-end-their-stream
        if end == End::No {
            return Err(Violation::TrailersWithoutEnd { stream: id });
        }
        check_length(id, stream.promised_bytes, stream.received_bytes, end)?;
        self.received_end(key);
        Ok(Step::Event(Event::Trailers { stream: key, trailers }))
    }

    fn response(&mut self, key: StreamKey, end: End, head: Head) -> Result<Step, Violation> {
        let id = key.id();
        let Some(stream) = self.streams.get(key) else { return Ok(Step::Again) };
        if head.status() < 200 {
            stream.informational += 1;
            if end.is_yes() {
                return Err(Violation::MalformedHeaders { stream: id, rule: Malformed::Status });
            }
            if stream.informational > self.limits.informational_max {
                return Err(Violation::TooManyInformational { stream: id });
            }
            return Ok(Step::Again);
        }
        check_length(id, head.content_length(), 0, end)?;
        stream.promised_bytes = head.content_length();
        stream.recv = Half::Body;
        if end.is_yes() {
            self.received_end(key);
        }
        Ok(Step::Event(Event::Head { stream: key, head, end }))
    }
}

/// RFC 9113 §8.1.1: "A request or response is also malformed if the value of a content-length header
/// field does not equal the sum of the DATA frame payload lengths".
fn check_length(stream: StreamId, promised: Option<u64>, received: u64, end: End) -> Result<(), Violation> {
    match promised {
        Some(promised) if received > promised || (end.is_yes() && received != promised) => {
            Err(Violation::ContentLength { stream, promised, received })
        }
        _ => Ok(()),
    }
}
