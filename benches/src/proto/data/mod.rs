//! The data sets: those that everybody measures, and ours for what a codec may find hard.

mod random;
mod serialization;
pub(crate) mod wire;

use bench_harness::{Codec, Payloads};

use random::Random;
use wire::{Wire, fields, varint};

/// One data set, ready to be measured.
pub struct Set {
    /// Its name in tables.
    pub name: &'static str,
    /// Octets of all payloads together.
    pub bytes: usize,
    /// Nothing to win but in `memcpy`; such sets are judged apart.
    pub copies: bool,
    /// Its message type in the schemas.
    pub message: &'static str,
    /// The messages, encoded.
    pub payloads: Payloads,
    /// Each library's that holds all of the messages; ferrpc's first.
    pub codecs: Vec<Codec>,
    /// The others, and why.
    pub left_out: Vec<(&'static str, &'static str)>,
}

/// How a set is made.
struct Maker {
    name: &'static str,
    copies: bool,
    message: &'static str,
    payloads: fn() -> Vec<Vec<u8>>,
}

/// What a set is judged by.
const SHAPED: bool = false;
const COPIES: bool = true;

macro_rules! sets {
    ($($name:literal $copies:ident $message:literal $payloads:expr;)*) => {
        &[$(Maker { name: $name, copies: $copies, message: $message, payloads: || $payloads }),*]
    };
}

macro_rules! file {
    ($name:literal) => {
        payloads(include_bytes!(concat!("../../../data/", $name, ".pb")))
    };
}

const SETS: &[Maker] = sets! {
    "google1_proto2" SHAPED "Google1Proto2" file!("google_message1_proto2");
    "google1_proto3" SHAPED "Google1Proto3" file!("google_message1_proto3");
    "google2" SHAPED "Google2" file!("google_message2");
    "api_response" SHAPED "ApiResponse" file!("api_response");
    "log_record" SHAPED "LogRecord" file!("log_record");
    "analytics_event" SHAPED "AnalyticsEvent" file!("analytics_event");
    "packed_tile" SHAPED "PackedTile" file!("packed_tile");
    "packed_signed" SHAPED "PackedSigned" file!("packed_signed");
    "column_batch" SHAPED "ColumnBatch" file!("column_batch");
    "mesh" SHAPED "Mesh" file!("mesh");
    "rsb_log" SHAPED "Logs" serialization::logs();
    "rsb_mesh" SHAPED "Surface" serialization::surface();
    "rsb_minecraft" SHAPED "Players" serialization::players();
    "rsb_mk48" SHAPED "Updates" serialization::updates();
    "descriptor" SHAPED "FileDescriptorProto" vec![bench_ferrpc::DESCRIPTOR.to_vec()];
    "shuffled" SHAPED "Google1Proto3" shuffled();
    "wide_sparse" SHAPED "Wide" wide();
    "all_unknown" SHAPED "Empty" file!("api_response");
    "media_frame" COPIES "MediaFrame" file!("media_frame");
    "empty" COPIES "Empty" vec![Vec::new(); 64];
    "echo_32" COPIES "Blob" blobs(32, 64);
    "echo_1k" COPIES "Blob" blobs(1 << 10, 16);
    "echo_64k" COPIES "Blob" blobs(64 << 10, 1);
    "bytes_10m" COPIES "Blob" blobs(10 << 20, 1);
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
        let payloads = Payloads::from((maker.payloads)());
        let bytes = payloads.iter().map(Vec::len).sum();
        let (codecs, left_out) = super::codecs(maker.message, &payloads);
        let Maker { name, copies, message, .. } = *maker;
        Set { name, bytes, copies, message, payloads, codecs, left_out }
    })
}

/// Of a file of ours: a `bench.DataSet`, whose field 3 has the messages.
fn payloads(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    for field in fields(octets) {
        let (tag, at) = varint(field);
        if tag == 3 << 3 | 2 {
            let (_, used) = varint(&field[at..]);
            payloads.push(field[at + used..].to_vec());
        }
    }
    payloads
}

fn blobs(len: usize, count: usize) -> Vec<Vec<u8>> {
    let mut blob = Wire::default();
    blob.bytes(1, vec![0x5a; len]);
    vec![blob.0; count]
}

/// Google's classic message with its fields in another order each time: what guesses the next field loses.
fn shuffled() -> Vec<Vec<u8>> {
    let message = file!("google_message1_proto3").remove(0);
    let mut random = Random::new();
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
    let mut random = Random::new();
    let mut one = || {
        let mut parts: Vec<u32> = (0..=random.below(3)).map(|_| 1 + random.below(110) as u32).collect();
        parts.sort_unstable();
        parts.dedup();
        let mut wire = Wire::default();
        for part in parts {
            wire.message(part, |wire| {
                wire.uint(1, 7);
                wire.bytes(2, "seven");
            });
        }
        wire.0
    };
    (0..256).map(|_| one()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_held_by_ferrpc_and_a_rival() {
        for set in sets(&[]) {
            let libraries: Vec<&str> = set.codecs.iter().map(|codec| codec.library).collect();
            assert!(libraries.len() > 1 && libraries[0] == "ferrpc", "{}: {libraries:?}", set.name);
        }
    }

    #[test]
    fn who_drops_unknown_fields_is_left_out_where_all_are_unknown() {
        let set = sets(&["all_unknown".to_owned()]).next().expect("a set of that name");
        assert!(set.left_out.contains(&("prost", "it loses fields")), "{:?}", set.left_out);
    }
}
