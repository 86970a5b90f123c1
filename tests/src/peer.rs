//! Programs under tests/peers as processes, and our own server in this one.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::{cases, service};

/// A foreign gRPC implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is one program for each")]
pub enum Peer {
    /// Python, grpcio.
    Python,
    /// Go, grpc-go.
    Go,
}

impl Peer {
    /// The peer's program, where `cargo xtask test` has put it.
    fn program(self) -> Command {
        let peers = std::env::var_os("FERRPC_PEERS").map(PathBuf::from);
        let peers = peers.expect("FERRPC_PEERS is not set; run these tests with `cargo xtask test`");
        let mut command = match self {
            Self::Python => {
                let mut python = Command::new(peers.join("venv/bin/python"));
                python.arg(peers.join("python/peer.py"));
                python
            }
            Self::Go => Command::new(peers.join("bin/go-peer")),
        };
        command.kill_on_drop(true);
        command
    }

    /// Starts the peer's server. It ends when the value is dropped.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn serve(self) -> PeerServer {
        let mut program = self.program();
        program.arg("server").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = program.spawn().unwrap_or_else(|error| panic!("{self:?} does not start: {error}"));
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped above");
        BufReader::new(stdout).read_line(&mut line).await.expect("the server's first line");
        let Some(address) = line.trim().strip_prefix("listening on ") else {
            panic!("{self:?} said {line:?} instead of `listening on ADDRESS`");
        };
        PeerServer { address: address.to_owned(), _child: child }
    }

    /// Runs one case of the peer's client against the server at `address`.
    ///
    /// # Panics
    /// If the case fails.
    pub async fn run(self, case: &str, address: &str) {
        let mut program = self.program();
        program.args(["client", "--target", address, "--case", case]);
        let output = program.stdin(Stdio::null()).output().await;
        let Output { status, stdout, stderr } = output.expect("the client's output");
        let said = [String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)].concat();
        assert!(status.success(), "{self:?}, {case}: {said}");
        assert_eq!(String::from_utf8_lossy(&stdout), format!("ok {case}\n"), "{said}");
    }
}

/// A peer's server, as long as it lives.
#[derive(Debug)]
pub struct PeerServer {
    /// Where it listens.
    pub address: String,
    _child: Child,
}

/// Starts our server within this process, and returns its address.
///
/// # Panics
/// If it cannot listen.
pub async fn serve() -> String {
    let bound = service::server().bind("127.0.0.1:0").await.expect("a free port");
    let address = bound.local_addr().to_string();
    tokio::spawn(bound.run());
    address
}

/// Runs one case of our client against the server at `address`.
///
/// # Panics
/// If the case fails.
pub async fn run(case: &str, address: &str) {
    if let Err(error) = cases::run(case, address).await {
        panic!("{case}: {error}");
    }
}
