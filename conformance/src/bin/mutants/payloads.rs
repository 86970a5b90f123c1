//! Payloads: our decoders and encoders against Google's parser, which a program in Python lends.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use ferrpc_compiler::Compiler;
use ferrpc_proto::descriptor::FileDescriptorSet;
use ferrpc_proto::view::{Arena, View, Viewable};
use ferrpc_proto::{DecodeError, DecodeErrorKind, DecodeLimits, Message};

use crate::generator::Schema;
use crate::random::Random;
use crate::schemas::ferrpc::test::{
    Apple, Bag, Closed, Defaults, Everything, Legacy, Node, Open, Order, Tree,
};
use crate::schemas::ferrpc::test::{apple, open};
use crate::schemas::protobuf_test_messages as messages;
use crate::{Counts, schemas};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The program that lends Google's parser, for a Python that finds its package.
    #[arg(long)]
    peer: PathBuf,
    /// protoc, whose parser in C++ is asked where the peer's in C and ours are not of one mind.
    #[arg(long)]
    protoc: PathBuf,
    /// Where the schemas are.
    #[arg(long)]
    proto: PathBuf,
    /// Where files can be written.
    #[arg(long)]
    out: PathBuf,
    /// How many payloads.
    #[arg(long, default_value_t = 20_000)]
    cases: usize,
    /// Other payloads for each number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The same as in build.rs.
const FILES: [&str; 8] = [
    "google/protobuf/test_messages_proto3.proto",
    "google/protobuf/test_messages_proto2.proto",
    "google/protobuf/test_messages_proto3_editions.proto",
    "google/protobuf/test_messages_proto2_editions.proto",
    "google/protobuf/test_messages_edition2023.proto",
    "ferrpc/test/everything.proto",
    "ferrpc/test/legacy.proto",
    "ferrpc/test/delimited.proto",
];

/// A type under test.
struct Kind {
    name: &'static str,
    decode: fn(&[u8]) -> Result<Ours, String>,
    /// Whether one more level would do.
    fits_deeper: fn(&[u8]) -> bool,
    /// Whether texts may be other than UTF-8 by the schema: theirs takes those, ours are Rust's and refuse.
    any_text: bool,
    /// Whether theirs knows the extensions. Ours reads them late, so they are asked for here.
    extended: bool,
}

/// What our decoders, which are of one mind, make of a payload: encoded again.
type Ours = Result<Vec<u8>, DecodeErrorKind>;

fn kinds() -> Vec<Kind> {
    fn kind<M: Viewable>(any_text: bool) -> Kind {
        Kind {
            name: M::FULL_NAME,
            decode: decode::<M>,
            fits_deeper: fits_deeper::<M>,
            any_text,
            extended: false,
        }
    }
    vec![
        kind::<messages::proto3::TestAllTypesProto3>(false),
        kind::<messages::proto2::TestAllTypesProto2>(true),
        kind::<messages::editions::TestAllTypesEdition2023>(false),
        kind::<messages::editions::proto3::TestAllTypesProto3>(false),
        kind::<messages::editions::proto2::TestAllTypesProto2>(true),
        kind::<Everything>(false),
        kind::<Node>(false),
        kind::<Tree>(false),
        kind::<Legacy>(true),
        kind::<Order>(true),
        kind::<Defaults>(true),
        kind::<Closed>(true),
        kind::<Apple>(true),
        Kind { decode: extended::<Open>, extended: true, ..kind::<Open>(true) },
        Kind { decode: extended::<Bag>, extended: true, ..kind::<Bag>(true) },
    ]
}

/// By the message's own code, by the table and as a view; an error if these disagree.
fn decode<M: Viewable>(payload: &[u8]) -> Result<Ours, String> {
    let own = ours(M::decode(payload));
    let table = ours(ferrpc_proto::__private::decode_all_by_table::<M>(payload, &DecodeLimits::new()));
    let arena = Arena::new();
    let view = ours(M::View::decode_in(payload, &arena).map(View::to_owned_message));
    if own == table && own == view {
        Ok(own)
    } else {
        Err(format!("own code: {own:x?}, table: {table:x?}, view: {view:x?}"))
    }
}

fn ours<M: Message>(decoded: Result<M, DecodeError>) -> Ours {
    let message = decoded.map_err(|error| error.kind())?;
    Ok(message.encode_deterministic().expect("what was decoded is small enough to be encoded"))
}

fn fits_deeper<M: Message>(payload: &[u8]) -> bool {
    let limits = DecodeLimits::new();
    M::decode_partial(payload, &limits).is_err() && M::decode_partial(payload, &limits.depth_max(101)).is_ok()
}

/// A message whose extensions are read too.
trait Extended: Viewable {
    fn read_all(&self) -> Result<(), DecodeError>;
}

