//! The foreign peers of tests/peers: pinned packages and generated code, all below one directory.
//!
//! | below `target/peers` | |
//! |---|---|
//! | `venv/` | Python with the packages of requirements.txt |
//! | `python/` | our Python programs beside the code generated for them |
//! | `go/` | our Go program beside the code generated for it |
//! | `bin/` | `go-peer`, and Go's generators |
//!
//! A stamp beside each part holds what it was made from; the part is made anew when that changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Listening, Log, output_of};
use crate::{Result, context, packages, paths, write};

/// The proto files that peers speak: import root and name below it.
const PROTOS: [(&str, &str); 2] =
    [("examples/proto", "user.proto"), ("tests/proto", "ferrpc/test/v1/test.proto")];

/// Options of Go's generators: import paths of the files, which do not name one themselves.
const GO_PACKAGES: &str = "Mferrpc/test/v1/test.proto=ferrpc.test/peer/gen/test,\
    Muser.proto=ferrpc.test/peer/gen/user,module=ferrpc.test/peer";

/// A toolchain that the machine must bring along.
#[derive(Clone, Copy)]
pub(crate) enum Toolchain {
    Python,
    Go,
    Java,
    Node,
    Cpp,
}

impl Toolchain {
    /// `None` if it is installed, else what is missing and how to get it.
    pub(crate) fn missing(self) -> Option<String> {
        let (tools, cure): (&[&str], String) = match self {
            Self::Python => (&["python3"], "install Python 3.10 or newer, with venv".into()),
            Self::Go => (&["go"], "install Go 1.26 or newer".into()),
            Self::Node => (&["node", "npm"], "install Node.js 20 or newer".into()),
            Self::Java => (&["java", "mvn"], packages::cure(packages::JAVA)),
            Self::Cpp => (&["g++", "pkg-config", "protoc", "grpc_cpp_plugin"], packages::cure(packages::CPP)),
        };
        let tool = tools.iter().find(|tool| paths::on_path(tool).is_none())?;
        Some(format!("{tool} is not on PATH; {cure}"))
    }
}

/// Makes the Python peer; does nothing if it is there already.
pub(crate) fn set_up_python(log: &mut Log) -> Result<()> {
    set_up_venv(log)?;
    let peers = paths::peers();
    let mut inputs = files_below(&paths::root().join("tests/peers/python"))?;
    inputs.extend(proto_files());
    let python = peers.join("python");
    Stamp::new(&python, &inputs)?.or_make(|| {
        remove(&python)?;
        copy_all(&inputs, &python, "py")?;
        let mut protoc = protoc(proto_roots());
        protoc.arg("--python_out").arg(&python).arg("--grpc_python_out").arg(&python);
        log.run(protoc.args(PROTOS.map(|(_, name)| name)))
    })
}

/// Makes the Python that has the packages; does nothing if it is there already.
pub(crate) fn set_up_venv(log: &mut Log) -> Result<()> {
    let requirements = paths::root().join("tests/peers/python/requirements.txt");
    let venv = paths::peers().join("venv");
    Stamp::new(&venv, [&requirements])?.or_make(|| {
        remove(&venv)?;
        log.run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let mut pip = interpreter();
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements);
        log.run(&mut pip)
    })
}

/// Makes the Go peer; does nothing if it is there already. Needs the Python one: its protoc.
pub(crate) fn set_up_go(log: &mut Log) -> Result<()> {
    let peers = paths::peers();
    let mut inputs = files_below(&paths::root().join("tests/peers/go"))?;
    inputs.extend(proto_files());
    let (bin, go) = (peers.join("bin"), peers.join("go"));
    Stamp::new(&go, &inputs)?.or_make(|| {
        remove(&go)?;
        for extension in ["go", "mod", "sum"] {
            copy_all(&inputs, &go, extension)?;
        }
        let generators = ["protoc-gen-go", "protoc-gen-go-grpc"];
        fs::create_dir_all(&bin).map_err(context(bin.display()))?;
        let mut build = go_build(&go);
        build.arg("-o").arg(&bin);
        build.args([
            "google.golang.org/protobuf/cmd/protoc-gen-go",
            "google.golang.org/grpc/cmd/protoc-gen-go-grpc",
        ]);
        log.run(&mut build)?;

        let mut protoc = protoc(proto_roots());
        for generator in generators {
            protoc.arg(format!("--plugin={generator}={}", bin.join(generator).display()));
        }
        protoc.arg("--go_out").arg(&go).arg(format!("--go_opt={GO_PACKAGES}"));
        protoc.arg("--go-grpc_out").arg(&go).arg(format!("--go-grpc_opt={GO_PACKAGES}"));
        log.run(protoc.args(PROTOS.map(|(_, name)| name)))?;

        log.run(go_build(&go).arg("-o").arg(bin.join("go-peer")).arg("."))
    })
}

/// The Python that has the packages.
pub(crate) fn interpreter() -> Command {
    Command::new(paths::peers().join("venv/bin/python"))
}

