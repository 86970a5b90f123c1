//! The suite's ConformanceService: it answers as its requests say, and says what it saw of them.

use std::time::{Duration, Instant};

use ferrpc::{Code, Metadata, Request, Response, Sender, Server, ServerLimits, Status, Streaming};
use ferrpc_proto::wkt::Any;
use ferrpc_proto::{Bytes, Message};

use super::suite::conformance_payload::RequestInfo;
use super::suite::unary_response_definition;
use super::suite::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse, ConformancePayload,
    ConformanceService, ConformanceServiceServer, Error, IdempotentUnaryRequest, IdempotentUnaryResponse,
    ServerStreamRequest, ServerStreamResponse, StreamResponseDefinition, UnaryRequest, UnaryResponse,
    UnaryResponseDefinition,
};
use super::{to_headers, to_metadata};

/// A server of ConformanceService. `message_bytes_max` 0 is the usual limit.
pub fn server(message_bytes_max: usize) -> Server {
    let mut limits = ServerLimits::default();
    if message_bytes_max > 0 {
        limits.message_bytes_max = message_bytes_max;
    }
    Server::new().limits(limits).compression(super::compression()).add(ConformanceServiceServer::new(Tester))
}

/// Leaves Unimplemented out.
struct Tester;

impl ConformanceService for Tester {
    async fn unary(&self, request: Request<UnaryRequest>) -> Result<Response<UnaryResponse>, Status> {
        let seen = Seen::of(&request);
        let message = request.into_inner();
        let payload = seen.answer(message.response_definition.as_ref(), &[pack(&message)?]).await?;
        Ok(payload.map(|payload| UnaryResponse { payload: payload.into(), ..Default::default() }))
    }

    async fn idempotent_unary(
        &self,
        request: Request<IdempotentUnaryRequest>,
    ) -> Result<Response<IdempotentUnaryResponse>, Status> {
        let seen = Seen::of(&request);
        let message = request.into_inner();
        let payload = seen.answer(message.response_definition.as_ref(), &[pack(&message)?]).await?;
        Ok(payload.map(|payload| IdempotentUnaryResponse { payload: payload.into(), ..Default::default() }))
    }

    async fn client_stream(
        &self,
        request: Request<Streaming<ClientStreamRequest>>,
    ) -> Result<Response<ClientStreamResponse>, Status> {
        let seen = Seen::of(&request);
        let mut messages = request.into_inner();
        let mut all = Vec::new();
        let mut definition = None;
        while let Some(mut message) = messages.message().await? {
            let packed = pack(&message)?;
            if all.is_empty() {
                definition = message.response_definition.take();
            }
            all.push(packed);
        }
        let payload = seen.answer(definition.as_ref(), &all).await?;
        Ok(payload.map(|payload| ClientStreamResponse { payload: payload.into(), ..Default::default() }))
    }

    async fn server_stream(
        &self,
        request: Request<ServerStreamRequest>,
        out: Sender<ServerStreamResponse>,
    ) -> Result<(), Status> {
        let seen = Seen::of(&request);
        let message = request.into_inner();
        let Some(definition) = message.response_definition.as_ref() else { return Ok(()) };
        let mut answers = Answers::new(&seen, definition, out)?;
        answers.out.send_headers();
        let mut info = Some(seen.info(&[pack(&message)?]));
        while answers.left() > 0 {
            answers
                .send(info.take(), |payload| ServerStreamResponse { payload, ..Default::default() })
                .await?;
        }
        answers.end(info)
    }

    async fn bidi_stream(
        &self,
        request: Request<Streaming<BidiStreamRequest>>,
        out: Sender<BidiStreamResponse>,
    ) -> Result<(), Status> {
        let seen = Seen::of(&request);
        let mut messages = request.into_inner();
        let Some(first) = messages.message().await? else { return Ok(()) };
        let mut all = vec![pack(&first)?];
        let definition = first.response_definition.clone().into_option();
        let empty = StreamResponseDefinition::default();
        let mut answers = Answers::new(&seen, definition.as_ref().unwrap_or(&empty), out)?;
        if definition.is_some() {
            answers.out.send_headers();
        }
        let response = |payload| BidiStreamResponse { payload, ..Default::default() };
        if first.full_duplex {
            // One answer for each request, as long as there are both.
            while answers.left() > 0 {
                let info = match answers.sent {
                    0 => seen.info(&all),
                    _ => RequestInfo { requests: all.clone(), ..Default::default() },
                };
                answers.send(Some(info), response).await?;
                all.clear();
                let Some(message) = messages.message().await? else { break };
                all.push(pack(&message)?);
            }
        } else {
            while let Some(message) = messages.message().await? {
                all.push(pack(&message)?);
            }
        }
        let mut info = (answers.sent == 0).then(|| seen.info(&all));
        while answers.left() > 0 {
            answers.send(info.take(), response).await?;
        }
        answers.end(info)
    }
}

