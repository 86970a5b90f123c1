//! `proto/rpc.proto` on ferrpc, for `load` and h2load.
#![forbid(unsafe_code)]

use clap::Parser;
use ferrpc::server::Handlers;
use ferrpc::{Server, ServerLimits};
use ferrpc_benches::rpc::api::LoadServer;
use ferrpc_benches::rpc::service::{By, Service};
use ferrpc_benches::rpc::work::{Work, runtime};

/// Offers ferrpc.bench.rpc.Load until it is killed.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// Threads; 1 is one current-thread runtime.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// A multi-thread runtime also for one thread.
    #[arg(long)]
    multi: bool,
    /// Where handlers run.
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    handlers: Place,
    /// Threads that share nothing, each with a runtime of its own, besides the one that accepts.
    #[arg(long, conflicts_with = "threads")]
    shards: Option<usize>,
    /// Calls at once on one connection. Default: ours.
    #[arg(long)]
    streams: Option<u32>,
    /// Octets gathered for one write. Default: ours.
    #[arg(long, value_name = "BYTES")]
    write_mark: Option<usize>,
    /// What that may grow to. Default: ours.
    #[arg(long, value_name = "BYTES")]
    write_max: Option<usize>,
    /// What each unary handler does before it answers.
    #[arg(long, value_enum, default_value_t = Work::None)]
    work: Work,
    /// How `Down` hands its messages over.
    #[arg(long, value_enum, default_value_t = By::All)]
    down: By,
}

/// As [`Handlers`].
#[derive(Clone, Copy, clap::ValueEnum)]
enum Place {
    Auto,
    Inline,
    Spawn,
}

impl From<Place> for Handlers {
    fn from(place: Place) -> Self {
        match place {
            Place::Auto => Self::Auto,
            Place::Inline => Self::Inline,
            Place::Spawn => Self::Spawn,
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    runtime(args.threads, args.multi).enable_all().build()?.block_on(async {
        let service = Service { work: args.work, down: args.down };
        let mut limits = ServerLimits::default();
        limits.http2.streams_max = args.streams.unwrap_or(limits.http2.streams_max);
        let mut server =
            Server::new().limits(limits).handlers(args.handlers.into()).add(LoadServer::new(service));
        if let Some(shards) = args.shards {
            server = server.shards(shards);
        }
        let bound = server.bind(&args.listen).await?;
        println!("listening on {}", bound.local_addr());
        bound.run().await
    })?;
    Ok(())
}
