//! `cargo xtask conformance plugin`: `protoc-gen-ferrpc` under protoc and buf, against `ferrpc gen`, byte
//! for byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::protoc;
use crate::report::Counts;
use crate::run::{Log, cargo, output_of};
use crate::{Result, context, paths};

/// What code is generated for: files below a directory of an import root, with flags of `ferrpc gen`.
struct Corpus {
    root: PathBuf,
    below: &'static str,
    flags: &'static [&'static str],
    /// Whether buf takes part: it compiles all that a root has.
    buf: bool,
}

fn corpora() -> [Corpus; 4] {
    let root = paths::root();
    [
        Corpus { root: root.join("examples/proto"), below: "", flags: &[], buf: true },
        Corpus {
            root: root.join("tests/proto"),
            below: "",
            flags: &["no-server", "default-stubs"],
            buf: true,
        },
        Corpus { root: root.join("proto"), below: "ferrpc", flags: &["messages-only"], buf: false },
        // googleapis-common-protos
        Corpus { root: protoc::packages_dir(), below: "google", flags: &[], buf: false },
    ]
}

pub(crate) fn command() -> Result<()> {
    let counts = all(&mut Log { live: true, ..Log::default() })?;
    println!("{} passed, {} failed", counts.passed, counts.failed);
    if counts.failed == 0 { Ok(()) } else { Err("see above".into()) }
}

/// A program that runs our plugin, by its name.
type Host = (&'static str, fn(&Case) -> Result<Vec<u8>>);

/// Compares what the three write.
pub(crate) fn all(log: &mut Log) -> Result<Counts> {
    let protoc = protoc::set_up(log)?;
    log.run(&mut cargo(&["build", "-p", "ferrpc-cli"]))?;
    let mut counts = Counts::default();
    for corpus in corpora() {
        let buf = corpus.buf;
        let case = Case::new(&protoc, corpus)?;
        let ours = case.ferrpc()?;
        let mut hosts: Vec<Host> = vec![("protoc", Case::protoc)];
        if buf {
            hosts.push(("buf", Case::buf));
        }
        for (name, run) in hosts {
            match run(&case) {
                Ok(theirs) if theirs == ours => counts.passed += 1,
                Ok(_) => {
                    log.line(&format!("DIFFERENT: {} under {name}", case.name()));
                    counts.failed += 1;
                }
                Err(error) => {
                    log.line(&format!("FAILED: {} under {name}: {error}", case.name()));
                    counts.failed += 1;
                }
            }
        }
    }
    told_by_protoc(&protoc, log, &mut counts)?;
    Ok(counts)
}

/// An error of the plugin is printed by protoc as its own.
fn told_by_protoc(protoc: &Path, log: &mut Log, counts: &mut Counts) -> Result<()> {
    let [first, ..] = corpora();
    let case = Case::new(protoc, Corpus { flags: &["no-clients"], ..first })?;
    match case.protoc() {
        Err(error) if error.contains("--ferrpc_out: unexpected argument 'no-clients'") => counts.passed += 1,
        other => {
            log.line(&format!("FAILED: an unknown flag under protoc: {:?}", other.map(|code| code.len())));
            counts.failed += 1;
        }
    }
    Ok(())
}

struct Case {
    protoc: PathBuf,
    root: PathBuf,
    /// Below the root, sorted.
    files: Vec<String>,
    flags: &'static [&'static str],
    out: PathBuf,
}

impl Case {
    fn new(protoc: &Path, Corpus { root, below, flags, .. }: Corpus) -> Result<Self> {
        let mut files = Vec::new();
        protoc::proto_files(&root, Path::new(below), &mut files)?;
        files.sort();
        if files.is_empty() {
            return Err(format!("{} has no .proto file", root.display()));
        }
        let out = paths::conformance().join("plugin");
        Ok(Self { protoc: protoc.to_owned(), root, files, flags, out })
    }

    fn name(&self) -> String {
        format!("{} with {:?}", self.root.display(), self.flags)
    }

    fn ferrpc(&self) -> Result<Vec<u8>> {
        let mut ferrpc = Command::new(program("ferrpc"));
        ferrpc.arg("gen").arg("-I").arg(&self.root).args(self.flags.iter().map(|flag| format!("--{flag}")));
        self.written("gen", |out| {
            output_of(ferrpc.arg("-o").arg(out).args(self.files.iter().map(|it| self.root.join(it))))
        })
    }

    fn protoc(&self) -> Result<Vec<u8>> {
        let mut protoc = Command::new(&self.protoc);
        let plugin = program("protoc-gen-ferrpc");
        protoc.arg(format!("--plugin=protoc-gen-ferrpc={}", plugin.display())).arg("-I").arg(&self.root);
        protoc.arg("-I").arg(protoc::packages_dir().join("include"));
        protoc.arg(format!("--ferrpc_opt={}", self.flags.join(",")));
        self.written("protoc", |out| {
            output_of(protoc.arg(format!("--ferrpc_out={}", out.display())).args(&self.files))
        })
    }

    fn buf(&self) -> Result<Vec<u8>> {
        self.written("buf", |out| {
            let flags: Vec<String> = self.flags.iter().map(|flag| format!("{flag:?}")).collect();
            let template = format!(
                "{{\"version\":\"v2\",\"plugins\":[{{\"local\":{:?},\"out\":{:?},\"strategy\":\"all\",\"opt\":[{}]}}]}}",
                program("protoc-gen-ferrpc").display().to_string(),
                out.display().to_string(),
                flags.join(",")
            );
            let mut buf = Command::new(protoc::packages_dir().join("bin/buf"));
            buf.env("BUF_CACHE_DIR", self.out.join("cache")).arg("generate").arg(&self.root);
            output_of(buf.arg("--template").arg(template))
        })
    }

    /// The file that a program writes into a directory made for it.
    fn written(&self, by: &str, run: impl FnOnce(&Path) -> Result<String>) -> Result<Vec<u8>> {
        let out = self.out.join(by);
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).map_err(context(out.display()))?;
        run(&out)?;
        let file = out.join("ferrpc.rs");
        fs::read(&file).map_err(context(file.display()))
    }
}

fn program(name: &str) -> PathBuf {
    paths::target().join("debug").join(name)
}