/// It on one of the Python peer's programs.
pub(crate) fn python(program: &str) -> Command {
    let mut command = interpreter();
    command.arg(paths::peers().join("python").join(program));
    command
}

/// The Go peer.
pub(crate) fn go() -> Command {
    Command::new(paths::peers().join("bin/go-peer"))
}

/// The peers' cases against each other, so that a fault of theirs is not taken for one of ours.
pub(crate) fn agree(log: &mut Log) -> Result<()> {
    let server = Listening::start(python("peer.py").arg("server"))?;
    log.run(go().args(["client", "--target", &server.address]))?;

    let server = Listening::start(go().arg("server"))?;
    let mut client = python("peer.py");
    client.args(["client", "--target", &server.address]);
    // When a deadline passes, grpc-go resets the stream; if that comes before its handler's status, grpcio
    // says CANCELLED. Whose clock ran is the same to it.
    let raced = ["deadline_client", "deadline_server"];
    let cases = output_of(python("peer.py").args(["client", "--list"]))?;
    client.args(cases.lines().filter(|case| !raced.contains(case)).flat_map(|case| ["--case", case]));
    log.run(&mut client)
}

/// What users of user.proto see, in either language.
pub(crate) const USER: &str = "id: 1\nname: \"John Doe\"\nemail: \"john@example.com\"\n";

/// grpcio's usual client against our example's server, and the reverse.
pub(crate) fn usual_programs(log: &mut Log) -> Result<()> {
    let example = |name: &str| Command::new(paths::target().join("debug").join(name));

    let server = Listening::start(example("user-server").args(["--listen", "127.0.0.1:0"]))?;
    prints_the_user(log, python("user_client.py").args(["--target", &server.address]))?;

    let server = Listening::start(python("user_server.py").args(["--port", "0"]))?;
    let target = server.address.replace("[::]", "localhost");
    prints_the_user(log, example("user-client").args(["--target", &target]))
}

fn prints_the_user(log: &mut Log, client: &mut Command) -> Result<()> {
    let said = output_of(client)?;
    log.line(said.trim_end());
    if said == USER { Ok(()) } else { Err(format!("the client printed {said:?} instead of {USER:?}")) }
}

/// The packages' protoc, with these import roots.
pub(crate) fn protoc(roots: impl IntoIterator<Item = PathBuf>) -> Command {
    let mut command = interpreter();
    command.args(["-m", "grpc_tools.protoc"]);
    command.args(roots.into_iter().map(|root| format!("-I{}", root.display())));
    command
}

fn proto_roots() -> impl Iterator<Item = PathBuf> {
    PROTOS.into_iter().map(|(root, _)| paths::root().join(root))
}

fn proto_files() -> impl Iterator<Item = PathBuf> {
    PROTOS.into_iter().map(|(root, name)| paths::root().join(root).join(name))
}

pub(crate) fn go_build(directory: &Path) -> Command {
    let mut command = Command::new("go");
    // The module's own go.sum says which bytes are wanted; nothing may be added to it on the way.
    command.current_dir(directory).args(["build", "-mod=readonly"]);
    command
}

/// What a part was made from, beside the part.
pub(crate) struct Stamp {
    file: PathBuf,
    inputs: Vec<u8>,
}

impl Stamp {
    /// Of these files.
    pub(crate) fn new<P: AsRef<Path>>(part: &Path, inputs: impl IntoIterator<Item = P>) -> Result<Self> {
        let mut all = Vec::new();
        for input in inputs {
            let input = input.as_ref();
            all.extend_from_slice(input.file_name().unwrap_or_default().as_encoded_bytes());
            all.push(b'\n');
            all.extend(fs::read(input).map_err(context(input.display()))?);
        }
        Ok(Self::of(part, all))
    }

    /// Of what has no file.
    pub(crate) fn of(part: &Path, inputs: Vec<u8>) -> Self {
        Self { file: part.with_added_extension("stamp"), inputs }
    }

    /// Makes the part, unless it was made from the same.
    pub(crate) fn or_make(self, make: impl FnOnce() -> Result<()>) -> Result<()> {
        if fs::read(&self.file).is_ok_and(|made_from| made_from == self.inputs) {
            return Ok(());
        }
        remove(&self.file)?;
        make()?;
        write(&self.file, self.inputs)
    }
}

pub(crate) fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut listing = Command::new("git");
    listing.current_dir(directory).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    Ok(output_of(&mut listing)?.lines().map(|name| directory.join(name)).collect())
}

pub(crate) fn copy_all(files: &[PathBuf], to: &Path, extension: &str) -> Result<()> {
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == extension)) {
        let name = file.file_name().unwrap_or_default();
        write(&to.join(name), fs::read(file).map_err(context(file.display()))?)?;
    }
    Ok(())
}

/// Removes a file or a directory, if it is there.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(context(path.display())(error)),
        _ => Ok(()),
    }
}
