//! Protobuf codecs side by side.

pub mod boxes;
pub mod data;
pub mod hostile;

use std::io;

use bench_harness::{Codec, Operation, Payloads};

type LeftOut = (&'static str, &'static str);

/// Each library's codec for one message type, ferrpc's first; and who has none, or one that does less than it
/// should.
fn codecs(message: &str, payloads: &Payloads) -> (Vec<Codec>, Vec<LeftOut>) {
    let (mut codecs, mut left_out): (Vec<Codec>, Vec<LeftOut>) = (Vec::new(), Vec::new());
    for library in LIBRARIES {
        let Some(codec) = (library.codec)(message, payloads) else {
            left_out.push((library.name, "it cannot hold the message"));
            continue;
        };
        let ours = codecs.first().unwrap_or(&codec).echo;
        match payloads.iter().any(|payload| loses(ours, codec.echo, payload)) {
            true => left_out.push((library.name, "it loses fields")),
            false => codecs.push(codec),
        }
    }
    (codecs, left_out)
}

/// Whether what a library writes is less than what it read, in the eyes of ours.
fn loses(ours: fn(&[u8]) -> Vec<u8>, theirs: fn(&[u8]) -> Vec<u8>, payload: &[u8]) -> bool {
    // Maps may come in any order, and with them the octets.
    let sorted = |mut octets: Vec<u8>| {
        octets.sort_unstable();
        octets
    };
    sorted(ours(payload)) != sorted(ours(&theirs(payload)))
}

/// A library as it was built.
pub struct Library {
    /// Its name in tables.
    pub name: &'static str,
    /// Lines that it generates for `benches/proto`.
    pub lines: &'static str,
    codec: fn(&str, &Payloads) -> Option<Codec>,
}

/// All that were built; a rival that does not build is left out by its feature.
pub const LIBRARIES: &[Library] = &[
    Library { name: "ferrpc", lines: bench_ferrpc::LINES, codec: bench_ferrpc::codec },
    Library { name: "ferrpc-slack", lines: bench_ferrpc::LINES, codec: bench_ferrpc::codec_with_slack },
    Library { name: "prost", lines: bench_prost::LINES, codec: bench_prost::codec },
    #[cfg(feature = "buffa")]
    Library { name: "buffa", lines: bench_buffa::LINES, codec: bench_buffa::codec },
    #[cfg(feature = "upb")]
    Library { name: "upb", lines: bench_upb::LINES, codec: bench_upb::codec },
    #[cfg(feature = "rust-protobuf")]
    Library { name: "rust-protobuf", lines: bench_rust_protobuf::LINES, codec: bench_rust_protobuf::codec },
    #[cfg(feature = "quick-protobuf")]
    Library {
        name: "quick-protobuf",
        lines: bench_quick_protobuf::LINES,
        codec: bench_quick_protobuf::codec,
    },
];

/// What the programs are told to do.
#[derive(Default)]
pub struct Options {
    /// Few short rounds.
    pub quick: bool,
    /// What is wanted.
    pub purpose: Purpose,
    /// Names of the sets that are wanted; none: all.
    pub sets: Vec<String>,
    operations: Vec<Operation>,
}

/// What a program is run for.
#[derive(Default)]
pub enum Purpose {
    /// Its usual figures.
    #[default]
    Time,
    /// One pass of each, for a tool that counts.
    Count,
    /// How much code is generated.
    Lines,
    /// Hostile inputs instead of sets.
    Hostile,
}

impl Options {
    /// Those that are wanted.
    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        Operation::ALL.into_iter().filter(|one| self.operations.is_empty() || self.operations.contains(one))
    }
}

/// Reads the arguments of the program.
///
/// # Errors
/// What is unknown, with what there is.
pub fn options() -> io::Result<Options> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--count" => options.purpose = Purpose::Count,
            "--lines" => options.purpose = Purpose::Lines,
            "--hostile" => options.purpose = Purpose::Hostile,
            "--quick" => options.quick = true,
            "--set" => options.sets.push(known(&value(), data::names().map(|name| (name, name.to_owned())))?),
            "--operation" => {
                options.operations.push(known(&value(), Operation::ALL.map(|one| (one.name(), one)))?);
            }
            other => return Err(io::Error::other(format!("unknown argument {other:?}"))),
        }
    }
    Ok(options)
}

fn known<T>(name: &str, all: impl IntoIterator<Item = (&'static str, T)>) -> io::Result<T> {
    let (mut names, mut found) = (Vec::new(), None);
    for (known, value) in all {
        names.push(known);
        if known == name {
            found = Some(value);
        }
    }
    found.ok_or_else(|| io::Error::other(format!("no {name:?}; there are {}", names.join(", "))))
}
