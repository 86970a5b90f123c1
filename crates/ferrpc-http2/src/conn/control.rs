//! The small frames: WINDOW_UPDATE, RST_STREAM, PRIORITY, PING, GOAWAY, SETTINGS (RFC 9113 §6).
//!
//! Each comes whole; none has more than a few fields.

use bytes::Bytes;

use super::recv::Step;
use super::{
    Connection, Event, PeerSettings, Reset, Role, SETTING_ENABLE_PUSH, SETTING_HEADER_TABLE_SIZE,
    SETTING_INITIAL_WINDOW_SIZE, SETTING_MAX_CONCURRENT_STREAMS, SETTING_MAX_FRAME_SIZE,
    SETTING_MAX_HEADER_LIST_SIZE,
};
use crate::error::{ErrorCode, StreamId, Violation};
use crate::flow::WINDOW_MAX;
use crate::frame::{self, FrameHeader, HEADER_BYTES};
use crate::path;
use crate::stream::{Fate, StreamKey};

/// A WINDOW_UPDATE below this moves nothing worth a frame, unless DATA goes the other way (CVE-2019-9511).
const TINY_INCREMENT: u32 = 256;

impl Connection {
    pub(super) fn window_update(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        let payload = self.fixed::<4>(header)?;
        let increment = u32::from_be_bytes(payload) & 0x7fff_ffff;
        let stream = (header.stream != StreamId::ZERO).then_some(header.stream);
        if let Some(id) = stream
            && self.is_idle(id)
        {
            return Err(Violation::IdleStream { frame: header.kind, stream: id });
        }
        //= RFC 9113 §6.9 zero-increment
        if increment == 0 {
            return Err(Violation::ZeroWindowUpdate { stream });
        }
        if increment < TINY_INCREMENT {
            self.charge()?;
        }
        let Some(id) = stream else {
            if !self.send_window.add(i64::from(increment)) {
                return Err(Violation::WindowOverflow { stream: None });
            }
            return Ok(Step::Again);
        };
        // On a closed stream it crossed our end or reset: nothing to do (RFC 9113 §5.1).
        //= RFC 9113 §6.9 update-of-a-closed-stream: Ok(Step::Again) → Err(Violation::PushPromise)
        let Some(key) = self.streams.find(id) else { return Ok(Step::Again) };
        let Some(stream) = self.streams.get(key) else { return Ok(Step::Again) };
        //= RFC 9113 §6.9.1 window-over-the-largest
        if !stream.send_window.add(i64::from(increment)) {
            return Err(Violation::WindowOverflow { stream: Some(id) });
        }
        self.make_ready(key);
        Ok(Step::Again)
    }

    pub(super) fn rst_stream(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        let code = ErrorCode(u32::from_be_bytes(self.fixed::<4>(header)?));
        //= RFC 9113 §6.4 reset-of-an-idle-stream
        if self.is_idle(header.stream) {
            return Err(Violation::IdleStream { frame: header.kind, stream: header.stream });
        }
        let Some(stream) = self.streams.find(header.stream) else {
            //= RFC 9113 §5.4.2 reset-not-answered: Ok(Step::Again) → Err(Violation::PushPromise)
            self.charge()?;
            return Ok(Step::Again);
        };
        // A server that cuts a client's streams harms nobody: the client opens no more than it wants.
        if self.role == Role::Server && !self.ledger.reset(self.now) {
            return Err(Violation::TooManyResets);
        }
        //= RFC 9113 §6.4 nothing-sent-after-a-reset
        self.forget(stream, Fate::Over);
        Ok(Step::Event(Event::Reset { stream, reason: Reset::ByPeer(code) }))
    }

    pub(super) fn priority(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        let stream = header.stream;
        //= RFC 9113 §6.3 priority-length
        if header.len != 5 {
            return Err(Violation::PriorityLength { stream });
        }
        self.charge()?;
        // RFC 9113 §5.3.2 retires priorities; only the rule that old suites check is kept.
        if self.depends_on(HEADER_BYTES) == stream {
            return Err(Violation::SelfDependency { stream });
        }
        Ok(Step::Again)
    }

