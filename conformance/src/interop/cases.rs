//! The client's side: each case is a function that says what is wrong with the server, or nothing.

use std::fmt::Display;
use std::time::Duration;

use ferrpc::{Code, Metadata, Request, Response, Status};

use super::proto::grpc::testing::{
    BoolValue, EchoStatus, Empty, ResponseParameters, SimpleRequest, SimpleResponse,
    StreamingInputCallRequest, StreamingOutputCallRequest, TestServiceClient, UnimplementedServiceClient,
};
use super::soak::{self, Soak};
use super::{ECHO_INITIAL, ECHO_TRAILING, GZIP, Outcome, channel, failed, zeros};

const LARGE_REQUEST: usize = 271_828;
pub(super) const LARGE_RESPONSE: i32 = 314_159;
const CONCURRENT: usize = 1000;
const IDENTITY: &str = "identity";
/// More than the default limit of gRPC's servers, which is 4 MiB.
const VERY_LARGE: usize = 10 << 20;
const UPLOADS: [usize; 4] = [27182, 8, 1828, 45904];
const DOWNLOADS: [i32; 4] = [31415, 9, 2653, 58979];

/// The names of all cases, as they are called on the command line.
pub const CASES: [&str; 26] = [
    "empty_unary",
    "cacheable_unary",
    "large_unary",
    "client_compressed_unary",
    "client_compressed_unary_noprobe",
    "server_compressed_unary",
    "client_streaming",
    "client_compressed_streaming",
    "client_compressed_streaming_noprobe",
    "server_streaming",
    "server_compressed_streaming",
    "ping_pong",
    "empty_stream",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "concurrent_large_unary",
    "very_large_request",
    "half_duplex",
    "rpc_soak",
    "channel_soak",
];

/// Runs a case against the server at `target`.
///
/// # Errors
/// What is wrong, or that there is no such case.
pub async fn run(case: &str, target: &str, soak: &Soak) -> Outcome {
    let test = Test::new(target)?;
    match case {
        "empty_unary" => empty_unary(&test).await,
        "cacheable_unary" => cacheable_unary(&test).await,
        "large_unary" => large_unary(&test.client).await,
        "client_compressed_unary" => client_compressed_unary(&test, Probe::Yes).await,
        "client_compressed_unary_noprobe" => client_compressed_unary(&test, Probe::No).await,
        "server_compressed_unary" => server_compressed_unary(&test).await,
        "client_compressed_streaming" => client_compressed_streaming(&test, Probe::Yes).await,
        "client_compressed_streaming_noprobe" => client_compressed_streaming(&test, Probe::No).await,
        "server_compressed_streaming" => server_compressed_streaming(&test).await,
        "client_streaming" => client_streaming(&test).await,
        "server_streaming" => server_streaming(&test).await,
        "ping_pong" => ping_pong(&test).await,
        "empty_stream" => empty_stream(&test).await,
        "custom_metadata" => custom_metadata(&test).await,
        "status_code_and_message" => echoed_status(&test, "test status message").await,
        "special_status_message" => {
            echoed_status(&test, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n").await
        }
        "unimplemented_method" => unimplemented_method(&test).await,
        "unimplemented_service" => unimplemented_service(&test).await,
        "cancel_after_begin" => cancel_after_begin(&test).await,
        "cancel_after_first_response" => cancel_after_first_response(&test).await,
        "timeout_on_sleeping_server" => timeout_on_sleeping_server(&test).await,
        "concurrent_large_unary" => concurrent_large_unary(&test).await,
        "very_large_request" => very_large_request(&test).await,
        "half_duplex" => half_duplex(&test).await,
        "rpc_soak" => soak::one_channel(test.client, soak).await,
        "channel_soak" => soak::a_channel_each(target, soak).await,
        _ => Err(format!("there is no case {case}; there are {}", CASES.join(", "))),
    }
}

/// The stubs of one channel.
struct Test {
    client: TestServiceClient,
    unimplemented: UnimplementedServiceClient,
}

impl Test {
    fn new(target: &str) -> Outcome<Self> {
        let channel = channel(target)?;
        let unimplemented = UnimplementedServiceClient::new(channel.clone());
        Ok(Self { client: TestServiceClient::new(channel), unimplemented })
    }
}

async fn empty_unary(test: &Test) -> Outcome {
    let response = test.client.empty_call(Empty::default()).await.map_err(failed("EmptyCall"))?;
    expect("the response", response.into_inner(), Empty::default())
}

/// As a POST: whether a proxy keeps the answer is not looked at, only that the server has the method.
async fn cacheable_unary(test: &Test) -> Outcome {
    let request = || SimpleRequest { payload: zeros(8).into(), ..Default::default() };
    let response = test.client.cacheable_unary_call(request()).metadata("x-user-ip", "1.2.3.4").await;
    let response = response.map_err(failed("CacheableUnaryCall"))?;
    if response.get_ref().payload.get().body.is_empty() {
        return Err("the response has no timestamp".into());
    }
    let cached = response.metadata().get("cache-control").unwrap_or_default();
    if cached.contains("max-age=60") { Ok(()) } else { Err(format!("cache-control is {cached:?}")) }
}

/// The two sizes that most cases have.
pub(super) async fn large_unary(client: &TestServiceClient) -> Outcome {
    let response = client.unary_call(large_request()).await.map_err(failed("UnaryCall"))?;
    large_response(&response)
}

fn large_request() -> SimpleRequest {
    SimpleRequest {
        response_size: LARGE_RESPONSE,
        payload: zeros(LARGE_REQUEST).into(),
        ..Default::default()
    }
}

fn large_response(response: &Response<SimpleResponse>) -> Outcome {
    all_zeros(&response.get_ref().payload.get().body, LARGE_RESPONSE)
}

/// Whether a case first looks if the server notices a message that is not compressed as it says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Probe {
    Yes,
    No,
}

