//! Does with all messages what its features say, so that the size of the program tells what they cost.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::io::Read as _;

use bench_buffa::bench;
use buffa::{HasMessageView, Message};

fn main() -> std::io::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    one::<bench::AnalyticsEvent>(&input);
    one::<bench::ApiResponse>(&input);
    one::<bench::Blob>(&input);
    one::<bench::ColumnBatch>(&input);
    one::<bench::DataSet>(&input);
    one::<bench::Empty>(&input);
    one::<bench::Google1Proto2>(&input);
    one::<bench::Google1Proto3>(&input);
    one::<bench::Google2>(&input);
    one::<bench::LogRecord>(&input);
    one::<bench::Logs>(&input);
    one::<bench::MediaFrame>(&input);
    one::<bench::Mesh>(&input);
    one::<bench::PackedSigned>(&input);
    one::<bench::PackedTile>(&input);
    one::<bench::Players>(&input);
    one::<bench::Surface>(&input);
    one::<bench::Updates>(&input);
    one::<bench::Wide>(&input);
    Ok(())
}

/// What is not wanted is not compiled; to be made and dropped is for every message.
fn one<M: Message + HasMessageView>(input: &[u8]) {
    #[cfg(feature = "decode")]
    let message = M::decode_from_slice(input).unwrap_or_default();
    #[cfg(not(feature = "decode"))]
    let message = M::default();
    #[cfg(feature = "view")]
    black_box(M::decode_view(input).is_ok());
    #[cfg(feature = "encode")]
    black_box(message.encode_to_vec());
    black_box((message, input));
}