/// What a call says of itself before its messages.
struct Seen {
    metadata: Metadata,
    deadline: Option<Instant>,
    /// The format that its case is about.
    format: Option<&'static str>,
}

impl Seen {
    fn of<T>(request: &Request<T>) -> Self {
        let metadata = request.metadata().clone();
        // The client accepts one format at most; the name of its case says which.
        let case = metadata.get("x-test-case-name").unwrap_or_default();
        let format = [("_GZIP/", "gzip"), ("_DEFLATE/", "deflate"), ("_ZSTD/", "zstd")];
        let format = format.into_iter().find(|(part, _)| case.contains(part)).map(|(_, name)| name);
        Self { format, deadline: request.deadline(), metadata }
    }

    fn info(&self, requests: &[Any]) -> RequestInfo {
        let timeout = self.deadline.map(|deadline| deadline.saturating_duration_since(now()));
        RequestInfo {
            request_headers: to_headers(&self.metadata),
            timeout_ms: timeout.map(|timeout| i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX)),
            requests: requests.to_vec(),
            ..Default::default()
        }
    }

    /// The one answer of a call, as it was asked for.
    async fn answer(
        &self,
        definition: Option<&UnaryResponseDefinition>,
        requests: &[Any],
    ) -> Result<Response<ConformancePayload>, Status> {
        let empty = UnaryResponseDefinition::default();
        let definition = definition.unwrap_or(&empty);
        wait(definition.response_delay_ms).await;
        let info = self.info(requests);
        let headers = to_metadata(&definition.response_headers)?;
        let trailers = to_metadata(&definition.response_trailers)?;
        let data = match &definition.response {
            Some(unary_response_definition::Response::Error(error)) => {
                let mut metadata = headers;
                metadata.extend(&trailers);
                return Err(to_status(error, Some(info))?.with_metadata(metadata));
            }
            Some(unary_response_definition::Response::ResponseData(data)) => data.clone(),
            _ => Bytes::new(),
        };
        let payload = ConformancePayload { data, request_info: info.into(), ..Default::default() };
        let mut response = Response::new(payload);
        *response.metadata_mut() = headers;
        *response.trailers_mut() = trailers;
        if let Some(format) = self.format {
            response.set_compression(format);
        }
        Ok(response)
    }
}

/// The answers of a streaming call, as they were asked for.
struct Answers<'a, T: 'static> {
    definition: &'a StreamResponseDefinition,
    out: Sender<T>,
    trailers: Metadata,
    sent: usize,
}

impl<'a, T> Answers<'a, T> {
    fn new(
        seen: &Seen,
        definition: &'a StreamResponseDefinition,
        mut out: Sender<T>,
    ) -> Result<Self, Status> {
        *out.headers_mut() = to_metadata(&definition.response_headers)?;
        if let Some(format) = seen.format {
            out.set_compression(format)?;
        }
        Ok(Self { definition, out, trailers: to_metadata(&definition.response_trailers)?, sent: 0 })
    }

    fn left(&self) -> usize {
        self.definition.response_data.len() - self.sent
    }

    async fn send(
        &mut self,
        info: Option<RequestInfo>,
        response: impl FnOnce(ferrpc_proto::Sub<ConformancePayload>) -> T,
    ) -> Result<(), Status> {
        wait(self.definition.response_delay_ms).await;
        let data = self.definition.response_data.get(self.sent).cloned().unwrap_or_default();
        self.sent += 1;
        let payload = ConformancePayload { data, request_info: info.into(), ..Default::default() };
        self.out.send(response(payload.into())).await
    }

    /// `info` is for the details, if nothing was sent that could hold it.
    fn end(mut self, info: Option<RequestInfo>) -> Result<(), Status> {
        match self.definition.error.as_ref() {
            Some(error) => Err(to_status(error, info)?.with_metadata(self.trailers)),
            None => {
                self.out.add_trailers(&self.trailers);
                Ok(())
            }
        }
    }
}

fn to_status(error: &Error, info: Option<RequestInfo>) -> Result<Status, Status> {
    let mut details = error.details.clone();
    if let Some(info) = info {
        details.push(pack(&info)?);
    }
    let number = error.code.0;
    let message = error.message.clone().unwrap_or_default();
    let code = Code::from_number(number.cast_unsigned());
    let whole = ferrpc::rpc::Status { code: number, message: message.clone(), details, ..Default::default() };
    Ok(Status::new(code, message).with_details(whole.encode_to_vec().map_err(unencodable)?))
}

async fn wait(millis: u32) {
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis.into())).await;
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn pack<M: Message>(message: &M) -> Result<Any, Status> {
    Any::pack(message).map_err(unencodable)
}

fn unencodable(error: ferrpc_proto::EncodeError) -> Status {
    Status::internal(error.to_string())
}
