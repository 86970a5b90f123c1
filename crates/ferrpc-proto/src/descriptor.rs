//! The types of `google/protobuf/descriptor.proto`: what a compiled `.proto` file says.

pub use generated::google::protobuf::*;

#[expect(unsafe_code)] // In the macros, which see to it that nothing can go wrong.
mod generated {
    include!("gen/descriptor.rs");
}
