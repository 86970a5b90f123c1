//! What holds for any fields, any table sizes and any octets.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::hpack::{Encoder, huffman};

fn encode(encoder: &mut Encoder, fields: &[(&str, &str, Indexing)]) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.begin(&mut out);
    for (name, value, indexing) in fields {
        encoder.field(name.as_bytes(), value.as_bytes(), *indexing, &mut out);
    }
    out
}

#[test]
fn static_fields_are_one_octet_from_the_start() {
    let fields = [
        (":method", "POST", Indexing::Literal),
        (":scheme", "http", Indexing::Index),
        (":status", "200", Indexing::Index),
        ("accept-encoding", "gzip, deflate", Indexing::Literal),
    ];
    assert_eq!(encode(&mut Encoder::new(), &fields), hex("83 86 88 90"));
}

#[test]
fn indexed_field_is_one_octet_from_its_second_time_on() {
    let mut encoder = Encoder::new();
    let fields = [(":path", "/echo.Echo/Unary", Indexing::Index), ("te", "trailers", Indexing::Index)];
    let first = encode(&mut encoder, &fields);
    assert_eq!(first, hex("44 10 2f6563686f2e4563686f2f556e617279 40 02 7465 08 747261696c657273"));
    let before = encoder.generation();
    assert_eq!(encode(&mut encoder, &fields), hex("bf be"));
    assert_eq!(encoder.generation(), before, "the octets may be sent again as they are");
}

#[test]
fn table_freezes_when_it_is_full_and_never_evicts() {
    let mut encoder = Encoder::new();
    let mut decoder = Decoder::new(4096);
    for i in 0..200 {
        let name = format!("name-{i}");
        let block = encode(&mut encoder, &[(&name, "v", Indexing::Index)]);
        assert_eq!(text(&decode(&mut decoder, &block).unwrap()), format!("{name}: v\n"));
    }
    let generation = encoder.generation();
    let first = encode(&mut encoder, &[("name-0", "v", Indexing::Index)]);
    let last = encode(&mut encoder, &[("name-199", "v", Indexing::Index)]);
    assert_eq!((first.len(), last.len()), (2, 12));
    assert_eq!(encoder.generation(), generation);
    assert_eq!(text(&decode(&mut decoder, &first).unwrap()), "name-0: v\n");
}

#[test]
fn name_of_a_varying_field_enters_once_with_its_first_value() {
    let mut encoder = Encoder::new();
    let sizes = ["999999u", "888888u", "777777u"]
        .map(|timeout| encode(&mut encoder, &[("grpc-timeout", timeout, Indexing::Literal)]).len());
    assert_eq!(sizes, [1 + 13 + 8, 2 + 8, 2 + 8]);
}

#[test]
fn varying_fields_leave_half_of_the_table_to_others() {
    let mut encoder = Encoder::new();
    for i in 0..200 {
        encode(&mut encoder, &[(&format!("name-{i}"), "v", Indexing::Literal)]);
    }
    let value = "v".repeat(1900);
    encode(&mut encoder, &[("large", &value, Indexing::Index)]);
    assert_eq!(encode(&mut encoder, &[("large", &value, Indexing::Index)]).len(), 1);
}

#[test]
fn texts_of_literals_are_remembered_until_memory_is_given_back_and_those_of_secrets_never() {
    let mut decoder = Decoder::new(4096);
    let coded = huffman::encode(b"Bearer of a secret");
    // `authorization` has the index 23: 15 in the first octet, 8 in the next.
    for (kind, known) in [(0x10, 0), (0x00, 1)] {
        let length = 0x80 | u8::try_from(coded.len()).unwrap();
        let block = [&[kind | 0x0f, 8, length], &coded[..]].concat();
        for _ in 0..3 {
            let list = decode(&mut decoder, &block).unwrap();
            assert_eq!(list.get(b"authorization"), Some(&b"Bearer of a secret"[..]));
        }
        assert_eq!(format!("{:?}", decoder.texts), format!("Texts {{ known: {known} }}"));
    }
    decoder.release();
    assert_eq!(format!("{:?}", decoder.texts), "Texts { known: 0 }");
}