async fn client_compressed_unary(test: &Test, probe: Probe) -> Outcome {
    let call = |expected: bool, compression: &str| {
        let expect_compressed = boolean(expected).into();
        test.client
            .unary_call(SimpleRequest { expect_compressed, ..large_request() })
            .compression(compression)
    };
    if probe == Probe::Yes {
        let ended = call(true, IDENTITY).await;
        status_is("the probe", ended.map(drop), Code::InvalidArgument, None)?;
    }
    large_response(&call(true, GZIP).await.map_err(failed("the compressed UnaryCall"))?)?;
    large_response(&call(false, IDENTITY).await.map_err(failed("the uncompressed UnaryCall"))?)
}

async fn server_compressed_unary(test: &Test) -> Outcome {
    for compressed in [true, false] {
        let response_compressed = boolean(compressed).into();
        let request = SimpleRequest { response_compressed, ..large_request() };
        let response = test.client.unary_call(request).await.map_err(failed("UnaryCall"))?;
        expect("that the response was compressed", response.was_compressed(), compressed)?;
        large_response(&response)?;
    }
    Ok(())
}

async fn client_compressed_streaming(test: &Test, probe: Probe) -> Outcome {
    let message = |compressed, bytes| StreamingInputCallRequest {
        expect_compressed: boolean(compressed).into(),
        payload: zeros(bytes).into(),
        ..Default::default()
    };
    if probe == Probe::Yes {
        let upload = test.client.streaming_input_call().await;
        let mut upload = upload.map_err(failed("StreamingInputCall"))?;
        upload.send(message(true, 27182)).await.map_err(failed("a message"))?;
        let ended = upload.finish().await;
        status_is("the probe", ended.map(drop), Code::InvalidArgument, None)?;
    }
    let upload = test.client.streaming_input_call().compression(GZIP).await;
    let mut upload = upload.map_err(failed("StreamingInputCall"))?;
    upload.send(message(true, 27182)).await.map_err(failed("the compressed message"))?;
    upload.sender().set_message_compression(false);
    upload.send(message(false, 45904)).await.map_err(failed("the uncompressed message"))?;
    let response = upload.finish().await.map_err(failed("StreamingInputCall"))?;
    expect("aggregated_payload_size", response.get_ref().aggregated_payload_size, 73086)
}

async fn server_compressed_streaming(test: &Test) -> Outcome {
    const MESSAGES: [(bool, i32); 2] = [(true, 31415), (false, 92653)];
    let parameters =
        |(compressed, size)| ResponseParameters { compressed: boolean(compressed).into(), ..sized(size) };
    let response_parameters = MESSAGES.map(parameters).into();
    let request = StreamingOutputCallRequest { response_parameters, ..Default::default() };
    let stream = test.client.streaming_output_call(request).await;
    let mut stream = stream.map_err(failed("StreamingOutputCall"))?;
    for (compressed, size) in MESSAGES {
        let message = stream.message().await.map_err(failed("StreamingOutputCall"))?;
        expect("that the message was compressed", stream.was_compressed(), compressed)?;
        all_zeros(&message.ok_or("the stream ended early")?.payload.get().body, size)?;
    }
    end(stream.message().await)
}

fn boolean(value: bool) -> BoolValue {
    BoolValue { value, ..Default::default() }
}

