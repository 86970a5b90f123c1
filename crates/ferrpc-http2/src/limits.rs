//! The limits of one connection, each with its unit and default. What they bound is counted in `counters`.

use std::time::Duration;

use crate::error::StreamId;

/// What a connection allows its peer, and how long it waits. Read once, when the connection is made; windows and
/// frame sizes outside what RFC 9113 allows are set to the nearest that it does. [`Counters`](crate::Counters)
/// says how often each fired.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Streams the peer may have open at once. Default 100. Advertised, and enforced from the first
    /// octet: one more is refused with REFUSED_STREAM.
    pub streams_max: u32,
    /// Highest id of a stream that a client opens. Default three quarters of what there is, 2³¹; another
    /// connection must take over then.
    pub stream_id_max: u32,
    /// Receive window each stream starts with, in octets. Default 65,535; at most 2³¹ − 1. Worst-case
    /// memory of unread DATA is this times `streams_max`.
    pub stream_window_bytes: u32,
    /// How far one stream's receive window may be extended for a large message, in octets. Default 4 MiB.
    pub stream_window_bytes_max: u32,
    /// Octets of all extensions of all streams' windows together. Default 16 MiB, at least
    /// `stream_window_bytes_max`. With the windows themselves it bounds what a peer can make us hold; a
    /// message beyond it waits until another one is consumed.
    pub extended_bytes_max: usize,
    /// Octets by which the windows of all streams together may grow with what the path to the peer holds.
    /// Default 16 MiB; at most 1 GiB; 0 never asks how much that is. It adds to what a peer can make us hold; a
    /// stream for which nothing is left keeps the window it has. The connection's grows by as much at most.
    pub grown_bytes_max: usize,
    /// Receive window of the connection, in octets. Default 16 MiB; its credit returns on receipt, so it binds no
    /// memory.
    pub conn_window_bytes: u32,
    /// Largest frame we take, in octets. Default 16,384, the least RFC 9113 §4.2 allows.
    pub frame_bytes_max: u32,
    /// Largest header list in each direction, as RFC 9113 §6.5.2 counts it. Default 16 KiB.
    pub header_list_bytes_max: usize,
    /// Most fields in a header list. Default 128 (CVE-2026-49975).
    pub header_fields_max: usize,
    /// Most CONTINUATION frames in a header block. Default 8 (VU#421644).
    pub continuations_max: u32,
    /// HPACK table of the decoder, in octets. Default 4,096.
    pub header_table_bytes: usize,
    /// Replies to the peer (acknowledgements, resets, window updates) that may wait to be written, in
    /// octets. Default 16 KiB; above it nothing is read until they are out.
    pub reply_bytes_max: usize,
    /// Octets that may wait to be written on a server, the heads of its answers among them. Default 1 MiB; above
    /// it nothing is read until they are out, since whoever does not read answers may not ask for more
    /// (CVE-2016-1546). A client always reads, or two ends could wait for each other.
    pub output_bytes_max: usize,
    /// DATA of all streams that may wait for the peer's windows, in octets. Default 16 MiB; if it is more and
    /// none of it moves for [`write_stall_timeout`](Self::write_stall_timeout), the connection ends
    /// (CVE-2026-49975). Streams whose senders pause at `unsent_bytes_mark` stay far below.
    pub held_bytes_max: usize,
    /// DATA of one stream that may wait to be written before its sender should pause, in octets.
    /// Default 64 KiB.
    pub unsent_bytes_mark: usize,
    /// Output gathered for one write, in octets. Default 128 KiB. What becomes ready later waits behind that.
    pub write_bytes_mark: usize,
    /// What that grows to, in octets, while the socket takes all that it is given. Default 896 KiB; at least
    /// `write_bytes_mark`, and at most seven eighths of `output_bytes_max`.
    pub write_bytes_max: usize,
    /// Streams cut short that a peer may cause at once, by its RST_STREAM or by ours for its misdeeds. Default
    /// 1,000; beyond it the connection ends with ENHANCE_YOUR_CALM (CVE-2023-44487, CVE-2025-8671).
    pub resets_burst: u32,
    /// How many more each second. Default 33.
    pub resets_per_second: u32,
    /// Frames that bring nothing a peer may send at once: PING, SETTINGS, PRIORITY, unknown types, empty or
    /// tiny DATA, tiny WINDOW_UPDATEs. Default 10,000; DATA either way earns them back; beyond it the
    /// connection ends with ENHANCE_YOUR_CALM (CVE-2019-9512 and its kin).
    pub cheap_frames_burst: u32,
    /// How many more each second. Default 330.
    pub cheap_frames_per_second: u32,
    /// Server: time between two PINGs of a client. Default 0, any number that the other limits allow. One that comes
    /// sooner is a strike; HEADERS or DATA from us forgive all (gRFC A8).
    pub ping_interval_min: Duration,
    /// Whether that holds without streams too; else it is two hours then. Default false.
    pub pings_without_streams: bool,
    /// Strikes a client may have. Default 2; beyond it the connection ends with ENHANCE_YOUR_CALM, "too_many_pings".
    pub ping_strikes_max: u32,
    /// Empty DATA frames in a row on one stream. Default 10; beyond it the connection ends (CVE-2019-9518).
    pub empty_data_max: u32,
    /// Entries of one SETTINGS frame. Default 32; beyond it the connection ends (CVE-2020-11080).
    pub settings_entries_max: usize,
    /// GOAWAY frames of a peer. Default 3: two of a graceful end, and one more when that fails. Beyond it the
    /// connection ends.
    pub goaways_max: u32,
    /// Debug data of a GOAWAY that is kept, in octets. Default 1 KiB; what is behind it is dropped.
    pub goaway_debug_bytes_max: usize,
    /// Informational (1xx) responses to one request. Default 10; beyond it the stream ends.
    pub informational_max: u32,
    /// Time for the peer's preface and first SETTINGS. Default 10 s.
    pub preface_timeout: Duration,
    /// Time for the peer to acknowledge our SETTINGS. Default 20 s.
    pub settings_timeout: Duration,
    /// Time between the first and the last frame of a header block. Default 5 s.
    pub header_block_timeout: Duration,
    /// Time without any progress of the socket while output waits. Default 30 s.
    pub write_stall_timeout: Duration,
    /// Time between the two GOAWAYs of a drain if the peer does not answer the PING. Default 5 s.
    pub drain_ping_timeout: Duration,
}

