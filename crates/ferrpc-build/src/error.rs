//! Why no code can be generated.

use std::fmt;
use std::path::{Path, PathBuf};

use ferrpc_compiler::Report;

/// Why there is no generated code.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The `.proto` files are wrong; the report says where and what to do.
    Compile(Report),
    /// A descriptor uses what is not supported yet, or does not fit the others.
    Generate {
        /// The `.proto` file it describes.
        file: String,
        /// What is wrong, and with what.
        message: String,
    },
    /// A file cannot be read or written.
    File {
        /// Which file.
        path: PathBuf,
        /// What was to be done with it, and what the system said.
        message: String,
    },
}

impl Error {
    pub(crate) fn new(file: &str, message: impl Into<String>) -> Self {
        Self::Generate { file: file.to_owned(), message: message.into() }
    }

    pub(crate) fn file(path: &Path, doing: &str, error: &std::io::Error) -> Self {
        Self::File { path: path.to_owned(), message: format!("cannot {doing}: {error}") }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compile(report) => report.fmt(f),
            Self::Generate { file, message } => write!(f, "error: {file}: {message}"),
            Self::File { path, message } => write!(f, "error: {}: {message}", path.display()),
        }
    }
}

impl std::error::Error for Error {}
