//! What the head of a request says about its call, and what is known of it from the heads before.

use std::num::NonZeroU32;
use std::time::Duration;

use ferrpc_http2::Head;

use super::router::{RouteId, Router};
use crate::compression::{ACCEPT_ENCODING, Accepted, Compression, ENCODING};
use crate::status::Status;
use crate::{context, deadline};

/// What a head says about its call, beside the time it has.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) route: RouteId,
    /// A trace context is in it.
    pub(super) is_traced: bool,
    /// What the client can decompress.
    pub(super) accepted: Accepted,
}

/// What a request that is not taken is answered with.
pub(super) enum Refusal {
    Http(&'static str, &'static str),
    Grpc(Status),
    /// With what is accepted instead.
    Encoding(Status, String),
}

/// The heads of a connection, most of which repeat the one before, or its fields.
#[derive(Default)]
pub(super) struct Heads {
    last: Option<Known>,
    meanings: Meanings,
}

/// A head and what it means.
struct Known {
    head: Head,
    facts: Facts,
    timeout: Option<Duration>,
}

impl Heads {
    /// Reads a head: what it says, and the time that its call has. `compression` is the server's.
    pub(super) fn read(
        &mut self,
        head: &Head,
        router: &Router,
        compression: &Compression,
    ) -> Result<(Facts, Option<Duration>), Refusal> {
        match &self.last {
            // The engine knows blocks by heart, and says so.
            Some(last) if last.head.is(head) => Ok((last.facts, last.timeout)),
            _ => {
                let (facts, timeout) = self.look(head, router, compression)?;
                self.last = Some(Known { head: head.clone(), facts, timeout });
                Ok((facts, timeout))
            }
        }
    }

    fn look(
        &mut self,
        head: &Head,
        router: &Router,
        compression: &Compression,
    ) -> Result<(Facts, Option<Duration>), Refusal> {
        if head.method() != b"POST" {
            return Err(Refusal::Http("405", "gRPC calls are POST requests"));
        }
        let path = head.path();
        let known = self.last.as_ref().filter(|last| last.head.path() == path).map(|last| last.facts.route);
        let route = known.or_else(|| router.find(path));
        let own = route.and_then(|route| router.route(route).config.as_ref()).map(|own| &own.compression);
        let mut is_grpc = false;
        let mut timeout = None;
        let mut is_traced = false;
        let mut encoding = None;
        let mut accepted = Accepted::default();
        let field = |index| head.all().at(index).unwrap_or_default();
        for (index, stamp) in head.stamps() {
            match self.meanings.find(stamp, || Meaning::of(field(index), compression)) {
                Meaning::Nothing => {}
                Meaning::ContentType(good) => is_grpc = good,
                Meaning::Timeout(time) => timeout = time,
                Meaning::Encoding => encoding = Some(field(index).1),
                Meaning::Accepts(some) => accepted = own.map_or(some, |own| own.peers(field(index).1)),
                Meaning::Trace => is_traced = true,
            }
        }
        if !is_grpc {
            let why = "content-type is not application/grpc or application/grpc+proto";
            return Err(Refusal::Http("415", why));
        }
        let compression = own.unwrap_or(compression);
        if let Some(encoding) = encoding.filter(|encoding| !compression.accepts(encoding)) {
            return Err(Refusal::Encoding(compression.unknown(encoding), compression.names()));
        }
        match route {
            Some(route) => Ok((Facts { route, is_traced, accepted }, timeout)),
            None => Err(Refusal::Grpc(Status::unimplemented(router.unknown(path)))),
        }
    }
}

/// What a field is to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Nothing,
    /// Whether it is one of gRPC's.
    ContentType(bool),
    Timeout(Option<Duration>),
    Encoding,
    /// By the server's own compression.
    Accepts(Accepted),
    Trace,
}

impl Meaning {
    fn of((name, value): (&[u8], &[u8]), compression: &Compression) -> Self {
        match name {
            b"content-type" => Self::ContentType(is_grpc(value)),
            b"grpc-timeout" => Self::Timeout(deadline::parse_timeout(value)),
            ENCODING => Self::Encoding,
            ACCEPT_ENCODING => Self::Accepts(compression.peers(value)),
            _ if context::is_trace(name) => Self::Trace,
            _ => Self::Nothing,
        }
    }
}

/// gRPC PROTOCOL-HTTP2.md: "If Content-Type does not begin with "application/grpc", gRPC servers
/// SHOULD respond with HTTP status of 415".
fn is_grpc(content_type: &[u8]) -> bool {
    match content_type.strip_prefix(b"application/grpc") {
        Some(b"" | b"+proto" | [b';', ..]) => true,
        Some(rest) => rest.starts_with(b"+proto;"),
        None => false,
    }
}

/// What fields mean that came by an index, each at a place that its stamp has. Boxed once there is one: quiet
/// connections have none.
#[derive(Default)]
struct Meanings(Option<Box<[Place; MEANINGS]>>);

type Place = Option<(NonZeroU32, Meaning)>;

/// Fields that are remembered at once; more than the heads of most clients have.
const MEANINGS: usize = 16;

impl Meanings {
    /// What the field with this stamp means, by `look` if it is not remembered.
    #[inline]
    fn find(&mut self, stamp: Option<NonZeroU32>, look: impl FnOnce() -> Meaning) -> Meaning {
        let Some(stamp) = stamp else { return look() };
        let places = self.0.get_or_insert_with(|| Box::new([None; MEANINGS]));
        let place = &mut places[stamp.get() as usize % MEANINGS];
        match place {
            Some((known, meaning)) if *known == stamp => *meaning,
            _ => {
                let meaning = look();
                *place = Some((stamp, meaning));
                meaning
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_looked_at_once_while_others_do_not_take_its_place() {
        let mut meanings = Meanings::default();
        let mut find = |stamp, meaning| meanings.find(NonZeroU32::new(stamp), || meaning);
        assert_eq!(find(70, Meaning::Trace), Meaning::Trace);
        assert_eq!(find(70, Meaning::Nothing), Meaning::Trace);
        // Another one with its place.
        assert_eq!(find(86, Meaning::Encoding), Meaning::Encoding);
        assert_eq!(find(70, Meaning::Nothing), Meaning::Nothing);
        // Without a stamp it is a new one each time.
        assert_eq!(find(0, Meaning::Trace), Meaning::Trace);
        assert_eq!(find(0, Meaning::Nothing), Meaning::Nothing);
    }
}
