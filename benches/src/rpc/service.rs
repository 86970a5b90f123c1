//! The services on ferrpc.

use std::sync::OnceLock;

use ferrpc::{Request, Response, Sender, Status, Streaming};
use ferrpc_proto::Bytes;

use super::api::{Load, Order, Piece, Total};
use super::api::{UserRequest, UserResponse, UserService};
use super::work::Work;

/// The largest payload that can be ordered.
pub const PAYLOAD_BYTES_MAX: usize = 16 << 20;

/// What a payload of this many octets holds. All share one piece of memory.
pub fn payload(bytes: usize) -> Bytes {
    static ALL: OnceLock<Bytes> = OnceLock::new();
    let all =
        ALL.get_or_init(|| (0..PAYLOAD_BYTES_MAX).map(|at| (at % 251) as u8).collect::<Vec<_>>().into());
    all.slice(..bytes.min(PAYLOAD_BYTES_MAX))
}

/// Echoes, counts and sends what is ordered, after some work.
#[derive(Clone, Copy)]
pub struct Service {
    /// What each unary handler does before it answers.
    pub work: Work,
}

impl UserService for Service {
    async fn get_user(&self, request: Request<UserRequest>) -> Result<Response<UserResponse>, Status> {
        self.work.run().await;
        let id = request.get_ref().id;
        if id <= 0 {
            return Err(Status::invalid_argument(format!("id must be positive, got {id}")));
        }
        let (name, email) = ("John Doe".into(), "john@example.com".into());
        Ok(UserResponse { id, name, email, ..UserResponse::default() }.into())
    }
}

impl Load for Service {
    async fn unary(&self, request: Request<Piece>) -> Result<Response<Piece>, Status> {
        self.work.run().await;
        Ok(request.into_inner().into())
    }

    async fn sized(&self, request: Request<Order>) -> Result<Response<Piece>, Status> {
        self.work.run().await;
        let payload = payload(request.get_ref().payload_bytes as usize);
        Ok(Piece { payload, ..Piece::default() }.into())
    }

    async fn down(&self, request: Request<Order>, mut out: Sender<Piece>) -> Result<(), Status> {
        let order = request.into_inner();
        let payload = payload(order.payload_bytes as usize);
        for number in 0..order.count {
            out.send(Piece { number, payload: payload.clone(), ..Piece::default() }).await?;
        }
        Ok(())
    }

    async fn up(&self, request: Request<Streaming<Piece>>) -> Result<Response<Total>, Status> {
        let (mut pieces, mut total) = (request.into_inner(), Total::default());
        while let Some(piece) = pieces.message().await? {
            total.count += 1;
            total.payload_bytes += piece.payload.len() as u64;
        }
        Ok(total.into())
    }

    async fn both(&self, request: Request<Streaming<Piece>>, mut out: Sender<Piece>) -> Result<(), Status> {
        let mut pieces = request.into_inner();
        while let Some(piece) = pieces.message().await? {
            out.send(piece).await?;
        }
        Ok(())
    }
}
