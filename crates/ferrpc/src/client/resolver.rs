//! From a name to addresses. The seam for other name systems: a resolver is a value the channel is given.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use super::target::{Name, Target};
use crate::status::{Phase, Status};

pub(crate) type Resolving<'a> = Pin<Box<dyn Future<Output = Result<Vec<SocketAddr>, Status>> + Send + 'a>>;

pub(crate) trait Resolver: Send + Sync + 'static {
    /// Looks the name up, once. Never an empty list.
    fn resolve(&self) -> Resolving<'_>;
}

/// The resolver a target asks for.
pub(crate) fn for_target(target: &Target) -> Box<dyn Resolver> {
    match &target.name {
        Name::Dns(name) => Box::new(Dns { name: name.clone() }),
        Name::Addresses(addresses) => Box::new(Fixed { addresses: addresses.clone() }),
    }
}

/// The operating system's resolver.
struct Dns {
    name: String,
}

impl Resolver for Dns {
    fn resolve(&self) -> Resolving<'_> {
        Box::pin(async {
            let failed = |why: String| {
                Status::unavailable(format!(
                    "cannot resolve {:?}: {why}; check the name and your DNS",
                    self.name
                ))
                .at(Phase::Resolve)
                .not_executed()
            };
            let found =
                tokio::net::lookup_host(&self.name).await.map_err(|error| failed(error.to_string()))?;
            let addresses: Vec<SocketAddr> = found.collect();
            if addresses.is_empty() { Err(failed("no addresses".into())) } else { Ok(addresses) }
        })
    }
}

/// Addresses that are known.
struct Fixed {
    addresses: Vec<SocketAddr>,
}

impl Resolver for Fixed {
    fn resolve(&self) -> Resolving<'_> {
        Box::pin(async { Ok(self.addresses.clone()) })
    }
}
