//! `proto/rpc.proto` on tonic: the peer of `load-server`.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::pin::Pin;

use clap::Parser;
use ferrpc_benches::rpc::service::{By, payload};
use ferrpc_benches::rpc::tonic::ferrpc::bench::rpc as api;
use ferrpc_benches::rpc::work::{Work, runtime};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

/// Offers ferrpc.bench.rpc.Load until it is killed.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Threads; 1 is one current-thread runtime.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// A multi-thread runtime also for one thread.
    #[arg(long)]
    multi: bool,
    /// What each unary handler does before it answers.
    #[arg(long, value_enum, default_value_t = Work::None)]
    work: Work,
    /// How `Down` hands its messages over: a stream that always has the next, or a channel with a task that
    /// sends each.
    #[arg(long, value_enum, default_value_t = By::All)]
    down: By,
}

#[derive(Clone, Copy)]
struct Service {
    work: Work,
    down: By,
}

type Pieces = Pin<Box<dyn Stream<Item = Result<api::Piece, Status>> + Send>>;

#[tonic::async_trait]
impl api::load_server::Load for Service {
    type DownStream = Pieces;
    type BothStream = Pieces;

    async fn get_user(&self, request: Request<api::UserId>) -> Result<Response<api::User>, Status> {
        self.work.run().await;
        let id = request.get_ref().id;
        if id <= 0 {
            return Err(Status::invalid_argument(format!("id must be positive, got {id}")));
        }
        Ok(Response::new(api::User { id, name: "John Doe".into(), email: "john@example.com".into() }))
    }

    async fn unary(&self, request: Request<api::Piece>) -> Result<Response<api::Piece>, Status> {
        self.work.run().await;
        Ok(Response::new(request.into_inner()))
    }

    async fn sized(&self, request: Request<api::Order>) -> Result<Response<api::Piece>, Status> {
        self.work.run().await;
        let payload = payload(request.get_ref().payload_bytes as usize);
        Ok(Response::new(api::Piece { number: 0, payload }))
    }

    async fn down(&self, request: Request<api::Order>) -> Result<Response<Pieces>, Status> {
        let order = request.into_inner();
        let payload = payload(order.payload_bytes as usize);
        let pieces = (0..order.count).map(move |number| Ok(api::Piece { number, payload: payload.clone() }));
        Ok(Response::new(match self.down {
            By::All => Box::pin(tokio_stream::iter(pieces)),
            By::Each => {
                let (sender, receiver) = tokio::sync::mpsc::channel(16);
                tokio::spawn(async move {
                    for piece in pieces {
                        if sender.send(piece).await.is_err() {
                            return;
                        }
                    }
                });
                Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))
            }
        }))
    }

    async fn up(&self, request: Request<Streaming<api::Piece>>) -> Result<Response<api::Total>, Status> {
        let (mut pieces, mut total) = (request.into_inner(), api::Total::default());
        while let Some(piece) = pieces.message().await? {
            total.count += 1;
            total.payload_bytes += piece.payload.len() as u64;
        }
        Ok(Response::new(total))
    }

    async fn both(&self, request: Request<Streaming<api::Piece>>) -> Result<Response<Pieces>, Status> {
        Ok(Response::new(Box::pin(request.into_inner().map(|piece| piece))))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    runtime(args.threads, args.multi).enable_all().build()?.block_on(async {
        let incoming = TcpIncoming::bind(args.listen)?.with_nodelay(Some(true));
        println!("listening on {}", incoming.local_addr()?);
        let service = Service { work: args.work, down: args.down };
        let load = api::load_server::LoadServer::new(service);
        Server::builder().add_service(load).serve_with_incoming(incoming).await?;
        Ok(())
    })
}
