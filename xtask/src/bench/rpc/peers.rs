//! Who is measured: how each is built and started. The programs lie below `target/benches` (Rust) and
//! `target/peers` (others, made anew when what they are made from changes).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::peers::{self, Stamp, Toolchain};
use crate::run::{Log, cargo, output_of};
use crate::{Result, context, paths};

/// A program of benches/ that serves `proto/rpc.proto`, or something as far below it as can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Peer {
    /// Ours.
    Ferrpc,
    /// tonic.
    Tonic,
    /// HTTP/2 without looking at it: canned answers.
    Limit,
    /// TCP without any protocol.
    Raw,
    /// connectrpc's own server.
    Connectrpc,
    /// volo-grpc.
    Volo,
    /// grpc-go.
    Go,
    /// libgrpc of Debian, callback API.
    Cpp,
    /// grpc-java with directExecutor.
    Java,
    /// Python's grpcio.
    Grpcio,
}

impl Peer {
    pub(super) const ALL: [Self; 10] = [
        Self::Ferrpc,
        Self::Tonic,
        Self::Limit,
        Self::Raw,
        Self::Connectrpc,
        Self::Volo,
        Self::Go,
        Self::Cpp,
        Self::Java,
        Self::Grpcio,
    ];

    /// Its server and the arguments that it always has.
    pub(super) fn server(self) -> Vec<PathBuf> {
        match self {
            Self::Ferrpc => vec![program("load-server")],
            Self::Tonic => vec![program("tonic-load-server")],
            Self::Limit | Self::Raw => vec![program("raw-server")],
            Self::Connectrpc => vec![program("peer-connectrpc")],
            Self::Volo => vec![program("peer-volo")],
            Self::Go => vec![made().join("go/bin/peer")],
            Self::Cpp => vec![made().join("cpp/peer")],
            Self::Java => {
                let target = made().join("java/target");
                let mut classes = target.join("classes").into_os_string();
                classes.push(":");
                classes.push(target.join("lib/*"));
                vec!["java".into(), "-cp".into(), classes.into(), "bench.Server".into()]
            }
            Self::Grpcio => vec![paths::peers().join("venv/bin/python"), made().join("python/server.py")],
        }
    }

    /// `None` if it can be built here, else what is missing and how to get it.
    fn missing(self) -> Option<String> {
        match self {
            Self::Cpp => Toolchain::Cpp.missing(),
            Self::Java => Toolchain::Java.missing(),
            Self::Go => Toolchain::Go.missing().or_else(|| Toolchain::Python.missing()),
            Self::Grpcio => Toolchain::Python.missing(),
            _ => None,
        }
    }
}

/// A program of benches/.
pub(super) fn program(name: &str) -> PathBuf {
    paths::benches_target().join("release").join(name)
}

/// Where peers in other languages are made.
fn made() -> PathBuf {
    paths::peers().join("bench")
}

/// Those of benches/ itself: generators, ours, tonic's, the limits.
const PROGRAMS: [&str; 7] =
    ["load", "load-server", "tonic-load-server", "raw-server", "raw-load", "relay", "idle"];

/// Builds what is wanted; does little where it is there already. Who cannot be built is an error: name others
/// with `--peer` to go on without.
pub(super) fn build(log: &mut Log, wanted: &[Peer]) -> Result<()> {
    let missing: Vec<String> = wanted
        .iter()
        .filter_map(|peer| peer.missing().map(|missing| format!("{peer:?} cannot be built: {missing}")))
        .collect();
    if !missing.is_empty() {
        return Err(missing.join("\n"));
    }
    let mut build = in_benches(&["build", "--release", "--locked", "--features", "rpc"]);
    build.args(PROGRAMS.iter().flat_map(|name| ["--bin", name]));
    log.run(&mut build)?;
    for &peer in wanted {
        match peer {
            Peer::Ferrpc | Peer::Tonic | Peer::Limit | Peer::Raw => {}
            Peer::Connectrpc => {
                log.run(&mut in_benches(&["build", "--release", "--locked", "-p", "peer-connectrpc"]))?
            }
            Peer::Volo => log.run(&mut in_benches(&["build", "--release", "--locked", "-p", "peer-volo"]))?,
            Peer::Go => build_go(log)?,
            Peer::Cpp => build_cpp(log)?,
            Peer::Java => build_java(log)?,
            Peer::Grpcio => build_python(log)?,
        }
    }
    Ok(())
}

fn in_benches(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.current_dir(paths::root().join("benches")).env("CARGO_TARGET_DIR", paths::benches_target());
    command
}

