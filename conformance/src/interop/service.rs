//! The server's side: TestService without its UnimplementedCall.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ferrpc::{Code, Metadata, Request, Response, Sender, Server, Status, Streaming};
use ferrpc_proto::Bytes;
use tokio::time::Instant;

use super::proto::grpc::testing::{
    BoolValue, EchoStatus, Empty, Payload, PayloadType, ResponseParameters, SimpleRequest, SimpleResponse,
    StreamingInputCallRequest, StreamingInputCallResponse, StreamingOutputCallRequest,
    StreamingOutputCallResponse, TestService, TestServiceServer,
};
use super::{ECHO_INITIAL, ECHO_TRAILING, GZIP};

/// The largest payload that a client can ask for, in octets.
const PAYLOAD_BYTES_MAX: usize = 64 << 20;
/// `very_large_request` of grpc-java sends 10 MiB.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// How long an answer of CacheableUnaryCall may be kept, in seconds.
const CACHED_SECONDS: u64 = 60;

/// A server of TestService; `id` tells it from others.
pub fn server(id: String) -> Server {
    let mut limits = ferrpc::ServerLimits::default();
    limits.message_bytes_max = MESSAGE_BYTES_MAX;
    Server::new().limits(limits).add(TestServiceServer::new(Tester { id, cached: Mutex::default() }))
}

struct Tester {
    id: String,
    cached: Mutex<Option<Cached>>,
}

/// The last answer of CacheableUnaryCall. The document wants a proxy before the server that keeps answers; where there
/// is none, the server does that too.
struct Cached {
    question: Bytes,
    answer: Bytes,
    at: Instant,
}

impl TestService for Tester {
    async fn empty_call(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        let (headers, trailers) = echoes(request.metadata())?;
        Ok(answer(Empty::default(), headers, trailers))
    }

    async fn unary_call(&self, request: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        let (headers, trailers) = echoes(request.metadata())?;
        expect_compressed(request.get_ref().expect_compressed.as_ref(), request.was_compressed())?;
        let request = request.into_inner();
        echo_status(request.response_status.as_ref(), &trailers)?;
        let mut response = SimpleResponse {
            payload: payload(request.response_type, request.response_size)?.into(),
            ..Default::default()
        };
        if request.fill_server_id {
            response.server_id.clone_from(&self.id);
        }
        let mut response = answer(response, headers, trailers);
        if let Some(compressed) = request.response_compressed.as_ref() {
            response.set_compression(if compressed.value { GZIP } else { "identity" });
        }
        Ok(response)
    }

    async fn cacheable_unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let (mut headers, trailers) = echoes(request.metadata())?;
        headers.append("cache-control", &format!("max-age={CACHED_SECONDS}, public"))?;
        let question = request.into_inner().payload.get().body.clone();
        let payload = Payload { body: self.timestamp(question), ..Default::default() };
        Ok(answer(SimpleResponse { payload: payload.into(), ..Default::default() }, headers, trailers))
    }

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
        out: Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        let mut output = Output::new(&request, out)?;
        output.answer(&request.into_inner()).await
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let (headers, trailers) = echoes(request.metadata())?;
        let mut messages = request.into_inner();
        let mut bytes = 0;
        while let Some(message) = messages.message().await? {
            expect_compressed(message.expect_compressed.as_ref(), messages.was_compressed())?;
            bytes += message.payload.get().body.len();
        }
        let aggregated_payload_size = i32::try_from(bytes).unwrap_or(i32::MAX);
        let response = StreamingInputCallResponse { aggregated_payload_size, ..Default::default() };
        Ok(answer(response, headers, trailers))
    }

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
        out: Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        let mut output = Output::new(&request, out)?;
        let mut messages = request.into_inner();
        while let Some(message) = messages.message().await? {
            output.answer(&message).await?;
        }
        Ok(())
    }

    async fn half_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
        out: Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        let mut output = Output::new(&request, out)?;
        let mut messages = request.into_inner();
        let mut all = Vec::new();
        while let Some(message) = messages.message().await? {
            all.push(message);
        }
        for message in &all {
            output.answer(message).await?;
        }
        Ok(())
    }
}

