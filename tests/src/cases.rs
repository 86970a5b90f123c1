//! What our client expects of a server of TestService and UserService.
//!
//! One function per case, with the names that the peers' programs give them. Every call has a deadline,
//! so that no case hangs.

use std::error::Error;
use std::future::IntoFuture;
use std::time::{Duration, Instant};

use ferrpc::proto::Bytes;
use ferrpc::{Channel, Code, Kind, Metadata, Method, Response, Status, Streaming};

use crate::proto::ferrpc::test::v1::{
    Act, Chunk, DownloadRequest, EchoRequest, EchoResponse, FateRequest, TestServiceClient,
};
use crate::proto::{UserRequest, UserServiceClient};
use crate::service::fill;

const KIB: u32 = 1024;
const MIB: u32 = 1024 * KIB;
/// What any answer may take.
const SOON: Duration = Duration::from_secs(30);
const TEXT: &str = "kein Platz: “100 %” voll – 満員 🦀\nzweite Zeile";
/// Shapes of streams: so many chunks of so many bytes.
const SHAPES: [(u32, u32); 6] = [(0, 0), (1, 1), (1000, 100), (20, 64 * KIB), (3, MIB), (2, 3 * MIB)];

/// Why a case failed.
pub type Failure = Box<dyn Error + Send + Sync>;
type Outcome = Result<(), Failure>;

/// Runs the case of this name against the server at `address`.
///
/// # Errors
/// What was not as it should be.
pub async fn run(case: &str, address: &str) -> Outcome {
    let peer = Peer::new(address)?;
    match case {
        "get_user" => get_user(&peer).await,
        "unary_sizes" => unary_sizes(&peer).await,
        "unary_1000_at_once" => unary_1000_at_once(&peer).await,
        "server_streaming" => server_streaming(&peer).await,
        "client_streaming" => client_streaming(&peer).await,
        "bidi" => bidi(&peer).await,
        "bidi_ping_pong" => bidi_ping_pong(&peer).await,
        "metadata_binary" => metadata_binary(&peer).await,
        "error_unicode" => error_unicode(&peer).await,
        "deadline_client" => deadline_client(&peer).await,
        "deadline_server" => deadline_server(&peer).await,
        "cancel_mid_stream" => cancel_mid_stream(&peer).await,
        "gone_mid_stream" => gone_mid_stream(&peer).await,
        "early_answer" => early_answer(&peer).await,
        "unimplemented" => unimplemented(&peer).await,
        "too_large" => too_large(&peer).await,
        _ => Err("there is no such case".into()),
    }
}

/// The stubs of one channel.
struct Peer {
    address: String,
    channel: Channel,
    test: TestServiceClient,
    user: UserServiceClient,
}

impl Peer {
    fn new(address: &str) -> Result<Self, ferrpc::Error> {
        let channel = Channel::new(address)?;
        let (test, user) = (TestServiceClient::new(channel.clone()), UserServiceClient::new(channel.clone()));
        Ok(Self { address: address.to_owned(), channel, test, user })
    }

    async fn echo(&self, payload: impl Into<Bytes>) -> Outcome {
        let payload = payload.into();
        let request = EchoRequest { payload: payload.clone(), ..Default::default() };
        let reply = self.test.echo(request).timeout(SOON).await?;
        ensure(reply.get_ref().payload == payload, || {
            let got = reply.get_ref().payload.len();
            format!("a payload of {} bytes came back changed, as {got} bytes", payload.len())
        })
    }

