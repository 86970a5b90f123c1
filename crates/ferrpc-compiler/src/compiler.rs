//! The front door: what to compile, where to look, and what comes out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ferrpc_proto::descriptor::FileDescriptorProto;

use crate::load::{self, Places};
use crate::lower;
use crate::report::{Report, Sink};

/// Compiles `.proto` files to descriptors.
///
/// ```no_run
/// let compiled = ferrpc_compiler::Compiler::new().include("proto").compile(&["proto/user.proto"])?;
/// for file in &compiled.files {
///     println!("{}", file.name.as_deref().unwrap_or(""));
/// }
/// # Ok::<(), ferrpc_compiler::Report>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Compiler {
    places: Places,
}

impl Compiler {
    /// Looks for imports beside the files that are compiled, in the directories above them up to the
    /// current one, and among the built-in files of Google.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory to look for imports in; the first that has the file wins, and any of them wins
    /// over the built-in copy.
    ///
    /// Once a directory is named, only named ones count. A file to compile that lies in none of them
    /// brings its own directory, as the last one.
    #[must_use]
    pub fn include(mut self, dir: impl Into<PathBuf>) -> Self {
        self.places.includes.push(dir.into());
        self
    }

    /// Gives a file by its text, under the name by which others import it. It wins over one on disk.
    ///
    /// For tests, and for an editor whose buffer is newer than the disk.
    #[must_use]
    pub fn source(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.places.texts.insert(name.into(), text.into());
        self
    }

    /// Compiles these files and all they import.
    ///
    /// Each is a path, from the current directory or from one of the include directories. Its import
    /// name, which is what descriptors call it, is the rest of the path behind the first include
    /// directory it lies in.
    ///
    /// # Errors
    /// All errors of all files, at once.
    pub fn compile(&self, files: &[impl AsRef<Path>]) -> Result<Compiled, Report> {
        let paths: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
        let mut sink = Sink::default();
        let loaded = load::load(&paths, &self.places, &mut sink);
        let files = lower::lower(&loaded, &mut sink);
        let failed = sink.errors() > 0;
        let roots = loaded.roots.iter().map(|&id| loaded.sources.file(id).name.clone()).collect();
        let report = sink.finish(Arc::new(loaded.sources));
        if failed {
            return Err(report);
        }
        let read = report.read().map(Path::to_path_buf).collect();
        Ok(Compiled { files, roots, read, warnings: report })
    }
}

/// What came of a run without errors.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Compiled {
    /// All files, those imported included, each behind the ones it imports. With source info.
    pub files: Vec<FileDescriptorProto>,
    /// The import names of the files that were asked for, in that order.
    pub roots: Vec<String>,
    /// Every file on disk that was read; for `rerun-if-changed`.
    pub read: Vec<PathBuf>,
    /// What is valid and looks like a mistake.
    pub warnings: Report,
}
