//! Compression by itself: formats, limits, who accepts what.

use super::*;
use crate::Code;

fn all() -> Compression {
    Compression::default()
}

fn message(octets: &[u8]) -> Segments {
    let mut segments = Segments::new();
    segments.buffer().extend_from_slice(octets);
    segments
}

fn compressed(with: &str, octets: &[u8]) -> Vec<u8> {
    let encoder = all().bytes_min(0).encoder(with, Accepted::ALL).unwrap().unwrap();
    encoder.compress(&message(octets)).unwrap().expect("it is shorter").into_pieces().flatten().collect()
}

fn names() -> Vec<&'static str> {
    all().0.accepted.iter().map(|compressor| compressor.name()).collect()
}

#[test]
fn what_is_compressed_comes_out_the_same() {
    assert!(!names().is_empty());
    let octets: Vec<u8> = (0..100_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
    for name in names() {
        let small = compressed(name, &octets);
        assert!(small.len() * 2 < octets.len(), "{name}: {}", small.len());
        let back = all().decompress(Some(name.as_bytes()), &small, octets.len()).unwrap();
        assert!(back == octets, "{name}");
        assert_eq!(all().decompress(Some(name.as_bytes()), &[], 0).unwrap(), [], "{name}");
    }
}

#[test]
fn s23_a_bomb_is_stopped_at_the_limit_and_not_unpacked_first() {
    const MIB: usize = 1 << 20;
    for name in names() {
        let bomb = compressed(name, &vec![0; 16 * MIB]);
        assert!(bomb.len() < MIB, "{name}: {}", bomb.len());
        let status = all().decompress(Some(name.as_bytes()), &bomb, MIB).unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        let end = format!(
            "in {name} is over the receive limit of 1048576 when decompressed; raise message_bytes_max"
        );
        assert!(status.message().ends_with(&end), "{}", status.message());
        // Nothing beyond the limit is kept on the way there.
        let mut out = Bounded { octets: Vec::new(), bytes_max: MIB, is_over: false };
        assert!(all().find(name.as_bytes()).unwrap().decompress(&bomb, &mut out).is_err());
        assert!(out.octets.len() <= MIB && out.octets.capacity() <= 2 * MIB, "{name}");
    }
}

#[test]
fn s24_damaged_input_is_an_error_that_says_so() {
    let octets: Vec<u8> = (0..2000_u32).flat_map(u32::to_le_bytes).collect();
    for name in names() {
        let small = compressed(name, &octets);
        let read = |octets: &[u8]| all().decompress(Some(name.as_bytes()), octets, 1 << 20);
        let cut = read(&small[..small.len() - 3]).unwrap_err();
        assert_eq!(cut.code(), Code::Internal);
        let start = format!("cannot decompress a message of {} octets in {name}: ", small.len() - 3);
        assert!(cut.message().starts_with(&start), "{}", cut.message());
        let longer = read(&[&small[..], b"more"].concat()).unwrap_err();
        assert_eq!(longer.code(), Code::Internal, "{name}");
        for at in 0..small.len() {
            let mut damaged = small.clone();
            damaged[at] ^= 0x55;
            // An error or other octets; nothing worse.
            let _ = read(&damaged);
        }
    }
}

#[test]
fn a_format_that_was_not_agreed_on_is_named_with_those_that_are_there() {
    let status = all().decompress(None, b"x", 10).unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.message(), "compressed message, although no grpc-encoding was agreed on");
    let there = all().names();
    let status = all().decompress(Some(b"br"), b"x", 10).unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.message(), format!("message compressed in \"br\", which was not offered: {there}"));
    let status = all().unknown(b"br");
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(
        status.message(),
        format!("grpc-encoding \"br\" is not supported; there are identity,{there}")
    );
    assert!(all().encoder("br", Accepted::ALL).is_err());
    assert!(all().encoder("identity", Accepted::ALL).unwrap().is_none());
}

#[test]
fn what_gets_no_shorter_or_is_short_stays_as_it_is() {
    let step = |n: &u64| Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    let random = std::iter::successors(Some(1_u64), step).skip(8).take(4000);
    let random: Vec<u8> = random.map(|n| n.to_le_bytes()[7]).collect();
    for name in names() {
        let encoder = all().encoder(name, Accepted::ALL).unwrap().unwrap();
        assert!(encoder.compress(&message(&random)).unwrap().is_none(), "{name}");
        assert!(encoder.compress(&message(&[0; BYTES_MIN - 1])).unwrap().is_none(), "{name}");
        assert!(encoder.compress(&message(&[0; BYTES_MIN])).unwrap().is_some(), "{name}");
    }
}

#[test]
fn a_peer_gets_only_what_it_accepts() {
    let name = names()[0];
    for (accept, gets) in [("", false), ("identity", false), ("br", false), (name, true)] {
        let accepted = all().peers(accept.as_bytes());
        assert_eq!(all().encoder(name, accepted).unwrap().is_some(), gets, "{accept}");
        assert_eq!(
            all().send(Own(name)).default_encoder(all().send(Own(name)).peers(accept.as_bytes())).is_some(),
            gets
        );
    }
    let accepted = all().peers(format!("identity , br,{name}").as_bytes());
    assert!(all().encoder(name, accepted).unwrap().is_some());
}

#[derive(Debug)]
struct Own(&'static str);

impl Compressor for Own {
    fn name(&self) -> &'static str {
        self.0
    }

    fn compress(&self, _: &mut dyn Iterator<Item = &[u8]>, _: &mut Vec<u8>) -> io::Result<()> {
        Err(io::Error::other("out of order"))
    }

    fn decompress(&self, _: &[u8], out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"ours")
    }
}

#[test]
fn a_compressor_of_ones_own_stands_beside_the_others_or_for_one_of_them() {
    let compression = all().send(Own("own"));
    assert_eq!(compression.decompress(Some(b"own"), b"x", 4).unwrap(), b"ours");
    let status =
        compression.default_encoder(Accepted::ALL).unwrap().compress(&message(&[0; 2000])).unwrap_err();
    assert_eq!(status.message(), "cannot compress the message with own: out of order");

    let compression = all().send(Own("own")).accept(Own(names()[0]));
    assert_eq!(compression.default_encoder(Accepted::ALL).unwrap().name(), "own");
    let compression = all().accept(Own(names()[0]));
    assert_eq!(compression.0.accepted.len(), names().len());
    assert_eq!(compression.decompress(Some(names()[0].as_bytes()), b"x", 4).unwrap(), b"ours");
}

#[test]
fn there_are_at_most_thirty_two() {
    const NAMES: [&str; 40] = [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17",
        "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32", "33", "34",
        "35", "36", "37", "38", "39",
    ];
    let compression = NAMES.into_iter().fold(Compression::none(), |all, name| all.accept(Own(name)));
    assert_eq!(compression.0.accepted.len(), ACCEPTED_MAX);
    assert_eq!(compression.peers(b"0").0.count_ones(), 1);
}
