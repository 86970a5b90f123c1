//! The suite's client: makes the call that a request describes, and says what came of it.

use std::time::Duration;

use ferrpc::client::{ChannelConfig, Upload};
use ferrpc::{Channel, Code, Metadata, Request, Response, Status, Streaming};
use ferrpc_proto::wkt::Any;
use ferrpc_proto::{Message, Sub};

use super::suite::client_compat_request::cancel::CancelTiming;
use super::suite::client_compat_response::Result as Outcome;
use super::suite::{
    BidiStreamResponse, ClientCompatRequest, ClientCompatResponse, ClientErrorResult, ClientResponseResult,
    ClientStreamResponse, Compression, ConformancePayload, ConformanceServiceClient, Error,
    IdempotentUnaryResponse, ServerStreamResponse, StreamType, UnaryResponse, UnimplementedResponse,
};
use super::{to_headers, to_metadata};

/// Makes a call; always an answer.
pub async fn answer(request: &ClientCompatRequest) -> ClientCompatResponse {
    let result = match call(request).await {
        Ok(result) => Outcome::Response(result.into()),
        Err(message) => Outcome::Error(ClientErrorResult { message, ..Default::default() }.into()),
    };
    ClientCompatResponse { test_name: request.test_name.clone(), result: Some(result), ..Default::default() }
}

/// What came of a call, or why none was made.
async fn call(request: &ClientCompatRequest) -> Result<ClientResponseResult, String> {
    let client = ConformanceServiceClient::new(channel(request)?);
    let mut metadata = to_metadata(&request.request_headers).map_err(|status| status.to_string())?;
    let case = Case::new(request)?;
    macro_rules! with_options {
        ($call:expr) => {{
            let mut call = $call.compression(case.format);
            if let Some(timeout) = case.timeout {
                call = call.timeout(timeout);
            }
            call
        }};
    }
    macro_rules! unary {
        ($method:ident) => {{
            let mut message = Request::new(case.only_message()?);
            *message.metadata_mut() = std::mem::take(&mut metadata);
            Ok(one(case.unless_cancelled(with_options!(client.$method(message))).await))
        }};
    }
    match request.method() {
        "Unary" => unary!(unary),
        "IdempotentUnary" => unary!(idempotent_unary),
        "Unimplemented" => unary!(unimplemented),
        "ServerStream" => {
            let mut message = Request::new(case.only_message()?);
            *message.metadata_mut() = metadata;
            Ok(match with_options!(client.server_stream(message)).await {
                Ok(stream) => case.download(stream).await,
                Err(status) => failed(&status),
            })
        }
        "ClientStream" => {
            let messages = case.messages()?;
            let call =
                with_all(metadata, with_options!(client.client_stream()), |call, name, value| match value {
                    Value::Text(text) => call.metadata(name, text),
                    Value::Octets(octets) => call.metadata_bin(name, octets),
                });
            Ok(match call.await {
                Ok(upload) => case.upload(upload, messages).await,
                Err(status) => failed(&status),
            })
        }
        "BidiStream" => {
            let messages = case.messages()?;
            let call =
                with_all(metadata, with_options!(client.bidi_stream()), |call, name, value| match value {
                    Value::Text(text) => call.metadata(name, text),
                    Value::Octets(octets) => call.metadata_bin(name, octets),
                });
            Ok(match call.await {
                Ok(both) => case.both_ways(both, messages).await,
                Err(status) => failed(&status),
            })
        }
        other => Err(format!("there is no method {other:?}")),
    }
}

fn channel(request: &ClientCompatRequest) -> Result<Channel, String> {
    let mut config = ChannelConfig::default();
    config.compression = super::compression();
    if request.message_receive_limit > 0 {
        config.message_bytes_max = request.message_receive_limit as usize;
    }
    Channel::with_config(format!("{}:{}", request.host, request.port), config)
        .map_err(|error| error.to_string())
}

