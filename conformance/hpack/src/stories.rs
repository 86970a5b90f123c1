//! The stories of http2jp/hpack-test-case: blocks as others encoded them, and the lists they stand for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ferrpc_http2::Headers;
use serde_json::Value;

use crate::Result;

/// How many there are, in 14 folders.
const STORIES: usize = 446;

/// One connection's blocks.
pub(crate) struct Story {
    /// Folder and file.
    pub(crate) name: String,
    pub(crate) cases: Vec<Case>,
    /// The largest table that it makes use of, in octets.
    pub(crate) table_bytes_max: usize,
}

pub(crate) struct Case {
    pub(crate) wire: Vec<u8>,
    pub(crate) list: Headers,
}

/// All of them, from the package of httlib-hpack.
pub(crate) fn all() -> Result<Vec<Story>> {
    let fixtures = package()?.join("fixtures");
    let mut stories = Vec::new();
    for folder in entries(&fixtures)?.iter().filter(|path| path.is_dir()) {
        for file in entries(folder)?.iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
            let name = file.strip_prefix(&fixtures).unwrap_or(file).display().to_string();
            let text = fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
            stories.push(story(&name, &text).ok_or_else(|| format!("{name} is no story"))?);
        }
    }
    if stories.len() == STORIES {
        Ok(stories)
    } else {
        Err(format!("{} stories instead of {STORIES}", stories.len()))
    }
}

fn story(name: &str, text: &str) -> Option<Story> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut story = Story { name: name.into(), cases: Vec::new(), table_bytes_max: 4096 };
    for case in value.get("cases")?.as_array()? {
        let mut list = Headers::new();
        for field in case.get("headers")?.as_array()? {
            let (name, value) = field.as_object()?.iter().next()?;
            list.push(name.as_bytes(), value.as_str()?.as_bytes());
        }
        // Some write null where it stays.
        if let Some(size) = case.get("header_table_size").and_then(Value::as_u64) {
            story.table_bytes_max = story.table_bytes_max.max(size.try_into().ok()?);
        }
        story.cases.push(Case { wire: octets(case.get("wire")?.as_str()?)?, list });
    }
    (!story.cases.is_empty()).then_some(story)
}

/// Octets from hexadecimal digits.
pub(crate) fn octets(digits: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| format!("{}: {error}", dir.display());
    let entries = fs::read_dir(dir).map_err(failed)?;
    let mut paths = entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Where cargo keeps httlib-hpack.
fn package() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut metadata = Command::new(cargo);
    metadata.args(["metadata", "--format-version", "1", "--offline", "--locked", "--manifest-path"]);
    let output = metadata.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).output();
    let output = output.map_err(|error| format!("cargo metadata: {error}"))?;
    let value: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages =
        value.get("packages").and_then(Value::as_array).ok_or("cargo metadata names no packages")?;
    let manifest = packages
        .iter()
        .find(|package| package.get("name").and_then(Value::as_str) == Some("httlib-hpack"))
        .and_then(|package| package.get("manifest_path")?.as_str());
    let manifest = Path::new(manifest.ok_or("cargo metadata does not name httlib-hpack")?);
    Ok(manifest.parent().unwrap_or(manifest).into())
}
