//! A client that asks for much and does no wrong: what goes on beside attacks, and must feel nothing of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ferrpc::Status;

use crate::proto::ferrpc::test::v1::{Act, Chunk, DownloadRequest, EchoRequest, TestServiceClient};

/// What it may wait for one of its calls, on a machine that does much else.
const CALL_TIME_MAX: Duration = Duration::from_secs(10);

/// Opens as many streams as the server allows, gives them up at once, and opens as many again.
///
/// # Errors
/// One of them failed.
pub async fn cancel_a_hundred(client: &TestServiceClient) -> Result<(), Status> {
    for _ in 0..2 {
        let mut streams = Vec::new();
        for _ in 0..100 {
            let act = Act { delay_ms: 60_000, ..Default::default() };
            let request = DownloadRequest { act: Some(act).into(), ..Default::default() };
            streams.push(client.download(request).timeout(CALL_TIME_MAX).await?);
        }
    }
    Ok(())
}

/// A round of a heavy client: a burst of unary calls, a download and a chat.
///
/// # Errors
/// One of them failed, or brought something else than it should.
pub async fn round(client: &TestServiceClient) -> Result<(), Status> {
    let echo = || client.echo(EchoRequest { payload: vec![7; 2000].into(), ..Default::default() });
    let burst: Vec<_> = (0..20).map(|_| tokio::spawn(echo().timeout(CALL_TIME_MAX).into_future())).collect();
    for call in burst {
        call.await.map_err(|error| Status::internal(error.to_string()))??;
    }
    let request = DownloadRequest { count: 20, bytes: 5000, ..Default::default() };
    let mut download = client.download(request).timeout(CALL_TIME_MAX).await?;
    let mut count = 0;
    while let Some(chunk) = download.message().await? {
        count += usize::from(chunk.payload.len() == 5000);
    }
    let (mut sender, mut receiver) = client.chat().timeout(CALL_TIME_MAX).await?.split();
    for number in 0..10 {
        sender.send(Chunk { number, payload: vec![7; 500].into(), ..Default::default() }).await?;
        count += usize::from(receiver.message().await?.is_some_and(|chunk| chunk.number == number));
    }
    sender.close();
    if count == 30 && receiver.message().await?.is_none() {
        Ok(())
    } else {
        Err(Status::data_loss(format!("{count} of 30 messages came")))
    }
}

/// Rounds from before the attack until after it; how many.
///
/// # Errors
/// Those of a round.
pub async fn honest(client: TestServiceClient, attack_is_over: Arc<AtomicBool>) -> Result<u32, Status> {
    let mut rounds = 0;
    cancel_a_hundred(&client).await?;
    loop {
        let last = attack_is_over.load(Ordering::Acquire);
        round(&client).await?;
        rounds += 1;
        if last {
            return cancel_a_hundred(&client).await.map(|()| rounds);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
