//! Thread per core: each shard is a thread with a runtime of its own, and a connection lives on one.
//!
//! One acceptor hands every new connection to the shard that has the fewest. gRPC has few, long
//! connections; the kernel's choice by hash would leave some threads without any.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::life::Life;
use crate::connection_info::ConnectionInfo;

/// Connections on their way to a shard; the acceptor waits while there are so many.
const ARRIVING_MAX: usize = 1024;

pub(super) struct Shards {
    shards: Vec<Shard>,
}

struct Shard {
    arrivals: mpsc::Sender<Arrival>,
    /// Every connection of the shard holds one; this is another.
    load: Arc<()>,
}

struct Arrival {
    socket: std::net::TcpStream,
    peer: SocketAddr,
    address: SocketAddr,
    load: Arc<()>,
}

impl Shards {
    /// Starts `count` threads, which end when this is dropped and the server's last connection is gone.
    pub(super) fn start(count: usize, life: &Arc<Life>) -> io::Result<Self> {
        let start = |number| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (arrivals, arriving) = mpsc::channel(ARRIVING_MAX);
            let life = life.clone();
            std::thread::Builder::new()
                .name(format!("ferrpc-shard-{number}"))
                .spawn(move || runtime.block_on(serve(arriving, &life)))?;
            Ok(Shard { arrivals, load: Arc::default() })
        };
        Ok(Self { shards: (0..count).map(start).collect::<io::Result<_>>()? })
    }

    /// Hands a connection over.
    pub(super) async fn serve(&self, socket: TcpStream, peer: SocketAddr, address: SocketAddr) {
        let Some(shard) = self.shards.iter().min_by_key(|shard| Arc::strong_count(&shard.load)) else {
            return;
        };
        // One that cannot change its runtime is closed, which tells its peer.
        let Ok(socket) = socket.into_std() else { return };
        // Fails only if the thread is gone, which it is not while this is here.
        let _ = shard.arrivals.send(Arrival { socket, peer, address, load: shard.load.clone() }).await;
    }
}

/// What a shard does.
async fn serve(mut arriving: mpsc::Receiver<Arrival>, life: &Life) {
    while let Some(Arrival { socket, peer, address, load }) = arriving.recv().await {
        if let Ok(socket) = TcpStream::from_std(socket) {
            let info = ConnectionInfo::of(&socket, peer);
            life.serve(socket, info, Some(address), load);
        }
    }
    // With this the runtime ends, and all that runs on it.
    life.empty().await;
}
