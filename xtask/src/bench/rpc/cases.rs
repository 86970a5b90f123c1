//! The rows: what is done, by whom, and which figure counts.

use super::peers::Peer;

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) generator: Generator,
    pub(super) cores: Cores,
    /// What the tables show, the first as the one that counts.
    pub(super) shown: &'static [Figure],
    pub(super) contenders: Vec<Contender>,
}

impl Case {
    /// Server and generator have a core each.
    fn apart(
        name: &'static str,
        title: &'static str,
        generator: Generator,
        shown: &'static [Figure],
        contenders: Vec<Contender>,
    ) -> Self {
        Self { name, title, generator, cores: Cores::Apart, shown, contenders }
    }
}

/// A column: a peer in one of its ways.
#[derive(Clone, Copy)]
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) peer: Peer,
    /// Arguments of its server.
    pub(super) server: &'static [&'static str],
    /// Further arguments of its generator; TCP's is another program.
    pub(super) load: &'static [&'static str],
}

/// Which program loads the server, with which arguments.
#[derive(Clone, Copy)]
pub(super) enum Generator {
    /// Operations for a while: `load`, or `raw-load` for TCP.
    Load(&'static [&'static str]),
    /// One upload through a relay with this round trip in milliseconds, over a line of so many Mbit/s.
    Bulk { rtt_ms: u32, mbit: Option<u32> },
    /// Nothing, on many connections or streams.
    Idle(&'static [&'static str]),
}

/// Who runs where.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cores {
    /// The server on core 0, the generator on core 1.
    Apart,
    /// Both on core 0.
    Shared,
    /// The server on both, the generator on core 1.
    Overlapping,
}

/// A figure that generators print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// The server's CPU time per message, µs.
    ServerCpu,
    /// The generator's CPU time per message, µs.
    ClientCpu,
    /// The median of an operation's time, µs.
    RoundTrip,
    /// The 99th percentile of an operation's time, µs.
    P99,
    /// Messages per second.
    Rate,
    /// Payload, MiB per second.
    Throughput,
    /// Memory each, KiB.
    Memory,
}

impl Figure {
    /// In the names of gates.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ServerCpu => "server_cpu",
            Self::ClientCpu => "client_cpu",
            Self::RoundTrip => "round_trip",
            Self::P99 => "p99",
            Self::Rate => "rate",
            Self::Throughput => "throughput",
            Self::Memory => "memory",
        }
    }

    /// In JSON, with its unit.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::ServerCpu => "server_cpu_us",
            Self::ClientCpu => "client_cpu_us",
            Self::RoundTrip => "p50_us",
            Self::P99 => "p99_us",
            Self::Rate => "messages_per_second",
            Self::Throughput => "mib_per_second",
            Self::Memory => "kib_each",
        }
    }

    /// At the head of a column.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::ServerCpu => "server CPU, µs",
            Self::ClientCpu => "client CPU, µs",
            Self::RoundTrip => "p50, µs",
            Self::P99 => "p99, µs",
            Self::Rate => "per second",
            Self::Throughput => "MiB/s",
            Self::Memory => "KiB each",
        }
    }
}

const fn plain(name: &'static str, peer: Peer) -> Contender {
    Contender { name, peer, server: &[], load: &[] }
}

const FERRPC: Contender = plain("ferrpc", Peer::Ferrpc);
const TONIC: Contender = plain("tonic", Peer::Tonic);
const GO: Contender = plain("go", Peer::Go);
const LIMIT: Contender = plain("limit", Peer::Limit);
const RAW: Contender = Contender { server: &["--mode", "echo"], ..plain("raw TCP", Peer::Raw) };

/// Our way and tonic's, with the same arguments of their servers.
fn ours_and_tonic(server: &'static [&'static str]) -> Vec<Contender> {
    vec![Contender { server, ..FERRPC }, Contender { server, ..TONIC }]
}

/// Our client and tonic's, against our server.
fn clients() -> Vec<Contender> {
    let tonic = Contender { name: "tonic", load: &["--client", "tonic"], ..plain("", Peer::Ferrpc) };
    vec![FERRPC, tonic]
}

/// All that serve, in their usual way.
fn everybody() -> Vec<Contender> {
    vec![
        FERRPC,
        TONIC,
        Contender { name: "tonic mt", server: &["--multi"], ..TONIC },
        plain("connectrpc", Peer::Connectrpc),
        plain("volo", Peer::Volo),
        GO,
        plain("C++", Peer::Cpp),
        plain("java", Peer::Java),
        plain("grpcio", Peer::Grpcio),
    ]
}

