//! `proto/rpc.proto` on connectrpc's own server, one current-thread runtime.
#![expect(refining_impl_trait, reason = "nobody else calls them")]

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use connectrpc::{
    ConnectError, Encodable, InboundStream, RequestContext, Response, Router, Server, ServiceRequest,
    ServiceResult, ServiceStream,
};
use futures::StreamExt;

mod api {
    connectrpc::include_generated!();
    pub use self::ferrpc::bench::rpc::*;
}
use api::{Load, LoadExt as _, Order, Piece, Total, User, UserId};

/// What a payload of this many octets holds. All share one piece of memory.
fn payload(bytes: u32) -> Bytes {
    static ALL: OnceLock<Bytes> = OnceLock::new();
    let all = ALL.get_or_init(|| (0..16 << 20).map(|at| (at % 251) as u8).collect::<Vec<_>>().into());
    all.slice(..bytes as usize)
}

struct Service;

impl Load for Service {
    async fn get_user(&self, _: RequestContext, request: ServiceRequest<'_, UserId>) -> ServiceResult<User> {
        if request.id <= 0 {
            return Err(ConnectError::invalid_argument("id must be positive"));
        }
        let (name, email) = ("John Doe".into(), "john@example.com".into());
        Response::ok(User { id: request.id, name, email, ..Default::default() })
    }

    async fn unary(&self, _: RequestContext, request: ServiceRequest<'_, Piece>) -> ServiceResult<Piece> {
        Response::ok(request.to_owned_message())
    }

    async fn sized(&self, _: RequestContext, request: ServiceRequest<'_, Order>) -> ServiceResult<Piece> {
        Response::ok(Piece { payload: payload(request.payload_bytes).into(), ..Default::default() })
    }

    async fn down(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, Order>,
    ) -> ServiceResult<ServiceStream<Piece>> {
        let payload = payload(request.payload_bytes);
        let piece = move |number| Ok(Piece { number, payload: payload.clone().into(), ..Default::default() });
        Response::stream_ok(futures::stream::iter((0..request.count).map(piece)))
    }

    async fn up(&self, _: RequestContext, mut requests: InboundStream<Piece>) -> ServiceResult<Total> {
        let mut total = Total::default();
        while let Some(piece) = requests.next().await {
            total.count += 1;
            total.payload_bytes += piece?.view().payload.len() as u64;
        }
        Response::ok(total)
    }

    async fn both(
        &self,
        _: RequestContext,
        requests: InboundStream<Piece>,
    ) -> ServiceResult<ServiceStream<impl Encodable<Piece> + Send + use<>>> {
        Response::stream_ok(requests)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let router = Arc::new(Service).register(Router::new());
    let bound = Server::bind("127.0.0.1:0").await?;
    println!("listening on {}", bound.local_addr()?);
    bound.serve(router).await?;
    Ok(())
}
