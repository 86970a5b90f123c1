//! How often each limit fired: for whoever watches a program.
//!
//! Nothing here is touched while a peer keeps to its limits.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Violation;
use crate::hpack::HpackError;
use crate::limits::Limits;

/// Counts up, from any thread.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// The count so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// One more.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How often each limit fired, by the name of its field in [`Limits`].
        ///
        /// Any number of connections count into one, see [`Connection::count_into`](crate::Connection::count_into).
        #[derive(Debug, Default)]
        #[non_exhaustive]
        pub struct Counters {
            $($(#[$doc])* pub $name: Counter,)*
        }

        impl Counters {
            /// All names and counts, in the order of the fields.
            pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name.get()),)*].into_iter()
            }
        }
    };
}

counters! {
    /// Streams refused.
    streams_max,
    /// Streams not opened since the ids of their connection were used up.
    stream_id_max,
    /// Connections ended for DATA over a stream's window.
    stream_window_bytes,
    /// Messages that waited for credit, or got none, since others had all there is to lend.
    extended_bytes_max,
    /// Times that a stream's window could not grow as it should, since others had all there is.
    grown_bytes_max,
    /// Connections ended for DATA over their window.
    conn_window_bytes,
    /// Connections ended for a frame over it.
    frame_bytes_max,
    /// Calls, or where it was four times over it connections, ended for the size of a header list.
    header_list_bytes_max,
    /// Calls ended for the number of their fields.
    header_fields_max,
    /// Connections ended for header blocks in too many pieces, or empty ones.
    continuations_max,
    /// Connections ended for a compression table over it.
    header_table_bytes,
    /// Times that reading stopped until replies were written.
    reply_bytes_max,
    /// Times that reading stopped until answers were written.
    output_bytes_max,
    /// Connections ended for windows that stayed closed on so much DATA.
    held_bytes_max,
    /// Times that a sender was told to wait.
    unsent_bytes_mark,
    /// Connections ended for streams cut short.
    resets_burst,
    /// Connections ended for frames that bring nothing.
    cheap_frames_burst,
    /// Connections ended for PINGs that came too often.
    ping_strikes_max,
    /// Connections ended for empty DATA in a row.
    empty_data_max,
    /// Connections ended for SETTINGS with too many entries.
    settings_entries_max,
    /// Connections ended for GOAWAYs.
    goaways_max,
    /// GOAWAYs whose debug data was cut.
    goaway_debug_bytes_max,
    /// Calls ended for informational responses.
    informational_max,
    /// Connections ended before they began.
    preface_timeout,
    /// Connections ended for SETTINGS that were never acknowledged.
    settings_timeout,
    /// Connections ended for a header block that was not finished.
    header_block_timeout,
    /// Connections given up since the socket took nothing.
    write_stall_timeout,
    /// Drains that went on without an answer to their PING.
    drain_ping_timeout,
    /// Misdeeds that are about no limit: rules of RFC 9113 and RFC 7541 broken.
    misdeeds,
}

impl Counters {
    /// Counts a misdeed to the limit it is about.
    pub(crate) fn note(&self, violation: &Violation, limits: &Limits) {
        let counter = match violation {
            Violation::TooManyStreams { .. } => &self.streams_max,
            Violation::WindowOverrun { stream: Some(_) } => &self.stream_window_bytes,
            Violation::WindowOverrun { stream: None } => &self.conn_window_bytes,
            Violation::FrameTooLarge { .. } => &self.frame_bytes_max,
            Violation::HeaderListTooLarge { fields, .. } if *fields > limits.header_fields_max => {
                &self.header_fields_max
            }
            Violation::HeaderListTooLarge { .. }
            | Violation::HeaderBlockTooLarge { .. }
            | Violation::Hpack(HpackError::TooMuch) => &self.header_list_bytes_max,
            Violation::ContinuationFlood { .. } | Violation::EmptyContinuation => &self.continuations_max,
            Violation::Hpack(HpackError::SizeUpdateOverLimit { .. } | HpackError::MissingSizeUpdate) => {
                &self.header_table_bytes
            }
            Violation::TooManyResets => &self.resets_burst,
            Violation::TooManyCheapFrames => &self.cheap_frames_burst,
            Violation::TooManyPings => &self.ping_strikes_max,
            Violation::EmptyDataFlood { .. } => &self.empty_data_max,
            Violation::TooManySettings { .. } => &self.settings_entries_max,
            Violation::GoAwayFlood => &self.goaways_max,
            Violation::TooManyInformational { .. } => &self.informational_max,
            Violation::PrefaceTimeout => &self.preface_timeout,
            Violation::SettingsTimeout => &self.settings_timeout,
            Violation::HeaderBlockTimeout => &self.header_block_timeout,
            _ => &self.misdeeds,
        };
        counter.count();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_limit_has_a_counter_of_its_name() {
        // What has none: rates belong to their burst, what makes a strike belongs to the strikes, and three are sizes
        // that nothing runs into, since larger wishes are cut to them.
        const WITHOUT: [&str; 7] = [
            "resets_per_second",
            "cheap_frames_per_second",
            "ping_interval_min",
            "pings_without_streams",
            "stream_window_bytes_max",
            "write_bytes_mark",
            "write_bytes_max",
        ];
        let limits = format!("{:#?}", Limits::default());
        let fields = limits.lines().filter_map(|line| line.trim().split_once(": ")).map(|(name, _)| name);
        let limits: BTreeSet<&str> = fields.filter(|name| !WITHOUT.contains(name)).collect();
        let counters = Counters::default();
        let mut counted: BTreeSet<&str> = counters.all().map(|(name, _)| name).collect();
        assert!(counted.remove("misdeeds"));
        assert_eq!(counted, limits);
    }
}
