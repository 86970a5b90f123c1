//! Protobuf runtime of ferrpc.