#[test]
fn secret_never_enters_a_table_but_may_use_a_name() {
    let mut encoder = Encoder::new();
    let generation = encoder.generation();
    let block =
        encode(&mut encoder, &[("authorization", "s3", Indexing::Never), ("x-key", "s3", Indexing::Never)]);
    assert_eq!(block, hex("1f08 02 7333 10 05 782d6b6579 02 7333"));
    assert_eq!(encoder.generation(), generation);
    // Not even where a table has the very field.
    assert_eq!(encode(&mut encoder, &[(":method", "GET", Indexing::Never)]), hex("12 03 474554"));
}

#[test]
fn smaller_peer_table_is_announced_and_begins_anew() {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(100));
    let field = [("te", "trailers", Indexing::Index)];
    decode(&mut decoder, &encode(&mut encoder, &field)).unwrap();

    decoder.settings_acknowledged();
    encoder.set_peer_table_bytes_max(100);
    let block = encode(&mut encoder, &field);
    assert_eq!(block[..4], hex("20 3f45 40"));
    assert_eq!(text(&decode(&mut decoder, &block).unwrap()), "te: trailers\n");
    assert_eq!(encode(&mut encoder, &field), hex("be"));

    // It went down and up again between two blocks: both ends begin anew (RFC 7541 §4.2).
    encoder.set_peer_table_bytes_max(0);
    encoder.set_peer_table_bytes_max(100);
    let block = encode(&mut encoder, &field);
    assert_eq!(block[..4], hex("20 3f45 40"));
    assert_eq!(text(&decode(&mut decoder, &block).unwrap()), "te: trailers\n");
}

#[test]
fn larger_peer_table_is_announced_and_keeps_its_entries() {
    let mut encoder = Encoder::new();
    encoder.set_peer_table_bytes_max(100);
    let field = [("te", "trailers", Indexing::Index)];
    encode(&mut encoder, &field);
    encoder.set_peer_table_bytes_max(200);
    assert_eq!(encode(&mut encoder, &field), hex("3fa901 be"));
}

#[test]
fn offer_of_four_gibibytes_changes_nothing() {
    let mut encoder = Encoder::new();
    let generation = encoder.generation();
    encoder.set_peer_table_bytes_max(u32::MAX as usize);
    assert_eq!(encode(&mut encoder, &[(":method", "GET", Indexing::Index)]), hex("82"));
    assert_eq!(encoder.generation(), generation);
}

#[test]
fn peer_without_a_table_gets_literals() {
    let mut encoder = Encoder::new();
    encoder.set_peer_table_bytes_max(0);
    let field = [("te", "trailers", Indexing::Index)];
    assert_eq!(encode(&mut encoder, &field)[..2], hex("20 00"));
    assert_eq!(encode(&mut encoder, &field)[..1], hex("00"));
}

#[test]
fn update_that_is_due_changes_the_generation_when_it_is_written() {
    let mut encoder = Encoder::new();
    encoder.set_peer_table_bytes_max(100);
    let before = encoder.generation();
    encode(&mut encoder, &[(":method", "GET", Indexing::Index)]);
    assert_ne!(encoder.generation(), before, "that block may not be sent again");
}

#[test]
fn decoder_says_whether_a_block_touched_the_table() {
    let mut decoder = Decoder::new(4096);
    let mut touched = |block: &str| {
        let before = decoder.generation();
        decode(&mut decoder, &hex(block)).unwrap();
        decoder.generation() != before
    };
    assert!(touched("40 0161 0162"));
    assert!(!touched("82 be 00 0161 0162 10 0161 0162"));
    assert!(touched("3fe1 1f"));

    let mut decoder = Decoder::new(100);
    let before = decoder.generation();
    decoder.settings_acknowledged();
    assert_ne!(decoder.generation(), before, "the same block would lack its size update");
}

/// The only source of chance in the noise tests; the same numbers every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 11) as usize % n
    }

    fn octets(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[3]).collect()
    }
}

