//! UserService of examples/proto/user.proto on tonic: what `user-server --threads 1` is measured against.
//!
//! The messages and the dispatch are what tonic's generator would write, minus what one unary method
//! does not need, so that no protoc is wanted to build it.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;

#[derive(Clone, PartialEq, prost::Message)]
struct UserRequest {
    #[prost(int32, tag = "1")]
    id: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct UserResponse {
    #[prost(int32, tag = "1")]
    id: i32,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    email: String,
}

struct Users;

impl Users {
    async fn get_user(&self, request: Request<UserRequest>) -> Result<Response<UserResponse>, Status> {
        let id = request.get_ref().id;
        if id <= 0 {
            return Err(Status::invalid_argument(format!("id must be positive, got {id}")));
        }
        Ok(Response::new(UserResponse { id, name: "John Doe".into(), email: "john@example.com".into() }))
    }
}

type BoxFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

#[derive(Clone)]
struct UserServiceServer {
    users: Arc<Users>,
}

impl NamedService for UserServiceServer {
    const NAME: &'static str = "UserService";
}

struct GetUser(Arc<Users>);

impl UnaryService<UserRequest> for GetUser {
    type Response = UserResponse;
    type Future = BoxFuture<Response<UserResponse>, Status>;

    fn call(&mut self, request: Request<UserRequest>) -> Self::Future {
        let users = Arc::clone(&self.0);
        Box::pin(async move { users.get_user(request).await })
    }
}

impl Service<http::Request<Body>> for UserServiceServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match request.uri().path() {
            "/UserService/GetUser" => {
                let method = GetUser(Arc::clone(&self.users));
                Box::pin(async move { Ok(Grpc::new(ProstCodec::default()).unary(method, request).await) })
            }
            _ => Box::pin(async move { Ok(Status::new(Code::Unimplemented, "").into_http()) }),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => "127.0.0.1:0".to_owned(),
        [flag, listen] if flag == "--listen" => listen.clone(),
        _ => return Err("usage: tonic-user-server [--listen ADDR]".into()),
    };
    let listen: SocketAddr = listen.parse()?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let incoming = TcpIncoming::bind(listen)?.with_nodelay(Some(true));
        println!("listening on {}", incoming.local_addr()?);
        let service = UserServiceServer { users: Arc::new(Users) };
        Server::builder().add_service(service).serve_with_incoming(incoming).await?;
        Ok(())
    })
}