impl Limits {
    /// The same, with what RFC 9113 does not allow set to the nearest that it does.
    pub(crate) fn within_bounds(mut self) -> Self {
        self.stream_id_max = self.stream_id_max.min(StreamId::MAX.get());
        self.stream_window_bytes = self.stream_window_bytes.min(WINDOW_MAX);
        self.stream_window_bytes_max = self.stream_window_bytes_max.min(WINDOW_MAX);
        self.conn_window_bytes = self.conn_window_bytes.min(WINDOW_MAX);
        self.grown_bytes_max = self.grown_bytes_max.min(1 << 30);
        //= RFC 9113 §4.2 least-frame-length: 16_384 → 0
        //= RFC 9113 §6.5.2 frame-size-advertised: 16_777_215 → u32::MAX
        self.frame_bytes_max = self.frame_bytes_max.clamp(16_384, 16_777_215);
        self
    }
}

/// RFC 9113 §6.9.1.
const WINDOW_MAX: u32 = 0x7fff_ffff;

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams_max: 100,
            stream_id_max: 0x5fff_ffff,
            stream_window_bytes: 65_535,
            stream_window_bytes_max: 4 << 20,
            extended_bytes_max: 16 << 20,
            grown_bytes_max: 16 << 20,
            conn_window_bytes: 16 << 20,
            frame_bytes_max: 16_384,
            header_list_bytes_max: 16 << 10,
            header_fields_max: 128,
            continuations_max: 8,
            header_table_bytes: 4096,
            reply_bytes_max: 16 << 10,
            output_bytes_max: 1 << 20,
            held_bytes_max: 16 << 20,
            unsent_bytes_mark: 64 << 10,
            write_bytes_mark: 128 << 10,
            write_bytes_max: 896 << 10,
            resets_burst: 1000,
            resets_per_second: 33,
            cheap_frames_burst: 10_000,
            cheap_frames_per_second: 330,
            ping_interval_min: Duration::ZERO,
            pings_without_streams: false,
            ping_strikes_max: 2,
            empty_data_max: 10,
            settings_entries_max: 32,
            goaways_max: 3,
            goaway_debug_bytes_max: 1 << 10,
            informational_max: 10,
            preface_timeout: Duration::from_secs(10),
            settings_timeout: Duration::from_secs(20),
            header_block_timeout: Duration::from_secs(5),
            write_stall_timeout: Duration::from_secs(30),
            drain_ping_timeout: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_the_rfc_does_not_allow_become_the_nearest_that_it_does() {
        let frame_bytes_max =
            |n| Limits { frame_bytes_max: n, ..Limits::default() }.within_bounds().frame_bytes_max;
        assert_eq!(
            [0, 16_383, 16_384, 16_777_215, 16_777_216].map(frame_bytes_max),
            [16_384, 16_384, 16_384, 16_777_215, 16_777_215]
        );
        let large = Limits {
            stream_window_bytes: u32::MAX,
            stream_window_bytes_max: u32::MAX,
            conn_window_bytes: u32::MAX,
            ..Limits::default()
        };
        let large = large.within_bounds();
        assert_eq!(
            [large.stream_window_bytes, large.stream_window_bytes_max, large.conn_window_bytes],
            [WINDOW_MAX; 3]
        );
    }
}
