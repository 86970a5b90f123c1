//! Does with all messages what its features say, so that the size of the program tells what they cost.
//!
//! Prints how many fields the messages have.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::io::Read as _;

use bench_ferrpc::bench;
use ferrpc_proto::view::Viewable;
#[cfg(feature = "view")]
use ferrpc_proto::view::{Arena, View as _};

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
    println!("{}", bench_ferrpc::FIELDS);
    Ok(())
}

/// What is not wanted is not compiled; to be made and dropped is for every message.
fn one<M: Viewable>(input: &[u8]) {
    #[cfg(feature = "decode")]
    let message = M::decode(input).unwrap_or_default();
    #[cfg(not(feature = "decode"))]
    let message = M::default();
    #[cfg(feature = "view")]
    black_box(M::View::decode_in(input, &Arena::new()).is_ok());
    #[cfg(feature = "encode")]
    black_box(message.encode_to_vec().unwrap_or_default());
    black_box((message, input));
}
