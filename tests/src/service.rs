//! TestService and UserService on our server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ferrpc::{Code, Metadata, Request, Response, Sender, Server, Status, Streaming};
use tokio::sync::watch;

use crate::proto::ferrpc::test::v1::{
    Act, Chunk, DownloadRequest, EchoRequest, EchoResponse, FateRequest, FateResponse, TestService,
    TestServiceServer, UploadSummary,
};
use crate::proto::{UserRequest, UserResponse, UserService, UserServiceServer};

/// A server of both services; bind and run it.
pub fn server() -> Server {
    Server::new().add(TestServiceServer::new(Tester::default())).add(UserServiceServer::new(Users))
}

/// The payload of chunk `number`.
pub fn fill(number: u32, size: u32) -> Vec<u8> {
    vec![number.to_le_bytes()[0]; size as usize]
}

struct Users;

impl UserService for Users {
    async fn get_user(&self, request: Request<UserRequest>) -> Result<Response<UserResponse>, Status> {
        let id = request.get_ref().id;
        if id <= 0 {
            return Err(Status::invalid_argument(format!("id must be positive, got {id}")));
        }
        let (name, email) = ("John Doe".into(), "john@example.com".into());
        Ok(UserResponse { id, name, email, ..Default::default() }.into())
    }
}

/// How many calls of a tag ran to their end, and how many were cancelled.
#[derive(Clone, Copy, Default)]
struct Fate {
    finished: u32,
    cancelled: u32,
}

/// The fates of all tags, and word of every change.
#[derive(Clone)]
struct Fates {
    of: Arc<Mutex<HashMap<String, Fate>>>,
    changes: watch::Sender<u64>,
}

impl Fates {
    fn of(&self, tag: &str) -> Fate {
        self.of.lock().unwrap_or_else(PoisonError::into_inner).get(tag).copied().unwrap_or_default()
    }

    fn count(&self, tag: &str, finished: bool) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let fate = of.entry(tag.to_owned()).or_default();
        *if finished { &mut fate.finished } else { &mut fate.cancelled } += 1;
        drop(of);
        self.changes.send_modify(|changes| *changes += 1);
    }
}

/// One call, until its handler returns or is dropped.
struct Call {
    fates: Fates,
    trailers: Metadata,
    act: Act,
    finished: bool,
}

impl Call {
    /// Obeys the part of `act` that comes before the answer.
    async fn obey(&mut self, act: Option<Act>) {
        self.act = act.unwrap_or_default();
        if self.act.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(self.act.delay_ms.into())).await;
        }
    }

    /// Obeys the part of `act` that comes after the answer.
    fn end(mut self) -> Result<Metadata, Status> {
        self.finished = true;
        let trailers = std::mem::take(&mut self.trailers);
        match self.act.code {
            0 => Ok(trailers),
            code => Err(Status::new(Code::from_number(code.cast_unsigned()), self.act.message.clone())
                .with_metadata(trailers)),
        }
    }

    /// The next chunk that the first one's `act` lets this call read.
    async fn next(&mut self, chunks: &mut Streaming<Chunk>, so_far: u32) -> Result<Option<Chunk>, Status> {
        if so_far > 0 && so_far == self.act.answer_after {
            return Ok(None);
        }
        let mut chunk = chunks.message().await?;
        if so_far == 0
            && let Some(chunk) = &mut chunk
        {
            self.obey(chunk.act.take()).await;
        }
        Ok(chunk)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.act.tag.is_empty() {
            self.fates.count(&self.act.tag, self.finished);
        }
    }
}

struct Tester {
    fates: Fates,
}

impl Default for Tester {
    fn default() -> Self {
        Self { fates: Fates { of: Arc::default(), changes: watch::Sender::new(0) } }
    }
}

impl Tester {
    /// What every handler begins with: the call, and the metadata that goes first.
    fn begin(&self, received: &Metadata) -> (Call, Metadata) {
        let trailers = with_prefix(received, "x-trailing-");
        let call = Call { fates: self.fates.clone(), trailers, act: Act::default(), finished: false };
        (call, with_prefix(received, "x-initial-"))
    }
}

fn with_prefix(metadata: &Metadata, prefix: &str) -> Metadata {
    let mut kept = metadata.clone();
    for (key, _) in metadata.iter().filter(|(key, _)| !key.starts_with(prefix)) {
        kept.remove(key);
    }
    kept
}

impl TestService for Tester {
    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoResponse>, Status> {
        let timeout = request.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout_ms = timeout.map_or(0, |left| u32::try_from(left.as_millis()).unwrap_or(u32::MAX));
        let (mut call, headers) = self.begin(request.metadata());
        let EchoRequest { payload, act, .. } = request.into_inner();
        call.obey(act.into_option()).await;
        let trailers = call.end()?;

        let mut response = Response::new(EchoResponse { payload, timeout_ms, ..Default::default() });
        *response.metadata_mut() = headers;
        *response.trailers_mut() = trailers;
        Ok(response)
    }

    async fn download(
        &self,
        request: Request<DownloadRequest>,
        mut out: Sender<Chunk>,
    ) -> Result<(), Status> {
        let (mut call, headers) = self.begin(request.metadata());
        *out.headers_mut() = headers;
        let DownloadRequest { count, bytes, act, .. } = request.into_inner();
        call.obey(act.into_option()).await;
        for number in 0..count {
            out.send(Chunk { number, payload: fill(number, bytes).into(), ..Default::default() }).await?;
        }
        out.add_trailers(&call.end()?);
        Ok(())
    }

    async fn upload(&self, request: Request<Streaming<Chunk>>) -> Result<Response<UploadSummary>, Status> {
        let (mut call, headers) = self.begin(request.metadata());
        let mut chunks = request.into_inner();
        let mut summary = UploadSummary { in_order: true, ..Default::default() };
        while let Some(Chunk { number, payload, .. }) = call.next(&mut chunks, summary.count).await? {
            let filled = payload.iter().all(|byte| *byte == number.to_le_bytes()[0]);
            summary.in_order &= number == summary.count && filled;
            summary.count += 1;
            summary.bytes += payload.len() as u64;
        }
        let trailers = call.end()?;

        let mut response = Response::new(summary);
        *response.metadata_mut() = headers;
        *response.trailers_mut() = trailers;
        Ok(response)
    }

    async fn chat(&self, request: Request<Streaming<Chunk>>, mut out: Sender<Chunk>) -> Result<(), Status> {
        let (mut call, headers) = self.begin(request.metadata());
        *out.headers_mut() = headers;
        let mut chunks = request.into_inner();
        let mut count = 0;
        while let Some(chunk) = call.next(&mut chunks, count).await? {
            out.send(chunk).await?;
            count += 1;
        }
        out.add_trailers(&call.end()?);
        Ok(())
    }

    async fn fate(&self, request: Request<FateRequest>) -> Result<Response<FateResponse>, Status> {
        let FateRequest { tag, ended, .. } = request.into_inner();
        let mut changes = self.fates.changes.subscribe();
        loop {
            let Fate { finished, cancelled } = self.fates.of(&tag);
            if finished + cancelled >= ended {
                return Ok(FateResponse { finished, cancelled, ..Default::default() }.into());
            }
            // The sender lives as long as we do.
            let _ = changes.changed().await;
        }
    }
}
