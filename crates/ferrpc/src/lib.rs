//! gRPC client and server.
