//! Each example program does what its page says.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

const JOHN: &str = "id: 1\nname: \"John Doe\"\nemail: \"john@example.com\"\n";

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

/// A server program that listens on a port of its own, and ends with the test.
struct Serving {
    child: Child,
    output: BufReader<ChildStdout>,
    target: String,
}

impl Serving {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).trim();
        // [::] is no address to connect to.
        let target = format!("localhost:{}", address.rsplit(':').next().unwrap());
        Self { child, output, target }
    }

    fn interrupt(&self) {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn user_prints_john_doe() {
    let output = run(env!("CARGO_BIN_EXE_user"), &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), JOHN);
    assert!(output.status.success());
}

#[test]
fn user_client_asks_user_server_whatever_its_threads_and_address() {
    for arguments in
        [&["--listen", "[::]:0", "--threads", "1"][..], &["--listen", "127.0.0.1:0", "--threads", "2"]]
    {
        let server = Serving::start(env!("CARGO_BIN_EXE_user-server"), arguments);
        let output = run(env!("CARGO_BIN_EXE_user-client"), &["--target", &server.target, "--id", "1"]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), JOHN, "{arguments:?}");
    }
}

#[test]
fn user_client_says_on_one_line_what_went_wrong() {
    let server = Serving::start(env!("CARGO_BIN_EXE_user-server"), &["--listen", "127.0.0.1:0"]);
    let output = run(env!("CARGO_BIN_EXE_user-client"), &["--target", &server.target, "--id", "-1"]);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "Error: INVALID_ARGUMENT: id must be positive, got -1 [from the peer]\n"
    );
    assert!(!output.status.success());
    let output = run(env!("CARGO_BIN_EXE_user-server"), &["--listen", &server.target]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("another program listens there; stop it or choose another port"), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn user_server_drains_on_ctrl_c_and_ends_well() {
    let mut server = Serving::start(env!("CARGO_BIN_EXE_user-server"), &["--listen", "127.0.0.1:0"]);
    server.interrupt();
    let mut rest = String::new();
    server.output.read_to_string(&mut rest).unwrap();
    assert!(server.child.wait().unwrap().success());
    assert_eq!(rest, "");
}

#[test]
fn chat_demo_has_everybody_hear_everybody() {
    let output = run(env!("CARGO_BIN_EXE_chat"), &["demo"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "anna: hello\nben: hi anna\ncleo: hi both\n");
    assert!(output.status.success());
}

#[test]
fn chat_guests_in_programs_of_their_own_meet_in_a_room() {
    let room = Serving::start(env!("CARGO_BIN_EXE_chat"), &["serve", "--listen", "127.0.0.1:0"]);
    let guest = |name: &str| {
        Command::new(env!("CARGO_BIN_EXE_chat"))
            .args(["join", name, "--target", &room.target])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut anna = guest("anna");
    let mut anna_hears = BufReader::new(anna.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(anna_hears.next().unwrap(), "room: welcome, anna");
    let mut ben = guest("ben");
    assert_eq!(anna_hears.next().unwrap(), "ben: joined");
    writeln!(ben.stdin.take().unwrap(), "good evening").unwrap();
    assert_eq!(anna_hears.next().unwrap(), "ben: good evening");
    assert_eq!(anna_hears.next().unwrap(), "ben: left");
    drop(anna.stdin.take());
    assert!(ben.wait().unwrap().success());
    assert!(anna.wait().unwrap().success());
}

#[test]
fn proxy_passes_on_calls_of_services_that_it_does_not_know() {
    let proxy = env!("CARGO_BIN_EXE_proxy");
    let users = Serving::start(env!("CARGO_BIN_EXE_user-server"), &["--listen", "127.0.0.1:0"]);
    let front = Serving::start(proxy, &["--listen", "127.0.0.1:0", "--target", &users.target]);
    let ask = |id| run(env!("CARGO_BIN_EXE_user-client"), &["--target", &front.target, "--id", id]);
    assert_eq!(String::from_utf8_lossy(&ask("1").stdout), JOHN);
    let failed = String::from_utf8_lossy(&ask("-1").stderr).into_owned();
    assert_eq!(failed, "Error: INVALID_ARGUMENT: id must be positive, got -1 [from the peer]\n");

    let room = Serving::start(env!("CARGO_BIN_EXE_chat"), &["serve", "--listen", "127.0.0.1:0"]);
    let front = Serving::start(proxy, &["--listen", "127.0.0.1:0", "--target", &room.target]);
    let mut anna = Command::new(env!("CARGO_BIN_EXE_chat"))
        .args(["join", "anna", "--target", &front.target])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut hears = BufReader::new(anna.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(hears.next().unwrap(), "room: welcome, anna");
    drop(anna.stdin.take());
    assert!(anna.wait().unwrap().success());
}