async fn client_streaming(test: &Test) -> Outcome {
    let mut upload = test.client.streaming_input_call().await.map_err(failed("StreamingInputCall"))?;
    for bytes in UPLOADS {
        let message = StreamingInputCallRequest { payload: zeros(bytes).into(), ..Default::default() };
        upload.send(message).await.map_err(failed("a message"))?;
    }
    let response = upload.finish().await.map_err(failed("StreamingInputCall"))?;
    expect("aggregated_payload_size", response.get_ref().aggregated_payload_size, 74922)
}

async fn server_streaming(test: &Test) -> Outcome {
    let response_parameters = DOWNLOADS.map(sized).into();
    let request = StreamingOutputCallRequest { response_parameters, ..Default::default() };
    let stream = test.client.streaming_output_call(request).await;
    let mut stream = stream.map_err(failed("StreamingOutputCall"))?;
    for size in DOWNLOADS {
        let message = stream.message().await.map_err(failed("StreamingOutputCall"))?;
        all_zeros(&message.ok_or("the stream ended early")?.payload.get().body, size)?;
    }
    end(stream.message().await)
}

async fn ping_pong(test: &Test) -> Outcome {
    let call = test.client.full_duplex_call().await.map_err(failed("FullDuplexCall"))?;
    let (mut sender, mut receiver) = call.split();
    for (bytes, size) in UPLOADS.into_iter().zip(DOWNLOADS) {
        sender.send(output_request(bytes, size)).await.map_err(failed("a message"))?;
        let message = receiver.message().await.map_err(failed("FullDuplexCall"))?;
        all_zeros(&message.ok_or("the stream ended early")?.payload.get().body, size)?;
    }
    sender.close();
    end(receiver.message().await)
}

async fn half_duplex(test: &Test) -> Outcome {
    let call = test.client.half_duplex_call().await.map_err(failed("HalfDuplexCall"))?;
    let (mut sender, mut receiver) = call.split();
    for (bytes, size) in UPLOADS.into_iter().zip(DOWNLOADS) {
        sender.send(output_request(bytes, size)).await.map_err(failed("a message"))?;
    }
    sender.close();
    for size in DOWNLOADS {
        let message = receiver.message().await.map_err(failed("HalfDuplexCall"))?;
        all_zeros(&message.ok_or("the stream ended early")?.payload.get().body, size)?;
    }
    end(receiver.message().await)
}

async fn empty_stream(test: &Test) -> Outcome {
    let call = test.client.full_duplex_call().await.map_err(failed("FullDuplexCall"))?;
    let (mut sender, mut receiver) = call.split();
    sender.close();
    end(receiver.message().await)
}

async fn custom_metadata(test: &Test) -> Outcome {
    const INITIAL: &str = "test_initial_metadata_value";
    const TRAILING: [u8; 3] = [0xab; 3];
    let check = |headers: &Metadata, trailers: &Metadata| {
        expect(ECHO_INITIAL, headers.get(ECHO_INITIAL), Some(INITIAL))?;
        expect(ECHO_TRAILING, trailers.get_bin(ECHO_TRAILING), Ok(Some(TRAILING.to_vec())))
    };
    let mut request = Request::new(large_request());
    request.metadata_mut().append(ECHO_INITIAL, INITIAL).map_err(|error| error.to_string())?;
    request.metadata_mut().append_bin(ECHO_TRAILING, &TRAILING).map_err(|error| error.to_string())?;
    let response = test.client.unary_call(request).await.map_err(failed("UnaryCall"))?;
    large_response(&response)?;
    check(response.metadata(), response.trailers()).map_err(|what| format!("UnaryCall: {what}"))?;

    let call = test.client.full_duplex_call().metadata(ECHO_INITIAL, INITIAL);
    let call = call.metadata_bin(ECHO_TRAILING, &TRAILING).await.map_err(failed("FullDuplexCall"))?;
    let (mut sender, mut receiver) = call.split();
    sender.send(output_request(LARGE_REQUEST, LARGE_RESPONSE)).await.map_err(failed("a message"))?;
    sender.close();
    let message = receiver.message().await.map_err(failed("FullDuplexCall"))?;
    all_zeros(&message.ok_or("the stream ended early")?.payload.get().body, LARGE_RESPONSE)?;
    end(receiver.message().await)?;
    let headers = receiver.headers().await.map_err(failed("FullDuplexCall"))?.clone();
    let trailers = receiver.trailers().cloned().unwrap_or_default();
    check(&headers, &trailers).map_err(|what| format!("FullDuplexCall: {what}"))
}