    pub(super) fn depends_on(&self, at: usize) -> StreamId {
        let octets = self.input.unparsed().get(at..).and_then(|rest| rest.first_chunk::<4>());
        StreamId(u32::from_be_bytes(octets.copied().unwrap_or_default()) & 0x7fff_ffff)
    }

    pub(super) fn ping(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        let payload = self.fixed::<8>(header)?;
        //= RFC 9113 §6.7 ping-answer-not-answered: !header.has(frame::FLAG_ACK) → true
        if !header.has(frame::FLAG_ACK) {
            self.charge()?;
            if self.role == Role::Server && !self.pings.came(self.now, self.streams.len(), &self.limits) {
                return Err(Violation::TooManyPings);
            }
            //= RFC 9113 §6.7 ping-answered
            self.reply(|out| frame::append_ping(true, payload, out));
        } else if payload == path::PROBE && self.path.answered(self.now) {
            self.widen(None);
        } else {
            self.charge()?;
            if payload == super::DRAIN_PING {
                self.finish_drain();
            }
        }
        Ok(Step::Again)
    }

    pub(super) fn goaway(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        let payload = &self.input.unparsed()[HEADER_BYTES..HEADER_BYTES + header.len as usize];
        let Some((fixed, debug)) = payload.split_first_chunk::<8>() else {
            return Err(Violation::FrameLength { frame: header.kind, bytes: header.len });
        };
        let [l0, l1, l2, l3, c0, c1, c2, c3] = *fixed;
        let last = StreamId(u32::from_be_bytes([l0 & 0x7f, l1, l2, l3]));
        let code = ErrorCode(u32::from_be_bytes([c0, c1, c2, c3]));
        let kept = debug.len().min(self.limits.goaway_debug_bytes_max);
        if kept < debug.len() {
            self.count(|counters| &counters.goaway_debug_bytes_max);
        }
        let debug = Bytes::copy_from_slice(&debug[..kept]);
        self.recv.goaways += 1;
        if self.recv.goaways > self.limits.goaways_max {
            return Err(Violation::GoAwayFlood);
        }
        if last > self.recv.goaway_last {
            return Err(Violation::GoAwayRising);
        }
        self.recv.goaway_last = last;
        let mut unprocessed: Vec<StreamKey> =
            self.streams.iter_mut().map(|(key, _)| key).filter(|key| key.id() > last).collect();
        unprocessed.retain(|key| self.is_local(key.id()));
        unprocessed.sort_by_key(|key| key.id());
        for stream in unprocessed {
            self.forget(stream, Fate::Over);
            self.events.push_back(Event::Reset { stream, reason: Reset::Unprocessed(code) });
        }
        Ok(Step::Event(Event::GoAway { code, debug }))
    }

    /// True once the peer announced that it takes no new streams.
    pub(super) fn peer_is_going_away(&self) -> bool {
        self.recv.goaways > 0
    }

