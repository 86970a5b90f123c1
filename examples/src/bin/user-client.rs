//! Asks a server for a user and prints it.
#![expect(clippy::print_stdout, reason = "prints the answer")]

use std::time::Duration;

use clap::Parser;
use ferrpc::Channel;
use ferrpc_examples::{UserRequest, UserServiceClient};

/// Asks UserService.GetUser for one user.
#[derive(Parser)]
struct Args {
    /// The server, such as localhost:50051 or dns:///users.example:50051.
    #[arg(long, default_value = "localhost:50051")]
    target: String,
    /// The user's id.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    id: i32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ferrpc::Error> {
    let args = Args::parse();
    let users = UserServiceClient::new(Channel::new(args.target)?);
    let request = UserRequest { id: args.id, ..Default::default() };
    let user = users.get_user(request).timeout(Duration::from_secs(10)).await?;
    println!("{user}");
    Ok(())
}
