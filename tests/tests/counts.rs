//! What calls, connections and streams cost, in counts that are the same on any machine: heap allocations.
//!
//! One side is ours, the other writes octets made beforehand into memory that is there already, so that
//! what is counted is ours alone. The messages have numbers only: nothing is the user's own. All of it is on one thread,
//! and only that thread is counted: other tests of the process change nothing.
#![forbid(unsafe_code)]

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

use allocation_counter::measure;
use ferrpc::{Channel, Request, Response, Sender, Server, ServerLimits, Status, Streaming};
use ferrpc_attack::frames::{DATA, END_HEADERS, END_STREAM, Frame, HEADERS, PING, PREFACE, append, block};
use ferrpc_tests::proto::ferrpc::test::v1::{
    Chunk, DownloadRequest, EchoRequest, EchoResponse, FateRequest, FateResponse, TestService,
    TestServiceServer, UploadSummary,
};
use ferrpc_tests::proto::{UserRequest, UserResponse, UserService, UserServiceClient, UserServiceServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// Allocations a whole measurement may have besides those of its calls: tables that grow to their size.
const GROWTH_MAX: u64 = 50;

fn runtime(paused: bool) -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(paused).build().unwrap()
}

/// What each of so many calls allocated, but for what grew.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn each(allocations: u64, calls: u32) -> f64 {
    allocations.saturating_sub(GROWTH_MAX) as f64 / f64::from(calls)
}

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

/// A connection to a server with these services, greeted.
async fn connected(server: Server) -> Frames {
    let bound = server.bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr();
    tokio::spawn(bound.run());
    let mut frames = Frames::new(TcpStream::connect(address).await.unwrap());
    let mut greeting = PREFACE.to_vec();
    append(&mut greeting, 4, 0, 0, &[]);
    frames.socket.write_all(&greeting).await.unwrap();
    frames
}

/// The head of a request for the method at `path`, compressed.
fn head(path: &str) -> Vec<u8> {
    block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ])
}

/// Allocations per call of our server, `depth` calls in flight.
fn of_server(depth: u32) -> f64 {
    const ROUNDS: u32 = 100;
    const WARM_UP: u32 = 10;
    let head = head("/UserService/GetUser");
    let burst = |round: u32| {
        let mut octets = Vec::new();
        for call in 0..depth {
            let stream = 2 * (round * depth + call) + 1;
            append(&mut octets, HEADERS, END_HEADERS, stream, &head);
            append(&mut octets, DATA, END_STREAM, stream, &[0, 0, 0, 0, 2, 8, 1]);
        }
        octets
    };
    let warm_up: Vec<Vec<u8>> = (0..WARM_UP).map(burst).collect();
    let bursts: Vec<Vec<u8>> = (WARM_UP..WARM_UP + ROUNDS).map(burst).collect();
    let runtime = runtime(false);
    let mut frames = runtime.block_on(connected(Server::new().add(UserServiceServer::new(Numbers))));
    let mut run = |bursts: &[Vec<u8>]| {
        runtime.block_on(async {
            for burst in bursts {
                frames.socket.write_all(burst).await.unwrap();
                let mut ended = 0;
                while ended < depth {
                    let (kind, flags, _) = frames.next().await;
                    ended += u32::from(kind == HEADERS && flags & END_STREAM != 0);
                }
            }
        });
    };
    run(&warm_up);
    each(measure(|| run(&bursts)).count_total, ROUNDS * depth)
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
fn of_client() -> f64 {
    const CALLS: u32 = 1000;
    const WARM_UP: u32 = 100;
    let runtime = runtime(false);
    let client = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        tokio::spawn(canned(listener, CALLS + WARM_UP));
        UserServiceClient::new(Channel::new(address.to_string()).unwrap())
    });
    let run = |calls: u32| {
        runtime.block_on(async {
            for _ in 0..calls {
                let request = UserRequest { id: 1, ..UserRequest::default() };
                let reply = client.get_user(request).await.unwrap();
                assert_eq!(reply.get_ref().id, 1);
            }
        });
    };
    run(WARM_UP);
    each(measure(|| run(CALLS)).count_total, CALLS)
}

