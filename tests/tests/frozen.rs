//! Methods whose messages stay where they were received.

use std::sync::Arc;

use ferrpc::proto::Frozen;
use ferrpc::{Request, Response, Sender, Server, Status, Streaming};

mod generated {
    include!(concat!(env!("OUT_DIR"), "/frozen.rs"));
}

use generated::ferrpc::test::v1::{
    Chunk, DownloadRequest, EchoRequest, EchoResponse, FateRequest, FateResponse, TestService,
    TestServiceClient, TestServiceServer, UploadSummary,
};

/// Answers from views: what it takes out of a message is borrowed until it is sent.
struct FromViews;

impl TestService for FromViews {
    async fn echo(&self, request: Request<Frozen<EchoRequest>>) -> Result<Response<EchoResponse>, Status> {
        let request = request.into_inner();
        // A frozen message lives across an await, and on any thread.
        let request = tokio::spawn(async move { Arc::new(request) }).await.expect("no panic");
        let payload = request.view().payload.to_vec().into();
        Ok(Response::new(EchoResponse { payload, ..Default::default() }))
    }

    async fn download(
        &self,
        request: Request<Frozen<DownloadRequest>>,
        mut out: Sender<Chunk>,
    ) -> Result<(), Status> {
        for number in 0..request.get_ref().view().count {
            out.send(Chunk { number, ..Default::default() }).await?;
        }
        Ok(())
    }

    async fn upload(
        &self,
        request: Request<Streaming<Frozen<Chunk>>>,
    ) -> Result<Response<UploadSummary>, Status> {
        let mut chunks = request.into_inner();
        // All are kept to the end: each has what it borrows from.
        let mut kept = Vec::new();
        while let Some(chunk) = chunks.message().await? {
            kept.push(chunk);
        }
        let bytes = kept.iter().map(|chunk| chunk.view().payload.len() as u64).sum();
        let in_order = kept.iter().zip(0..).all(|(chunk, number)| {
            chunk.view().number == number
                && chunk.view().payload.iter().all(|byte| u32::from(*byte) == number)
        });
        let count = u32::try_from(kept.len()).expect("few");
        Ok(Response::new(UploadSummary { count, bytes, in_order, ..Default::default() }))
    }

    async fn chat(
        &self,
        request: Request<Streaming<Frozen<Chunk>>>,
        mut out: Sender<Chunk>,
    ) -> Result<(), Status> {
        let mut chunks = request.into_inner();
        while let Some(chunk) = chunks.message().await? {
            out.send(Chunk { number: chunk.view().number + 1, ..Default::default() }).await?;
        }
        Ok(())
    }

    async fn fate(&self, _request: Request<Frozen<FateRequest>>) -> Result<Response<FateResponse>, Status> {
        Err(Status::unimplemented("of no use here"))
    }
}

#[tokio::test]
async fn requests_and_responses_of_all_four_kinds_are_frozen_where_the_generator_was_told_so() {
    let (channel, _server) = Server::new().add(TestServiceServer::new(FromViews)).in_process();
    let client = TestServiceClient::new(channel);

    let payload = vec![7; 100_000];
    let request = EchoRequest { payload: payload.clone().into(), ..Default::default() };
    let echoed: Frozen<EchoResponse> = client.echo(request).await.expect("an answer").into_inner();
    assert_eq!(echoed.view().payload, payload);

    let request = DownloadRequest { count: 3, ..Default::default() };
    let mut chunks = client.download(request).await.expect("a stream");
    let mut numbers = Vec::new();
    while let Some(chunk) = chunks.message().await.expect("a chunk") {
        numbers.push(chunk.view().number);
    }
    assert_eq!(numbers, [0, 1, 2]);

    let mut upload = client.upload().await.expect("a stream");
    for number in 0..3u8 {
        let payload = vec![number; 1000].into();
        let chunk = Chunk { number: number.into(), payload, ..Default::default() };
        upload.send(chunk).await.expect("open");
    }
    let summary = upload.finish().await.expect("an answer").into_inner();
    assert_eq!((summary.view().count, summary.view().bytes, summary.view().in_order), (3, 3000, true));

    let mut chat = client.chat().await.expect("a stream");
    chat.sender().send(Chunk { number: 41, ..Default::default() }).await.expect("open");
    let answer = chat.receiver().message().await.expect("a chunk").expect("one");
    assert_eq!(answer.view().number, 42);
}
