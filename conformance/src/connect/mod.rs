//! connectrpc's conformance suite (github.com/connectrpc/conformance): its service and its client, as `connect-server`
//! and `connect-client` of ours; its runner talks to both by standard input and output.

pub mod client;
pub mod service;

/// What the suite's schemas describe.
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/connect.rs"));
}

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ferrpc::compression::{Compression, Deflate, Gzip, Zstd};
use ferrpc::{Metadata, Status};
use ferrpc_proto::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use proto::connectrpc::conformance::v1 as suite;
use suite::Header;

/// The longest message of the runner that is taken, in octets.
const BYTES_MAX: u32 = 16 << 20;

/// Reads the runner's next message, behind its length; `None` at the end.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub async fn read<M: Message>(input: &mut (impl AsyncRead + Unpin)) -> Result<Option<M>, String> {
    let len = match input.read_u32().await {
        Ok(len) if len <= BYTES_MAX => len,
        Ok(len) => return Err(format!("a message of {len} bytes is over {BYTES_MAX}")),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let mut octets = vec![0; len as usize];
    input.read_exact(&mut octets).await.map_err(|error| error.to_string())?;
    M::decode(&octets[..]).map(Some).map_err(|error| format!("{}: {error}", M::FULL_NAME))
}

/// Writes a message for the runner, its length in front.
///
/// # Errors
/// What is wrong, as a sentence.
pub async fn write<M: Message>(output: &mut (impl AsyncWrite + Unpin), message: &M) -> Result<(), String> {
    let octets = message.encode_to_vec().map_err(|error| format!("{}: {error}", M::FULL_NAME))?;
    let len = u32::try_from(octets.len()).map_err(|error| error.to_string())?;
    let whole = [&len.to_be_bytes()[..], &octets].concat();
    output.write_all(&whole).await.map_err(|error| error.to_string())?;
    output.flush().await.map_err(|error| error.to_string())
}

/// All formats that ferrpc has, for messages of any size.
fn compression() -> Compression {
    Compression::none()
        .accept(Gzip::default())
        .accept(Deflate::default())
        .accept(Zstd::default())
        .bytes_min(0)
}

/// The suite writes values of `-bin` headers in base64, as they are on the wire.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn to_metadata(headers: &[Header]) -> Result<Metadata, Status> {
    let mut metadata = Metadata::new();
    for header in headers {
        let name = header.name.to_ascii_lowercase();
        for value in &header.value {
            if !name.ends_with("-bin") {
                metadata.append(&name, value)?;
                continue;
            }
            let octets =
                BASE64.decode(value).map_err(|error| Status::invalid_argument(format!("{name}: {error}")))?;
            metadata.append_bin(&name, &octets)?;
        }
    }
    Ok(metadata)
}

fn to_headers(metadata: &Metadata) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for (name, _) in metadata.iter() {
        if headers.iter().any(|header| header.name == name) {
            continue;
        }
        let value = if name.ends_with("-bin") {
            metadata.get_all_bin(name).flatten().map(|octets| BASE64.encode(octets)).collect()
        } else {
            metadata.get_all(name).map(str::to_owned).collect()
        };
        headers.push(Header { name: name.to_owned(), value, ..Default::default() });
    }
    headers
}
