//! What the example programs share: the generated code, and the services behind it.

ferrpc::include_proto!();

pub mod chat_room;
pub mod interrupt;
pub mod proxy;
pub mod users;

/// The snippets of the README and of the guide compile.
#[cfg(doctest)]
mod documents {
    macro_rules! compile {
        ($($name:ident $path:literal)*) => {
            $( #[doc = include_str!(concat!("../../", $path))] struct $name; )*
        };
    }
    compile! {
        Readme "README.md"
        Server "docs/guide/server.md"
        Client "docs/guide/client.md"
        Streaming "docs/guide/streaming.md"
        Errors "docs/guide/errors.md"
        Deadlines "docs/guide/deadlines.md"
        Interceptors "docs/guide/interceptors.md"
        Compression "docs/guide/compression.md"
        Generic "docs/guide/generic.md"
        Messages "docs/guide/messages.md"
        FromTonic "docs/guide/from-tonic.md"
        FromGrpcGo "docs/guide/from-grpc-go.md"
    }
}