/// A fresh copy of a peer's sources, and its stamp.
struct Sources {
    directory: PathBuf,
    inputs: Vec<PathBuf>,
}

impl Sources {
    fn of(name: &str) -> Result<Self> {
        let mut inputs = peers::files_below(&paths::root().join("benches/peers").join(name))?;
        inputs.push(proto().join("rpc.proto"));
        Ok(Self { directory: made().join(name), inputs })
    }

    /// Makes the peer if its sources have changed.
    fn make(self, make: impl FnOnce(&PathBuf) -> Result<()>) -> Result<()> {
        Stamp::new(&self.directory, &self.inputs)?.or_make(|| {
            peers::remove(&self.directory)?;
            fs::create_dir_all(&self.directory).map_err(context(self.directory.display()))?;
            make(&self.directory)
        })
    }
}

fn proto() -> PathBuf {
    paths::root().join("benches/proto")
}

/// grpcio's protoc.
fn protoc() -> Command {
    let mut command = Command::new(paths::peers().join("venv/bin/python"));
    command.args(["-m", "grpc_tools.protoc"]).arg(format!("-I{}", proto().display())).arg("rpc.proto");
    command
}

fn build_go(log: &mut Log) -> Result<()> {
    peers::set_up_python(log)?;
    let sources = Sources::of("go")?;
    let inputs = sources.inputs.clone();
    sources.make(|directory| {
        for extension in ["go", "mod", "sum"] {
            peers::copy_all(&inputs, directory, extension)?;
        }
        let bin = directory.join("bin");
        fs::create_dir_all(&bin).map_err(context(bin.display()))?;
        let generators = ["protobuf/cmd/protoc-gen-go", "grpc/cmd/protoc-gen-go-grpc"];
        let generators = generators.map(|path| format!("google.golang.org/{path}"));
        log.run(peers::go_build(directory).arg("-o").arg(&bin).args(generators))?;
        let mut protoc = protoc();
        for (generator, out) in [("protoc-gen-go", "go"), ("protoc-gen-go-grpc", "go-grpc")] {
            protoc.arg(format!("--plugin={generator}={}", bin.join(generator).display()));
            protoc.arg(format!("--{out}_out={}", directory.display()));
            protoc.arg(format!("--{out}_opt=Mrpc.proto=ferrpc.bench/peer/gen/rpc,module=ferrpc.bench/peer"));
        }
        log.run(&mut protoc)?;
        log.run(peers::go_build(directory).arg("-o").arg(bin.join("peer")).arg("."))
    })
}

fn build_cpp(log: &mut Log) -> Result<()> {
    Sources::of("cpp")?.make(|directory| {
        // Debian's protoc, which is of the version of Debian's library.
        let plugin = paths::on_path("grpc_cpp_plugin").unwrap_or_default();
        let mut protoc = Command::new("protoc");
        protoc.arg(format!("-I{}", proto().display())).arg("rpc.proto");
        protoc.arg(format!("--plugin=protoc-gen-grpc={}", plugin.display()));
        protoc.arg("--cpp_out").arg(directory).arg("--grpc_out").arg(directory);
        log.run(&mut protoc)?;
        let flags = output_of(Command::new("pkg-config").args(["--cflags", "--libs", "grpc++", "protobuf"]))?;
        let mut compile = Command::new("g++");
        compile.current_dir(directory).args(["-O2", "-DNDEBUG", "-std=c++17", "-I.", "-o", "peer"]);
        compile.arg(paths::root().join("benches/peers/cpp/server.cc"));
        compile.args(["rpc.pb.cc", "rpc.grpc.pb.cc"]).args(flags.split_whitespace());
        log.run(&mut compile)
    })
}

fn build_java(log: &mut Log) -> Result<()> {
    let sources = Sources::of("java")?;
    let inputs = sources.inputs.clone();
    sources.make(|directory| {
        peers::copy_all(&inputs, directory, "xml")?;
        peers::copy_all(&inputs, &directory.join("src/main/java/bench"), "java")?;
        let mut maven = Command::new("mvn");
        maven.current_dir(directory).args(["-q", "-B", "package"]);
        log.run(maven.arg(format!("-Dproto.directory={}", proto().display())))
    })
}

fn build_python(log: &mut Log) -> Result<()> {
    peers::set_up_python(log)?;
    let sources = Sources::of("python")?;
    let inputs = sources.inputs.clone();
    sources.make(|directory| {
        peers::copy_all(&inputs, directory, "py")?;
        log.run(protoc().arg("--python_out").arg(directory).arg("--grpc_python_out").arg(directory))
    })
}
