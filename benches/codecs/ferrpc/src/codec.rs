//! What is done with the messages.

use std::hint::black_box;
use std::rc::Rc;

use bench_harness::{Codec, Payloads, over};
use ferrpc_proto::view::{Arena, View, Viewable};
use ferrpc_proto::{DecodeLimits, Message, SlackBytes};

use crate::bench;

/// What ferrpc does with messages of this name.
pub fn codec(message: &str, payloads: &Payloads) -> Option<Codec> {
    make(message).map(|(all, _)| all(payloads))
}

/// Decoding alone, from input with slack behind it, as the transport has it.
pub fn codec_with_slack(message: &str, payloads: &Payloads) -> Option<Codec> {
    make(message).map(|(_, slack)| slack(payloads))
}

type Make = fn(&Payloads) -> Codec;

fn make(message: &str) -> Option<(Make, Make)> {
    Some(match message {
        "AnalyticsEvent" => both::<bench::AnalyticsEvent>(),
        "ApiResponse" => both::<bench::ApiResponse>(),
        "Blob" => both::<bench::Blob>(),
        "ColumnBatch" => both::<bench::ColumnBatch>(),
        "Empty" => both::<bench::Empty>(),
        "FileDescriptorProto" => both::<ferrpc_proto::descriptor::FileDescriptorProto>(),
        "Google1Proto2" => both::<bench::Google1Proto2>(),
        "Google1Proto3" => both::<bench::Google1Proto3>(),
        "Google2" => both::<bench::Google2>(),
        "LogRecord" => both::<bench::LogRecord>(),
        "Logs" => both::<bench::Logs>(),
        "MediaFrame" => both::<bench::MediaFrame>(),
        "Mesh" => both::<bench::Mesh>(),
        "PackedSigned" => both::<bench::PackedSigned>(),
        "PackedTile" => both::<bench::PackedTile>(),
        "Players" => both::<bench::Players>(),
        "Surface" => both::<bench::Surface>(),
        "Updates" => both::<bench::Updates>(),
        "Wide" => both::<bench::Wide>(),
        _ => return None,
    })
}

fn both<M: Viewable>() -> (Make, Make) {
    (of::<M>, with_slack::<M>)
}

fn of<M: Viewable>(payloads: &Payloads) -> Codec {
    let mut arena = Arena::new();
    let messages: Rc<[M]> = payloads.iter().map(|payload| decode(payload)).collect();
    Codec {
        library: "ferrpc",
        message_bytes: size_of::<M>(),
        decode: over(payloads, |payload| decode::<M>(payload)),
        view: over(payloads, move |payload| {
            black_box(M::View::decode_in(payload, &arena).expect("valid"));
            arena.reset();
        }),
        encode: over(&messages, encode),
        pooled: over(&messages, |message: &M| {
            let mut segments = message.encode_to_segments().expect("below 2 GiB");
            let len = u32::try_from(segments.len()).expect("below 2 GiB");
            let [l0, l1, l2, l3] = len.to_be_bytes();
            segments.prepend(&[0, l0, l1, l2, l3]);
            segments
        }),
        echo: |payload| encode(&decode::<M>(payload)),
    }
}

fn with_slack<M: Viewable>(payloads: &Payloads) -> Codec {
    let pad = |payload: &Vec<u8>| [&payload[..], &[0; SlackBytes::SLACK_BYTES]].concat();
    let padded: Payloads = payloads.iter().map(pad).collect();
    let (limits, mut arena) = (DecodeLimits::new(), Arena::new());
    let decode = over(&padded, move |padded| {
        let input = SlackBytes::new(padded, padded.len() - SlackBytes::SLACK_BYTES).expect("it was padded");
        M::decode_slack(input, &limits).expect("valid")
    });
    let echo = |payload: &[u8]| encode(&crate::codec::decode::<M>(payload));
    Codec {
        library: "ferrpc-slack",
        message_bytes: size_of::<M>(),
        decode,
        view: over(&padded, move |padded| {
            let input =
                SlackBytes::new(padded, padded.len() - SlackBytes::SLACK_BYTES).expect("it was padded");
            black_box(M::View::decode_slack_in(input, &arena, &limits).expect("valid"));
            arena.reset();
        }),
        encode: None,
        pooled: None,
        echo,
    }
}

fn decode<M: Message>(payload: &[u8]) -> M {
    M::decode(payload).expect("valid")
}

fn encode(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec().expect("below 2 GiB")
}
