//! Each way to break RFC 7541, and what is none.

use super::*;

fn error(block: &str) -> HpackError {
    decode(&mut Decoder::new(4096), &hex(block)).unwrap_err()
}

#[test]
fn index_zero_is_refused() {
    assert_eq!(error("80"), HpackError::IndexZero);
}

#[test]
fn index_behind_the_table_is_refused() {
    assert_eq!(error("be"), HpackError::IndexOutOfRange { index: 62 });
    // As the name of a literal, too, and one past a table of one entry.
    assert_eq!(error("7e 0161"), HpackError::IndexOutOfRange { index: 62 });
    assert_eq!(error("40 0161 0162 bf"), HpackError::IndexOutOfRange { index: 63 });
    assert_eq!(text(&decode(&mut Decoder::new(4096), &hex("40 0161 0162 be")).unwrap()), "a: b\na: b\n");
}

#[test]
fn field_that_enters_the_table_twice_is_no_misdeed() {
    let mut decoder = Decoder::new(4096);
    let list = decode(&mut decoder, &hex("40 0161 0162 40 0161 0162 be bf")).unwrap();
    assert_eq!(text(&list), "a: b\n".repeat(4));
    assert_eq!(decoder.table.len(), 2);
}

#[test]
fn integer_of_more_than_five_octets_is_refused() {
    assert_eq!(error("ff 80 80 80 80 00"), HpackError::IntegerTooLong);
    assert_eq!(error("ff ff ff ff ff ff ff ff ff 7f"), HpackError::IntegerTooLong);
    // Five octets with leading zeros are wasteful and legal: index 127 is behind the table.
    assert_eq!(error("ff 80 80 80 00"), HpackError::IndexOutOfRange { index: 127 });
    assert_eq!(error("ff ff ff ff 7f"), HpackError::IndexOutOfRange { index: 127 + (1 << 28) - 1 });
}

#[test]
fn block_that_ends_inside_a_field_is_refused() {
    // A literal with every part, Huffman and a long length; all that is shorter is truncated.
    let block = hex("400a 6375 7374 6f6d 2d6b 6579 ff00").into_iter().chain([0x07; 127]).collect::<Vec<_>>();
    for len in 1..block.len() {
        let mut headers = Headers::new();
        let error = Decoder::new(4096).decode(&block[..len], &LIMITS, &mut headers).unwrap_err();
        let expected = matches!(error, HpackError::Truncated | HpackError::StringPastBlock { .. });
        assert!(expected && headers.is_empty(), "{len}: {error:?}");
    }
    assert_eq!(error("ff"), HpackError::Truncated);
    assert_eq!(error("41"), HpackError::Truncated);
}

#[test]
fn string_past_the_block_is_refused_before_it_is_read() {
    assert_eq!(error("40 03 61 62"), HpackError::StringPastBlock { string_bytes: 3, left_bytes: 2 });
    assert_eq!(
        error("40 7f ff ff ff 7f 61"),
        HpackError::StringPastBlock { string_bytes: 127 + (1 << 28) - 1, left_bytes: 1 }
    );
}

#[test]
fn huffman_string_with_eos_is_refused() {
    assert_eq!(error("00 84 ffffffff 0161"), HpackError::HuffmanEos);
    // Behind a letter and before one, and far from the string's end.
    assert_eq!(error("00 85 07ffffffff 0161"), HpackError::HuffmanEos);
    assert_eq!(error("00 8c 07fffffffc 1c1c1c1c1c1c1c 0161"), HpackError::HuffmanEos);
}

#[test]
fn huffman_padding_of_more_than_seven_bits_is_refused() {
    assert_eq!(error("00 81 ff 0161"), HpackError::HuffmanPaddingTooLong);
    assert_eq!(error("00 82 07ff 0161"), HpackError::HuffmanPaddingTooLong);
    assert_eq!(error("00 83 ffffff 0161"), HpackError::HuffmanPaddingTooLong);
    // Eight bits of a longer letter are no padding either.
    assert_eq!(error("00 82 07fe 0161"), HpackError::HuffmanPaddingTooLong);
}

