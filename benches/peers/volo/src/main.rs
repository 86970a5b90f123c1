//! `proto/rpc.proto` on volo-grpc, one current-thread runtime.

use std::sync::OnceLock;

use pilota::Bytes;
use tokio_stream::StreamExt;
use volo::net::incoming::DefaultIncoming;
use volo_grpc::server::{Server, ServiceBuilder};
use volo_grpc::{BoxStream, RecvStream, Request, Response, Status};

mod generated {
    include!(concat!(env!("OUT_DIR"), "/volo_gen.rs"));
}
use generated::volo_gen::ferrpc::bench::rpc::{Load, LoadServer, Order, Piece, Total, User, UserId};

/// What a payload of this many octets holds. All share one piece of memory.
fn payload(bytes: u32) -> Bytes {
    static ALL: OnceLock<Bytes> = OnceLock::new();
    let all = ALL.get_or_init(|| (0..16 << 20).map(|at| (at % 251) as u8).collect::<Vec<_>>().into());
    all.slice(..bytes as usize)
}

struct Service;

type Pieces = BoxStream<'static, Result<Piece, Status>>;

impl Load for Service {
    async fn get_user(&self, request: Request<UserId>) -> Result<Response<User>, Status> {
        let id = request.get_ref().id;
        if id <= 0 {
            return Err(Status::invalid_argument(format!("id must be positive, got {id}")));
        }
        let (name, email) = ("John Doe".into(), "john@example.com".into());
        Ok(Response::new(User { id, name, email }))
    }

    async fn unary(&self, request: Request<Piece>) -> Result<Response<Piece>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn sized(&self, request: Request<Order>) -> Result<Response<Piece>, Status> {
        let payload = payload(request.get_ref().payload_bytes);
        Ok(Response::new(Piece { payload, ..Default::default() }))
    }

    async fn down(&self, request: Request<Order>) -> Result<Response<Pieces>, Status> {
        let order = request.into_inner();
        let payload = payload(order.payload_bytes);
        let piece = move |number| Piece { number, payload: payload.clone() };
        Ok(Response::new(Box::pin(tokio_stream::iter((0..order.count).map(piece).map(Ok)))))
    }

    async fn up(&self, request: Request<RecvStream<Piece>>) -> Result<Response<Total>, Status> {
        let (mut pieces, mut total) = (request.into_inner(), Total::default());
        while let Some(piece) = pieces.next().await {
            total.count += 1;
            total.payload_bytes += piece?.payload.len() as u64;
        }
        Ok(Response::new(total))
    }

    async fn both(&self, request: Request<RecvStream<Piece>>) -> Result<Response<Pieces>, Status> {
        Ok(Response::new(Box::pin(request.into_inner())))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let load = ServiceBuilder::new(LoadServer::new(Service)).build();
    Server::new().add_service(load).run(DefaultIncoming::from(listener)).await?;
    Ok(())
}
