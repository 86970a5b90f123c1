//! What the programs printed, taken apart.

use std::collections::HashMap;

use crate::Result;

/// All that is known when a run ends.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) rows: Vec<Row>,
    /// By set, operation and library; of one pass.
    pub(super) instructions: Instructions,
    pub(super) heap: Vec<Heap>,
    /// Generated lines by library.
    pub(super) lines: Vec<(String, u64)>,
    pub(super) hostile: Vec<Hostile>,
    pub(super) footprints: Vec<Footprint>,
}

pub(super) type Instructions = HashMap<(String, String, String), u64>;

/// One operation on one data set.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) set: String,
    /// Nothing to win but in `memcpy`; such sets are judged apart.
    pub(super) copies: bool,
    pub(super) operation: String,
    pub(super) octets: u64,
    /// Nanoseconds of one pass over all payloads by library, ferrpc first if it has the operation.
    pub(super) times: Vec<(String, f64)>,
}

impl Row {
    /// How many times faster than the fastest of the peers that `counts` lets through.
    pub(super) fn ratio(&self, counts: impl Fn(&str) -> bool) -> Option<f64> {
        let peers = self.times.iter().filter(|(library, _)| !library.starts_with(OURS) && counts(library));
        let fastest = peers.map(|(_, ns)| *ns).min_by(f64::total_cmp)?;
        Some(fastest / self.time(OURS)?)
    }

    pub(super) fn time(&self, library: &str) -> Option<f64> {
        self.times.iter().find(|(name, _)| name == library).map(|(_, ns)| *ns)
    }
}

/// Ours, and the start of the names of its other ways to do the same.
pub(super) const OURS: &str = "ferrpc";

/// Of one decode of all payloads of a set.
pub(super) struct Heap {
    pub(super) set: String,
    /// Boxes of singular messages that are no leaves.
    pub(super) boxes: u64,
    /// Library, allocations, peak bytes; ferrpc first.
    pub(super) counts: Vec<(String, u64, u64)>,
}

/// An input that means harm.
pub(super) struct Hostile {
    pub(super) name: String,
    pub(super) octets: u64,
    pub(super) peak_bytes: u64,
    pub(super) ns: f64,
    /// `decoded`, or `refused`.
    pub(super) outcome: String,
}

/// What a program pays for a library's messages.
pub(super) struct Footprint {
    pub(super) library: String,
    pub(super) fields: u64,
    /// Bytes of a program that does something with all messages, by what it does, without those of the same
    /// program that only makes and drops them: machine code alone, then with constant data.
    pub(super) sizes: Vec<(String, u64, u64)>,
    /// CPU seconds to compile the messages and a program that decodes and encodes them all.
    pub(super) compile_seconds: f64,
}

/// `time SET shaped|copies OPERATION OCTETS LIBRARY NS …`
pub(super) fn row(line: &str) -> Result<Row> {
    let unclear = || format!("the program printed {line:?}");
    let words: Vec<&str> = line.split(' ').collect();
    let ["time", set, shape, operation, octets, times @ ..] = words.as_slice() else { return Err(unclear()) };
    let times = times.chunks(2).map(|pair| match pair {
        [library, ns] => Ok(((*library).to_owned(), ns.parse().map_err(|_| unclear())?)),
        _ => Err(unclear()),
    });
    Ok(Row {
        set: (*set).to_owned(),
        copies: *shape == "copies",
        operation: (*operation).to_owned(),
        octets: octets.parse().map_err(|_| unclear())?,
        times: times.collect::<Result<_>>()?,
    })
}

/// `heap SET BOXES LIBRARY BLOCKS PEAK …`
pub(super) fn heap(line: &str) -> Result<Heap> {
    let unclear = || format!("the program printed {line:?}");
    let number = |word: &str| word.parse().map_err(|_| unclear());
    let words: Vec<&str> = line.split(' ').collect();
    let ["heap", set, boxes, counts @ ..] = words.as_slice() else { return Err(unclear()) };
    let counts = counts.chunks(3).map(|count| match count {
        [library, blocks, peak] => Ok(((*library).to_owned(), number(blocks)?, number(peak)?)),
        _ => Err(unclear()),
    });
    Ok(Heap { set: (*set).to_owned(), boxes: number(boxes)?, counts: counts.collect::<Result<_>>()? })
}

/// `lines LIBRARY N`
pub(super) fn lines(line: &str) -> Result<(String, u64)> {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["lines", library, lines] if lines.parse::<u64>().is_ok() => {
            Ok(((*library).to_owned(), lines.parse().unwrap_or(0)))
        }
        _ => Err(format!("the program printed {line:?}")),
    }
}

/// `hostile INPUT OCTETS OUTCOME NS` of one program and `hostile INPUT PEAK` of the other.
pub(super) fn hostile(time: &str, heap: &str) -> Result<Hostile> {
    let unclear = || format!("the programs printed {time:?} and {heap:?}");
    let times: Vec<&str> = time.split(' ').collect();
    let heaps: Vec<&str> = heap.split(' ').collect();
    match (times.as_slice(), heaps.as_slice()) {
        (["hostile", name, octets, outcome, ns], ["hostile", same, peak]) if name == same => Ok(Hostile {
            name: (*name).to_owned(),
            octets: octets.parse().map_err(|_| unclear())?,
            peak_bytes: peak.parse().map_err(|_| unclear())?,
            ns: ns.parse().map_err(|_| unclear())?,
            outcome: (*outcome).to_owned(),
        }),
        _ => Err(unclear()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_to_the_fastest_peer_that_counts() {
        let row = row("time log_record shaped decode 31859 ferrpc 10.0 prost 30.0 upb 15.0").unwrap();
        assert_eq!((row.set.as_str(), row.copies, row.octets), ("log_record", false, 31859));
        assert_eq!(row.ratio(|_| true), Some(1.5));
        assert_eq!(row.ratio(|library| library == "prost"), Some(3.0));
        assert_eq!(row.ratio(|_| false), None);
    }

    #[test]
    fn what_a_program_should_not_print_is_an_error() {
        assert!(row("time log_record shaped decode many").is_err());
        assert!(row("time log_record shaped decode 1 ferrpc").is_err());
        assert!(heap("heap log_record 1 ferrpc 2").is_err());
        assert!(lines("lines prost").is_err());
    }
}
