//! A server and its channel in one process, without a socket: for tests, mocks and programs that are both.
//!
//! The only module that sees both sides. Calls still go through HTTP/2, so that what works here works
//! over a network.

use crate::client::{Channel, ChannelConfig};
use crate::server::{Handle, Server};

impl Server {
    /// Serves inside this process: calls on the channel reach this server without a socket. The handle
    /// ends it; a channel whose server was ended fails with UNAVAILABLE. Must be called on a tokio runtime.
    ///
    /// A mock is a service like any other, served this way.
    pub fn in_process(self) -> (Channel, Handle) {
        self.in_process_with(ChannelConfig::default())
    }

    /// As [`in_process`](Self::in_process), with a configuration of the channel.
    pub fn in_process_with(self, config: ChannelConfig) -> (Channel, Handle) {
        let (acceptor, handle) = self.accept_by_hand();
        let dial = move || {
            if acceptor.is_over() {
                return None;
            }
            let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
            acceptor.accept(ours);
            Some(theirs)
        };
        (Channel::local(dial, config), handle)
    }
}

/// Octets under way in each direction of a connection inside the process.
const PIPE_BYTES: usize = 64 << 10;

/// How many of this crate's locks calls take, which is the same on any machine. tokio's own are not counted: a call on a
/// server uses none of them inline; a client's call reads one of its channel's (`watch`), and a task is tokio's to queue.
#[cfg(test)]
mod tests {
    use std::future::IntoFuture;
    use std::io;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, ready};

    use bytes::Bytes;
    use ferrpc_attack::frames::{DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, append, block};
    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
    use tokio::sync::Barrier;

    use super::*;
    use crate::codec::Raw;
    use crate::conn;
    use crate::lock::locked;
    use crate::method::{Kind, Method, MethodInfo};
    use crate::server::{Call, Handlers, Running, Server, Service};

    static ECHO: Method<Bytes, Bytes> =
        Method::with_codecs("/test.Echo/Echo", "test.Echo", "Echo", Kind::Unary, &Raw, &Raw);
    static METHODS: [MethodInfo; 1] = [ECHO.info()];

    /// Answers, once so many calls are there as the barrier is for.
    #[derive(Default)]
    struct Echo(Option<Arc<Barrier>>);

    impl Service for Echo {
        fn name(&self) -> &'static str {
            "test.Echo"
        }

        fn methods(&self) -> &'static [MethodInfo] {
            &METHODS
        }

        fn dispatch(&self, _: usize, call: Call) -> Running {
            let barrier = self.0.clone();
            call.unary(&ECHO, |request| async move {
                if let Some(barrier) = barrier {
                    barrier.wait().await;
                }
                Ok(request.into_inner().into())
            })
        }
    }

    /// A client that only writes frames: all locks are the server's.
    async fn peer(handlers: Handlers) -> DuplexStream {
        let (acceptor, _handle) = Server::new().add(Echo::default()).handlers(handlers).accept_by_hand();
        let (mut peer, io) = tokio::io::duplex(1 << 20);
        acceptor.accept(io);
        let mut greeting = PREFACE.to_vec();
        append(&mut greeting, SETTINGS, 0, 0, &[]);
        peer.write_all(&greeting).await.unwrap();
        peer
    }

    /// Makes so many calls at once, waits for their answers, and says how many locks were taken.
    async fn locks(peer: &mut DuplexStream, first: u32, calls: u32) -> u64 {
        let before = locked();
        let head = block(&[
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/test.Echo/Echo"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]);
        let mut octets = Vec::new();
        for call in 0..calls {
            append(&mut octets, HEADERS, END_HEADERS, first + 2 * call, &head);
            append(&mut octets, DATA, END_STREAM, first + 2 * call, &[0; 5]);
        }
        peer.write_all(&octets).await.unwrap();
        let (mut header, mut messages, mut left) = ([0; 9], 0, calls);
        while left > 0 {
            peer.read_exact(&mut header).await.unwrap();
            let len = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
            peer.read_exact(&mut vec![0; len]).await.unwrap();
            messages += u32::from(header[3] == DATA);
            left -= u32::from(header[3] == HEADERS && header[4] & END_STREAM != 0);
        }
        assert_eq!(messages, calls);
        locked() - before
    }

    #[tokio::test]
    async fn a_servers_call_takes_no_lock_inline() {
        let mut peer = peer(Handlers::Inline).await;
        locks(&mut peer, 1, 1).await;
        assert_eq!(locks(&mut peer, 3, 1).await, 0);
        assert_eq!(locks(&mut peer, 5, 100).await, 0);
    }

    /// One to leave its answer; the connection two for a turn's answers, to take them and to sleep again.
    #[tokio::test]
    async fn a_servers_call_in_a_task_takes_one_lock_and_its_share_of_two() {
        let mut peer = peer(Handlers::Spawn).await;
        locks(&mut peer, 1, 1).await;
        assert_eq!(locks(&mut peer, 3, 1).await, 3);
        assert_eq!(locks(&mut peer, 5, 100).await, 102);
    }

    #[tokio::test]
    async fn a_clients_call_takes_ten_locks() {
        let (channel, _server) = Server::new().add(Echo::default()).handlers(Handlers::Inline).in_process();
        let call = || channel.unary(&ECHO, Bytes::new().into());
        call().await.unwrap();
        let before = locked();
        for _ in 0..100 {
            call().await.unwrap();
        }
        assert_eq!(locked() - before, 1000);
    }

    /// A pipe whose reads are counted.
    struct Counted {
        pipe: DuplexStream,
        reads: Arc<AtomicUsize>,
    }

    impl AsyncRead for Counted {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            ready!(Pin::new(&mut self.pipe).poll_read(cx, into))?;
            self.reads.fetch_add(1, Ordering::Relaxed);
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Counted {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            octets: &[u8],
        ) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.pipe).poll_write(cx, octets)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.pipe).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.pipe).poll_shutdown(cx)
        }
    }

    /// Each caller is a task there; what the server reads at once, its client wrote at once.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn requests_of_callers_in_tasks_share_writes() {
        const CALLS: usize = 32;
        let reads = Arc::new(AtomicUsize::new(0));
        let (acceptor, _handle) =
            Server::new().add(Echo(Some(Arc::new(Barrier::new(CALLS))))).accept_by_hand();
        let counting = reads.clone();
        let dial = move || {
            let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
            acceptor.accept(Counted { pipe: ours, reads: counting.clone() });
            Some(theirs)
        };
        let channel = Channel::local(dial, ChannelConfig::default());
        let mut fewest = usize::MAX;
        for _ in 0..100 {
            let before = reads.load(Ordering::Relaxed);
            let call = || conn::spawn(channel.unary(&ECHO, Bytes::new().into()).into_future());
            let calls: Vec<_> = (0..CALLS).map(|_| call()).collect();
            for call in calls {
                call.await.unwrap().unwrap();
            }
            fewest = fewest.min(reads.load(Ordering::Relaxed) - before);
        }
        assert!(fewest <= 8, "{fewest} reads for {CALLS} calls");
    }
}
