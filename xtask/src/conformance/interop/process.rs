//! Programs of others: servers that say in their own words where they listen, clients that may hang.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::shown;
use crate::{Result, context};

/// What the start of a server may take: a JVM on a machine that does other things too.
const START_MAX: Duration = Duration::from_secs(60);

/// A program that runs, and the lines that come from it on either stream.
struct Running {
    shown: String,
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let shown = shown(command);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(context(format_args!("cannot start `{shown}`")))?;
        let (sender, lines) = channel();
        if let Some(stream) = child.stdout.take() {
            hand_on(stream, sender.clone());
        }
        if let Some(stream) = child.stderr.take() {
            hand_on(stream, sender);
        }
        Ok(Self { shown, child, lines })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands on line by line, until the stream or the receiver is gone.
fn hand_on(stream: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            let Ok(line) = line else { return };
            if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
}

/// A server, for as long as this value lives.
pub(super) struct Server {
    pub(super) port: u16,
    running: Running,
}

impl Server {
    /// Starts a server and waits for the line in which its port stands last, behind `before_address`.
    pub(super) fn start(command: &mut Command, before_address: &str) -> Result<Self> {
        let running = Running::start(command)?;
        let end = Instant::now() + START_MAX;
        let mut said = String::new();
        loop {
            let line = running.lines.recv_timeout(end.saturating_duration_since(Instant::now()));
            let line = line.map_err(|_| {
                let wanted = format!("did not say `{before_address}…` within {} s", START_MAX.as_secs());
                format!("`{}` {wanted}; it said:\n{said}", running.shown)
            })?;
            if let Some((_, address)) = line.split_once(before_address) {
                let port = address.trim().rsplit(':').next().and_then(|port| port.parse().ok());
                let port = port.ok_or_else(|| format!("`{}` said {line:?}: no port", running.shown))?;
                return Ok(Self { port, running });
            }
            said.push_str(&line);
            said.push('\n');
        }
    }

    /// What it has said since this was asked last.
    pub(super) fn said(&self) -> String {
        self.running.lines.try_iter().map(|line| line + "\n").collect()
    }

    /// `Some` once it runs no more.
    pub(super) fn ended(&mut self) -> Option<String> {
        self.running.child.try_wait().ok().flatten().map(|status| format!("ended with {status}"))
    }
}

/// How a client ended, and all that it said.
pub(super) struct Ended {
    pub(super) passed: bool,
    /// `ended with exit status: 1`, or that it had to be ended.
    pub(super) how: String,
    pub(super) said: String,
}

/// Runs a client to its end, which comes after `limit` at the latest.
pub(super) fn run(command: &mut Command, limit: Duration) -> Result<Ended> {
    let mut running = Running::start(command)?;
    let end = Instant::now() + limit;
    let mut said = format!("$ {}\n", running.shown);
    loop {
        match running.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                said.push_str(&line);
                said.push('\n');
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let how = format!("was ended after {} s", limit.as_secs());
                return Ok(Ended { passed: false, how, said });
            }
        }
    }
    let status = running.child.wait().map_err(context(&running.shown))?;
    Ok(Ended { passed: status.success(), how: format!("ended with {status}"), said })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_client_passes_by_its_exit_code_alone() {
        let good = run(&mut sh("echo FAILED; echo more >&2"), START_MAX).unwrap();
        assert!(
            good.passed && good.said.contains("FAILED\n") && good.said.contains("more\n"),
            "{}",
            good.said
        );
        let bad = run(&mut sh("echo fine; exit 3"), START_MAX).unwrap();
        assert!(!bad.passed);
        assert_eq!(bad.how, "ended with exit status: 3");
    }

    #[test]
    fn a_client_that_hangs_is_ended_and_has_failed() {
        let hung = run(&mut sh("echo begun; exec sleep 600"), Duration::from_millis(300)).unwrap();
        assert!(!hung.passed);
        assert_eq!(hung.how, "was ended after 0 s");
    }

    #[test]
    fn a_servers_port_is_read_from_either_stream_behind_any_words() {
        let mut script =
            sh("echo hello; echo 'I: interop server listening on [::]:7012' >&2; exec sleep 600");
        assert_eq!(Server::start(&mut script, "listening on ").unwrap().port, 7012);
        let mut script = sh("echo 'Server started on port 7013'; exec sleep 600");
        let mut server = Server::start(&mut script, "Server started on port ").unwrap();
        assert_eq!(server.port, 7013);
        assert_eq!(server.ended(), None);
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error_with_its_words() {
        let error = Server::start(&mut sh("echo no such option"), "listening on ").map(|server| server.port);
        assert!(error.clone().is_err_and(|error| error.ends_with("it said:\nno such option\n")), "{error:?}");
    }
}