    async fn was_cancelled(&self, tag: &str) -> Outcome {
        let request = FateRequest { tag: tag.into(), ended: 1, ..Default::default() };
        let fate = self.test.fate(request).timeout(SOON).await?.into_inner();
        equal((fate.finished, fate.cancelled), (0, 1), "calls (finished, cancelled) as the server saw them")
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}

fn equal<T: PartialEq + std::fmt::Debug>(got: T, wanted: T, what: &str) -> Outcome {
    ensure(got == wanted, || format!("{what}: got {got:?}, wanted {wanted:?}"))
}

/// The call must have ended with this status.
fn fails<T: std::fmt::Debug>(result: Result<T, Status>, code: Code, message: Option<&str>) -> Outcome {
    let status = match result {
        Ok(value) => return Err(format!("got {value:?}, wanted {code:?}").into()),
        Err(status) => status,
    };
    ensure(status.code() == code, || format!("got {status}, wanted {code:?}"))?;
    message.map_or(Ok(()), |message| equal(status.message(), message, "status message"))
}

fn chunk(number: u32, size: u32) -> Chunk {
    Chunk { number, payload: fill(number, size).into(), ..Default::default() }
}

fn first_chunk(act: Act) -> Chunk {
    Chunk { act: act.into(), ..chunk(0, 10) }
}

fn new_tag(name: &str) -> String {
    format!("rust-{name}-{}-{:?}", std::process::id(), Instant::now())
}

/// Reads to the end, which must be OK.
async fn expect_chunks(chunks: &mut Streaming<Chunk>, count: u32, size: u32) -> Outcome {
    let what = format!("{count} chunks of {size} bytes");
    for number in 0..count {
        let Some(got) = chunks.message().await? else {
            return Err(format!("{what}: only {number} have come").into());
        };
        ensure(got == chunk(number, size), || {
            format!("{what}: in place {number} came number {} of {} bytes", got.number, got.payload.len())
        })?;
    }
    let after = chunks.message().await?;
    ensure(after.is_none(), || format!("{what}: one more has come"))
}

async fn get_user(peer: &Peer) -> Outcome {
    let request = |id| peer.user.get_user(UserRequest { id, ..Default::default() }).timeout(SOON);
    let user = request(1).await?.into_inner();
    equal((user.id, user.name.as_str(), user.email.as_str()), (1, "John Doe", "john@example.com"), "user")?;
    fails(request(-3).await, Code::InvalidArgument, Some("id must be positive, got -3"))
}

async fn unary_sizes(peer: &Peer) -> Outcome {
    for size in [0, 1, 64 * KIB, MIB, 3 * MIB] {
        // Not the same octet all over.
        let payload = (0..size).map(|at| (at.wrapping_mul(0x9e37_79b1) >> 24).to_le_bytes()[0]);
        peer.echo(payload.collect::<Vec<_>>()).await?;
    }
    Ok(())
}

async fn unary_1000_at_once(peer: &Peer) -> Outcome {
    let calls = (0..1000_u32).map(|number| {
        let payload = Bytes::from(number.to_string());
        let request = EchoRequest { payload: payload.clone(), ..Default::default() };
        let call = peer.test.echo(request).timeout(SOON).into_future();
        (tokio::spawn(call), payload)
    });
    for (call, payload) in calls.collect::<Vec<_>>() {
        equal(call.await??.into_inner().payload, payload, "payload")?;
    }
    Ok(())
}

async fn server_streaming(peer: &Peer) -> Outcome {
    for (count, bytes) in SHAPES {
        let request = DownloadRequest { count, bytes, ..Default::default() };
        let mut chunks = peer.test.download(request).timeout(SOON).await?;
        expect_chunks(&mut chunks, count, bytes).await?;
    }
    Ok(())
}

async fn client_streaming(peer: &Peer) -> Outcome {
    for (count, bytes) in SHAPES {
        let mut upload = peer.test.upload().timeout(SOON).await?;
        for number in 0..count {
            upload.send(chunk(number, bytes)).await?;
        }
        let got = upload.finish().await?.into_inner();
        let wanted = (count, u64::from(count) * u64::from(bytes), true);
        equal((got.count, got.bytes, got.in_order), wanted, "summary")?;
    }
    Ok(())
}

async fn bidi(peer: &Peer) -> Outcome {
    for (count, bytes) in SHAPES {
        let (mut out, mut chunks) = peer.test.chat().timeout(SOON).await?.split();
        let sent = tokio::spawn(async move {
            for number in 0..count {
                out.send(chunk(number, bytes)).await?;
            }
            out.close();
            Ok::<_, Status>(())
        });
        expect_chunks(&mut chunks, count, bytes).await?;
        sent.await??;
    }
    Ok(())
}

async fn bidi_ping_pong(peer: &Peer) -> Outcome {
    let (mut out, mut chunks) = peer.test.chat().timeout(SOON).await?.split();
    for number in 0..100 {
        out.send(chunk(number, 10)).await?;
        let got = chunks.message().await?;
        equal(got.map(|chunk| chunk.number), Some(number), "reply while the request stream is open")?;
    }
    out.close();
    expect_chunks(&mut chunks, 0, 0).await
}

async fn metadata_binary(peer: &Peer) -> Outcome {
    let every_byte = (0..=255).collect::<Vec<u8>>();
    let mut sent = Metadata::new();
    sent.append("x-initial-text", "plain text, with a comma")?;
    sent.append("x-initial-many", "one")?;
    sent.append("x-initial-many", "two")?;
    sent.append_bin("x-initial-any-bin", &every_byte)?;
    sent.append_bin("x-initial-none-bin", b"")?;
    sent.append("x-trailing-text", "at the end")?;
    sent.append_bin("x-trailing-any-bin", &every_byte)?;
    sent.append_bin("x-trailing-many-bin", b"\x00")?;
    sent.append_bin("x-trailing-many-bin", b"\xff\xfe")?;
    let check = |prefix: &str, got: &Metadata| -> Outcome {
        for (key, _) in sent.iter().filter(|(key, _)| key.starts_with(prefix)) {
            let texts = |metadata: &Metadata| metadata.get_all(key).map(String::from).collect::<Vec<_>>();
            let octets = |metadata: &Metadata| metadata.get_all_bin(key).collect::<Result<Vec<_>, _>>();
            equal(texts(got), texts(&sent), key)?;
            equal(octets(got)?, octets(&sent)?, key)?;
        }
        Ok(())
    };

    let mut request = ferrpc::Request::new(EchoRequest::default());
    *request.metadata_mut() = sent.clone();
    let response: Response<EchoResponse> = peer.test.echo(request).timeout(SOON).await?;
    check("x-initial-", response.metadata())?;
    check("x-trailing-", response.trailers())?;

    let mut request = ferrpc::Request::new(DownloadRequest { count: 2, ..Default::default() });
    *request.metadata_mut() = sent.clone();
    let mut chunks = peer.test.download(request).timeout(SOON).await?;
    check("x-initial-", chunks.headers().await?)?;
    expect_chunks(&mut chunks, 2, 0).await?;
    check("x-trailing-", chunks.trailers().ok_or("no trailers")?)?;

    // With an error the trailers may be all that comes.
    let act = Act { code: 9, ..Default::default() };
    let mut request = ferrpc::Request::new(EchoRequest { act: act.into(), ..Default::default() });
    *request.metadata_mut() = sent.clone();
    let Err(status) = peer.test.echo(request).timeout(SOON).await else {
        return Err("no error where one was asked for".into());
    };
    equal(status.code(), Code::FailedPrecondition, "status")?;
    check("x-trailing-", status.metadata())
}

async fn error_unicode(peer: &Peer) -> Outcome {
    let act = Act { code: 8, message: TEXT.into(), ..Default::default() };
    let echo = |act: Act| peer.test.echo(EchoRequest { act: act.into(), ..Default::default() }).timeout(SOON);
    fails(echo(act.clone()).await, Code::ResourceExhausted, Some(TEXT))?;

    let mut upload = peer.test.upload().timeout(SOON).await?;
    upload.send(first_chunk(act.clone())).await?;
    fails(upload.finish().await, Code::ResourceExhausted, Some(TEXT))?;

    let request = DownloadRequest { count: 3, act: act.into(), ..Default::default() };
    let mut chunks = peer.test.download(request).timeout(SOON).await?;
    for number in 0..3 {
        let got = chunks.message().await?;
        equal(got.map(|chunk| chunk.number), Some(number), "chunk before the error")?;
    }
    fails(chunks.message().await, Code::ResourceExhausted, Some(TEXT))?;

    for number in 1..=16 {
        let code = Code::from_number(number);
        let act = Act { code: number.cast_signed(), message: code.name().into(), ..Default::default() };
        fails(echo(act).await, code, Some(code.name()))?;
    }
    Ok(())
}

async fn deadline_client(peer: &Peer) -> Outcome {
    let tag = new_tag("deadline");
    let act = Act { delay_ms: 60_000, tag: tag.clone(), ..Default::default() };
    let started = Instant::now();
    let call = peer.test.echo(EchoRequest { act: act.into(), ..Default::default() });
    fails(call.timeout(Duration::from_millis(200)).await, Code::DeadlineExceeded, None)?;
    let took = started.elapsed();
    ensure(took >= Duration::from_millis(150) && took < SOON, || {
        format!("the deadline of 200 ms fired after {took:?}")
    })?;
    peer.was_cancelled(&tag).await
}

async fn deadline_server(peer: &Peer) -> Outcome {
    let limit = Duration::from_secs(20);
    let seen = peer.test.echo(EchoRequest::default()).timeout(limit).await?.into_inner().timeout_ms;
    // Senders may round the header up.
    ensure(seen > 10_000 && seen <= 21_000, || format!("the server saw {seen} ms left of 20 s"))?;
    let seen = peer.test.echo(EchoRequest::default()).await?.into_inner().timeout_ms;
    equal(seen, 0, "timeout_ms of a call without deadline")
}

async fn cancel_mid_stream(peer: &Peer) -> Outcome {
    let tag = new_tag("download");
    let act = Act { tag: tag.clone(), ..Default::default() };
    let request = DownloadRequest { count: 1_000_000, bytes: KIB, act: act.into(), ..Default::default() };
    let mut chunks = peer.test.download(request).timeout(SOON).await?;
    for number in 0..3 {
        equal(chunks.message().await?.map(|chunk| chunk.number), Some(number), "chunk")?;
    }
    drop(chunks);
    peer.was_cancelled(&tag).await?;

    let tag = new_tag("chat");
    let (mut out, mut chunks) = peer.test.chat().timeout(SOON).await?.split();
    out.send(first_chunk(Act { tag: tag.clone(), ..Default::default() })).await?;
    equal(chunks.message().await?.map(|chunk| chunk.number), Some(0), "chunk")?;
    // Unclosed: this is no half-close.
    drop(out);
    peer.was_cancelled(&tag).await?;

    // The connection still serves.
    peer.echo("on").await
}

async fn gone_mid_stream(peer: &Peer) -> Outcome {
    let tag = new_tag("gone");
    let act = Act { tag: tag.clone(), ..Default::default() };
    let request = DownloadRequest { count: 1_000_000, bytes: KIB, act: act.into(), ..Default::default() };
    // A runtime of its own, so that the socket can be closed without a word to the server.
    let other = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let address = peer.address.clone();
    let (begun, wait) = tokio::sync::oneshot::channel();
    other.spawn(async move {
        let begin = async {
            let peer = Peer::new(&address)?;
            let mut chunks = peer.test.download(request).timeout(SOON).await?;
            for number in 0..3 {
                equal(chunks.message().await?.map(|chunk| chunk.number), Some(number), "chunk")?;
            }
            Ok::<_, Failure>((peer, chunks))
        };
        let (result, _held) = match begin.await {
            Ok(held) => (Ok(()), Some(held)),
            Err(failure) => (Err(failure), None),
        };
        let _ = begun.send(result);
        std::future::pending::<()>().await;
    });
    let begun = wait.await;
    other.shutdown_background();
    begun??;
    peer.was_cancelled(&tag).await
}

async fn early_answer(peer: &Peer) -> Outcome {
    let act = |answer_after, code| Act { answer_after, code, message: TEXT.into(), ..Default::default() };

    // The request stream is still open when the answer comes, and stays so.
    let (mut out, mut chunks) = peer.test.chat().timeout(SOON).await?.split();
    out.send(first_chunk(act(2, 0))).await?;
    out.send(chunk(1, 10)).await?;
    expect_chunks(&mut chunks, 2, 10).await?;

    let (mut out, mut chunks) = peer.test.chat().timeout(SOON).await?.split();
    out.send(first_chunk(act(1, 9))).await?;
    equal(chunks.message().await?.map(|chunk| chunk.number), Some(0), "reply")?;
    fails(chunks.message().await, Code::FailedPrecondition, Some(TEXT))?;

    // We are in the middle of sending far more than the windows hold.
    let mut upload = peer.test.upload().timeout(SOON).await?;
    upload.send(first_chunk(act(2, 0))).await?;
    for number in 1..2000 {
        if upload.send(chunk(number, 64 * KIB)).await.is_err() {
            break; // the call is over; its outcome is read below
        }
    }
    equal(upload.finish().await?.into_inner().count, 2, "chunks counted")?;

    peer.echo("on").await
}

async fn unimplemented(peer: &Peer) -> Outcome {
    static NO_METHOD: Method<EchoRequest, EchoResponse> = Method::proto(
        "/ferrpc.test.v1.TestService/Nothing",
        "ferrpc.test.v1.TestService",
        "Nothing",
        Kind::Unary,
    );
    static NO_SERVICE: Method<EchoRequest, EchoResponse> =
        Method::proto("/ferrpc.test.v1.Nobody/Echo", "ferrpc.test.v1.Nobody", "Echo", Kind::Unary);
    for method in [&NO_METHOD, &NO_SERVICE] {
        let call = peer.channel.unary(method, EchoRequest::default().into());
        fails(call.timeout(SOON).await, Code::Unimplemented, None)?;
    }
    Ok(())
}

async fn too_large(peer: &Peer) -> Outcome {
    let payload = vec![0; 4 * MIB as usize + 1].into();
    let call = peer.test.echo(EchoRequest { payload, ..Default::default() });
    fails(call.timeout(SOON).await, Code::ResourceExhausted, None)?;
    peer.echo("on").await
}
