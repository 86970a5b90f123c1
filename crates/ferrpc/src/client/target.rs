//! What a channel is pointed at: the text of a target, parsed once (gRPC `naming.md`).

use std::net::SocketAddr;

use crate::error::Error;

/// A parsed target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// As the user wrote it, for messages.
    pub(crate) text: String,
    /// What goes into `:authority`.
    pub(crate) authority: String,
    pub(crate) name: Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// `host:port`, to be looked up.
    Dns(String),
    /// Nothing to look up.
    Addresses(Vec<SocketAddr>),
}

/// gRPC's port where a name has none.
const DEFAULT_PORT: u16 = 443;

impl Target {
    /// `dns:///host:port`, `dns:host:port`, `host:port`, `ipv4:…`, `ipv6:…` (several with commas), or
    /// `http://host:port` as other Rust libraries write it.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let fail = |why: &str| Error::target(text, why);
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme @ ("dns" | "passthrough" | "ipv4" | "ipv6" | "http"), rest)) => (scheme, rest),
            Some((scheme @ ("https" | "unix" | "unix-abstract" | "vsock" | "xds"), _)) => {
                return Err(fail(&format!("{scheme} targets are not supported yet")));
            }
            _ => ("dns", text),
        };
        let endpoint = match rest.strip_prefix("//") {
            // http://host:port/ has its name where dns://server/host:port has a name server.
            Some(rest) if scheme == "http" => rest.trim_end_matches('/'),
            Some(rest) => match rest.split_once('/') {
                Some(("", endpoint)) => endpoint,
                Some(_) => {
                    return Err(fail("a name server of its own is not supported; write dns:///host:port"));
                }
                None => return Err(fail("write three slashes, as in dns:///host:port")),
            },
            None => rest,
        };
        if endpoint.is_empty() {
            return Err(fail("it names no host; write host:port"));
        }
        //= RFC 9113 §8.3.1 no-userinfo
        if endpoint.contains(['/', ' ', '@', '?', '#']) {
            return Err(fail("it must be host:port without a path"));
        }
        let name = match scheme {
            "ipv4" | "ipv6" => {
                let addresses: Result<Vec<SocketAddr>, _> = endpoint.split(',').map(str::parse).collect();
                Name::Addresses(
                    addresses.map_err(|_| fail("write addresses as 127.0.0.1:50051 or [::1]:50051"))?,
                )
            }
            _ => Name::Dns(with_port(endpoint).ok_or_else(|| fail("its port is no number from 0 to 65535"))?),
        };
        // Of several addresses the first: a list is no authority (RFC 3986 §3.2).
        let authority = endpoint.split(',').next().unwrap_or(endpoint);
        Ok(Self { text: text.into(), authority: authority.into(), name })
    }
}

/// `host:port`, with the default port where there is none; `None` if the port is nonsense.
fn with_port(endpoint: &str) -> Option<String> {
    let after_host = if endpoint.starts_with('[') { endpoint.split_once(']')?.1 } else { endpoint };
    match after_host.rsplit_once(':') {
        // A bare IPv6 address.
        Some((host, _)) if host.contains(':') => Some(format!("[{endpoint}]:{DEFAULT_PORT}")),
        Some((_, port)) => port.parse::<u16>().ok().map(|_| endpoint.into()),
        None => Some(format!("{endpoint}:{DEFAULT_PORT}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_host_is_understood() {
        for (text, name, authority) in [
            ("localhost:50051", "localhost:50051", "localhost:50051"),
            ("dns:///localhost:50051", "localhost:50051", "localhost:50051"),
            ("dns:localhost:50051", "localhost:50051", "localhost:50051"),
            ("http://localhost:50051", "localhost:50051", "localhost:50051"),
            ("http://localhost:50051/", "localhost:50051", "localhost:50051"),
            ("example.com", "example.com:443", "example.com"),
            ("[::1]:50051", "[::1]:50051", "[::1]:50051"),
            ("[::1]", "[::1]:443", "[::1]"),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!(target.name, Name::Dns(name.into()), "{text}");
            assert_eq!(target.authority, authority, "{text}");
        }
        let target = Target::parse("ipv4:127.0.0.1:1,127.0.0.2:2").unwrap();
        assert_eq!(
            target.name,
            Name::Addresses(vec!["127.0.0.1:1".parse().unwrap(), "127.0.0.2:2".parse().unwrap()])
        );
        assert_eq!(target.authority, "127.0.0.1:1");
    }

    #[test]
    fn nonsense_is_an_error_that_says_what_to_write() {
        for (text, why) in [
            ("", "it names no host; write host:port"),
            ("dns:///", "it names no host; write host:port"),
            ("dns://8.8.8.8/a:1", "a name server of its own is not supported; write dns:///host:port"),
            ("dns://a:1", "write three slashes, as in dns:///host:port"),
            ("host:port", "its port is no number from 0 to 65535"),
            ("host:70000", "its port is no number from 0 to 65535"),
            ("http://a:1/path", "it must be host:port without a path"),
            ("http://user@a:1", "it must be host:port without a path"),
            ("ipv4:localhost:1", "write addresses as 127.0.0.1:50051 or [::1]:50051"),
            ("unix:/tmp/x", "unix targets are not supported yet"),
        ] {
            let error = Target::parse(text).unwrap_err();
            assert_eq!(error.to_string(), format!("target {text:?}: {why}"));
            assert!(error.is_target());
        }
    }
}
