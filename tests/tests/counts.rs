//! What a unary call costs, in counts that are the same on any machine: heap allocations.
//!
//! One side is ours, the other writes octets made beforehand into memory that is there already, so that
//! what is counted is ours alone. The messages have numbers only: nothing is the user's own.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::net::SocketAddr;

use ferrpc::{Channel, Request, Response, Sender, Server, ServerLimits, Status, Streaming};
use ferrpc_attack::frames::{DATA, END_HEADERS, END_STREAM, Frame, HEADERS, PING, PREFACE, append, block};
use ferrpc_tests::proto::ferrpc::test::v1::{
    Chunk, DownloadRequest, EchoRequest, EchoResponse, FateRequest, FateResponse, TestService,
    TestServiceServer, UploadSummary,
};
use ferrpc_tests::proto::{UserRequest, UserResponse, UserService, UserServiceClient, UserServiceServer};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations a whole measurement may have besides those of its calls: tables that grow to their size.
const GROWTH_MAX: f64 = 50.0;

/// The counters are the process's, so the tests take turns.
static ALONE: Mutex<()> = Mutex::const_new(());

struct Numbers;

impl UserService for Numbers {
    async fn get_user(&self, request: Request<UserRequest>) -> Result<Response<UserResponse>, Status> {
        Ok(UserResponse { id: request.get_ref().id, ..UserResponse::default() }.into())
    }
}

/// Sends back what it receives; the rest is not asked of it.
struct Echoes;

impl TestService for Echoes {
    async fn echo(&self, _: Request<EchoRequest>) -> Result<Response<EchoResponse>, Status> {
        Err(Status::unimplemented("streams only"))
    }

    async fn download(&self, _: Request<DownloadRequest>, _: Sender<Chunk>) -> Result<(), Status> {
        Err(Status::unimplemented("both ways only"))
    }

    async fn upload(&self, _: Request<Streaming<Chunk>>) -> Result<Response<UploadSummary>, Status> {
        Err(Status::unimplemented("both ways only"))
    }

    async fn chat(&self, request: Request<Streaming<Chunk>>, mut out: Sender<Chunk>) -> Result<(), Status> {
        let mut chunks = request.into_inner();
        while let Some(chunk) = chunks.message().await? {
            out.send(chunk).await?;
        }
        Ok(())
    }

    async fn fate(&self, _: Request<FateRequest>) -> Result<Response<FateResponse>, Status> {
        Err(Status::unimplemented("streams only"))
    }
}

/// Cuts a stream of octets into frames, without memory of its own beyond a buffer.
struct Frames {
    socket: TcpStream,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

impl Frames {
    fn new(socket: TcpStream) -> Self {
        socket.set_nodelay(true).unwrap();
        Self { socket, buffer: vec![0; 1 << 20], from: 0, to: 0 }
    }

    /// The next frame: kind, flags, stream.
    async fn next(&mut self) -> (u8, u8, u32) {
        loop {
            if let Some((frame, rest)) = Frame::first(&self.buffer[self.from..self.to]) {
                self.from = self.to - rest.len();
                return (frame.kind, frame.flags, frame.stream);
            }
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
            let read = self.socket.read(&mut self.buffer[self.to..]).await.unwrap();
            assert!(read > 0, "the other side closed");
            self.to += read;
        }
    }
}

/// Allocations per call of our server, `depth` calls in flight.
async fn of_server(depth: u32) -> f64 {
    const ROUNDS: u32 = 100;
    const WARM_UP: u32 = 10;
    let bound = Server::new().add(UserServiceServer::new(Numbers)).bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr();
    let server = tokio::spawn(bound.run());
    let mut frames = Frames::new(TcpStream::connect(address).await.unwrap());
    let mut greeting = PREFACE.to_vec();
    append(&mut greeting, 4, 0, 0, &[]);
    frames.socket.write_all(&greeting).await.unwrap();

    let head = block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/UserService/GetUser"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ]);
    let burst = |round: u32| {
        let mut octets = Vec::new();
        for call in 0..depth {
            let stream = 2 * (round * depth + call) + 1;
            append(&mut octets, HEADERS, END_HEADERS, stream, &head);
            append(&mut octets, DATA, END_STREAM, stream, &[0, 0, 0, 0, 2, 8, 1]);
        }
        octets
    };
    let bursts: Vec<Vec<u8>> = (0..WARM_UP + ROUNDS).map(burst).collect();
    let mut region = None;
    for (round, burst) in bursts.iter().enumerate() {
        if round == WARM_UP as usize {
            region = Some(Region::new(ALLOCATOR));
        }
        frames.socket.write_all(burst).await.unwrap();
        let mut ended = 0;
        while ended < depth {
            let (kind, flags, _) = frames.next().await;
            ended += u32::from(kind == HEADERS && flags & END_STREAM != 0);
        }
    }
    let allocations = region.unwrap().change().allocations;
    server.abort();
    (allocations as f64 - GROWTH_MAX).max(0.0) / f64::from(ROUNDS * depth)
}

/// Answers every request with `UserResponse { id: 1 }`, from octets made beforehand.
async fn canned(listener: TcpListener, calls: u32) {
    let (socket, _) = listener.accept().await.unwrap();
    let mut frames = Frames::new(socket);
    let mut greeting = [0; 24];
    frames.socket.read_exact(&mut greeting).await.unwrap();
    let mut octets = Vec::new();
    append(&mut octets, 4, 0, 0, &[]);
    append(&mut octets, 4, 1, 0, &[]);
    frames.socket.write_all(&octets).await.unwrap();
    let head = block(&[(":status", "200"), ("content-type", "application/grpc")]);
    let trailers = block(&[("grpc-status", "0")]);
    for _ in 0..calls {
        let stream = loop {
            let (kind, flags, stream) = frames.next().await;
            if kind == DATA && flags & END_STREAM != 0 {
                break stream;
            }
        };
        octets.clear();
        append(&mut octets, HEADERS, END_HEADERS, stream, &head);
        append(&mut octets, DATA, 0, stream, &[0, 0, 0, 0, 2, 8, 1]);
        append(&mut octets, HEADERS, END_HEADERS | END_STREAM, stream, &trailers);
        frames.socket.write_all(&octets).await.unwrap();
    }
}

/// Allocations per call of our client, one call at a time.
async fn of_client() -> f64 {
    const CALLS: u32 = 1000;
    const WARM_UP: u32 = 100;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let server = tokio::spawn(canned(listener, CALLS + WARM_UP));
    let client = UserServiceClient::new(Channel::new(address.to_string()).unwrap());
    let mut region = None;
    for call in 0..CALLS + WARM_UP {
        if call == WARM_UP {
            region = Some(Region::new(ALLOCATOR));
        }
        let reply = client.get_user(UserRequest { id: 1, ..UserRequest::default() }).await.unwrap();
        assert_eq!(reply.get_ref().id, 1);
    }
    let allocations = region.unwrap().change().allocations;
    server.abort();
    (allocations as f64 - GROWTH_MAX).max(0.0) / f64::from(CALLS)
}

/// Its handler's box.
#[tokio::test]
async fn a_unary_call_costs_the_server_one_allocation() {
    let _alone = ALONE.lock().await;
    for depth in [1, 32] {
        let per_call = of_server(depth).await;
        assert!(per_call <= 1.0, "{per_call:.2} allocations per call at depth {depth}");
    }
}

/// The call's box, its exchange and the reply that waits in it.
#[tokio::test]
async fn a_unary_call_costs_the_client_three_allocations() {
    let _alone = ALONE.lock().await;
    let per_call = of_client().await;
    assert!(per_call <= 3.0, "{per_call:.2} allocations per call");
}

/// Once it went quiet and its buffers were given back: what the allocator holds, kernel memory not counted.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_holds_less_than_four_kibibytes() {
    use std::io::{Read, Write};

