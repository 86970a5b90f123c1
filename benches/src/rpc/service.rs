//! The services on ferrpc.

use std::sync::OnceLock;

use ferrpc::{Request, Response, Sender, Status, Streaming};
use ferrpc_proto::Bytes;

use super::api::{Load, Order, Piece, Total, User, UserId};
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
#[derive(Clone, Copy, Default)]
pub struct Service {
    /// What each unary handler does before it answers.
    pub work: Work,
    /// How `Down` hands its messages over.
    pub down: By,
}

/// How a server's stream is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// `send_all` on a stream that always has the next message.
    #[default]
    All,
    /// `send().await` on each message.
    Each,
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
    async fn get_user(&self, request: Request<UserId>) -> Result<Response<User>, Status> {
        self.work.run().await;
        let id = request.get_ref().id;
        if id <= 0 {
            return Err(Status::invalid_argument(format!("id must be positive, got {id}")));
        }
        let (name, email) = ("John Doe".into(), "john@example.com".into());
        Ok(User { id, name, email, ..User::default() }.into())
    }

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
        let piece = move |number| Piece { number, payload: payload.clone(), ..Piece::default() };
        if self.down == By::All {
            return out.send_all(tokio_stream::iter((0..order.count).map(|number| Ok(piece(number))))).await;
        }
        for number in 0..order.count {
            out.send(piece(number)).await?;
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
