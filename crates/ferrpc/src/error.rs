//! What can go wrong outside of a call: serving, channels, configuration.

use std::fmt;
use std::io;

use crate::status::Status;

/// An error of a server, a channel or their configuration. [`fmt::Debug`] prints the sentence too, since
/// `main` returns it.
pub struct Error(Box<Kind>);

enum Kind {
    Listen { address: String, source: io::Error },
    Target { target: String, why: String },
    Status(Status),
}

impl Error {
    #[cfg(feature = "server")]
    pub(crate) fn listen(address: &str, source: io::Error) -> Self {
        Self(Box::new(Kind::Listen { address: address.into(), source }))
    }

    #[cfg(feature = "client")]
    pub(crate) fn target(target: &str, why: impl Into<String>) -> Self {
        Self(Box::new(Kind::Target { target: target.into(), why: why.into() }))
    }

    /// True if the address to listen on is taken.
    pub fn is_address_in_use(&self) -> bool {
        matches!(&*self.0, Kind::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse)
    }

    /// True if a target's text makes no sense.
    pub fn is_target(&self) -> bool {
        matches!(&*self.0, Kind::Target { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Listen { address, source } => {
                let help = match source.kind() {
                    io::ErrorKind::AddrInUse => {
                        "another program listens there; stop it or choose another port"
                    }
                    io::ErrorKind::AddrNotAvailable => {
                        "this machine has no such address; try 127.0.0.1 or 0.0.0.0"
                    }
                    io::ErrorKind::PermissionDenied => {
                        "ports below 1024 need special rights; choose a higher one"
                    }
                    io::ErrorKind::InvalidInput => {
                        "write it as host:port, such as 127.0.0.1:50051 or [::]:50051"
                    }
                    _ => "check the address",
                };
                write!(f, "cannot listen on {address}: {source}; {help}")
            }
            Kind::Target { target, why } => write!(f, "target {target:?}: {why}"),
            Kind::Status(status) => status.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Listen { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self(Box::new(Kind::Status(status)))
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match *error.0 {
            Kind::Status(status) => status,
            Kind::Target { .. } => Self::invalid_argument(error.to_string()),
            Kind::Listen { .. } => Self::unavailable(error.to_string()),
        }
    }
}