/// A value of metadata.
enum Value<'a> {
    Text(&'a str),
    Octets(&'a [u8]),
}

/// Gives a call its metadata one by one.
fn with_all<C>(metadata: Metadata, mut call: C, set: impl Fn(C, &str, Value<'_>) -> C) -> C {
    let mut done: Vec<&str> = Vec::new();
    for (name, _) in metadata.iter() {
        if done.contains(&name) {
            continue;
        }
        done.push(name);
        for text in metadata.get_all(name) {
            call = set(call, name, Value::Text(text));
        }
        for octets in metadata.get_all_bin(name).flatten() {
            call = set(call, name, Value::Octets(&octets));
        }
    }
    call
}

/// What a request says of its call.
struct Case<'a> {
    request: &'a ClientCompatRequest,
    format: &'static str,
    timeout: Option<Duration>,
    cancel: Option<&'a CancelTiming>,
}

impl<'a> Case<'a> {
    fn new(request: &'a ClientCompatRequest) -> Result<Self, String> {
        let format = match request.compression {
            Compression::UNSPECIFIED | Compression::IDENTITY => "identity",
            Compression::GZIP => "gzip",
            Compression::DEFLATE => "deflate",
            Compression::ZSTD => "zstd",
            other => return Err(format!("there is no compression {other:?}")),
        };
        let timeout = request.timeout_ms.map(|millis| Duration::from_millis(millis.into()));
        let cancel = request.cancel.as_ref().and_then(|cancel| cancel.cancel_timing.as_ref());
        Ok(Self { request, format, timeout, cancel })
    }

    fn messages<M: Message>(&self) -> Result<Vec<M>, String> {
        self.request.request_messages.iter().map(unpack).collect()
    }

    fn only_message<M: Message>(&self) -> Result<M, String> {
        match &self.request.request_messages[..] {
            [message] => unpack(message),
            several => Err(format!("{} messages for a method that takes one", several.len())),
        }
    }

    /// How long after the last message the call is to be cancelled.
    fn cancel_after_close(&self) -> Option<Duration> {
        match self.cancel {
            Some(CancelTiming::AfterCloseSendMs(millis)) => Some(Duration::from_millis((*millis).into())),
            _ => None,
        }
    }

    fn cancels_before_close(&self) -> bool {
        matches!(self.cancel, Some(CancelTiming::BeforeCloseSend(_)))
    }

    fn cancels_after(&self, responses: usize) -> bool {
        matches!(self.cancel, Some(CancelTiming::AfterNumResponses(n)) if *n as usize == responses)
    }

    async fn pause(&self) {
        if self.request.request_delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(self.request.request_delay_ms.into())).await;
        }
    }

    /// A call with one answer is cancelled by dropping it.
    async fn unless_cancelled<T>(
        &self,
        call: impl IntoFuture<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        let Some(after) = self.cancel_after_close() else { return call.await };
        match tokio::time::timeout(after, call).await {
            Ok(ended) => ended,
            Err(_) => Err(Status::cancelled("dropped")),
        }
    }

    async fn download(&self, mut stream: Streaming<ServerStreamResponse>) -> ClientResponseResult {
        if let Some(after) = self.cancel_after_close() {
            tokio::time::sleep(after).await;
            stream.cancel();
        }
        let mut result = ClientResponseResult::default();
        while self.next(&mut stream, &mut result).await {}
        result
    }

    async fn upload<M>(
        &self,
        mut upload: Upload<M, ClientStreamResponse>,
        messages: Vec<M>,
    ) -> ClientResponseResult {
        let mut unsent = messages.len();
        for message in messages {
            self.pause().await;
            // Why, the end of the call says.
            if upload.send(message).await.is_err() {
                break;
            }
            unsent -= 1;
        }
        if self.cancels_before_close() {
            upload.sender().cancel();
        }
        if let Some(after) = self.cancel_after_close() {
            upload.sender().close();
            tokio::time::sleep(after).await;
            upload.sender().cancel();
        }
        let result = one(upload.finish().await);
        ClientResponseResult { num_unsent_requests: number(unsent), ..result }
    }

    async fn both_ways<M>(
        &self,
        both: ferrpc::client::Bidi<M, BidiStreamResponse>,
        messages: Vec<M>,
    ) -> ClientResponseResult {
        let (mut sender, mut stream) = both.split();
        let mut result = ClientResponseResult::default();
        let mut unsent = messages.len();
        let mut more = true;
        for message in messages {
            self.pause().await;
            if sender.send(message).await.is_err() {
                break;
            }
            unsent -= 1;
            if self.request.stream_type == StreamType::FULL_DUPLEX_BIDI_STREAM {
                more = self.next(&mut stream, &mut result).await;
                if !more {
                    break;
                }
            }
        }
        if self.cancels_before_close() {
            sender.cancel();
        }
        sender.close();
        if let Some(after) = self.cancel_after_close() {
            tokio::time::sleep(after).await;
            sender.cancel();
        }
        while more {
            more = self.next(&mut stream, &mut result).await;
        }
        result.num_unsent_requests = number(unsent);
        result
    }

    /// Takes the next message; false once the stream has ended, with all that is known then in the result.
    async fn next<R: HasPayload>(
        &self,
        stream: &mut Streaming<R>,
        result: &mut ClientResponseResult,
    ) -> bool {
        match stream.message().await {
            Ok(Some(message)) => {
                result.payloads.push(message.payload().into_option().unwrap_or_default());
                if self.cancels_after(result.payloads.len()) {
                    stream.cancel();
                }
                return true;
            }
            Ok(None) => result.response_trailers = stream.trailers().map(to_headers).unwrap_or_default(),
            Err(status) => {
                result.response_trailers = to_headers(status.metadata());
                result.error = to_error(&status).into();
            }
        }
        if let Ok(headers) = stream.headers().await {
            result.response_headers = to_headers(headers);
        }
        false
    }
}

