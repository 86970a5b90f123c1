//! Settings of single methods and services, on either side.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::compression::Compression;

/// What holds for a method or a service instead of what the channel or the server says. What is not set is left to the
/// next wider one: a call's own options come first, then its method's, its service's, and the channel's or the
/// server's.
///
/// The same names mean the same on both sides, as in gRPC's service config (gRFC A2).
#[derive(Clone, Debug, Default)]
pub struct MethodConfig {
    pub(crate) timeout: Option<Duration>,
    pub(crate) message_timeout: Option<Duration>,
    pub(crate) wait_for_ready: Option<bool>,
    pub(crate) request_bytes_max: Option<usize>,
    pub(crate) response_bytes_max: Option<usize>,
    pub(crate) compression: Option<Compression>,
    #[cfg(feature = "server")]
    pub(crate) on_cancel: Option<OnCancel>,
    #[cfg(feature = "server")]
    pub(crate) handlers: Option<Handlers>,
}

impl MethodConfig {
    /// Sets nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Most time for a call: one that names more, or none, has this.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long a message of a received stream may stay away while somebody waits for it.
    pub fn message_timeout(mut self, timeout: Duration) -> Self {
        self.message_timeout = Some(timeout);
        self
    }

    /// Client: whether calls wait for a connection while the channel's attempts fail.
    pub fn wait_for_ready(mut self, wait: bool) -> Self {
        self.wait_for_ready = Some(wait);
        self
    }

    /// Largest request, in octets. Refused with RESOURCE_EXHAUSTED: by a client before it is sent, by a server on its
    /// length prefix.
    pub fn request_bytes_max(mut self, octets: usize) -> Self {
        self.request_bytes_max = Some(octets);
        self
    }

    /// Largest response, in octets. Refused with RESOURCE_EXHAUSTED: by a server before it is sent, by a client on its
    /// length prefix.
    pub fn response_bytes_max(mut self, octets: usize) -> Self {
        self.response_bytes_max = Some(octets);
        self
    }

    /// What messages are sent in; on a server also what is accepted.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Server: what happens to handlers whose call is over early.
    #[cfg(feature = "server")]
    pub fn on_cancel(mut self, on_cancel: OnCancel) -> Self {
        self.on_cancel = Some(on_cancel);
        self
    }

    /// Server: where handlers run.
    #[cfg(feature = "server")]
    pub fn handlers(mut self, handlers: Handlers) -> Self {
        self.handlers = Some(handlers);
        self
    }

    /// This, and where it sets nothing the wider one.
    fn or(self, wider: &Self) -> Self {
        Self {
            timeout: self.timeout.or(wider.timeout),
            message_timeout: self.message_timeout.or(wider.message_timeout),
            wait_for_ready: self.wait_for_ready.or(wider.wait_for_ready),
            request_bytes_max: self.request_bytes_max.or(wider.request_bytes_max),
            response_bytes_max: self.response_bytes_max.or(wider.response_bytes_max),
            compression: self.compression.or_else(|| wider.compression.clone()),
            #[cfg(feature = "server")]
            on_cancel: self.on_cancel.or(wider.on_cancel),
            #[cfg(feature = "server")]
            handlers: self.handlers.or(wider.handlers),
        }
    }
}

/// What happens to a handler whose call is over before it returns: the client cancelled it or went away, or its
/// deadline passed.
#[cfg(feature = "server")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a handler is stopped, or it is not")]
pub enum OnCancel {
    /// Its future is dropped where it waits.
    #[default]
    Drop,
    /// It goes on and is told: [`CallContext::cancelled`](crate::CallContext::cancelled) becomes ready, calls that it
    /// made end with CANCELLED, streams of the call end. It counts as a live handler until it returns.
    Tell,
}

/// Where a server's handlers run. It decides what they cost and whom they may hold up, and nothing else.
#[cfg(feature = "server")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is the connection's task, and there are others")]
pub enum Handlers {
    /// Where it is best, as the handlers of a method turn out to be.
    ///
    /// On a runtime of one thread, shards included: as [`Inline`](Self::Inline). On one of several threads: polled in
    /// their connection's task first, but tasks at once for methods whose polls take longer than 20 µs on average, for
    /// those that mostly do not come to their end in one poll, and for requests over 64 KiB.
    #[default]
    Auto,
    /// Polled in their connection's task first, and a task of their own if they are not done then. The cheapest way; a
    /// handler that blocks its thread there holds up all calls of its connection.
    Inline,
    /// A task of their own at once. A handler that blocks its thread holds up nobody while the runtime has other
    /// threads.
    Spawn,
}

/// [`MethodConfig`]s by name. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct MethodConfigs {
    by_name: Arc<HashMap<String, MethodConfig>>,
}

impl MethodConfigs {
    /// Nothing is set for any method.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what holds for a method, `package.Service/Method`, or for all methods of a service, `package.Service`.
    /// Replaces what was set under that name.
    pub fn set(&mut self, name: &str, config: MethodConfig) {
        let name = name.strip_prefix('/').unwrap_or(name).to_owned();
        Arc::make_mut(&mut self.by_name).insert(name, config);
    }

    /// What is set for the method at a path; `None` if nothing is.
    pub(crate) fn find(&self, path: &str) -> Option<MethodConfig> {
        if self.by_name.is_empty() {
            return None;
        }
        let name = path.strip_prefix('/').unwrap_or(path);
        let service = name.rsplit_once('/').map_or("", |(service, _)| service);
        match (self.by_name.get(name), self.by_name.get(service)) {
            (Some(method), Some(service)) => Some(method.clone().or(service)),
            (found, None) | (None, found) => found.cloned(),
        }
    }

    /// All that is set.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &MethodConfig> {
        self.by_name.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_name_wins_field_by_field() {
        let mut configs = MethodConfigs::new();
        assert!(configs.find("/a.B/C").is_none());
        configs.set("a.B", MethodConfig::new().request_bytes_max(1).response_bytes_max(2));
        configs.set("/a.B/C", MethodConfig::new().request_bytes_max(3));
        let sizes = |path| {
            let found: Option<MethodConfig> = configs.find(path);
            found.map(|config| (config.request_bytes_max, config.response_bytes_max))
        };
        assert_eq!(sizes("/a.B/C"), Some((Some(3), Some(2))));
        assert_eq!(sizes("/a.B/D"), Some((Some(1), Some(2))));
        assert_eq!(sizes("/a.BB/C"), None);
    }
}
