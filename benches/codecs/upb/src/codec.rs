//! What is done with the messages.

use std::rc::Rc;

use bench_harness::{Codec, Payloads, framed, over};
use protobuf::{Parse, Serialize};

use crate::bench;

/// What upb does with messages of this name.
pub fn codec(message: &str, payloads: &Payloads) -> Option<Codec> {
    let make = match message {
        "AnalyticsEvent" => of::<bench::AnalyticsEvent>,
        "ApiResponse" => of::<bench::ApiResponse>,
        "Blob" => of::<bench::Blob>,
        "ColumnBatch" => of::<bench::ColumnBatch>,
        "Empty" => of::<bench::Empty>,
        "FileDescriptorProto" => of::<bench::FileDescriptorProto>,
        "Google1Proto2" => of::<bench::Google1Proto2>,
        "Google1Proto3" => of::<bench::Google1Proto3>,
        "Google2" => of::<bench::Google2>,
        "LogRecord" => of::<bench::LogRecord>,
        "Logs" => of::<bench::Logs>,
        "MediaFrame" => of::<bench::MediaFrame>,
        "Mesh" => of::<bench::Mesh>,
        "PackedSigned" => of::<bench::PackedSigned>,
        "PackedTile" => of::<bench::PackedTile>,
        "Players" => of::<bench::Players>,
        "Surface" => of::<bench::Surface>,
        "Updates" => of::<bench::Updates>,
        "Wide" => of::<bench::Wide>,
        _ => return None,
    };
    Some(make(payloads))
}

fn of<M: Parse + Serialize + 'static>(payloads: &Payloads) -> Codec {
    let messages: Rc<[M]> = payloads.iter().map(|payload| decode(payload)).collect();
    let mut buffer = Vec::new();
    Codec {
        library: "upb",
        message_bytes: size_of::<M>(),
        decode: over(payloads, |payload| decode::<M>(payload)),
        view: None,
        encode: over(&messages, encode),
        // It has no other way than through a `Vec` of its own.
        pooled: over(&messages, move |message| {
            framed(&mut buffer, |buffer| buffer.extend_from_slice(&encode(message)))
        }),
        echo: |payload| encode(&decode::<M>(payload)),
    }
}

fn decode<M: Parse>(payload: &[u8]) -> M {
    M::parse(payload).expect("valid")
}

fn encode(message: &impl Serialize) -> Vec<u8> {
    message.serialize().expect("small")
}
