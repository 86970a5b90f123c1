//! A proxy that knows nothing of the services behind it; Ctrl-C drains.
#![expect(clippy::print_stdout, reason = "the one line that says where it listens")]

use clap::Parser;
use ferrpc::{Channel, Server};
use ferrpc_examples::interrupt::interrupted;
use ferrpc_examples::proxy::forward;

/// Passes calls of all methods on to another server.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "[::]:8080")]
    listen: String,
    /// The server behind it.
    #[arg(long)]
    target: String,
}

#[tokio::main]
async fn main() -> Result<(), ferrpc::Error> {
    let args = Args::parse();
    let channel = Channel::new(&args.target)?;
    let server =
        Server::new().fallback(move |path, request, out| forward(channel.clone(), path, request, out));
    let bound = server.bind(&args.listen).await?;
    let interrupted = interrupted().await;
    println!("listening on {}", bound.local_addr());
    bound.run_until(interrupted).await
}