macro_rules! extended {
    ($($message:ident: $($extension:expr)*;)*) => { $(
        impl Extended for $message {
            fn read_all(&self) -> Result<(), DecodeError> {
                let read = [$($extension.get(self).err()),*];
                // One that is malformed comes before one that lacks something.
                let malformed = |error: &DecodeError| error.kind() != DecodeErrorKind::Uninitialized;
                let mut errors: Vec<DecodeError> = read.into_iter().flatten().collect();
                errors.sort_by_key(|error| !malformed(error));
                errors.into_iter().next().map_or(Ok(()), Err)
            }
        }
    )* };
}

extended! {
    Open: schemas::ferrpc::test::LABEL schemas::ferrpc::test::DELTA schemas::ferrpc::test::TINT
        schemas::ferrpc::test::RAW schemas::ferrpc::test::NUMBERS schemas::ferrpc::test::FIXED
        schemas::ferrpc::test::TINTS schemas::ferrpc::test::WORDS schemas::ferrpc::test::LEGACIES
        schemas::ferrpc::test::ORDER schemas::ferrpc::test::PART schemas::ferrpc::test::PIECE open::NESTED;
    Bag: apple::IN_BAG;
}

fn extended<M: Extended>(payload: &[u8]) -> Result<Ours, String> {
    let ours = decode::<M>(payload)?;
    if ours.is_ok() {
        let read = M::decode(payload).and_then(|message| message.read_all());
        return Ok(read.map_err(|error| error.kind()).and(ours));
    }
    Ok(ours)
}

pub(crate) fn run(args: &Args) -> Result<Counts, String> {
    let compiled = Compiler::new().include(&args.proto).compile(&FILES.map(|file| args.proto.join(file)));
    let files = compiled.map_err(|report| report.render(false))?.files;
    let set = FileDescriptorSet { file: files, ..FileDescriptorSet::default() };
    let schema = Schema::new(&set);
    let mut plain = Peer::start(args, &without_extensions(set.clone()), "plain.desc")?;
    let mut extended = Peer::start(args, &set, "extended.desc")?;

    let (kinds, mut random, mut counts) = (kinds(), Random::new(args.seed), Counts::default());
    for case in 0..args.cases {
        let kind = &kinds[case % kinds.len()];
        let payload = schema.payload(kind.name, &mut random);
        let peer = if kind.extended { &mut extended } else { &mut plain };
        match compare(&schema, kind, &payload, peer)? {
            Outcome::Accepted => counts.accepted += 1,
            Outcome::Refused => counts.refused += 1,
            Outcome::OnPurpose => counts.on_purpose += 1,
            Outcome::Different(how) => {
                println!("DIFFERENT {}, case {case}: {how}; the payload is {}", kind.name, hex(&payload));
                counts.different += 1;
            }
        }
    }
    Ok(counts)
}

enum Outcome {
    Accepted,
    Refused,
    OnPurpose,
    Different(String),
}

fn compare(schema: &Schema, kind: &Kind, payload: &[u8], peer: &mut Peer) -> Result<Outcome, String> {
    let ours = match (kind.decode)(payload) {
        Ok(ours) => ours,
        Err(how) => return Ok(Outcome::Different(how)),
    };
    let theirs = peer.ask(kind.name, payload)?;
    // Theirs keeps an entry of a map that is odd as an unknown field, ours what is key and value of it.
    let odd_entry = || schema.has_odd_entry(kind.name, payload);
    Ok(match (ours, theirs) {
        (Err(DecodeErrorKind::InvalidUtf8), Answer::Accepted(_) | Answer::Incomplete) if kind.any_text => {
            Outcome::OnPurpose
        }
        (Err(DecodeErrorKind::Uninitialized), Answer::Incomplete) => Outcome::Refused,
        (Err(ours), Answer::Refused) if ours != DecodeErrorKind::Uninitialized => Outcome::Refused,
        (Ok(ours), Answer::Accepted(theirs)) if ours == theirs => Outcome::Accepted,
        // Extensions and what is in unknown fields may come in another order. Then each must read from the
        // other's bytes what it read from the payload.
        (Ok(ours), Answer::Accepted(theirs)) => {
            let of_ours = peer.ask(kind.name, &ours)?;
            let again = (kind.decode)(&theirs).unwrap_or_else(|how| panic!("{how}"));
            let of_theirs = again.map(|again| peer.ask(kind.name, &again)).map_err(|it| format!("{it:?}"));
            let expected = Answer::Accepted(theirs);
            if odd_entry() {
                Outcome::OnPurpose
            } else if of_ours != expected {
                Outcome::Different(format!(
                    "ours is {}, read as {of_ours:?}, expected {expected:?}",
                    hex(&ours)
                ))
            } else if of_theirs.as_ref().is_ok_and(|it| it.as_ref() == Ok(&expected)) {
                Outcome::Accepted
            } else {
                Outcome::Different(format!("theirs is {expected:?}, and from that ours is {of_theirs:?}"))
            }
        }
        (Err(DecodeErrorKind::Uninitialized) | Ok(_), Answer::Accepted(_) | Answer::Incomplete)
            if odd_entry() =>
        {
            Outcome::OnPurpose
        }
        // The entry of a map that has no value, at the last level: we count the value that it will be written with.
        (Err(DecodeErrorKind::TooDeep { .. }), Answer::Accepted(_) | Answer::Incomplete)
            if (kind.fits_deeper)(payload) =>
        {
            Outcome::OnPurpose
        }
        // Theirs looks away inside of unknown groups; the parser in C++ does not.
        (Err(ours), Answer::Accepted(_) | Answer::Incomplete)
            if ours != DecodeErrorKind::Uninitialized && peer.is_refused_by_protoc(kind.name, payload)? =>
        {
            Outcome::Refused
        }
        (ours, theirs) => Outcome::Different(format!("ours is {}, theirs {theirs:?}", shown(&ours))),
    })
}

