//! What is done with the messages.

use std::rc::Rc;

use bench_harness::{Codec, Payloads, framed, over};
use protobuf::Message;

use crate::bench;

/// What rust-protobuf does with messages of this name.
pub fn codec(message: &str, payloads: &Payloads) -> Option<Codec> {
    let make = match message {
        "AnalyticsEvent" => of::<bench::AnalyticsEvent>,
        "ApiResponse" => of::<bench::ApiResponse>,
        "Blob" => of::<bench::Blob>,
        "ColumnBatch" => of::<bench::ColumnBatch>,
        "Empty" => of::<bench::Empty>,
        "FileDescriptorProto" => of::<protobuf::descriptor::FileDescriptorProto>,
        "Google1Proto2" => of::<bench::Google1Proto2>,
        "Google1Proto3" => of::<bench::Google1Proto3>,
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

fn of<M: Message>(payloads: &Payloads) -> Codec {
    let messages: Rc<[M]> = payloads.iter().map(|payload| decode(payload)).collect();
    let mut buffer = Vec::new();
    Codec {
        library: "rust-protobuf",
        message_bytes: size_of::<M>(),
        decode: over(payloads, |payload| decode::<M>(payload)),
        view: None,
        encode: over(&messages, encode),
        pooled: over(&messages, move |message| {
            framed(&mut buffer, |buffer| message.write_to_vec(buffer).expect("small"))
        }),
        echo: |payload| encode(&decode::<M>(payload)),
    }
}

fn decode<M: Message>(payload: &[u8]) -> M {
    M::parse_from_bytes(payload).expect("valid")
}

fn encode(message: &impl Message) -> Vec<u8> {
    message.write_to_bytes().expect("small")
}
