//! `.proto` files: our compiler against protoc, over files with a few tokens moved.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ferrpc_compiler::Compiler;
use ferrpc_proto::Message;
use ferrpc_proto::descriptor::FileDescriptorSet;

use crate::Counts;
use crate::random::Random;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    protoc: PathBuf,
    /// Where protoc has the files of google.protobuf.
    #[arg(long)]
    include: PathBuf,
    /// Directories of files to start from.
    #[arg(long)]
    corpus: PathBuf,
    /// Where files can be written.
    #[arg(long)]
    out: PathBuf,
    /// How many files.
    #[arg(long, default_value_t = 2_000)]
    cases: usize,
    /// Other files for each number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What both compile.
const MUTANT: &str = "mutant.proto";

/// Topics of the corpus where we and protoc differ on purpose.
const DIFFERENT: &str = "different";

/// Topics whose files are accepted.
const WHOLE: [&str; 2] = ["valid", "warnings"];

pub(crate) fn run(args: &Args) -> Result<Counts, String> {
    let mut files = Vec::new();
    proto_files(&args.corpus, &mut files)?;
    files.retain(|file| !file.components().any(|part| part.as_os_str() == DIFFERENT));
    files.sort();
    let is_whole =
        |file: &&PathBuf| file.components().any(|part| WHOLE.iter().any(|it| part.as_os_str() == *it));
    let whole: Vec<PathBuf> = files.iter().filter(is_whole).cloned().collect();
    let (mut random, mut counts) = (Random::new(args.seed), Counts::default());
    for case in 0..args.cases {
        // A broken file seldom becomes a whole one.
        let all = if random.once_in(4) { &files } else { &whole };
        let file = random.one_of(all);
        let text = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let mutant = mutate(&text, &mut random);
        let path = args.out.join(MUTANT);
        fs::write(&path, &mutant).map_err(|error| format!("{}: {error}", path.display()))?;
        let dir = file.parent().unwrap_or(&args.corpus);
        match (protoc(args, dir)?, ferrpc(args, dir)) {
            (Ok(theirs), Ok(ours)) if theirs == ours => counts.accepted += 1,
            (Err(_), Err(_)) => counts.refused += 1,
            (_, Err(_)) if is_different_on_purpose(&mutant) => counts.on_purpose += 1,
            (theirs, ours) => {
                let kept = args.out.join(format!("{}-{case}.proto", args.seed));
                fs::write(&kept, &mutant).map_err(|error| format!("{}: {error}", kept.display()))?;
                let shown = |it: Result<Vec<u8>, String>| match it {
                    Ok(bytes) => format!("a descriptor of {} bytes", bytes.len()),
                    Err(said) => format!("`{}`", said.lines().take(3).collect::<Vec<_>>().join(" | ")),
                };
                let (from, kept) = (file.display(), kept.display());
                println!(
                    "DIFFERENT {kept}, from {from}: protoc says {}, ferrpc {}",
                    shown(theirs),
                    shown(ours)
                );
                counts.different += 1;
            }
        }
    }
    Ok(counts)
}

fn proto_files(dir: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    for entry in fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))? {
        let path = entry.map_err(|error| format!("{}: {error}", dir.display()))?.path();
        if path.is_dir() {
            proto_files(&path, found)?;
        } else if path.extension().is_some_and(|it| it == "proto") {
            found.push(path);
        }
    }
    Ok(())
}

/// The descriptor set of protoc, or what it says.
fn protoc(args: &Args, dir: &Path) -> Result<Result<Vec<u8>, String>, String> {
    let set = args.out.join("mutant.desc");
    let mut protoc = Command::new(&args.protoc);
    for include in [&args.out, dir, &args.include] {
        protoc.arg("-I").arg(include);
    }
    protoc.arg("--include_source_info").arg("-o").arg(&set).arg(MUTANT).stdin(Stdio::null());
    let output = protoc.output().map_err(|error| format!("cannot start protoc: {error}"))?;
    if !output.status.success() {
        return Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    fs::read(&set).map(Ok).map_err(|error| format!("{}: {error}", set.display()))
}

fn ferrpc(args: &Args, dir: &Path) -> Result<Vec<u8>, String> {
    let compiler = Compiler::new().include(&args.out).include(dir).include(&args.include);
    let mut compiled = compiler.compile(&[args.out.join(MUTANT)]).map_err(|report| report.render(false))?;
    let file = compiled.files.pop().into_iter().collect();
    let set = FileDescriptorSet { file, ..FileDescriptorSet::default() };
    set.encode_to_vec().map_err(|error| error.to_string())
}

/// What the README of the compiler's testdata says of `different/`, as far as text shows it.
fn is_different_on_purpose(text: &[u8]) -> bool {
    text.contains(&b'#')
}

/// A few tokens of a file left out, doubled, swapped or replaced by others.
fn mutate(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut tokens: Vec<&[u8]> = tokens(text).into_iter().map(|token| &text[token]).collect();
    const WORDS: [&[u8]; 26] = [
        b"optional",
        b"repeated",
        b"required",
        b"message",
        b"enum",
        b"oneof",
        b"map",
        b"group",
        b"extend",
        b"extensions",
        b"reserved",
        b"to",
        b"max",
        b"option",
        b"import",
        b"public",
        b"weak",
        b"export",
        b"local",
        b"string",
        b"int32",
        b"0",
        b"-1",
        b"1",
        b"\"x\"",
        b"inf",
    ];
    for _ in 0..=random.below(2) {
        if tokens.is_empty() {
            break;
        }
        let (at, other) = (random.below(tokens.len()), random.below(tokens.len()));
        match random.below(6) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[at]),
            2 if at + 1 < tokens.len() => tokens.swap(at, at + 1),
            3 => tokens[at] = tokens[other],
            4 => tokens[at] = *random.one_of(&WORDS),
            _ => tokens.insert(at, tokens[other]),
        }
    }
    tokens.concat()
}

/// Words, strings, blanks and single signs, in their order and without gaps.
fn tokens(text: &[u8]) -> Vec<Range<usize>> {
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let kind = |byte: u8| match byte {
            b'_' | b'.' | 0x80.. => 1,
            _ if byte.is_ascii_alphanumeric() => 1,
            _ if byte.is_ascii_whitespace() => 2,
            _ => 3,
        };
        let mut end = at + 1;
        match (text[at], kind(text[at])) {
            (quote @ (b'"' | b'\''), _) => {
                while end < text.len() && text[end] != quote && text[end] != b'\n' {
                    end += if text[end] == b'\\' { 2 } else { 1 };
                }
                end = (end + 1).min(text.len());
            }
            (_, 3) => {}
            (_, kind_here) => {
                while end < text.len() && kind(text[end]) == kind_here {
                    end += 1;
                }
            }
        }
        tokens.push(at..end);
        at = end;
    }
    tokens
}
