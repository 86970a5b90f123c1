//! Data sets of the Protobuf benchmark, and each library's messages for them.

pub mod data;

include!(concat!(env!("OUT_DIR"), "/lines.rs"));

/// Messages as each library generates them.
#[expect(clippy::all, missing_docs, reason = "generated")]
pub mod messages {
    pub mod ferrpc {
        include!(concat!(env!("OUT_DIR"), "/ferrpc.rs"));
    }
    pub mod prost {
        include!(concat!(env!("OUT_DIR"), "/prost/bench.rs"));
    }
    #[cfg(feature = "buffa")]
    pub mod buffa {
        include!(concat!(env!("OUT_DIR"), "/buffa/mod.rs"));
    }
}

/// What is done with each payload of a set, once a call.
pub struct Codec {
    /// Whose code it is.
    pub library: &'static str,
    /// Decodes each payload to an owned message and drops it.
    pub decode: Box<dyn FnMut()>,
    /// Encodes the message of each payload to a fresh `Vec`.
    pub encode: Box<dyn FnMut()>,
}

/// Every library's codec for one message type.
#[macro_export]
macro_rules! codecs {
    ($payloads:expr, $message:ident) => {{
        use std::hint::black_box;
        let payloads: std::rc::Rc<Vec<Vec<u8>>> = std::rc::Rc::new($payloads);
        let mut codecs = Vec::new();
        {
            use ferrpc_proto::Message as _;
            type M = $crate::proto::messages::ferrpc::bench::$message;
            let input = payloads.clone();
            let messages: Vec<M> = input.iter().map(|p| M::decode(p).expect("valid")).collect();
            codecs.push($crate::proto::Codec {
                library: "ferrpc",
                decode: Box::new(move || {
                    for payload in input.iter() {
                        black_box(M::decode(black_box(payload)).expect("valid"));
                    }
                }),
                encode: Box::new(move || {
                    for message in &messages {
                        black_box(black_box(message).encode_to_vec().expect("small"));
                    }
                }),
            });
        }
        {
            use prost::Message as _;
            type M = $crate::proto::messages::prost::$message;
            let input = payloads.clone();
            let messages: Vec<M> = input.iter().map(|p| M::decode(&p[..]).expect("valid")).collect();
            codecs.push($crate::proto::Codec {
                library: "prost",
                decode: Box::new(move || {
                    for payload in input.iter() {
                        black_box(M::decode(black_box(&payload[..])).expect("valid"));
                    }
                }),
                encode: Box::new(move || {
                    for message in &messages {
                        black_box(black_box(message).encode_to_vec());
                    }
                }),
            });
        }
        #[cfg(feature = "buffa")]
        {
            use buffa::Message as _;
            type M = $crate::proto::messages::buffa::bench::$message;
            let input = payloads.clone();
            let messages: Vec<M> = input.iter().map(|p| M::decode_from_slice(p).expect("valid")).collect();
            codecs.push($crate::proto::Codec {
                library: "buffa",
                decode: Box::new(move || {
                    for payload in input.iter() {
                        black_box(M::decode_from_slice(black_box(payload)).expect("valid"));
                    }
                }),
                encode: Box::new(move || {
                    for message in &messages {
                        black_box(black_box(message).encode_to_vec());
                    }
                }),
            });
        }
        codecs
    }};
}
