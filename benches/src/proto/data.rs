//! The data sets: those that everybody measures, and ours for what a codec may find hard.

use ferrpc_proto::{Bytes, Message as _};

use super::Codec;
use super::messages::ferrpc::bench::{Blob, DataSet, Wide};
use crate::codecs;

/// One data set, ready to be measured.
pub struct Set {
    /// Its name in tables.
    pub name: &'static str,
    /// Octets of all payloads together.
    pub bytes: usize,
    /// Nothing to win but in `memcpy`; such sets are judged apart.
    pub copies: bool,
    /// Each library's; ferrpc's first.
    pub codecs: Vec<Codec>,
}

/// What a set is judged by.
const SHAPED: bool = false;
const COPIES: bool = true;

/// Sets that are left out, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[("google_message2", "groups are not generated yet")];

/// How each set is made.
struct Maker {
    name: &'static str,
    copies: bool,
    payloads: fn() -> Vec<Vec<u8>>,
    codecs: fn(Vec<Vec<u8>>) -> Vec<Codec>,
}

/// A row of the table below; its payloads come from a file or from a function.
macro_rules! sets {
    ($($name:literal $copies:ident $payloads:expr, $message:ident;)*) => {
        &[$(Maker {
            name: $name,
            copies: $copies,
            payloads: || $payloads,
            codecs: |payloads| codecs!(payloads, $message),
        }),*]
    };
}

macro_rules! file {
    ($name:literal) => {
        payloads(include_bytes!(concat!("../../data/", $name, ".pb")))
    };
}

const SETS: &[Maker] = sets! {
    "google1_proto2" SHAPED file!("google_message1_proto2"), Google1Proto2;
    "google1_proto3" SHAPED file!("google_message1_proto3"), Google1Proto3;
    "api_response" SHAPED file!("api_response"), ApiResponse;
    "log_record" SHAPED file!("log_record"), LogRecord;
    "analytics_event" SHAPED file!("analytics_event"), AnalyticsEvent;
    "packed_tile" SHAPED file!("packed_tile"), PackedTile;
    "packed_signed" SHAPED file!("packed_signed"), PackedSigned;
    "column_batch" SHAPED file!("column_batch"), ColumnBatch;
    "mesh" SHAPED file!("mesh"), Mesh;
    "shuffled" SHAPED shuffled(), Google1Proto3;
    "wide_sparse" SHAPED wide(), Wide;
    "all_unknown" SHAPED file!("api_response"), Empty;
    "media_frame" COPIES file!("media_frame"), MediaFrame;
    "empty" COPIES vec![Vec::new(); 64], Empty;
    "echo_32" COPIES blobs(32, 64), Blob;
    "echo_1k" COPIES blobs(1 << 10, 16), Blob;
    "echo_64k" COPIES blobs(64 << 10, 1), Blob;
    "bytes_10m" COPIES blobs(10 << 20, 1), Blob;
};

/// The sets' names, in the order of the tables.
pub fn names() -> impl Iterator<Item = &'static str> {
    SETS.iter().map(|maker| maker.name)
}

/// The sets that `wanted` names, all if it names none; made one at a time so that they are not in memory
/// together.
pub fn sets(wanted: &[String]) -> impl Iterator<Item = Set> {
    let makers =
        SETS.iter().filter(|maker| wanted.is_empty() || wanted.iter().any(|name| name == maker.name));
    makers.map(|maker| {
        let payloads = (maker.payloads)();
        let bytes = payloads.iter().map(Vec::len).sum();
        Set { name: maker.name, bytes, copies: maker.copies, codecs: (maker.codecs)(payloads) }
    })
}

fn payloads(octets: &[u8]) -> Vec<Vec<u8>> {
    let set = DataSet::decode(octets).expect("a data set");
    set.payload.into_iter().map(|payload| payload.to_vec()).collect()
}

fn blobs(len: usize, count: usize) -> Vec<Vec<u8>> {
    let blob = Blob { data: Bytes::from(vec![0x5a; len]), ..Blob::default() };
    vec![blob.encode_to_vec().expect("small"); count]
}

/// Google's classic message with its fields in another order each time: what guesses the next field loses.
fn shuffled() -> Vec<Vec<u8>> {
    let message = payloads(include_bytes!("../../data/google_message1_proto3.pb")).remove(0);
    let mut random = Random(1);
    let mut shuffle = || {
        let mut fields = fields(&message);
        for last in (1..fields.len()).rev() {
            fields.swap(last, random.below(last + 1));
        }
        fields.concat()
    };
    (0..64).map(|_| shuffle()).collect()
}

/// One to three of 110 parts set.
fn wide() -> Vec<Vec<u8>> {
    let mut random = Random(2);
    let mut one = || {
        let mut octets = Vec::new();
        for _ in 0..=random.below(3) {
            // A part { id: 7, name: "seven" } under a number from 1 to 110.
            let tag = (1 + random.below(110)) << 3 | 2;
            let part = b"\x08\x07\x12\x05seven";
            if tag >= 128 {
                octets.push((tag & 127 | 128) as u8);
                octets.push((tag >> 7) as u8);
            } else {
                octets.push(tag as u8);
            }
            octets.push(part.len() as u8);
            octets.extend_from_slice(part);
        }
        Wide::decode(&octets).expect("valid").encode_to_vec().expect("small")
    };
    (0..256).map(|_| one()).collect()
}

/// The fields of a message without groups, each with its tag.
fn fields(mut message: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let (tag, mut at) = varint(message);
        match tag & 7 {
            0 => at += varint(&message[at..]).1,
            1 => at += 8,
            2 => {
                let (len, used) = varint(&message[at..]);
                at += used + len;
            }
            _ => at += 4,
        }
        let (field, rest) = message.split_at(at);
        fields.push(field);
        message = rest;
    }
    fields
}

/// A varint and how many octets it takes.
fn varint(octets: &[u8]) -> (usize, usize) {
    let len = octets.iter().take_while(|&&octet| octet >= 128).count() + 1;
    let value = octets[..len].iter().rev().fold(0_u64, |value, &octet| value << 7 | u64::from(octet & 127));
    (value as usize, len)
}

/// The same numbers in every run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}
