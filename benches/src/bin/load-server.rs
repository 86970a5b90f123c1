//! `proto/rpc.proto` on ferrpc, for `load`.
#![forbid(unsafe_code)]

use clap::Parser;
use ferrpc::Server;
use ferrpc_benches::rpc::api::LoadServer;
use ferrpc_benches::rpc::service::Service;

/// Offers ferrpc.bench.rpc.Load until it is killed.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// Threads; 1 is one current-thread runtime.
    #[arg(long, default_value_t = 1)]
    threads: usize,
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
        let bound = Server::new().add(LoadServer::new(Service)).bind(&args.listen).await?;
        println!("listening on {}", bound.local_addr());
        bound.run().await
    })?;
    Ok(())
}