#[test]
fn huffman_padding_of_other_bits_than_ones_is_refused() {
    // "0" is 00000; each other way to fill the octet either is a letter or is refused.
    for padding in 0..7 {
        assert_eq!(error(&format!("00 81 0{padding} 0161")), HpackError::HuffmanPaddingNotOnes);
    }
    assert_eq!(text(&decode(&mut Decoder::new(4096), &hex("00 81 07 0161")).unwrap()), "0: a\n");
    // The same behind a letter of 13 bits.
    assert_eq!(error("00 82 ffc0 0161"), HpackError::HuffmanPaddingNotOnes);
    assert_eq!(error("00 82 ffc6 0161"), HpackError::HuffmanPaddingNotOnes);
}

#[test]
fn huffman_value_is_judged_as_well_as_the_name() {
    assert_eq!(error("00 0161 81 06"), HpackError::HuffmanPaddingNotOnes);
}

#[test]
fn size_update_over_our_limit_is_refused() {
    assert_eq!(
        error("3fe2 1f"),
        HpackError::SizeUpdateOverLimit { table_bytes: 4097, table_bytes_max: 4096 }
    );
    let mut decoder = Decoder::new(4096);
    assert_eq!(decode(&mut decoder, &hex("3fe1 1f 82")).map(|list| list.len()), Ok(1));
    // A larger table is allowed as soon as we offer it: the peer may have our SETTINGS already.
    let mut decoder = Decoder::new(8192);
    assert_eq!(decode(&mut decoder, &hex("3fe1 3f 82")).map(|list| list.len()), Ok(1));
}

#[test]
fn size_update_behind_a_field_is_refused() {
    assert_eq!(error("82 20"), HpackError::SizeUpdateInsideBlock);
    assert_eq!(error("20 82 3fe1 1f"), HpackError::SizeUpdateInsideBlock);
}

#[test]
fn third_size_update_in_a_block_is_refused() {
    assert_eq!(error("20 3f00 20 82"), HpackError::TooManySizeUpdates);
    assert_eq!(decode(&mut Decoder::new(4096), &hex("20 3f00 82")).map(|list| list.len()), Ok(1));
}

#[test]
fn smaller_table_must_be_confirmed_once_it_is_acknowledged() {
    let mut decoder = Decoder::new(100);
    // Not acknowledged yet: the peer may not know.
    assert!(decode(&mut decoder, &hex("3fe1 1f 82")).is_ok());
    decoder.settings_acknowledged();
    assert_eq!(decode(&mut decoder, &hex("82")).unwrap_err(), HpackError::MissingSizeUpdate);

    let mut decoder = Decoder::new(100);
    decoder.settings_acknowledged();
    let too_large = HpackError::SizeUpdateOverLimit { table_bytes: 101, table_bytes_max: 100 };
    assert_eq!(decode(&mut decoder, &hex("3f46 82")).unwrap_err(), too_large);

    let mut decoder = Decoder::new(100);
    decoder.settings_acknowledged();
    assert!(decode(&mut decoder, &hex("3f45 82")).is_ok());
    assert!(decode(&mut decoder, &hex("82")).is_ok(), "once is enough");
}

#[test]
fn peer_that_made_its_table_small_by_itself_owes_no_update() {
    let mut decoder = Decoder::new(100);
    assert!(decode(&mut decoder, &hex("3f45 82")).is_ok());
    decoder.settings_acknowledged();
    assert!(decode(&mut decoder, &hex("82")).is_ok());
}

#[test]
fn table_empties_when_its_size_becomes_zero() {
    let mut decoder = Decoder::new(4096);
    assert!(decode(&mut decoder, &hex("40 0161 0162 be")).is_ok());
    assert!(decode(&mut decoder, &hex("20 3fe1 1f 82")).is_ok());
    assert_eq!(decode(&mut decoder, &hex("be")).unwrap_err(), HpackError::IndexOutOfRange { index: 62 });
}