    pub(super) fn settings(&mut self, header: FrameHeader) -> Result<Step, Violation> {
        if header.has(frame::FLAG_ACK) {
            //= RFC 9113 §6.5 acknowledgement-with-a-payload
            if header.len != 0 {
                return Err(Violation::SettingsAckPayload);
            }
            if let Some(due) = self.timers.settings_ack.take() {
                let left = due.saturating_duration_since(self.now);
                self.path.acknowledged(self.limits.settings_timeout.saturating_sub(left));
                self.decoder.settings_acknowledged();
                self.shrink_stream_windows();
            } else {
                self.charge()?;
            }
            return Ok(Step::Again);
        }
        self.charge()?;
        //= RFC 9113 §6.5 settings-length
        if !header.len.is_multiple_of(6) {
            return Err(Violation::FrameLength { frame: header.kind, bytes: header.len });
        }
        let entries = header.len as usize / 6;
        if entries > self.limits.settings_entries_max {
            return Err(Violation::TooManySettings { entries });
        }
        let payload = HEADER_BYTES..HEADER_BYTES + header.len as usize;
        let table: Vec<(u16, u32)> = self.input.unparsed()[payload]
            .chunks_exact(6)
            .map(|entry| {
                let id = u16::from_be_bytes([entry[0], entry[1]]);
                (id, u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]))
            })
            .collect();
        //= RFC 9113 §6.5.3 applied-in-order: in table → in table.into_iter().rev()
        for (setting, value) in table {
            //= RFC 9113 §6.5.3 applied-at-once
            self.apply(setting, value)?;
        }
        //= RFC 9113 §6.5.3 acknowledgement
        self.reply(frame::append_settings_ack);
        if self.recv.settings_came {
            return Ok(Step::Again);
        }
        self.recv.settings_came = true;
        self.timers.preface = None;
        Ok(Step::Event(Event::Ready))
    }

    /// The peer knows our window now, and so do the streams opened meanwhile.
    fn shrink_stream_windows(&mut self) {
        let window_bytes = self.limits.stream_window_bytes;
        let excess = std::mem::replace(&mut self.recv.stream_window_bytes, window_bytes) - window_bytes;
        if excess == 0 {
            return;
        }
        let mut updates = Vec::new();
        for (key, stream) in self.streams.iter_mut() {
            updates.extend(stream.recv_window.shrink(excess).map(|increment| (key.id(), increment)));
        }
        for (id, increment) in updates {
            self.reply(|out| frame::append_window_update(id, increment, out));
        }
    }

    fn apply(&mut self, setting: u16, value: u32) -> Result<(), Violation> {
        let bad = Violation::SettingValue { setting, value };
        let peer: &mut PeerSettings = &mut self.peer;
        match setting {
            SETTING_HEADER_TABLE_SIZE => {
                // The encoder never uses more than 4 KiB, whatever it is offered.
                self.encoder.set_peer_table_bytes_max(value as usize);
            }
            //= RFC 9113 §6.5.2 push-value: value > 1 || →
            //= RFC 9113 §6.5.2 push-from-a-server:  || (value == 1 && self.role == Role::Client) →
            SETTING_ENABLE_PUSH if value > 1 || (value == 1 && self.role == Role::Client) => return Err(bad),
            SETTING_MAX_CONCURRENT_STREAMS => peer.streams_max = value,
            SETTING_INITIAL_WINDOW_SIZE => {
                //= RFC 9113 §6.5.2 window-value
                if i64::from(value) > WINDOW_MAX {
                    return Err(bad);
                }
                let change = i64::from(value) - i64::from(peer.window_bytes);
                peer.window_bytes = value;
                let mut ready = Vec::new();
                for (key, stream) in self.streams.iter_mut() {
                    // RFC 9113 §6.9.2: "A change to SETTINGS_INITIAL_WINDOW_SIZE can cause the available
                    // space in a flow-control window to become negative."
                    //= RFC 9113 §6.9.2 windows-adjusted
                    if !stream.send_window.add(change) {
                        return Err(Violation::WindowOverflow { stream: None });
                    }
                    ready.push(key);
                }
                for key in ready {
                    self.make_ready(key);
                }
            }
            SETTING_MAX_FRAME_SIZE => {
                //= RFC 9113 §6.5.2 frame-size-value
                if !(16_384..=16_777_215).contains(&value) {
                    return Err(bad);
                }
                peer.frame_bytes_max = value;
            }
            SETTING_MAX_HEADER_LIST_SIZE => peer.header_list_bytes_max = value,
            //= RFC 9113 §6.5.2 unknown-settings: _ => {} → _ => return Err(bad),
            _ => {}
        }
        Ok(())
    }
}