/// Its handler's box.
#[test]
fn a_unary_call_costs_the_server_one_allocation() {
    for depth in [1, 32] {
        let per_call = of_server(depth);
        assert!(per_call <= 1.0, "{per_call:.2} allocations per call at depth {depth}");
    }
}

/// The call's box, its exchange and the reply that waits in it.
#[test]
fn a_unary_call_costs_the_client_three_allocations() {
    let per_call = of_client();
    assert!(per_call <= 3.0, "{per_call:.2} allocations per call");
}

/// Once it went quiet and its buffers were given back: what the allocator holds, kernel memory not counted.
#[test]
fn an_idle_connection_holds_less_than_four_kibibytes() {
    const CONNECTIONS: i64 = 100;
    /// Longer than a connection keeps its buffers.
    const QUIET: std::time::Duration = std::time::Duration::from_secs(60);
    let mut octets = PREFACE.to_vec();
    append(&mut octets, 4, 0, 0, &[]);
    append(&mut octets, 4, 1, 0, &[]);
    append(&mut octets, HEADERS, END_HEADERS, 1, &head("/UserService/GetUser"));
    append(&mut octets, DATA, END_STREAM, 1, &[0, 0, 0, 0, 2, 8, 1]);

    let runtime = runtime(true);
    let address = runtime.block_on(async {
        let bound = Server::new().add(UserServiceServer::new(Numbers)).bind("127.0.0.1:0").await.unwrap();
        let address = bound.local_addr();
        tokio::spawn(bound.run());
        address
    });
    let mut clients = Vec::with_capacity(256);
    let mut open = |connections: i64| {
        runtime.block_on(async {
            for _ in 0..connections {
                // Not one of tokio's, which would count.
                let mut client = std::net::TcpStream::connect(address).unwrap();
                client.write_all(&octets).unwrap();
                client.set_nonblocking(true).unwrap();
                while let Err(error) = client.read_exact(&mut [0; 16]) {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    tokio::task::yield_now().await;
                }
                clients.push(client);
            }
            tokio::time::sleep(QUIET).await;
        });
    };
    // The first ones bring what all share.
    open(10);
    let held = measure(|| open(CONNECTIONS)).bytes_current / CONNECTIONS;
    assert!(held < 4096, "{held} octets per idle connection");
}

/// A bidi stream on which nothing happens yet: its handler waits for the first message. What the engine and the tables of
/// its connection grow by is in it, memory that the allocator cannot hand out is not.
#[test]
fn an_idle_stream_holds_less_than_1280_octets() {
    const STREAMS: u32 = 1024;
    let mut limits = ServerLimits::default();
    limits.http2.streams_max = STREAMS;
    let head = head("/ferrpc.test.v1.TestService/Chat");
    let mut first = Vec::new();
    append(&mut first, HEADERS, END_HEADERS | END_STREAM, 1, &head);
    let mut octets = Vec::new();
    for call in 0..STREAMS {
        append(&mut octets, HEADERS, END_HEADERS, 2 * call + 3, &head);
    }
    append(&mut octets, PING, 0, 0, b"all open");

    let runtime = runtime(false);
    // The first call brings what all share.
    let mut frames = runtime.block_on(async {
        let mut frames = connected(Server::new().limits(limits).add(TestServiceServer::new(Echoes))).await;
        frames.socket.write_all(&first).await.unwrap();
        while frames.next().await.2 != 1 {}
        frames
    });
    let open = measure(|| {
        runtime.block_on(async {
            frames.socket.write_all(&octets).await.unwrap();
            while frames.next().await.0 != PING {}
        });
    });
    let held = open.bytes_current / i64::from(STREAMS);
    assert!(held < 1280, "{held} octets per idle stream");
}
