//! The service on ferrpc.

use ferrpc::{Request, Response, Sender, Status, Streaming};

use super::api::{Load, Order, Piece, Total};

/// What a payload of this many octets holds.
pub fn payload(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

/// Echoes, counts and sends what is ordered.
pub struct Service;

impl Load for Service {
    async fn unary(&self, request: Request<Piece>) -> Result<Response<Piece>, Status> {
        Ok(request.into_inner().into())
    }

    async fn down(&self, request: Request<Order>, mut out: Sender<Piece>) -> Result<(), Status> {
        let order = request.into_inner();
        let payload = ferrpc_proto::Bytes::from(payload(order.payload_bytes as usize));
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
