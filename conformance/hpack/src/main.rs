//! Header compression against others: their blocks decoded by ours, and both ways with two of them.
//!
//! `cargo xtask conformance hpack` runs it. The first argument is a Python with PyPI's hpack.
#![forbid(unsafe_code)]

mod foreign;
mod stories;

use std::process::ExitCode;

use ferrpc_http2::hpack_alone::{Decoder, Encoder};
use ferrpc_http2::{Headers, Indexing};
use foreign::{Foreign, Httlib, Python};
use stories::Story;

/// Larger than any list of any story.
const LIST_BYTES_MAX: usize = 1 << 20;

/// What the peer's table may be, in turns: smaller, none, larger, and as it was.
const TABLES: [usize; 5] = [4096, 512, 0, 100_000, 4096];
/// Blocks between two of them.
const TABLE_EVERY: usize = 7;

type Result<T, E = String> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let python = std::env::args().nth(1).ok_or("the first argument is a Python with PyPI's hpack")?;
    let stories = stories::all()?;
    let mut blocks = 0;
    for story in &stories {
        decode(story).map_err(|error| format!("{}: {error}", story.name))?;
        blocks += story.cases.len();
    }
    println!("{} stories with {blocks} blocks decoded", stories.len());

    // All folders tell the same stories; one will do.
    let lists: Vec<&Story> = stories.iter().filter(|story| story.name.starts_with("nghttp2/")).collect();
    for mut foreign in [Box::new(Httlib::new()) as Box<dyn Foreign>, Box::new(Python::start(&python)?)] {
        let (name, mut counts) = (foreign.name(), [0; 2]);
        for story in &lists {
            let at = |error| format!("{} with {name}: {error}", story.name);
            let both = round_trip(story, &mut *foreign).map_err(at)?;
            counts = [counts[0] + both[0], counts[1] + both[1]];
        }
        println!("{name}: {} blocks of ours decoded, {} of its own", counts[0], counts[1]);
        if counts.contains(&0) {
            return Err("nothing was tried".into());
        }
    }
    println!("{} passed, 0 failed", stories.len() + 2 * lists.len());
    Ok(())
}

/// Each block of a story is the list that the story says.
fn decode(story: &Story) -> Result<()> {
    let mut decoder = Decoder::new(story.table_bytes_max);
    for (at, case) in story.cases.iter().enumerate() {
        compare(&decoded(&mut decoder, &case.wire)?, &case.list)
            .map_err(|error| format!("block {at}: {error}"))?;
    }
    Ok(())
}

fn decoded(decoder: &mut Decoder, block: &[u8]) -> Result<Headers> {
    let list = decoder.decode(block, LIST_BYTES_MAX).map_err(|error| error.to_string())?;
    list.ok_or_else(|| "a list over its limit".into())
}

/// The lists of a story through our encoder and the other's decoder, and back; how many blocks each way.
fn round_trip(story: &Story, foreign: &mut dyn Foreign) -> Result<[usize; 2]> {
    foreign.begin()?;
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(100_000));
    for (at, case) in story.cases.iter().enumerate() {
        if at % TABLE_EVERY == 0 {
            let table = TABLES[at / TABLE_EVERY % TABLES.len()];
            foreign.set_table(table)?;
            encoder.set_peer_table_bytes_max(table);
        }
        let block = encoder.encode(&with_turns(&case.list, at));
        let theirs = foreign.decode(&block).map_err(|error| format!("our block {at}: {error}"))?;
        compare(&theirs, &case.list).map_err(|error| format!("our block {at}: {error}"))?;
        let block = foreign.encode(&case.list)?;
        let ours = decoded(&mut decoder, &block).map_err(|error| format!("their block {at}: {error}"))?;
        compare(&ours, &case.list).map_err(|error| format!("their block {at}: {error}"))?;
    }
    Ok([story.cases.len(); 2])
}

/// The same fields; each way to compress one has its turn.
fn with_turns(list: &Headers, turn: usize) -> Headers {
    let mut turned = Headers::new();
    for (i, (name, value)) in list.iter().enumerate() {
        let indexing = match (turn + i) % 7 {
            0 => Indexing::Never,
            1 | 2 => Indexing::Literal,
            _ => Indexing::Index,
        };
        turned.append(name, value, indexing);
    }
    turned
}

fn compare(got: &Headers, expected: &Headers) -> Result<()> {
    let differ = got.iter().zip(expected.iter()).position(|(got, expected)| got != expected);
    match differ {
        None if got.len() == expected.len() => Ok(()),
        None => Err(format!("{} fields instead of {}", got.len(), expected.len())),
        Some(i) => Err(format!("field {i} is {:?} instead of {:?}", text(got, i), text(expected, i))),
    }
}

fn text(list: &Headers, i: usize) -> Option<String> {
    let (name, value) = list.at(i)?;
    Some(format!("{}: {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value)))
}