#[test]
fn list_over_its_limit_keeps_the_table_in_step_and_stores_no_more() {
    let mut decoder = Decoder::new(4096);
    let limits = ListLimits { list_bytes_max: 100, fields_max: 128 };
    let mut headers = Headers::new();
    // a: b, then twice (41 octets) x: yyyyyyyy, then a field that is indexed.
    let block = hex("00 0161 0162 00 0178 08 7979797979797979 00 0178 08 7979797979797979 40 0163 0164");
    let outcome = decoder.decode(&block, &limits, &mut headers);
    assert_eq!(outcome, Ok(Outcome::OverLimit { list_bytes: 34 + 41 + 41 + 34, fields: 4 }));
    assert_eq!(text(&headers), "a: b\nx: yyyyyyyy\n");
    assert_eq!(text(&decode(&mut decoder, &hex("be")).unwrap()), "c: d\n");
}

#[test]
fn list_of_too_many_fields_is_over_its_limit() {
    let limits = ListLimits { list_bytes_max: 1 << 20, fields_max: 3 };
    let mut headers = Headers::new();
    let outcome = Decoder::new(4096).decode(&[0x82; 4], &limits, &mut headers);
    assert_eq!(outcome, Ok(Outcome::OverLimit { list_bytes: 4 * (7 + 3 + 32), fields: 4 }));
    assert_eq!(headers.len(), 3);
}

#[test]
fn list_at_its_limit_is_complete() {
    let limits = ListLimits { list_bytes_max: 3 * 42, fields_max: 3 };
    let mut headers = Headers::new();
    assert_eq!(Decoder::new(4096).decode(&[0x82; 3], &limits, &mut headers), Ok(Outcome::Complete));
    assert_eq!((headers.len(), headers.list_bytes()), (3, 126));
}

#[test]
fn list_of_more_than_four_times_a_limit_is_too_much() {
    let by_bytes = ListLimits { list_bytes_max: 42, fields_max: 128 };
    let by_fields = ListLimits { list_bytes_max: 1 << 20, fields_max: 2 };
    let run = |n: usize, limits: &ListLimits| {
        Decoder::new(4096).decode(&vec![0x82; n], limits, &mut Headers::new())
    };
    assert_eq!(run(4, &by_bytes), Ok(Outcome::OverLimit { list_bytes: 4 * 42, fields: 4 }));
    assert_eq!(run(5, &by_bytes), Err(HpackError::TooMuch));
    assert_eq!(run(8, &by_fields), Ok(Outcome::OverLimit { list_bytes: 8 * 42, fields: 8 }));
    assert_eq!(run(9, &by_fields), Err(HpackError::TooMuch));
}

#[test]
fn one_octet_that_stands_for_kilobytes_is_counted_before_it_is_copied() {
    let mut decoder = Decoder::new(4096);
    let mut block = hex("40 0161 7f 810f");
    block.resize(block.len() + 127 + 128 * 15 + 1, b'v');
    assert_eq!(decode(&mut decoder, &block).map(|list| list.len()), Ok(1));
    let mut headers = Headers::new();
    let outcome = decoder.decode(&[0xbe; 20], &LIMITS, &mut headers).unwrap();
    assert!(matches!(outcome, Outcome::OverLimit { fields: 20, .. }));
    assert!(headers.list_bytes() <= LIMITS.list_bytes_max && headers.len() == 7);
    assert_eq!(decoder.decode(&[0xbe; 100], &LIMITS, &mut Headers::new()), Err(HpackError::TooMuch));
}

#[test]
fn misdeeds_say_what_and_how_much() {
    let error = HpackError::StringPastBlock { string_bytes: 3, left_bytes: 2 };
    assert_eq!(error.to_string(), "a string of 3 octets where the block has 2 left");
}
