//! The message assembler: where a stream is cut makes no difference, and memory follows what came.

use ferrpc::codec::Chunk;
use ferrpc::envelope_alone::Assembler;

/// Largest message taken, in octets.
const MESSAGE_BYTES_MAX: usize = 1000;

/// The first byte says how the rest, a stream of messages, is cut: into pieces of so many octets, or by octets of
/// its own where it is odd. What comes out must be what comes out of the whole stream at once.
pub fn envelope(input: &[u8]) {
    let Some((&first, stream)) = input.split_first() else { return };
    let whole = assembled([stream]);
    let step = usize::from(first / 2) + 1;
    if first & 1 == 0 {
        assert_eq!(assembled(stream.chunks(step)), whole);
        return;
    }
    let mut pieces = Vec::new();
    let mut left = stream;
    while let Some(&len) = left.first() {
        let (piece, rest) = left.split_at((usize::from(len) % (step + 1)).clamp(1, left.len()));
        pieces.push(piece);
        left = rest;
    }
    assert_eq!(assembled(pieces), whole);
}

/// What came out of a stream.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Each with its flag of compression.
    messages: Vec<(Vec<u8>, bool)>,
    ended_well: bool,
    /// Octets missing of the last message.
    missing: Option<usize>,
}

fn assembled<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut assembler = Assembler::new(MESSAGE_BYTES_MAX);
    let mut messages = Vec::new();
    let mut came = 0;
    for piece in pieces {
        came += piece.len();
        let mut chunk = Chunk::from_vec(piece.to_vec());
        loop {
            match assembler.push(&mut chunk) {
                Ok(Some((message, compressed))) => {
                    assert!(message.len() <= MESSAGE_BYTES_MAX);
                    messages.push((message.as_slice().to_vec(), compressed));
                }
                Ok(None) => break,
                // The call would end here.
                Err(_) => return Outcome { messages, ended_well: false, missing: None },
            }
        }
        assert!(chunk.is_empty(), "octets are left over");
        assert!(assembler.missing().is_none_or(|missing| missing <= MESSAGE_BYTES_MAX));
        // Room is made for up to four times what came.
        let held = assembler.held_bytes();
        assert!(held <= 4 * came + 64, "{held} bytes held where {came} came");
    }
    Outcome { messages, ended_well: true, missing: assembler.missing() }
}
