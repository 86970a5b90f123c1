//! The languages that take part: how their programs come, and how they are started.
//!
//! grpc-go's and grpc-java's are their own interop programs. What others publish has none, so theirs are of ours, in
//! `conformance/peers`.

use std::fmt;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use super::process::Server;
use crate::peers::{Stamp, Toolchain};
use crate::run::{Log, cargo};
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
}

impl Language {
    pub(super) const PEERS: [Self; 2] = [Self::Go, Self::Java];

    const fn name(self) -> &'static str {
        match self {
            Self::Ferrpc => "ferrpc",
            Self::Go => "go",
            Self::Java => "java",
        }
    }

    /// Makes both programs, unless they are there.
    pub(super) fn set_up(self, log: &mut Log) -> Result<()> {
        let toolchain = match self {
            Self::Ferrpc => return log.run(&mut cargo(&["build", "-p", "ferrpc-conformance", "--bins"])),
            Self::Go => Toolchain::Go,
            Self::Java => Toolchain::Java,
        };
        if let Some(missing) = toolchain.missing() {
            return Err(missing);
        }
        match self {
            Self::Ferrpc => Ok(()),
            Self::Go => self.set_up_go(log),
            Self::Java => self.set_up_java(log),
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
        }
    }

    /// Its client, on one case.
    pub(super) fn client(self, case: &str, port: u16) -> Command {
        let mut client = match self {
            Self::Ferrpc => program("interop-client"),
            Self::Go => Command::new(self.directory().join("client")),
            Self::Java => self.java("TestServiceClient"),
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