fn with(mut contenders: Vec<Contender>, more: Contender) -> Vec<Contender> {
    contenders.push(more);
    contenders
}

pub(super) fn all() -> Vec<Case> {
    let mut cases = unary();
    cases.extend(streams());
    cases.extend(long());
    cases
}

/// Calls of GetUser, unless they say something else.
fn unary() -> Vec<Case> {
    const CPU: &[Figure] = &[Figure::ServerCpu, Figure::Rate];
    const USER_1X100: Generator = Generator::Load(&["--call", "user", "--streams", "100"]);
    let case = |name, title, generator, contenders| Case::apart(name, title, generator, CPU, contenders);
    vec![
        case("unary_1x100", "GetUser, 1 connection × 100 calls", USER_1X100, with(everybody(), LIMIT)),
        case(
            "unary_10x10",
            "GetUser, 10 × 10",
            Generator::Load(&["--call", "user", "--connections", "10", "--streams", "10"]),
            with(everybody(), LIMIT),
        ),
        case(
            "unary_50x1",
            "GetUser, 50 × 1",
            Generator::Load(&["--call", "user", "--connections", "50"]),
            with(everybody(), LIMIT),
        ),
        Case {
            shown: &[Figure::ServerCpu, Figure::RoundTrip],
            ..case(
                "unary_1x1",
                "GetUser, 1 × 1",
                Generator::Load(&["--call", "user"]),
                with(with(everybody(), LIMIT), RAW),
            )
        },
        Case {
            shown: &[Figure::ClientCpu, Figure::RoundTrip],
            ..case(
                "client_1x1",
                "GetUser, 1 × 1, by these clients against our server",
                Generator::Load(&["--call", "user"]),
                clients(),
            )
        },
        Case {
            shown: &[Figure::ClientCpu, Figure::Rate],
            ..case(
                "client_1x100",
                "GetUser, 1 × 100, by these clients against our server",
                USER_1X100,
                clients(),
            )
        },
        Case {
            cores: Cores::Shared,
            ..case(
                "one_core",
                "GetUser, 1 × 100, server and generator on one core",
                USER_1X100,
                with(ours_and_tonic(&[]), LIMIT),
            )
        },
        case(
            "field_varies",
            "GetUser, 1 × 100, one varying metadata value",
            Generator::Load(&["--call", "user", "--streams", "100", "--fields", "one"]),
            with(ours_and_tonic(&[]), LIMIT),
        ),
        case(
            "fields_six",
            "GetUser, 1 × 100, 800 B token, fresh traceparent, four more",
            Generator::Load(&["--call", "user", "--streams", "100", "--fields", "six"]),
            with(ours_and_tonic(&[]), LIMIT),
        ),
        case(
            "reply_1k",
            "1 × 100, replies of 1 KiB",
            Generator::Load(&["--call", "sized", "--payload", "1024", "--streams", "100"]),
            with(ours_and_tonic(&[]), Contender { server: &["--payload", "1024"], ..LIMIT }),
        ),
        case(
            "reply_16k",
            "1 × 100, replies of 16 KiB",
            Generator::Load(&["--call", "sized", "--payload", "16384", "--streams", "100"]),
            with(ours_and_tonic(&[]), Contender { server: &["--payload", "16384"], ..LIMIT }),
        ),
        case(
            "awaits_once",
            "GetUser, 1 × 100, the handler awaits once",
            USER_1X100,
            ours_and_tonic(&["--work", "yield"]),
        ),
        case(
            "spawned",
            "GetUser, 1 × 100, each handler a task (multi-thread runtime of one thread)",
            USER_1X100,
            vec![
                Contender { server: &["--multi", "--handlers", "spawn"], ..FERRPC },
                Contender { server: &["--multi"], ..TONIC },
                Contender { name: "tonic current-thread", ..TONIC },
            ],
        ),
        case(
            "threads_1x100",
            "GetUser, 1 × 100, multi-thread runtime of one thread, handlers where they are by default",
            USER_1X100,
            ours_and_tonic(&["--multi"]),
        ),
        Case {
            shown: &[Figure::Rate, Figure::P99, Figure::ServerCpu],
            ..case(
                "handler_sleeps",
                "GetUser, 4 × 100, the handler sleeps 1 ms",
                Generator::Load(&["--call", "user", "--connections", "4", "--streams", "100"]),
                ours_and_tonic(&["--work", "sleep"]),
            )
        },
        Case {
            shown: &[Figure::Rate, Figure::P99, Figure::ServerCpu],
            ..case(
                "handler_burns",
                "GetUser, 4 × 25, the handler uses its thread for 50 µs",
                Generator::Load(&["--call", "user", "--connections", "4", "--streams", "25"]),
                ours_and_tonic(&["--work", "burn"]),
            )
        },
        Case {
            cores: Cores::Overlapping,
            shown: &[Figure::ServerCpu, Figure::Rate, Figure::P99],
            ..case(
                "threads_64x4",
                "GetUser, 64 connections × 4, multi-thread runtime of two threads",
                Generator::Load(&["--call", "user", "--connections", "64", "--streams", "4"]),
                with(
                    with(
                        ours_and_tonic(&["--threads", "2"]),
                        Contender {
                            name: "ferrpc spawn",
                            server: &["--threads", "2", "--handlers", "spawn"],
                            ..FERRPC
                        },
                    ),
                    Contender { name: "ferrpc shards", server: &["--shards", "2"], ..FERRPC },
                ),
            )
        },
    ]
}

