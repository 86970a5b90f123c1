//! Running other programs: their output is kept, and shown at once or only when it matters.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::{Result, context, paths};

/// What a program has printed, both streams in the order they came.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) text: String,
    /// Print each line as it comes.
    pub(crate) live: bool,
}

impl Log {
    pub(crate) fn line(&mut self, line: &str) {
        if self.live {
            println!("{line}");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Runs `command` to its end; an exit code other than 0 is an error.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<()> {
        let shown = shown(command);
        self.line(&format!("$ {shown}"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(context(format_args!("cannot start `{shown}`")))?;

        let log = Arc::new(Mutex::new(std::mem::take(self)));
        let readers = [child.stdout.take().map(boxed), child.stderr.take().map(boxed)];
        let readers = readers.into_iter().flatten().map(|stream| {
            let log = Arc::clone(&log);
            thread::spawn(move || copy_lines(stream, &log))
        });
        // Both start before either is waited for.
        for reader in readers.collect::<Vec<_>>() {
            let _ = reader.join();
        }
        *self = std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner));

        let status = child.wait().map_err(context(&shown))?;
        if status.success() { Ok(()) } else { Err(format!("`{shown}` ended with {status}")) }
    }
}

fn boxed(stream: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(stream)
}

fn copy_lines(stream: Box<dyn Read + Send>, log: &Mutex<Log>) {
    for line in BufReader::new(stream).split(b'\n') {
        let Ok(line) = line else { return };
        log.lock().unwrap_or_else(PoisonError::into_inner).line(&String::from_utf8_lossy(&line));
    }
}

/// A server under test, for as long as this value lives.
pub(crate) struct Listening {
    pub(crate) address: String,
    child: Child,
}

impl Listening {
    /// Starts a server and waits for its line `listening on ADDRESS`.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let shown = shown(command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(context(format_args!("cannot start `{shown}`")))?;
        let mut line = String::new();
        if let Some(stdout) = &mut child.stdout {
            BufReader::new(stdout).read_line(&mut line).map_err(context(&shown))?;
        }
        let mut server = Self { address: String::new(), child };
        let Some(address) = line.trim().strip_prefix("listening on ") else {
            return Err(format!("`{shown}` said {line:?} instead of `listening on ADDRESS`"));
        };
        server.address = address.to_owned();
        Ok(server)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `command` and returns what it printed on standard output.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output =
        command.stdin(Stdio::null()).output().map_err(context(format_args!("cannot start `{shown}`")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{shown}` ended with {}\n{said}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A cargo call on this workspace, with the cargo that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(paths::root());
    command
}

/// Workspaces of their own: what they depend on must never reach the product's lock file.
pub(crate) const ASIDE: [&str; 5] = ["benches", "conformance/hpack", "examples/prost", "fuzz", "tests/loom"];

/// A cargo call on one of the workspaces of their own.
pub(crate) fn cargo_aside(workspace: &str, arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.current_dir(paths::root().join(workspace));
    command.env("CARGO_TARGET_DIR", paths::target().join(workspace));
    command
}

/// As one would type it, but for the directories.
pub(crate) fn shown(command: &Command) -> String {
    let mut shown = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            let _ = write!(shown, "{}={} ", name.display(), quoted(&value.to_string_lossy()));
        }
    }
    let program = command.get_program().to_string_lossy();
    shown.push_str(program.rsplit('/').next().unwrap_or_default());
    for argument in command.get_args() {
        let _ = write!(shown, " {}", quoted(&argument.to_string_lossy()));
    }
    shown
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains([' ', '"', '*']) { format!("'{word}'") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_what_was_printed_and_says_how_the_program_ended() {
        let mut log = Log::default();
        let ended = log.run(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]));
        assert!(log.text.contains("\nout\n") && log.text.contains("\nerr\n"), "{}", log.text);
        assert_eq!(ended, Err("`sh -c 'echo out; echo err >&2; exit 3'` ended with exit status: 3".into()));
    }

    #[test]
    fn a_missing_program_is_named() {
        let ended = Log::default().run(&mut Command::new("no-such-program"));
        assert!(ended.is_err_and(|error| error.starts_with("cannot start `no-such-program`: ")));
    }
}
