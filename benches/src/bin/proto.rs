//! Protobuf codecs side by side: raw figures, of which `cargo xtask bench proto` makes tables and gates.
//!
//! `proto [--quick] [--set NAME]… [--operation NAME]…` prints a line for each set and operation:
//! `time SET shaped|copies OPERATION OCTETS LIBRARY NANOSECONDS …`, ferrpc first, each the median of many short
//! rounds. The libraries take turns, so that what the machine does meanwhile hits all of them; only ratios from
//! one run mean something. A line `left_out SET LIBRARY WHY` tells of who does not do the whole work.
//!
//! With `--count` it does one pass of each and prints `count SET OPERATION LIBRARY`, in their order, for a tool
//! that counts instructions in [`counted`]. `--lines` prints `lines LIBRARY N`: what each generates. `--hostile`
//! prints `hostile INPUT OCTETS decoded|refused NANOSECONDS` of ferrpc: the fastest of
//! three passes or more, or CPU time if that is less.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::time::Instant;

use bench_harness::{Codec, Operation, Run};
use ferrpc_benches::proto::data::sets;
use ferrpc_benches::proto::hostile::inputs;
use ferrpc_benches::proto::{LIBRARIES, Options, Purpose, options};

fn main() -> std::io::Result<()> {
    let options = options()?;
    match options.purpose {
        Purpose::Time => times(&options),
        Purpose::Count => counts(&options),
        Purpose::Lines => lines(),
        Purpose::Hostile => hostile(),
    }
    Ok(())
}

/// Of each library once, however many ways to decode it has.
fn lines() {
    for library in LIBRARIES.iter().filter(|library| library.name != "ferrpc-slack") {
        println!("lines {} {}", library.name, library.lines);
    }
}

fn times(options: &Options) {
    // The least of rounds is for sets of which one pass takes longer than a round should.
    let rounds = if options.quick {
        Rounds { count: 15, least: 7, ns: 0.5e6 }
    } else {
        Rounds { count: 75, least: 15, ns: 2e6 }
    };
    for mut set in sets(&options.sets) {
        set.left_out.iter().for_each(|(library, why)| println!("left_out {} {library} {why}", set.name));
        for operation in options.operations() {
            let times = measure(&mut set.codecs, operation, &rounds);
            let times: Vec<String> =
                times.iter().map(|(library, ns)| format!(" {library} {ns:.1}")).collect();
            let shape = if set.copies { "copies" } else { "shaped" };
            println!("time {} {shape} {} {}{}", set.name, operation.name(), set.bytes, times.concat());
        }
    }
}

fn counts(options: &Options) {
    for mut set in sets(&options.sets) {
        for operation in options.operations() {
            for codec in &mut set.codecs {
                let library = codec.library;
                if let Some(run) = codec.run(operation) {
                    // What is made once and kept is not the pass's.
                    run();
                    counted(run);
                    println!("count {} {} {library}", set.name, operation.name());
                }
            }
        }
    }
}

/// Its name is known to `cargo xtask bench proto`.
#[inline(never)]
fn counted(run: &mut Run) {
    run();
}

fn hostile() {
    for input in inputs() {
        // Short ones are over before the clock has ticked.
        let passes = 3.max(100_000 / input.octets.len());
        let (mut fastest, mut decoded) = (f64::INFINITY, false);
        let before = cpu_ns();
        for _ in 0..passes {
            let started = Instant::now();
            decoded = black_box(input.decode());
            fastest = fastest.min(started.elapsed().as_nanos() as f64);
        }
        // The clock runs on while others have the core; where it is told exactly enough, CPU time does not.
        if let Some(spent) =
            before.zip(cpu_ns()).map(|(before, after)| after - before).filter(|spent| *spent > 50e6)
        {
            fastest = fastest.min(spent / passes as f64);
        }
        let outcome = if decoded { "decoded" } else { "refused" };
        println!("hostile {}/{} {} {outcome} {fastest:.0}", input.name, input.way, input.octets.len());
    }
}

/// CPU time of this thread; the kernel writes it down every few milliseconds.
fn cpu_ns() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

struct Rounds {
    count: usize,
    least: usize,
    /// How long one library's turn should take.
    ns: f64,
}

/// The median of each library that has the operation, its rounds taken in turn with the others'.
fn measure(codecs: &mut [Codec], operation: Operation, rounds: &Rounds) -> Vec<(&'static str, f64)> {
    let mut turns: Vec<Turns> = Vec::new();
    for codec in codecs {
        let library = codec.library;
        if let Some(run) = codec.run(operation) {
            let once = time(run, 1).min(time(run, 1)).max(1.0);
            turns.push(Turns { library, once, samples: Vec::new(), run });
        }
    }
    let slowest = turns.iter().fold(rounds.ns, |slowest, turn| slowest.max(turn.once));
    let count = ((rounds.count as f64 * rounds.ns / slowest) as usize).max(rounds.least);
    for round in 0..count {
        for turn in 0..turns.len() {
            // Another one begins each time: who follows whom must not matter either.
            let index = (turn + round) % turns.len();
            let turn = &mut turns[index];
            let passes = ((rounds.ns / turn.once) as u32).clamp(1, 1_000_000);
            turn.samples.push(time(turn.run, passes));
        }
    }
    let median = |turn: Turns| {
        let mut samples = turn.samples;
        samples.sort_by(f64::total_cmp);
        (turn.library, samples[samples.len() / 2])
    };
    turns.into_iter().map(median).collect()
}

struct Turns<'a> {
    library: &'static str,
    once: f64,
    samples: Vec<f64>,
    run: &'a mut Run,
}

/// Nanoseconds per pass.
fn time(run: &mut Run, passes: u32) -> f64 {
    let started = Instant::now();
    for _ in 0..passes {
        run();
    }
    started.elapsed().as_nanos() as f64 / f64::from(passes)
}