    const CONNECTIONS: usize = 100;
    /// Longer than a connection keeps its buffers.
    const QUIET: std::time::Duration = std::time::Duration::from_secs(60);
    let _alone = ALONE.lock().await;
    let bound = Server::new().add(UserServiceServer::new(Numbers)).bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr();
    let server = tokio::spawn(bound.run());
    let mut octets = PREFACE.to_vec();
    append(&mut octets, 4, 0, 0, &[]);
    append(&mut octets, 4, 1, 0, &[]);
    let head = block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/UserService/GetUser"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ]);
    append(&mut octets, HEADERS, END_HEADERS, 1, &head);
    append(&mut octets, DATA, END_STREAM, 1, &[0, 0, 0, 0, 2, 8, 1]);

    // The first ones bring what all share.
    let mut clients = Vec::with_capacity(CONNECTIONS + 10);
    let mut region = None;
    for number in 0..CONNECTIONS + 10 {
        if number == 10 {
            tokio::time::sleep(QUIET).await;
            region = Some(Region::new(ALLOCATOR));
        }
        let octets = octets.clone();
        let client = tokio::task::spawn_blocking(move || {
            let mut client = std::net::TcpStream::connect(address).unwrap();
            client.write_all(&octets).unwrap();
            let mut answer = [0; 16];
            client.read_exact(&mut answer).unwrap();
            client
        });
        clients.push(client.await.unwrap());
    }
    tokio::time::sleep(QUIET).await;
    let change = region.unwrap().change();
    let held = (change.bytes_allocated - change.bytes_deallocated) as f64 / CONNECTIONS as f64;
    assert!(held < 4096.0, "{held:.0} bytes per idle connection");
    server.abort();
}

/// A bidi stream on which nothing happens yet: its handler waits for the first message. What the engine and the tables of
/// its connection grow by is in it, memory that the allocator cannot hand out is not.
#[test]
fn an_idle_stream_holds_less_than_1400_octets() {
    // Others count once all is gone that the runtime has.
    let _alone = ALONE.blocking_lock();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = runtime.block_on(of_idle_stream());
    assert!(held < 1400.0, "{held:.0} octets per idle stream");
}

async fn of_idle_stream() -> f64 {
    const STREAMS: u32 = 1024;
    let mut limits = ServerLimits::default();
    limits.http2.streams_max = STREAMS;
    let server = Server::new().limits(limits).add(TestServiceServer::new(Echoes));
    let bound = server.bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr();
    let server = tokio::spawn(bound.run());
    let mut frames = Frames::new(TcpStream::connect(address).await.unwrap());
    let head = block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/ferrpc.test.v1.TestService/Chat"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ]);
    let mut greeting = PREFACE.to_vec();
    append(&mut greeting, 4, 0, 0, &[]);
    // The first call brings what all share.
    append(&mut greeting, HEADERS, END_HEADERS | END_STREAM, 1, &head);
    frames.socket.write_all(&greeting).await.unwrap();
    while frames.next().await.2 != 1 {}
    let mut octets = Vec::new();
    for call in 0..STREAMS {
        append(&mut octets, HEADERS, END_HEADERS, 2 * call + 3, &head);
    }
    append(&mut octets, PING, 0, 0, b"all open");
    let region = Region::new(ALLOCATOR);
    frames.socket.write_all(&octets).await.unwrap();
    while frames.next().await.0 != PING {}
    let change = region.change();
    server.abort();
    (change.bytes_allocated - change.bytes_deallocated) as f64 / f64::from(STREAMS)
}
