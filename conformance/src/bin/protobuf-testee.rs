//! What the runner of the Protobuf conformance suite talks to: one answer for each request, on standard
//! input and output, both with their length in front.
//!
//! JSON and text format are answered "skipped". With `--log FILE` each skipped request leaves a line there, so
//! that none goes unseen.
#![forbid(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use ferrpc_proto::view::{Arena, View, Viewable};
use ferrpc_proto::{DecodeLimits, Message};

use schemas::conformance::conformance_request::Payload;
use schemas::conformance::conformance_response::Result as Answer;
use schemas::conformance::{ConformanceRequest, ConformanceResponse, FailureSet, WireFormat};
use schemas::protobuf_test_messages as messages;

/// Generated from the suite's schemas by build.rs.
mod schemas {
    include!(concat!(env!("OUT_DIR"), "/ferrpc.rs"));
}

/// Answers the runner of the Protobuf conformance suite.
#[derive(Parser)]
struct Args {
    /// By what code messages are decoded and encoded.
    #[arg(long, value_enum, default_value_t = Mode::Specialised)]
    mode: Mode,
    /// Adds a line for each request that is skipped to this file.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Ways through the runtime.
#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// Each message's own code.
    Specialised,
    /// The engine that goes by the table of fields.
    Table,
    /// Views: decoded in an arena, and encoded as they are.
    View,
}

/// The payload as a message of type `M`, encoded again.
fn round_trip<M: Viewable>(mode: Mode, payload: &[u8]) -> Answer {
    let arena = Arena::new();
    let encoded = match mode {
        Mode::Specialised => M::decode(payload).map(|message| message.encode_to_vec()),
        Mode::Table => {
            let decoded = ferrpc_proto::__private::decode_all_by_table::<M>(payload, &DecodeLimits::new());
            decoded.map(|message| ferrpc_proto::__private::encode_all_by_table(&message))
        }
        Mode::View => M::View::decode_in(payload, &arena).map(View::encode_to_vec),
    };
    match encoded {
        Ok(Ok(octets)) => Answer::ProtobufPayload(octets.into()),
        Ok(Err(error)) => Answer::SerializeError(error.to_string()),
        Err(error) => Answer::ParseError(error.to_string()),
    }
}

/// Decides by its name what a payload is decoded as.
macro_rules! tested {
    ($($message:path,)*) => {
        /// The payload decoded and encoded again; `None` if the type is none of those under test.
        fn again(mode: Mode, name: &str, payload: &[u8]) -> Option<Answer> {
            match name {
                $(<$message>::FULL_NAME => Some(round_trip::<$message>(mode, payload)),)*
                _ => None,
            }
        }
    };
}

tested! {
    messages::proto3::TestAllTypesProto3,
    messages::proto2::TestAllTypesProto2,
    messages::editions::TestAllTypesEdition2023,
    messages::editions::proto3::TestAllTypesProto3,
    messages::editions::proto2::TestAllTypesProto2,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let open = |path| OpenOptions::new().append(true).create(true).open(path);
    let mut log = args.log.map(open).transpose()?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while let Some(request) = read(&mut input)? {
        let request = ConformanceRequest::decode(&request).map_err(io::Error::other)?;
        let answer = answer(args.mode, &request);
        note(log.as_mut(), &request, &answer)?;
        let response = ConformanceResponse { result: Some(answer), ..Default::default() };
        write(&mut output, &response.encode_to_vec().map_err(io::Error::other)?)?;
    }
    Ok(())
}

fn answer(mode: Mode, request: &ConformanceRequest) -> Answer {
    // The runner's first question: what is expected to fail. The lists it is given say that.
    if request.message_type == "conformance.FailureSet" {
        return round_trip::<FailureSet>(mode, &[]);
    }
    let skipped = |why: &str| Answer::Skipped(why.to_owned());
    let payload = match &request.payload {
        Some(Payload::ProtobufPayload(payload)) => payload,
        Some(Payload::JsonPayload(_)) => return skipped("JSON input"),
        Some(Payload::TextPayload(_)) => return skipped("text format input"),
        _ => return skipped("an input that is neither binary, JSON nor text"),
    };
    match request.requested_output_format {
        WireFormat::PROTOBUF => {}
        WireFormat::JSON => return skipped("JSON output"),
        WireFormat::TEXT_FORMAT => return skipped("text format output"),
        _ => return skipped("an output that is neither binary, JSON nor text"),
    }
    let unknown = || Answer::RuntimeError(format!("no type {:?} is known here", request.message_type));
    again(mode, &request.message_type, payload).unwrap_or_else(unknown)
}

/// A line on what was skipped, before it is answered: the runner may end us right after.
fn note(log: Option<&mut File>, request: &ConformanceRequest, answer: &Answer) -> io::Result<()> {
    match (log, answer) {
        (Some(log), Answer::Skipped(why)) => {
            log.write_all(format!("{}: {why}\n", request.message_type).as_bytes())
        }
        _ => Ok(()),
    }
}

/// The next message behind its length, or `None` at the end of the input.
fn read(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut message = Vec::new();
    let length = u64::from(u32::from_le_bytes(length));
    // Grows with what comes, whatever the length promises.
    if input.take(length).read_to_end(&mut message)? as u64 != length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(message))
}

fn write(output: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(message)?;
    output.flush()
}
