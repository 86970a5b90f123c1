//! What is done with the messages.

use std::hint::black_box;
use std::rc::Rc;

use bench_harness::{Codec, Payloads, Run, framed, over};
use quick_protobuf::{BytesReader, MessageRead, MessageWrite, Writer};

use crate::{borrowed, owned};

/// A type for each purpose.
macro_rules! both {
    ($message:ident, $payloads:ident) => {
        of::<owned::$message>(
            $payloads,
            over($payloads, |payload| {
                black_box(read::<borrowed::$message>(payload));
            }),
        )
    };
}

/// What quick-protobuf does with messages of this name. It has no groups, and makes slices of packed fixed values
/// that are not aligned, which no program may (ColumnBatch, PackedTile).
pub fn codec(message: &str, payloads: &Payloads) -> Option<Codec> {
    Some(match message {
        "AnalyticsEvent" => both!(AnalyticsEvent, payloads),
        "ApiResponse" => both!(ApiResponse, payloads),
        "Blob" => both!(Blob, payloads),
        // What is generated for it does not look at its input: any bytes are one.
        "Empty" => Codec { decode: None, view: None, ..both!(Empty, payloads) },
        "Google1Proto2" => both!(Google1Proto2, payloads),
        "Google1Proto3" => both!(Google1Proto3, payloads),
        "LogRecord" => both!(LogRecord, payloads),
        "Logs" => both!(Logs, payloads),
        "MediaFrame" => both!(MediaFrame, payloads),
        "Mesh" => both!(Mesh, payloads),
        "PackedSigned" => both!(PackedSigned, payloads),
        "Players" => both!(Players, payloads),
        "Surface" => both!(Surface, payloads),
        "Updates" => both!(Updates, payloads),
        "Wide" => both!(Wide, payloads),
        _ => return None,
    })
}

fn of<M: for<'a> MessageRead<'a> + MessageWrite + 'static>(payloads: &Payloads, view: Option<Run>) -> Codec {
    let messages: Rc<[M]> = payloads.iter().map(|payload| read(payload)).collect();
    let mut buffer = Vec::new();
    Codec {
        library: "quick-protobuf",
        message_bytes: size_of::<M>(),
        decode: over(payloads, |payload| read::<M>(payload)),
        view,
        encode: over(&messages, encode),
        pooled: over(&messages, move |message| framed(&mut buffer, |buffer| write(message, buffer))),
        echo: |payload| encode(&read::<M>(payload)),
    }
}

fn read<'a, M: MessageRead<'a>>(payload: &'a [u8]) -> M {
    M::from_reader(&mut BytesReader::from_bytes(payload), payload).expect("valid")
}

/// Its own helper for this puts a length in front, which none of the others writes.
fn encode(message: &impl MessageWrite) -> Vec<u8> {
    let mut octets = Vec::with_capacity(message.get_size());
    write(message, &mut octets);
    octets
}

fn write(message: &impl MessageWrite, octets: &mut Vec<u8>) {
    message.write_message(&mut Writer::new(octets)).expect("a Vec grows");
}
