//! A server and a client in one process: the shortest whole road.
#![expect(clippy::print_stdout, reason = "prints the answer")]

use std::time::Duration;

use ferrpc::{Channel, Server};
use ferrpc_examples::users::Users;
use ferrpc_examples::{UserRequest, UserServiceClient, UserServiceServer};

#[tokio::main]
async fn main() -> Result<(), ferrpc::Error> {
    let server = Server::new().add(UserServiceServer::new(Users)).bind("127.0.0.1:0").await?;
    let (address, handle) = (server.local_addr(), server.handle());
    let serving = tokio::spawn(server.run());

    let users = UserServiceClient::new(Channel::new(address.to_string())?);
    let request = UserRequest { id: 1, ..Default::default() };
    let user = users.get_user(request).timeout(Duration::from_secs(2)).await?;
    println!("{user}");

    handle.shutdown();
    drop(users);
    serving.await.map_err(|error| ferrpc::Status::internal(error.to_string()))?
}
