//! Allocations and peak bytes of one owned decode of each data set, by library.
//!
//! A program of its own: the allocator that counts is too slow for one that measures time. It sees what Rust
//! allocates; C does not ask it, so that upb is not counted.
//!
//! `proto-heap [--set NAME]…` prints `heap SET BOXES LIBRARY BLOCKS PEAK …`, ferrpc first. `BOXES` counts those of
//! singular messages; the message itself is part of `PEAK`, wherever it lies. `proto-heap --hostile` prints `hostile INPUT PEAK` of hostile inputs.
#![forbid(unsafe_code)]

use std::hint::black_box;

use bench_harness::Operation;
use ferrpc_benches::proto::data::sets;
use ferrpc_benches::proto::hostile::inputs;
use ferrpc_benches::proto::{Purpose, boxes, options};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() -> std::io::Result<()> {
    let options = options()?;
    if matches!(options.purpose, Purpose::Hostile) {
        for input in inputs() {
            let (_, peak) = heap(&mut || {
                black_box(input.decode());
            });
            println!("hostile {}/{} {peak}", input.name, input.way);
        }
        return Ok(());
    }
    for mut set in sets(&options.sets) {
        print!("heap {} {}", set.name, boxes::filled(set.message, &set.payloads));
        for codec in set.codecs.iter_mut().filter(|codec| !["upb", "ferrpc-slack"].contains(&codec.library)) {
            let (library, bytes) = (codec.library, codec.message_bytes);
            let Some(decode) = codec.run(Operation::Decode) else { continue };
            // What is made once and kept is not the decode's.
            decode();
            let (blocks, peak) = heap(decode);
            print!(" {library} {blocks} {}", peak + bytes);
        }
        println!();
    }
    Ok(())
}

/// Allocations, and the most bytes that were held at once.
fn heap(run: &mut dyn FnMut()) -> (u64, usize) {
    let profiler = dhat::Profiler::builder().testing().build();
    run();
    let stats = dhat::HeapStats::get();
    drop(profiler);
    (stats.total_blocks, stats.max_bytes)
}
