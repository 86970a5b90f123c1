//! How often a server reads and writes for its calls: with one wait that comes to three system calls for a call
//! alone, and to far less for calls that come together.
#![forbid(unsafe_code)]

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use ferrpc::server::Handlers;
use ferrpc::{Channel, Request, Response, Server, Status};
use ferrpc_attack::frames::{DATA, END_HEADERS, END_STREAM, Frame, HEADERS, PREFACE, append, block};
use ferrpc_tests::proto::{UserRequest, UserResponse, UserService, UserServiceClient, UserServiceServer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};

struct Numbers;

impl UserService for Numbers {
    async fn get_user(&self, request: Request<UserRequest>) -> Result<Response<UserResponse>, Status> {
        Ok(UserResponse { id: request.get_ref().id, ..UserResponse::default() }.into())
    }
}

#[derive(Debug, Default)]
struct Counts {
    reads: AtomicUsize,
    writes: AtomicUsize,
}

/// A pipe that counts what went through it: each write is a segment at least.
struct Counted {
    pipe: DuplexStream,
    counts: Arc<Counts>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.pipe).poll_read(cx, into))?;
        self.counts.reads.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.pipe).poll_write(cx, octets))?;
        self.counts.writes.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

/// Reads and writes of a server for each of some rounds, in each of which `depth` calls come in one piece and all
/// are answered.
async fn rounds(depth: u32, handlers: Handlers) -> Vec<(usize, usize)> {
    const ROUNDS: u32 = 100;
    let counts = Arc::new(Counts::default());
    let (near, mut peer) = tokio::io::duplex(1 << 20);
    let (acceptor, _handle) =
        Server::new().handlers(handlers).add(UserServiceServer::new(Numbers)).accept_by_hand();
    acceptor.accept(Counted { pipe: near, counts: counts.clone() });
    let mut greeting = PREFACE.to_vec();
    append(&mut greeting, 4, 0, 0, &[]);
    append(&mut greeting, 4, 1, 0, &[]);
    peer.write_all(&greeting).await.unwrap();

    let head = block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/UserService/GetUser"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ]);
    let (mut came, mut seen) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut octets = Vec::new();
        for call in 0..depth {
            let stream = 2 * (round * depth + call) + 1;
            append(&mut octets, HEADERS, END_HEADERS, stream, &head);
            append(&mut octets, DATA, END_STREAM, stream, &[0, 0, 0, 0, 2, 8, 1]);
        }
        let count = || (counts.reads.load(Ordering::Relaxed), counts.writes.load(Ordering::Relaxed));
        let before = count();
        peer.write_all(&octets).await.unwrap();
        let mut left = depth;
        while left > 0 {
            assert!(peer.read_buf(&mut came).await.unwrap() > 0, "the server closed");
            let mut rest = &came[..];
            while let Some((frame, behind)) = Frame::first(rest) {
                left -= u32::from(frame.kind == HEADERS && frame.flags & END_STREAM != 0);
                rest = behind;
            }
            came = rest.to_vec();
        }
        let after = count();
        seen.push((after.0 - before.0, after.1 - before.1));
    }
    // The greeting may be read with the first of them.
    seen.split_off(1)
}

#[tokio::test]
async fn a_call_alone_is_one_read_and_one_write() {
    assert!(rounds(1, Handlers::Auto).await.iter().all(|round| *round == (1, 1)));
}

/// As long as that takes no time: those that have waited too long go first.
#[tokio::test(start_paused = true)]
async fn calls_that_are_read_together_are_answered_in_one_write() {
    assert!(rounds(32, Handlers::Auto).await.iter().all(|round| *round == (1, 1)));
}

/// The collapse of a queue between callers and connection that hands pieces over one by one: small segments that
/// wait for each other's acknowledgement, which a peer puts off for 40 ms (h2#917: 24 calls a second).
#[tokio::test]
async fn calls_one_after_the_other_wait_for_no_acknowledgement_that_is_put_off() {
    const CALLS: u32 = 250;
    const PUT_OFF: Duration = Duration::from_millis(40);
    let bound = Server::new().add(UserServiceServer::new(Numbers)).bind("127.0.0.1:0").await.unwrap();
    let client = UserServiceClient::new(Channel::new(bound.local_addr().to_string()).unwrap());
    tokio::spawn(bound.run());
    client.get_user(UserRequest::default()).await.unwrap();
    let began = Instant::now();
    for id in 0..CALLS.cast_signed() {
        let reply = client.get_user(UserRequest { id, ..UserRequest::default() }).await.unwrap();
        assert_eq!(reply.get_ref().id, id);
    }
    assert!(began.elapsed() < CALLS * PUT_OFF / 2, "{:?} for {CALLS} calls", began.elapsed());
}

/// Each handler is a task there, and some of them may run before the connection gets out of their way.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn answers_of_handlers_in_tasks_share_writes() {
    let fewest = rounds(32, Handlers::Spawn).await.into_iter().map(|(_, writes)| writes).min();
    assert!(fewest.is_some_and(|writes| writes <= 2), "{fewest:?} writes for 32 calls");
}
