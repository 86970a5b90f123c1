//! The well-known types: messages every Protobuf user shares, from `google/protobuf/*.proto`.

pub use generated::google::protobuf::*;
pub use time::OutOfRange;

mod any;
mod field_mask;
mod time;
mod values;

#[expect(unsafe_code)] // In the macros, which see to it that nothing can go wrong.
mod generated {
    include!("gen/wkt.rs");
}