async fn echoed_status(test: &Test, message: &'static str) -> Outcome {
    let status = EchoStatus { code: 2, message: message.into(), ..Default::default() };
    let request = SimpleRequest { response_status: status.clone().into(), ..Default::default() };
    let ended = test.client.unary_call(request).await;
    status_is("UnaryCall", ended.map(drop), Code::Unknown, Some(message))?;

    let call = test.client.full_duplex_call().await.map_err(failed("FullDuplexCall"))?;
    let (mut sender, mut receiver) = call.split();
    let request = StreamingOutputCallRequest { response_status: status.into(), ..Default::default() };
    sender.send(request).await.map_err(failed("a message"))?;
    sender.close();
    let ended = receiver.message().await;
    status_is("FullDuplexCall", ended.map(drop), Code::Unknown, Some(message))
}

async fn unimplemented_method(test: &Test) -> Outcome {
    let ended = test.client.unimplemented_call(Empty::default()).await;
    status_is("UnimplementedCall", ended.map(drop), Code::Unimplemented, None)
}

async fn unimplemented_service(test: &Test) -> Outcome {
    let ended = test.unimplemented.unimplemented_call(Empty::default()).await;
    status_is("UnimplementedCall", ended.map(drop), Code::Unimplemented, None)
}

async fn cancel_after_begin(test: &Test) -> Outcome {
    let mut upload = test.client.streaming_input_call().await.map_err(failed("StreamingInputCall"))?;
    upload.sender().cancel();
    let ended = upload.finish().await;
    status_is("StreamingInputCall", ended.map(drop), Code::Cancelled, None)
}

async fn cancel_after_first_response(test: &Test) -> Outcome {
    let call = test.client.full_duplex_call().await.map_err(failed("FullDuplexCall"))?;
    let (mut sender, mut receiver) = call.split();
    sender.send(output_request(UPLOADS[0], DOWNLOADS[0])).await.map_err(failed("a message"))?;
    let message = receiver.message().await.map_err(failed("FullDuplexCall"))?;
    all_zeros(&message.ok_or("the stream ended early")?.payload.get().body, DOWNLOADS[0])?;
    sender.cancel();
    let ended = receiver.message().await;
    status_is("FullDuplexCall", ended.map(drop), Code::Cancelled, None)
}

async fn timeout_on_sleeping_server(test: &Test) -> Outcome {
    let call = async {
        let call = test.client.full_duplex_call().timeout(Duration::from_millis(1)).await?;
        let (mut sender, mut receiver) = call.split();
        let message = StreamingOutputCallRequest { payload: zeros(UPLOADS[0]).into(), ..Default::default() };
        sender.send(message).await?;
        receiver.message().await
    };
    status_is("FullDuplexCall", call.await.map(drop), Code::DeadlineExceeded, None)
}

async fn concurrent_large_unary(test: &Test) -> Outcome {
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..CONCURRENT {
        let client = test.client.clone();
        calls.spawn(async move { large_unary(&client).await });
    }
    for ended in calls.join_all().await {
        ended?;
    }
    Ok(())
}

async fn very_large_request(test: &Test) -> Outcome {
    let request = SimpleRequest {
        response_size: LARGE_RESPONSE,
        payload: zeros(VERY_LARGE).into(),
        ..Default::default()
    };
    large_response(&test.client.unary_call(request).await.map_err(failed("UnaryCall"))?)
}

fn sized(size: i32) -> ResponseParameters {
    ResponseParameters { size, ..Default::default() }
}

fn output_request(bytes: usize, size: i32) -> StreamingOutputCallRequest {
    let response_parameters = vec![sized(size)];
    StreamingOutputCallRequest { response_parameters, payload: zeros(bytes).into(), ..Default::default() }
}

fn all_zeros(body: &[u8], size: i32) -> Outcome {
    let zeros = body.iter().filter(|byte| **byte == 0).count();
    let len = body.len();
    if usize::try_from(size) == Ok(len) && zeros == len {
        Ok(())
    } else {
        Err(format!("a payload of {size} zeros has {len} bytes, {zeros} of them zero"))
    }
}

fn end<T>(message: Result<Option<T>, Status>) -> Outcome {
    match message {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err("a message came where the stream should have ended".into()),
        Err(status) => Err(format!("the stream ended by {status}")),
    }
}

fn expect<T: PartialEq + std::fmt::Debug>(what: impl Display, is: T, should: T) -> Outcome {
    if is == should { Ok(()) } else { Err(format!("{what} is {is:?} instead of {should:?}")) }
}

fn status_is(what: &str, ended: Result<(), Status>, code: Code, message: Option<&str>) -> Outcome {
    let Err(status) = ended else {
        return Err(format!("{what} succeeded instead of failing with {code}"));
    };
    expect(format_args!("the code of {what}"), status.code(), code)?;
    match message {
        Some(message) => expect(format_args!("the message of {what}"), status.message(), message),
        None => Ok(()),
    }
}