/// Messages of 100 octets on one stream, and large ones.
fn streams() -> Vec<Case> {
    const CPU: &[Figure] = &[Figure::ServerCpu, Figure::Rate];
    const TURNS: &[Figure] = &[Figure::ServerCpu, Figure::RoundTrip];
    const DOWN: Generator = Generator::Load(&["--shape", "server", "--messages", "100000"]);
    let case = |name, title, generator, contenders| Case::apart(name, title, generator, CPU, contenders);
    vec![
        case("down_all", "one stream of 100 B, server to client, from a ready stream", DOWN, everybody()),
        case("down_each", "the same, sent one by one", DOWN, ours_and_tonic(&["--down", "each"])),
        case(
            "up",
            "one stream of 100 B, client to server",
            Generator::Load(&["--shape", "client", "--messages", "100000"]),
            everybody(),
        ),
        Case {
            shown: TURNS,
            ..case(
                "ping_pong",
                "100 B there and back on one stream",
                Generator::Load(&["--shape", "bidi"]),
                with(
                    everybody(),
                    Contender {
                        server: &["--mode", "echo", "--payload", "116"],
                        load: &["--payload", "116"],
                        ..RAW
                    },
                ),
            )
        },
        Case {
            shown: TURNS,
            ..case(
                "echo_1m",
                "unary echo of 1 MiB, one at a time",
                Generator::Load(&["--call", "echo", "--payload", "1048576"]),
                with(
                    everybody(),
                    Contender {
                        server: &["--mode", "echo", "--payload", "1048576"],
                        load: &["--payload", "1048576"],
                        ..RAW
                    },
                ),
            )
        },
    ]
}

/// A long way, and nothing at all.
fn long() -> Vec<Case> {
    const BULK: &[Figure] = &[Figure::Throughput, Figure::ServerCpu];
    let raw = Contender { server: &["--mode", "bulk"], ..RAW };
    let case = |name, title, generator, contenders| {
        Case::apart(name, title, generator, &[Figure::Memory], contenders)
    };
    let bulk = |name, title, rtt_ms, mbit| Case {
        shown: BULK,
        ..case(name, title, Generator::Bulk { rtt_ms, mbit }, with(with(ours_and_tonic(&[]), GO), raw))
    };
    let mut idle = everybody();
    // As many on a connection as the others take.
    idle[0].server = &["--streams", "1000"];
    // A thread for each stream is not what its pool has.
    idle.retain(|contender| contender.peer != Peer::Grpcio);
    vec![
        bulk("bulk_0", "one upload, 64 KiB messages, through the relay", 0, None),
        bulk("bulk_10", "the same, 10 ms round trip, 1 Gbit/s", 10, Some(1000)),
        bulk("bulk_80", "the same, 80 ms round trip, 1 Gbit/s", 80, Some(1000)),
        case("idle_connection", "idle connection", Generator::Idle(&[]), everybody()),
        case(
            "idle_stream",
            "idle bidi stream, 1000 on a connection",
            Generator::Idle(&["--streams", "10000"]),
            idle,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_cases_and_contenders_apart() {
        let cases = all();
        for (at, case) in cases.iter().enumerate() {
            assert!(cases[..at].iter().all(|other| other.name != case.name), "{}", case.name);
            for (at, contender) in case.contenders.iter().enumerate() {
                let others = &case.contenders[..at];
                assert!(others.iter().all(|other| other.name != contender.name), "{}", case.name);
            }
        }
    }
}
