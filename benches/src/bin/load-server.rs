//! `proto/rpc.proto` and UserService on ferrpc, for `load` and h2load.
#![forbid(unsafe_code)]

use clap::Parser;
use ferrpc::{Server, ServerLimits};
use ferrpc_benches::rpc::api::{LoadServer, UserServiceServer};
use ferrpc_benches::rpc::service::Service;
use ferrpc_benches::rpc::work::Work;

/// Offers ferrpc.bench.rpc.Load and UserService until it is killed.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// Threads; 1 is one current-thread runtime.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Threads that share nothing, each with a runtime of its own, besides the one that accepts.
    #[arg(long, conflicts_with = "threads")]
    shards: Option<usize>,
    /// What each unary handler does before it answers.
    #[arg(long, value_enum, default_value_t = Work::None)]
    work: Work,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let mut runtime = match args.threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if args.threads > 1 {
        runtime.worker_threads(args.threads);
    }
    runtime.enable_all().build()?.block_on(async {
        let service = Service { work: args.work };
        let mut limits = ServerLimits::default();
        // The largest message of the benchmark, on both sides of the comparison.
        limits.message_bytes_max = 32 << 20;
        let mut server = Server::new().limits(limits);
        server = server.add(UserServiceServer::new(service)).add(LoadServer::new(service));
        if let Some(shards) = args.shards {
            server = server.shards(shards);
        }
        let bound = server.bind(&args.listen).await?;
        println!("listening on {}", bound.local_addr());
        bound.run().await
    })?;
    Ok(())
}
