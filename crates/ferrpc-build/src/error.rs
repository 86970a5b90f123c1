//! Why no code can be generated.

use std::fmt;

/// Why no code can be generated from a descriptor.
///
/// Descriptors from ferrpc's own compiler only run into [`what is not supported
/// yet`](Self::message); others may be inconsistent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    file: String,
    message: String,
}

impl Error {
    pub(crate) fn new(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), message: message.into() }
    }

    /// The `.proto` file that was being turned into Rust.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What is wrong, and with what.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

impl std::error::Error for Error {}
