//! RFC 7541 appendix C.

use super::*;
use crate::hpack::decode::integer_of;
use crate::hpack::huffman;

/// Blocks of one connection: octets and the list they stand for.
fn check(first: &str, blocks: &[(&str, &str)]) -> Decoder {
    let mut decoder = Decoder::new(4096);
    decode(&mut decoder, &hex(first)).unwrap();
    for (block, list) in blocks {
        assert_eq!(text(&decode(&mut decoder, &hex(block)).unwrap()), *list, "{block}");
    }
    decoder
}

/// The dynamic table, newest first, and its size.
fn table(decoder: &Decoder) -> (String, usize) {
    let entries = (0..decoder.table.len()).filter_map(|i| decoder.table.get(i)).map(|entry| {
        let (name, value) = decoder.table.octets(entry).split_at(entry.name_len());
        format!("{}: {}\n", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
    });
    (entries.collect(), decoder.table.size())
}

#[test]
fn c_1_integers() {
    // The third has a prefix of eight bits, which no field uses.
    assert_eq!(integer_of(5, &[0b1110_1010]), Ok(10));
    assert_eq!(integer_of(5, &[0b1111_1111, 0b1001_1010, 0b0000_1010]), Ok(1337));
}

#[test]
fn c_2_1_literal_with_indexing() {
    let list = "custom-key: custom-header\n";
    let decoder = check("", &[("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", list)]);
    assert_eq!(table(&decoder), (list.into(), 55));
}

#[test]
fn c_2_2_literal_without_indexing() {
    let decoder = check("", &[("040c 2f73 616d 706c 652f 7061 7468", ":path: /sample/path\n")]);
    assert_eq!(table(&decoder), (String::new(), 0));
}

#[test]
fn c_2_3_literal_never_indexed() {
    let mut decoder = Decoder::new(4096);
    let list = decode(&mut decoder, &hex("1008 7061 7373 776f 7264 0673 6563 7265 74")).unwrap();
    assert_eq!(text(&list), "password: secret\n");
    assert_eq!(list.indexing(0), Indexing::Never);
    assert_eq!(table(&decoder), (String::new(), 0));
}

#[test]
fn c_2_4_indexed_field() {
    check("", &[("82", ":method: GET\n")]);
}

const REQUESTS: [&str; 3] = [
    ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n",
    ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache\n",
    ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value\n",
];
const REQUEST_TABLE: &str =
    "custom-key: custom-value\ncache-control: no-cache\n:authority: www.example.com\n";

#[test]
fn c_3_requests_without_huffman() {
    let blocks = [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ];
    let decoder = check("", &std::array::from_fn::<_, 3, _>(|i| (blocks[i], REQUESTS[i])));
    assert_eq!(table(&decoder), (REQUEST_TABLE.into(), 164));
}

#[test]
fn c_4_requests_with_huffman() {
    let blocks = [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    let decoder = check("", &std::array::from_fn::<_, 3, _>(|i| (blocks[i], REQUESTS[i])));
    assert_eq!(table(&decoder), (REQUEST_TABLE.into(), 164));
}

/// The examples with eviction have a table of 256 octets; here an update says so.
const TABLE_OF_256: &str = "3fe101";

const RESPONSES: [&str; 3] = [
    ":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n\
     location: https://www.example.com\n",
    ":status: 307\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n\
     location: https://www.example.com\n",
    ":status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\n\
     location: https://www.example.com\ncontent-encoding: gzip\n\
     set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n",
];
const RESPONSE_TABLE: &str = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n\
                              content-encoding: gzip\ndate: Mon, 21 Oct 2013 20:13:22 GMT\n";

#[test]
fn c_5_responses_with_eviction_without_huffman() {
    let blocks = [
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
         2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
         6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
         54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
         5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
         3d31",
    ];
    let decoder = check(TABLE_OF_256, &std::array::from_fn::<_, 3, _>(|i| (blocks[i], RESPONSES[i])));
    assert_eq!(table(&decoder), (RESPONSE_TABLE.into(), 215));
}

#[test]
fn c_6_responses_with_eviction_with_huffman() {
    let blocks = [
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
         2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
         77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
         9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    ];
    let decoder = check(TABLE_OF_256, &std::array::from_fn::<_, 3, _>(|i| (blocks[i], RESPONSES[i])));
    assert_eq!(table(&decoder), (RESPONSE_TABLE.into(), 215));
}

#[test]
fn every_letter_has_the_code_of_appendix_b() {
    // The first and last code of every length but two, from the table in appendix B.
    let codes: [(&[u8], &str); 12] = [
        (b"0", "07"),          // 00000|111
        (b"t", "4f"),          // 01001|111
        (b" ", "53"),          // 010100|11
        (b"&", "f8"),          // 11111000
        (b"!", "fe3f"),        // 11111110 00|111111
        (b"#", "ffaf"),        // 11111111 1010|1111
        (b"\0", "ffc7"),       // 11111111 11000|111
        (b"\\", "fffe1f"),     // 11111111 11111110 000|11111
        (b"\x80", "fffe6f"),   // 11111111 11111110 0110|1111
        (b"\xff", "fffffbbf"), // 11111111 11111111 11111011 10|111111
        (b"\n", "fffffff3"),   // 11111111 11111111 11111111 111100|11
        (b"\x16", "fffffffb"), // 11111111 11111111 11111111 111110|11
    ];
    for (letter, code) in codes {
        assert_eq!(huffman::encode(letter), hex(code), "{letter:?}");
    }
    for letter in 0..=255 {
        for before in 0..9 {
            for behind in 0..9 {
                let mut word = vec![b'a'; before];
                word.push(letter);
                word.extend(std::iter::repeat_n(b'Z', behind));
                let mut out = b"kept".to_vec();
                assert_eq!(huffman::decode(&huffman::encode(&word), &mut out), Ok(()));
                assert_eq!((&out[..4], &out[4..]), (&b"kept"[..], &word[..]));
            }
        }
    }
}