fn shown(ours: &Ours) -> String {
    match ours {
        Ok(bytes) => format!("accepted as {}", hex(bytes)),
        Err(kind) => format!("refused, {kind:?}"),
    }
}

/// The same without declarations of extensions, which then are unknown fields.
fn without_extensions(mut set: FileDescriptorSet) -> FileDescriptorSet {
    fn clear(messages: &mut [ferrpc_proto::descriptor::DescriptorProto]) {
        for message in messages {
            message.extension.clear();
            clear(&mut message.nested_type);
        }
    }
    for file in &mut set.file {
        file.extension.clear();
        clear(&mut file.message_type);
    }
    set
}

/// What the peer says of a payload.
#[derive(PartialEq)]
enum Answer {
    Accepted(Vec<u8>),
    /// But for required fields.
    Incomplete,
    Refused,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accepted(bytes) => write!(f, "accepted as {}", hex(bytes)),
            Self::Incomplete => f.write_str("accepted, with required fields missing"),
            Self::Refused => f.write_str("refused"),
        }
    }
}

/// Both of Google's parsers, with one set of schemas.
struct Peer {
    python: Child,
    protoc: PathBuf,
    set: PathBuf,
}

impl Peer {
    fn start(args: &Args, set: &FileDescriptorSet, name: &str) -> Result<Self, String> {
        let encoded = set.encode_to_vec().map_err(|error| error.to_string())?;
        let set = args.out.join(name);
        std::fs::write(&set, &encoded).map_err(|error| format!("{}: {error}", set.display()))?;
        let mut python = Command::new("python3");
        python.arg(&args.peer).stdin(Stdio::piped()).stdout(Stdio::piped());
        let python = python.spawn().map_err(|error| format!("cannot start python3: {error}"))?;
        let peer = Self { python, protoc: args.protoc.clone(), set };
        peer.send(&encoded).map_err(|error| format!("the peer: {error}"))?;
        Ok(peer)
    }

    /// What the parser in C++ says. It starts anew for each payload, so it is asked about few.
    fn is_refused_by_protoc(&self, name: &str, payload: &[u8]) -> Result<bool, String> {
        let mut protoc = Command::new(&self.protoc);
        protoc.arg("--decode").arg(name).arg("--descriptor_set_in").arg(&self.set);
        let mut protoc = protoc
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start protoc: {error}"))?;
        let written = protoc.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(payload));
        written.map_err(|error| format!("protoc: {error}"))?;
        Ok(!protoc.wait().map_err(|error| format!("protoc: {error}"))?.success())
    }

    fn ask(&mut self, name: &str, payload: &[u8]) -> Result<Answer, String> {
        let request = [name.as_bytes(), b"\0", payload].concat();
        let answer = self.send(&request).and_then(|()| self.receive());
        let answer =
            answer.map_err(|error| format!("the peer, asked for {name} {}: {error}", hex(payload)))?;
        match answer.split_first() {
            Some((b'A', encoded)) => Ok(Answer::Accepted(encoded.to_vec())),
            Some((b'I', _)) => Ok(Answer::Incomplete),
            Some((b'R', _)) => Ok(Answer::Refused),
            _ => Err(format!("the peer answered {}", hex(&answer))),
        }
    }

    fn send(&self, message: &[u8]) -> io::Result<()> {
        let mut stdin = self.python.stdin.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        let length = u32::try_from(message.len()).map_err(io::Error::other)?;
        stdin.write_all(&[&length.to_le_bytes(), message].concat())
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let stdout = self.python.stdout.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut length = [0; 4];
        stdout.read_exact(&mut length)?;
        let mut answer = Vec::new();
        let length = u64::from(u32::from_le_bytes(length));
        if stdout.take(length).read_to_end(&mut answer)? as u64 == length {
            Ok(answer)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