/// Answers that carry what the suite compares.
trait HasPayload: 'static {
    fn payload(self) -> Sub<ConformancePayload>;
}

macro_rules! has_payload {
    ($($message:ty)*) => {
        $(impl HasPayload for $message {
            fn payload(self) -> Sub<ConformancePayload> {
                self.payload
            }
        })*
    };
}

has_payload!(UnaryResponse IdempotentUnaryResponse ServerStreamResponse ClientStreamResponse BidiStreamResponse);

impl HasPayload for UnimplementedResponse {
    fn payload(self) -> Sub<ConformancePayload> {
        Sub::none()
    }
}

fn one<R: HasPayload>(ended: Result<Response<R>, Status>) -> ClientResponseResult {
    match ended {
        Ok(response) => ClientResponseResult {
            response_headers: to_headers(response.metadata()),
            response_trailers: to_headers(response.trailers()),
            payloads: vec![response.into_inner().payload().into_option().unwrap_or_default()],
            ..Default::default()
        },
        Err(status) => failed(&status),
    }
}

fn failed(status: &Status) -> ClientResponseResult {
    ClientResponseResult {
        response_headers: to_headers(status.headers()),
        error: to_error(status).into(),
        response_trailers: to_headers(status.metadata()),
        ..Default::default()
    }
}

fn to_error(status: &Status) -> Error {
    let details = status.rpc_status().map(|whole| whole.details).unwrap_or_default();
    let code = i32::try_from(status.code().number()).unwrap_or(i32::MAX);
    let code = super::suite::Code(code);
    debug_assert!(status.code() != Code::Ok);
    Error { code, message: Some(status.message().to_owned()), details, ..Default::default() }
}

fn unpack<M: Message>(any: &Any) -> Result<M, String> {
    match any.unpack() {
        Ok(Some(message)) => Ok(message),
        Ok(None) => Err(format!("a {} where a {} is due", any.type_url, M::FULL_NAME)),
        Err(error) => Err(format!("{}: {error}", M::FULL_NAME)),
    }
}

fn number(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
