//! Header blocks: what they may take of memory is bounded, and what they mean survives our own encoder.

use ferrpc_http2::hpack_alone::{Decoder, Encoder};

/// Largest list taken, in octets.
const LIST_BYTES_MAX: usize = 4096;

/// Decodes one block after another. The first byte says with what table, the first of each block how long it
/// is; 255 is all the rest.
pub fn hpack(input: &[u8]) {
    let Some((&first, mut left)) = input.split_first() else { return };
    let mut decoder = Decoder::new([4096, 0, 100, 65_536][usize::from(first & 3)]);
    if first & 4 != 0 {
        decoder.settings_acknowledged();
    }
    let (mut encoder, mut mirror) = (Encoder::new(), Decoder::new(4096));
    while let Some((&len, rest)) = left.split_first() {
        let len = if len == u8::MAX { rest.len() } else { rest.len().min(len.into()) };
        let (block, rest) = rest.split_at(len);
        left = rest;
        match decoder.decode(block, LIST_BYTES_MAX) {
            // The connection would end here.
            Err(_) => return,
            Ok(None) => {}
            Ok(Some(list)) => {
                assert!(list.list_bytes() <= LIST_BYTES_MAX, "{} bytes", list.list_bytes());
                let again = mirror.decode(&encoder.encode(&list), LIST_BYTES_MAX);
                let again = again.expect("was written by our encoder").expect("is no larger");
                assert!(again.iter().eq(list.iter()), "{again:?} instead of {list:?}");
            }
        }
    }
}
