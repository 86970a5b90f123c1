//! What a `build.rs` calls: from paths of `.proto` files to a file of Rust in `OUT_DIR`.

use std::path::{Path, PathBuf};

use ferrpc_compiler::{Compiler, Report};

use crate::error::Error;
use crate::generate::generate;
use crate::options::Options;

/// Compiles `.proto` files in a `build.rs`, to what `ferrpc::include_proto!()` includes.
///
/// ```no_run
/// // build.rs, in its main
/// ferrpc_build::compile(["proto/user.proto"])
/// ```
/// Imports are looked for beside the files and in the directories above them. Cargo is told to come
/// again when one of the files read has changed. If something is wrong with them, this prints all of it
/// and ends the build. For choices, there is [`Config`].
pub fn compile<P: AsRef<Path>>(files: impl IntoIterator<Item = P>) {
    Config::new().compile(files);
}

/// What to compile and how, for a `build.rs`.
///
/// ```no_run
/// ferrpc_build::Config::new().include("proto").client(false).compile(["proto/acme/shop.proto"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Config {
    compiler: Compiler,
    options: Options,
    out_file: Option<PathBuf>,
}

impl Config {
    /// Clients and servers for a crate that depends on `ferrpc`, into `OUT_DIR/ferrpc.rs`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks for imports in this directory, and in no other than those named so.
    pub fn include(mut self, dir: impl Into<PathBuf>) -> Self {
        self.compiler = self.compiler.include(dir);
        self
    }

    /// Takes these choices about the code.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Whether clients are generated. Default yes.
    pub fn client(mut self, yes: bool) -> Self {
        self.options = self.options.client(yes);
        self
    }

    /// Whether server traits are generated. Default yes.
    pub fn server(mut self, yes: bool) -> Self {
        self.options = self.options.server(yes);
        self
    }

    /// Whether methods answer UNIMPLEMENTED unless they are written. Default no.
    pub fn default_stubs(mut self, yes: bool) -> Self {
        self.options = self.options.default_stubs(yes);
        self
    }

    /// Messages only, for a crate that depends on `ferrpc-proto` and not on `ferrpc`.
    pub fn messages_only(mut self) -> Self {
        self.options = self.options.messages_only();
        self
    }

    /// Whether messages have views, which borrow from their input. Default yes.
    pub fn views(mut self, yes: bool) -> Self {
        self.options = self.options.views(yes);
        self
    }

    /// Leaves out the views of messages below `package`, and of all messages that hold one of these.
    pub fn without_views(mut self, package: &str) -> Self {
        self.options = self.options.without_views(package);
        self
    }

    /// Has the messages that methods receive stay where they were received, as `Frozen`. `path` is a package, a
    /// service or a method.
    pub fn frozen(mut self, path: &str) -> Self {
        self.options = self.options.frozen(path);
        self
    }

    /// Takes the types below `package` from `module`, generated elsewhere.
    pub fn extern_package(mut self, package: &str, module: &str) -> Self {
        self.options = self.options.extern_package(package, module);
        self
    }

    /// Writes this file instead of `OUT_DIR/ferrpc.rs`.
    pub fn out_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.out_file = Some(path.into());
        self
    }

    /// Compiles these files and all they import, for cargo: tells it what was read, passes warnings on,
    /// prints errors, and ends the process with 1 if there were any.
    #[expect(clippy::print_stdout, clippy::print_stderr)] // That is how one talks to cargo and its user.
    pub fn compile<P: AsRef<Path>>(&self, files: impl IntoIterator<Item = P>) {
        let files: Vec<PathBuf> = files.into_iter().map(|file| file.as_ref().to_owned()).collect();
        let rerun = |path: &Path| println!("cargo:rerun-if-changed={}", path.display());
        match self.generate(&files).and_then(|generated| self.write(&generated.code).map(|()| generated)) {
            Ok(generated) => {
                generated.read.iter().for_each(|path| rerun(path));
                let warnings = generated.warnings.to_string();
                warnings.lines().for_each(|line| println!("cargo:warning={line}"));
            }
            Err(error) => {
                files.iter().for_each(|path| rerun(path));
                if let Error::Compile(report) = &error {
                    report.read().for_each(rerun);
                }
                eprintln!("{error}");
                std::process::exit(1);
            }
        }
    }

    /// Generates the code and leaves the rest to the caller.
    ///
    /// # Errors
    /// All that is wrong with the files.
    pub fn generate(&self, files: &[impl AsRef<Path>]) -> Result<Generated, Error> {
        let compiled = self.compiler.compile(files).map_err(Error::Compile)?;
        let code = generate(&compiled.files, &self.options)?;
        Ok(Generated { code, read: compiled.read, warnings: compiled.warnings })
    }

    fn write(&self, code: &str) -> Result<(), Error> {
        let path = match &self.out_file {
            Some(path) => path.clone(),
            None => match std::env::var_os("OUT_DIR") {
                Some(dir) => PathBuf::from(dir).join("ferrpc.rs"),
                None => {
                    let message = "there is no OUT_DIR; outside of a build.rs, name a file by out_file";
                    return Err(Error::File { path: "ferrpc.rs".into(), message: message.into() });
                }
            },
        };
        // What has not changed is not written, so that nothing is built again because of it.
        if std::fs::read(&path).is_ok_and(|old| old == code.as_bytes()) {
            return Ok(());
        }
        std::fs::write(&path, code).map_err(|error| Error::file(&path, "write it", &error))
    }
}

/// What came of a run without errors.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Generated {
    /// The Rust code: one file for the whole tree of packages.
    pub code: String,
    /// Every file on disk that was read.
    pub read: Vec<PathBuf>,
    /// What is valid and looks like a mistake.
    pub warnings: Report,
}
