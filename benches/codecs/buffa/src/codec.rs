//! What is done with the messages.

use std::hint::black_box;
use std::rc::Rc;

use bench_harness::{Codec, Payloads, framed, over};
use buffa::{HasMessageView, Message};

use crate::bench;

/// What buffa does with messages of this name.
pub fn codec(message: &str, payloads: &Payloads) -> Option<Codec> {
    let make = match message {
        "AnalyticsEvent" => of::<bench::AnalyticsEvent>,
        "ApiResponse" => of::<bench::ApiResponse>,
        "Blob" => of::<bench::Blob>,
        "ColumnBatch" => of::<bench::ColumnBatch>,
        "Empty" => of::<bench::Empty>,
        "FileDescriptorProto" => of::<buffa_descriptor::generated::descriptor::FileDescriptorProto>,
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

fn of<M: Message + HasMessageView + 'static>(payloads: &Payloads) -> Codec {
    let messages: Rc<[M]> = payloads.iter().map(|payload| decode(payload)).collect();
    let mut buffer = Vec::new();
    Codec {
        library: "buffa",
        message_bytes: size_of::<M>(),
        decode: over(payloads, |payload| decode::<M>(payload)),
        view: over(payloads, |payload| {
            black_box(M::decode_view(payload).expect("valid"));
        }),
        encode: over(&messages, M::encode_to_vec),
        pooled: over(&messages, move |message| framed(&mut buffer, |buffer| message.encode(buffer))),
        echo: |payload| decode::<M>(payload).encode_to_vec(),
    }
}

fn decode<M: Message>(payload: &[u8]) -> M {
    M::decode_from_slice(payload).expect("valid")
}
