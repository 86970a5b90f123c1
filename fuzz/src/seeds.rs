//! What fuzzing starts from: the files and messages of our own tests.

use std::path::{Path, PathBuf};

use crate::codec::TYPES_COUNT;

/// The inputs that a target starts from, in an order of their own.
///
/// # Panics
/// There is no such target, or the tree is not whole.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let seeds = match target {
        "compiler" => files(&crates.join("ferrpc-compiler/testdata"), "proto"),
        "codec" => {
            let mut plain = files(&crates.join("ferrpc-compiler/testdata/valid"), "desc");
            plain.extend(files(&crates.join("ferrpc-proto/tests/vectors"), ""));
            // Field by field: each number in each wire type, with little in it.
            for number in 1..=120_u32 {
                for (wire_type, value) in
                    [(0, &[1][..]), (1, &[1; 8]), (2, &[2, 8, 1]), (3, &[]), (5, &[1; 4])]
                {
                    let mut bytes = varint(number << 3 | wire_type);
                    bytes.extend_from_slice(value);
                    if wire_type == 3 {
                        bytes.extend(varint(number << 3 | 4));
                    }
                    plain.push(bytes);
                }
            }
            let first = |nth: usize| u8::try_from(0xF0 | (nth % TYPES_COUNT)).unwrap_or(0xF0);
            plain.iter().enumerate().map(|(nth, bytes)| [&[first(nth)], &bytes[..]].concat()).collect()
        }
        "hpack" => blocks(),
        "frames" => all_kinds(),
        "envelope" => streams(),
        "pair" => operations(),
        other => panic!("there is no target {other}"),
    };
    assert!(seeds.len() > 100, "only {} seeds", seeds.len());
    seeds
}

/// Each kind of field, with each index of the static table and the first of the dynamic one.
fn blocks() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for index in 1..=63_u8 {
        seeds.push(vec![0, 6, 0x40 | index, 1, b'v', 0xbe, 0x80 | index, 0x20]);
        seeds.push(vec![1, 8, 0x0f, index, 0x82, 0x1c, 0x64, 0x10, 0, 0]);
    }
    // A table that shrinks and grows, and a long string under the Huffman code.
    seeds.push(vec![4, 255, 0x20, 0x3f, 0xe1, 0x1f, 0x40, 1, b'k', 1, b'v', 0xbe]);
    seeds.push([&[2, 255, 0x40, 0x84][..], &[0x1c; 4], &[0xff, 0x40], &[0x1c; 191]].concat());
    seeds
}

/// Frames of each kind with each flag on each of a few streams, behind a request: in short, see `frames`.
fn all_kinds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for kind in 0..=10_u8 {
        for flags in [0, 1, 4, 5, 8, 0x20, 0x2d] {
            for stream in [0, 1, 2, 3] {
                // :method POST, :scheme http, :path /
                let request = [1, 4, 1, 3, 0x83, 0x86, 0x84];
                let frame = [kind, flags, stream, 8, 0, 0, 0, 3, 0x83, 0x86, 0x84, 0];
                let role = (seeds.len() % 2) as u8;
                seeds.push([&[role][..], &request, &frame, &frame].concat());
            }
        }
    }
    seeds
}

/// Streams of messages of some lengths, in each way of cutting them.
fn streams() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for first in 0..=255_u8 {
        let mut stream = vec![first];
        for len in [0, 1, 5, u16::from(first), 300, 1000, 1001] {
            stream.push(first & 1);
            stream.extend(u32::from(len).to_be_bytes());
            stream.extend(vec![first; len.into()]);
        }
        seeds.push(stream);
    }
    seeds
}

/// Each operation of each end with some of what it may need, between calls that are under way: see `pair`.
fn operations() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    // Two calls are opened, and all octets go both ways.
    let (call, pass) = ([0, 0, 0, 0, 4, 3], [16, 255, 17, 255, 16, 255, 17, 255]);
    for what in 0..20 {
        for how in [0, 3, 7, 8, 12, 0x14, 0x1f, 0x4b, 254, 255] {
            for first in [0, 1 << (seeds.len() % 8)] {
                seeds.push(
                    [&[first][..], &call, &pass, &[what, how, 5, 5, 11, 7], &pass[..4], &[what, how]]
                        .concat(),
                );
            }
        }
    }
    seeds
}

fn varint(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// The files below a directory that end so.
fn files(dir: &Path, extension: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        let entries = std::fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        for entry in entries {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                open.push(path);
            } else if extension.is_empty() || path.extension().is_some_and(|it| it == extension) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("readable")).collect()
}
