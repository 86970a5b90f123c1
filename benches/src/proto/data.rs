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

/// All data sets, made one at a time so that they are not in memory together.
pub fn sets() -> impl Iterator<Item = Set> {
    let makers: [fn() -> Set; 18] = [
        || {
            file(include_bytes!("../../data/google_message1_proto2.pb"), "google1_proto2", SHAPED, |p| {
                codecs!(p, Google1Proto2)
            })
        },
        || {
            file(include_bytes!("../../data/google_message1_proto3.pb"), "google1_proto3", SHAPED, |p| {
                codecs!(p, Google1Proto3)
            })
        },
        || {
            file(include_bytes!("../../data/api_response.pb"), "api_response", SHAPED, |p| {
                codecs!(p, ApiResponse)
            })
        },
        || file(include_bytes!("../../data/log_record.pb"), "log_record", SHAPED, |p| codecs!(p, LogRecord)),
        || {
            file(include_bytes!("../../data/analytics_event.pb"), "analytics_event", SHAPED, |p| {
                codecs!(p, AnalyticsEvent)
            })
        },
        || {
            file(include_bytes!("../../data/packed_tile.pb"), "packed_tile", SHAPED, |p| {
                codecs!(p, PackedTile)
            })
        },
        || {
            file(include_bytes!("../../data/packed_signed.pb"), "packed_signed", SHAPED, |p| {
                codecs!(p, PackedSigned)
            })
        },
        || {
            file(include_bytes!("../../data/column_batch.pb"), "column_batch", SHAPED, |p| {
                codecs!(p, ColumnBatch)
            })
        },
        || file(include_bytes!("../../data/mesh.pb"), "mesh", SHAPED, |p| codecs!(p, Mesh)),
        || made("shuffled", SHAPED, shuffled(), |p| codecs!(p, Google1Proto3)),
        || made("wide_sparse", SHAPED, wide(), |p| codecs!(p, Wide)),
        || {
            made("all_unknown", SHAPED, payloads(include_bytes!("../../data/api_response.pb")), |p| {
                codecs!(p, Empty)
            })
        },
        || {
            file(include_bytes!("../../data/media_frame.pb"), "media_frame", COPIES, |p| {
                codecs!(p, MediaFrame)
            })
        },
        || made("empty", COPIES, vec![Vec::new(); 64], |p| codecs!(p, Empty)),
        || made("echo_32", COPIES, blobs(32, 64), |p| codecs!(p, Blob)),
        || made("echo_1k", COPIES, blobs(1 << 10, 16), |p| codecs!(p, Blob)),
        || made("echo_64k", COPIES, blobs(64 << 10, 1), |p| codecs!(p, Blob)),
        || made("bytes_10m", COPIES, blobs(10 << 20, 1), |p| codecs!(p, Blob)),
    ];
    makers.into_iter().map(|make| make())
}

fn file(octets: &[u8], name: &'static str, copies: bool, codecs: fn(Vec<Vec<u8>>) -> Vec<Codec>) -> Set {
    made(name, copies, payloads(octets), codecs)
}

fn made(
    name: &'static str,
    copies: bool,
    payloads: Vec<Vec<u8>>,
    codecs: fn(Vec<Vec<u8>>) -> Vec<Codec>,
) -> Set {
    let bytes = payloads.iter().map(Vec::len).sum();
    Set { name, bytes, copies, codecs: codecs(payloads) }
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
