//! Allocations and peak bytes of one owned decode of each data set, by library, and the gate on them.
//!
//! A program of its own: the allocator that counts is too slow for one that measures time.
#![forbid(unsafe_code)]

use ferrpc_benches::proto::data::sets;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let mut more = Vec::new();
    for mut set in sets(&[]) {
        let mut counts = Vec::new();
        for codec in &mut set.codecs {
            // What is made once and kept is not the decode's.
            (codec.decode)();
            let profiler = dhat::Profiler::builder().testing().build();
            (codec.decode)();
            let stats = dhat::HeapStats::get();
            drop(profiler);
            counts.push((codec.library, stats.total_blocks, stats.max_bytes));
        }
        let each =
            counts.iter().map(|(library, blocks, peak)| format!("{library} {blocks} blocks, peak {peak} B"));
        println!("heap {:16} {}", set.name, each.collect::<Vec<_>>().join("; "));
        let (_, blocks, peak) = counts[0];
        for (library, their_blocks, their_peak) in &counts[1..] {
            if blocks > *their_blocks {
                let figure = format!("{blocks} blocks to {library}'s {their_blocks} in {}", set.name);
                more.push(("allocations", figure));
            }
            if peak > *their_peak {
                more.push(("peak_bytes", format!("{peak} B to {library}'s {their_peak} B in {}", set.name)));
            }
        }
    }
    for name in ["allocations", "peak_bytes"] {
        let worse: Vec<&str> =
            more.iter().filter(|(gate, _)| *gate == name).map(|(_, figure)| figure.as_str()).collect();
        match worse.first() {
            None => println!("gate {name} held not above any peer in any set"),
            Some(first) => println!("gate {name} NOT HELD {first}, and {} more", worse.len() - 1),
        }
    }
}