impl Tester {
    /// The time, or the time at which the same question was asked if that is not long ago.
    fn timestamp(&self, question: Bytes) -> Bytes {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |cached: &&Cached| cached.at.elapsed().as_secs() < CACHED_SECONDS;
        if let Some(kept) = cached.as_ref().filter(fresh).filter(|cached| cached.question == question) {
            return kept.answer.clone();
        }
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let answer = Bytes::from(nanos.to_string());
        *cached = Some(Cached { question, answer: answer.clone(), at: Instant::now() });
        answer
    }
}

/// The answers of one streaming call.
struct Output {
    out: Sender<StreamingOutputCallResponse>,
    trailers: Metadata,
    peer: String,
    /// When the last one went, by the intervals asked for.
    at: Instant,
}

impl Output {
    fn new<T>(request: &Request<T>, mut out: Sender<StreamingOutputCallResponse>) -> Result<Self, Status> {
        let (headers, trailers) = echoes(request.metadata())?;
        *out.headers_mut() = headers;
        out.add_trailers(&trailers);
        out.set_compression(GZIP)?;
        let peer = request.peer_addr().map(|peer| peer.to_string()).unwrap_or_default();
        Ok(Self { out, trailers, peer, at: Instant::now() })
    }

    async fn answer(&mut self, request: &StreamingOutputCallRequest) -> Result<(), Status> {
        echo_status(request.response_status.as_ref(), &self.trailers)?;
        for parameters in &request.response_parameters {
            self.wait(parameters).await;
            let mut response = StreamingOutputCallResponse {
                payload: payload(request.response_type, parameters.size)?.into(),
                ..Default::default()
            };
            if parameters.fill_peer_socket_address.get().value {
                response.peer_socket_address.clone_from(&self.peer);
            }
            self.out.set_message_compression(parameters.compressed.get().value);
            self.out.send(response).await?;
        }
        Ok(())
    }

    /// Sleeps before a response, counted from the one before.
    async fn wait(&mut self, parameters: &ResponseParameters) {
        let micros = u64::try_from(parameters.interval_us).unwrap_or(0);
        if micros > 0 {
            self.at += Duration::from_micros(micros);
            tokio::time::sleep_until(self.at).await;
        }
    }
}

/// The metadata that comes back before the answer, and that which comes back behind it.
fn echoes(received: &Metadata) -> Result<(Metadata, Metadata), Status> {
    let (mut headers, mut trailers) = (Metadata::new(), Metadata::new());
    for value in received.get_all(ECHO_INITIAL) {
        headers.append(ECHO_INITIAL, value)?;
    }
    for value in received.get_all_bin(ECHO_TRAILING) {
        let value = value?;
        trailers.append_bin(ECHO_TRAILING, &value)?;
    }
    Ok((headers, trailers))
}

fn answer<T>(message: T, headers: Metadata, trailers: Metadata) -> Response<T> {
    let mut response = Response::new(message);
    *response.metadata_mut() = headers;
    *response.trailers_mut() = trailers;
    response
}

/// Fails a message that came otherwise than its client says.
fn expect_compressed(expected: Option<&BoolValue>, was_compressed: bool) -> Result<(), Status> {
    match expected {
        Some(expected) if expected.value != was_compressed => {
            let [was, expected] = [was_compressed, expected.value].map(|yes| if yes { "" } else { "un" });
            Err(Status::invalid_argument(format!(
                "a message came {was}compressed, expected {expected}compressed"
            )))
        }
        _ => Ok(()),
    }
}

/// The status that the client asked for, if it asked for one.
fn echo_status(status: Option<&EchoStatus>, trailers: &Metadata) -> Result<(), Status> {
    match status {
        Some(status) if status.code != 0 => {
            let code = Code::from_number(status.code.cast_unsigned());
            Err(Status::new(code, status.message.clone()).with_metadata(trailers.clone()))
        }
        _ => Ok(()),
    }
}

fn payload(kind: PayloadType, size: i32) -> Result<Payload, Status> {
    if kind != PayloadType::COMPRESSABLE {
        return Err(Status::invalid_argument(format!("a payload of type {kind:?} is not known here")));
    }
    match usize::try_from(size) {
        Ok(bytes) if bytes <= PAYLOAD_BYTES_MAX => Ok(super::zeros(bytes)),
        _ => {
            let message = format!("a payload of {size} bytes is not between 0 and {PAYLOAD_BYTES_MAX}");
            Err(Status::invalid_argument(message))
        }
    }
}
