//! Serves `UserService.GetUser`; Ctrl-C drains.
#![expect(clippy::print_stdout, reason = "the one line that says where it listens")]

use clap::Parser;
use ferrpc::Server;
use ferrpc_examples::UserServiceServer;
use ferrpc_examples::interrupt::interrupted;
use ferrpc_examples::users::Users;

/// Serves UserService.GetUser.
#[derive(Parser)]
struct Args {
    /// Where to listen; the default is every address, IPv6 and IPv4.
    #[arg(long, default_value = "[::]:50051")]
    listen: String,
    /// Threads; 1 is one current-thread runtime. Default: one for each core.
    #[arg(long)]
    threads: Option<usize>,
    /// Threads that share nothing, each with a runtime of its own; 0 is one for each core.
    #[arg(long, conflicts_with = "threads")]
    shards: Option<usize>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let mut runtime = match args.threads {
        Some(1) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if let Some(threads) = args.threads.filter(|&threads| threads > 1) {
        runtime.worker_threads(threads);
    }
    runtime.enable_all().build()?.block_on(serve(&args))?;
    Ok(())
}

async fn serve(args: &Args) -> Result<(), ferrpc::Error> {
    let mut server = Server::new().add(UserServiceServer::new(Users));
    if let Some(shards) = args.shards {
        server = server.shards(shards);
    }
    let bound = server.bind(&args.listen).await?;
    let interrupted = interrupted().await;
    println!("listening on {}", bound.local_addr());
    bound.run_until(interrupted).await
}
