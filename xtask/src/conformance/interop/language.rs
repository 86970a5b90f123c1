//! The languages that take part: how their programs come, and how they are started.
//!
//! grpc-go's and grpc-java's are their own interop programs. What others publish has none, so theirs are of ours, in
//! `conformance/peers`.

use std::fmt;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use super::process::Server;
use crate::peers::{self, Stamp, Toolchain};
use crate::run::{Log, cargo, output_of};
use crate::{Result, context, paths};

const GO_MODULE: &str = "google.golang.org/grpc/interop";
const GO_VERSION: &str = "v1.85.0";
const JAVA_PACKAGE: &str = "io.grpc.testing.integration";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(super) enum Language {
    /// Ours.
    Ferrpc,
    Go,
    Java,
    Python,
    Node,
    Cpp,
}

impl Language {
    pub(super) const PEERS: [Self; 5] = [Self::Go, Self::Java, Self::Cpp, Self::Python, Self::Node];

    const fn name(self) -> &'static str {
        match self {
            Self::Ferrpc => "ferrpc",
            Self::Go => "go",
            Self::Java => "java",
            Self::Python => "python",
            Self::Node => "node",
            Self::Cpp => "cpp",
        }
    }

    /// Makes both programs, unless they are there.
    pub(super) fn set_up(self, log: &mut Log) -> Result<()> {
        let toolchain = match self {
            Self::Ferrpc => return log.run(&mut cargo(&["build", "-p", "ferrpc-conformance", "--bins"])),
            Self::Go => Toolchain::Go,
            Self::Java => Toolchain::Java,
            Self::Python => Toolchain::Python,
            Self::Node => Toolchain::Node,
            Self::Cpp => Toolchain::Cpp,
        };
        if let Some(missing) = toolchain.missing() {
            return Err(missing);
        }
        match self {
            Self::Ferrpc => Ok(()),
            Self::Go => self.set_up_go(log),
            Self::Java => self.set_up_java(log),
            Self::Python => self.set_up_python(log),
            Self::Node => self.set_up_node(log),
            Self::Cpp => self.set_up_cpp(log),
        }
    }

    fn set_up_go(self, log: &mut Log) -> Result<()> {
        let bin = self.directory();
        Stamp::of(&bin, GO_VERSION.into()).or_make(|| {
            // The names are those of packages: `client` and `server`.
            let packages = ["client", "server"].map(|name| format!("{GO_MODULE}/{name}@{GO_VERSION}"));
            log.run(Command::new("go").arg("install").args(packages).env("GOBIN", &bin))
        })
    }

    fn set_up_java(self, log: &mut Log) -> Result<()> {
        let pom = self.source().join("pom.xml");
        Stamp::new(&self.directory(), [&pom])?.or_make(|| {
            let mut maven = Command::new("mvn");
            maven.args(["--quiet", "--batch-mode", "dependency:copy-dependencies", "--file"]).arg(&pom);
            log.run(maven.arg(format!("-DoutputDirectory={}", self.directory().display())))
        })
    }

    fn set_up_python(self, log: &mut Log) -> Result<()> {
        // The packages are those of the tests' peer.
        peers::set_up_venv(log)?;
        let (directory, sources) = (self.directory(), peers::files_below(&self.source())?);
        let schemas = peers::files_below(&protos().join("grpc/testing"))?;
        Stamp::new(&directory, sources.iter().chain(&schemas))?.or_make(|| {
            peers::remove(&directory)?;
            peers::copy_all(&sources, &directory, "py")?;
            let mut protoc = peers::protoc([protos()]);
            protoc.arg("--python_out").arg(&directory).arg("--grpc_python_out").arg(&directory);
            log.run(protoc.args(&schemas))
        })
    }

    fn set_up_node(self, log: &mut Log) -> Result<()> {
        let (directory, sources) = (self.directory(), peers::files_below(&self.source())?);
        Stamp::new(&directory, &sources)?.or_make(|| {
            peers::remove(&directory)?;
            for extension in ["js", "json"] {
                peers::copy_all(&sources, &directory, extension)?;
            }
            let mut npm = Command::new("npm");
            npm.current_dir(&directory).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
            log.run(&mut npm)
        })
    }

    fn set_up_cpp(self, log: &mut Log) -> Result<()> {
        const GENERATED: [&str; 4] = ["empty.pb.cc", "messages.pb.cc", "test.pb.cc", "test.grpc.pb.cc"];
        let (directory, sources) = (self.directory(), peers::files_below(&self.source())?);
        let schemas = peers::files_below(&protos().join("grpc/testing"))?;
        Stamp::new(&directory, sources.iter().chain(&schemas))?.or_make(|| {
            peers::remove(&directory)?;
            fs::create_dir_all(&directory).map_err(context(directory.display()))?;
            // The system's protoc, which is of the version of its library.
            let plugin = paths::on_path("grpc_cpp_plugin").unwrap_or_default();
            let mut protoc = Command::new("protoc");
            protoc.arg("-I").arg(protos()).arg(format!("--plugin=protoc-gen-grpc={}", plugin.display()));
            protoc.arg("--cpp_out").arg(&directory).arg("--grpc_out").arg(&directory);
            log.run(protoc.args(&schemas))?;

            let gcc = || {
                let mut gcc = Command::new("g++");
                gcc.current_dir(&directory).args(["-std=c++17", "-O1", "-I."]);
                gcc
            };
            log.run(gcc().arg("-c").args(GENERATED.map(|file| format!("grpc/testing/{file}"))))?;
            let libraries = output_of(Command::new("pkg-config").args(["--libs", "grpc++", "protobuf"]))?;
            for program in ["server", "client"] {
                let source = self.source().join(program).with_extension("cc");
                let objects = GENERATED.map(|file| file.replace(".cc", ".o"));
                let mut link = gcc();
                link.args(["-o", program]).arg(source).args(objects);
                log.run(link.args(libraries.split_whitespace()))?;
            }
            Ok(())
        })
    }

    /// Starts its server, on a port that is free.
    pub(super) fn serve(self) -> Result<Server> {
        match self {
            Self::Ferrpc => Server::start(program("interop-server").arg("--port=0"), "listening on "),
            Self::Go => {
                let mut server = Command::new(self.directory().join("server"));
                // The line is one of its log.
                server.env("GRPC_GO_LOG_SEVERITY_LEVEL", "info").arg("--port=0");
                Server::start(&mut server, "listening on ")
            }
            Self::Java => {
                let port = format!("--port={}", free_port()?);
                let mut server = self.java("TestServiceServer");
                Server::start(server.args([&port, "--use_tls=false"]), "Server started on port ")
            }
            Self::Python => Server::start(self.python("server.py").arg("--port=0"), "listening on "),
            Self::Node => Server::start(self.node("server.js").arg("--port=0"), "listening on "),
            Self::Cpp => {
                Server::start(Command::new(self.directory().join("server")).arg("--port=0"), "listening on ")
            }
        }
    }

    /// Its client, on one case.
    pub(super) fn client(self, case: &str, port: u16) -> Command {
        let mut client = match self {
            Self::Ferrpc => program("interop-client"),
            Self::Go | Self::Cpp => Command::new(self.directory().join("client")),
            Self::Java => self.java("TestServiceClient"),
            Self::Python => self.python("client.py"),
            Self::Node => self.node("client.js"),
        };
        client.args(["--server_host=127.0.0.1", "--use_tls=false"]);
        client.args([format!("--server_port={port}"), format!("--test_case={case}")]);
        client
    }

    fn java(self, class: &str) -> Command {
        let mut java = Command::new("java");
        java.arg("-cp").arg(self.directory().join("*")).arg(format!("{JAVA_PACKAGE}.{class}"));
        java
    }

    fn python(self, name: &str) -> Command {
        let mut python = peers::interpreter();
        python.arg(self.directory().join(name));
        python
    }

    fn node(self, name: &str) -> Command {
        let mut node = Command::new("node");
        node.env("INTEROP_PROTO", protos()).arg(self.directory().join(name));
        node
    }

    /// What is ours of it.
    fn source(self) -> PathBuf {
        paths::root().join("conformance/peers").join(self.name())
    }

    /// What was made of that.
    fn directory(self) -> PathBuf {
        paths::conformance().join("interop").join(self.name())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where imports of the .proto files begin.
fn protos() -> PathBuf {
    paths::root().join("proto")
}

fn program(name: &str) -> Command {
    Command::new(paths::target().join("debug").join(name))
}

/// A port for a program that cannot choose one: below those that the system gives to outgoing connections.
fn free_port() -> Result<u16> {
    // Where the search begins differs from process to process, so that two do not meet.
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap_or_default();
    let mut ports = (first..32_000).filter(|port| TcpListener::bind(("::", *port)).is_ok());
    ports.next().ok_or("no port is free").map_err(context(format_args!("between {first} and 32000")))
}