#[test]
fn noise_never_panics_and_never_stores_more_than_the_limit() {
    let limits = ListLimits { list_bytes_max: 2000, fields_max: 20 };
    let mut noise = Noise(0x5eed_0f00_d5ee_d000);
    let (mut complete, mut over, mut bad) = (0, 0, 0);
    let mut decoder = Decoder::new(4096);
    for _ in 0..100_000 {
        let len = noise.below(60);
        let mut block = noise.octets(len);
        match noise.below(3) {
            // Noise with a shape goes deeper: indices that mostly exist, …
            0 => block.iter_mut().for_each(|octet| *octet = 0x80 | (1 + *octet % 64)),
            // … and short literals, some of them Huffman coded.
            1 => {
                block = (0..noise.below(8))
                    .flat_map(|_| {
                        let kind = [0x40, 0x00, 0x10, 0x41, 0x04][noise.below(5)];
                        let len = noise.below(9);
                        let mut octets = noise.octets(len);
                        let mut field = vec![kind];
                        if kind & 0x2f == 0 {
                            field.extend([1, b'n']);
                        }
                        if noise.below(2) == 0 {
                            octets = huffman::encode(&octets);
                            field.push(0x80 | octets.len() as u8);
                        } else {
                            field.push(octets.len() as u8);
                        }
                        field.extend(octets);
                        field
                    })
                    .collect();
            }
            _ => {}
        }
        let mut headers = Headers::new();
        match decoder.decode(&block, &limits, &mut headers) {
            Ok(Outcome::Complete) => complete += 1,
            Ok(Outcome::OverLimit { list_bytes, fields }) => {
                assert!(list_bytes > limits.list_bytes_max || fields > limits.fields_max);
                over += 1;
            }
            Err(_) => bad += 1,
        }
        assert!(headers.list_bytes() <= limits.list_bytes_max && headers.len() <= limits.fields_max);
        assert!(decoder.table.size() <= 4096);
        if noise.below(1000) == 0 {
            decoder = Decoder::new(4096);
        }
    }
    assert!(complete > 20_000 && over > 3_000 && bad > 20_000, "{complete} {over} {bad}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn huffman_text_comes_back(text in vec(any::<u8>(), 0..200)) {
        let mut out = Vec::new();
        prop_assert_eq!(huffman::decode(&huffman::encode(&text), &mut out), Ok(()));
        prop_assert_eq!(out, text);
    }

    #[test]
    fn common_huffman_text_comes_back(text in "[a-zA-Z0-9/.: _-]{0,80}") {
        let mut out = Vec::new();
        prop_assert_eq!(huffman::decode(&huffman::encode(text.as_bytes()), &mut out), Ok(()));
        prop_assert_eq!(out, text.as_bytes());
    }

    /// Blocks of few names and values, so that all kinds of index occur, with changes of the table's
    /// size between them.
    #[test]
    fn what_the_encoder_writes_the_decoder_reads(
        blocks in vec((vec((0..12_usize, 0..40_usize, 0..3_u8), 0..20), proptest::option::of(0..6000_usize)), 1..40),
    ) {
        const NAMES: [&str; 12] = [
            ":path", ":status", "te", "grpc-timeout", "content-type", "x-a", "x-b", "x-c-bin", "cookie", "",
            "user-agent", "a-name-that-is-rather-long-as-some-proxies-have-it",
        ];
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(4096));
        for (fields, table_bytes_max) in blocks {
            let (mut block, mut sent, mut received) = (Vec::new(), Headers::new(), Headers::new());
            if let Some(n) = table_bytes_max {
                encoder.set_peer_table_bytes_max(n);
            }
            encoder.begin(&mut block);
            for (name, value, indexing) in fields {
                let indexing = [Indexing::Index, Indexing::Literal, Indexing::Never][usize::from(indexing)];
                let value = "v".repeat(value * value);
                encoder.field(NAMES[name].as_bytes(), value.as_bytes(), indexing, &mut block);
                sent.append(NAMES[name].as_bytes(), value.as_bytes(), indexing);
            }
            let limits = ListLimits { list_bytes_max: usize::MAX, fields_max: usize::MAX };
            prop_assert_eq!(decoder.decode(&block, &limits, &mut received), Ok(Outcome::Complete));
            prop_assert_eq!(text(&received), text(&sent));
            for i in 0..sent.len() {
                prop_assert_eq!(received.is_sensitive(i), sent.is_sensitive(i));
            }
        }
    }
}
