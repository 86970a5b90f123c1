//! Features hold for what is inside of what says them, whoever compiled the descriptors.

use std::path::Path;

use ferrpc_build::Config;

/// The code generated for a file of this name and text.
fn generate(name: &str, proto: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, proto).unwrap();
    let config = Config::new().messages_only().include(env!("CARGO_TARGET_TMPDIR"));
    config.generate(&[path]).unwrap_or_else(|error| panic!("{error}")).code
}

/// The line of a list that begins so.
#[track_caller]
fn assert_part(code: &str, part: &str) {
    assert!(code.lines().any(|line| line.trim() == part), "no {part} in\n{code}");
}

#[test]
fn messages_are_delimited_wherever_that_is_said() {
    const ON: &str = "features.message_encoding = DELIMITED";
    let cases = [
        ("field", format!("message M {{ M m = 1 [{ON}]; }}"), "(1 \"m\" m sub group)"),
        ("file", format!("option {ON}; message M {{ repeated M m = 1; }}"), "(1 \"m\" m repeated group)"),
        ("oneof", format!("option {ON}; message M {{ oneof o {{ M m = 1; }} }}"), "(1 \"m\" M boxed_group)"),
        (
            "small",
            format!("message M {{ oneof o {{ N n = 1 [{ON}]; }} }} message N {{}}"),
            "(1 \"n\" N group)",
        ),
        // Maps never are, nor what says otherwise.
        (
            "map",
            format!("option {ON}; message M {{ map<string, M> m = 1; }}"),
            "(1 \"m\" m map string message)",
        ),
        (
            "back",
            format!("option {ON}; message M {{ M m = 1 [features.message_encoding = LENGTH_PREFIXED]; }}"),
            "(1 \"m\" m sub message)",
        ),
    ];
    for (name, proto, part) in cases {
        let code = generate(&format!("delimited_{name}.proto"), &format!("edition = \"2023\"; {proto}"));
        assert_part(&code, part);
    }
}
