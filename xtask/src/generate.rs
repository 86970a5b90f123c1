//! `cargo xtask gen`: the generated code that is checked in, by the generator of this very tree.

use std::fs;

use crate::run::{cargo, output_of};
use crate::{Result, context, paths, write};

/// One checked-in file and what it is made from.
struct Entry {
    output: &'static str,
    /// Options of `ferrpc gen`.
    options: &'static [&'static str],
    /// Proto files below `proto/`.
    inputs: &'static [&'static str],
}

/// Everything generated that is checked in.
const ENTRIES: &[Entry] = &[
    Entry {
        output: "crates/ferrpc-proto/src/gen/descriptor.rs",
        options: &["--for-the-runtime-itself"],
        inputs: &["google/protobuf/descriptor.proto"],
    },
    Entry {
        output: "crates/ferrpc-proto/src/gen/wkt.rs",
        options: &["--for-the-runtime-itself"],
        inputs: &[
            "google/protobuf/any.proto",
            "google/protobuf/source_context.proto",
            "google/protobuf/type.proto",
            "google/protobuf/api.proto",
            "google/protobuf/duration.proto",
            "google/protobuf/empty.proto",
            "google/protobuf/field_mask.proto",
            "google/protobuf/struct.proto",
            "google/protobuf/timestamp.proto",
            "google/protobuf/wrappers.proto",
        ],
    },
    Entry {
        output: "crates/ferrpc/src/gen/rpc.rs",
        options: &["--messages-only"],
        inputs: &["google/rpc/status.proto", "google/rpc/error_details.proto"],
    },
    Entry {
        output: "crates/ferrpc-cli/src/gen/plugin.rs",
        options: &["--messages-only"],
        inputs: &["google/protobuf/compiler/plugin.proto"],
    },
    Entry {
        output: "crates/ferrpc-proto/tests/gen/everything.rs",
        options: &["--messages-only"],
        inputs: &["ferrpc/test/everything.proto"],
    },
    Entry {
        output: "crates/ferrpc-proto/tests/gen/legacy.rs",
        options: &["--messages-only"],
        inputs: &["ferrpc/test/legacy.proto", "ferrpc/test/delimited.proto"],
    },
];

pub(crate) fn command(check: bool) -> Result<()> {
    let stale = stale()?;
    for (output, contents) in &stale {
        if check {
            println!("{output}: differs from what the generator writes");
        } else {
            println!("{output}: written");
            write(&paths::root().join(output), contents)?;
        }
    }
    match stale.len() {
        0 => Ok(()),
        _ if !check => Ok(()),
        n => Err(format!("{n} generated files are out of date; run `cargo xtask gen` and commit them")),
    }
}

/// The files that would change, with their new contents.
pub(crate) fn stale() -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut stale = Vec::new();
    for entry in ENTRIES {
        let contents = generated(entry)?;
        if fs::read(paths::root().join(entry.output)).ok().as_ref() != Some(&contents) {
            stale.push((entry.output, contents));
        }
    }
    Ok(stale)
}

fn generated(Entry { output, options, inputs }: &Entry) -> Result<Vec<u8>> {
    let out = paths::target().join("gen").join(output.replace('/', "+"));
    write(&out, "")?;
    let mut ferrpc =
        cargo(&["run", "--quiet", "-p", "ferrpc-cli", "--bin", "ferrpc", "--", "gen", "-I", "proto"]);
    ferrpc.args(*options).arg("--out").arg(&out).args(inputs.iter().map(|input| format!("proto/{input}")));
    output_of(&mut ferrpc)?;
    fs::read(&out).map_err(context(out.display()))
}
