//! One upload as fast as it goes: what the windows of a server give over a long way.

use std::time::Instant;

use ferrpc::Channel;

use super::Plan;
use super::ferrpc::failure;
use crate::rpc::api::{LoadClient, Piece};
use crate::rpc::meter::{Count, Meter, Stretch};
use crate::rpc::service::payload;

/// What went over.
pub struct Bulk {
    /// Octets of payload that the server has counted.
    pub payload_bytes: u64,
    /// From the first message to the server's answer after the last.
    pub stretch: Stretch,
}

/// Sends the plan's messages, or as many as its seconds allow; then waits for the server to have them all.
///
/// # Errors
/// The call failed, or the server has counted something else.
pub async fn bulk(plan: &Plan) -> Result<Bulk, String> {
    let channel = Channel::new(&plan.target).map_err(|error| error.to_string())?;
    let client = LoadClient::new(channel);
    client.unary(Piece::default()).wait_for_ready(false).await.map_err(failure)?;
    let count = Count::default();
    let meter = Meter::new(plan.watch, count.clone())?;
    let payload = payload(plan.payload_bytes);

    let before = meter.read()?;
    let start = Instant::now();
    let mut upload = client.up().await.map_err(failure)?;
    while count.get() < plan.messages && start.elapsed().as_secs_f64() < plan.seconds {
        let piece = Piece { number: count.get(), payload: payload.clone(), ..Piece::default() };
        upload.send(piece).await.map_err(failure)?;
        count.one();
    }
    let total = upload.finish().await.map_err(failure)?.into_inner();
    let stretch = before.until(&meter.read()?);
    let payload_bytes = count.get() * payload.len() as u64;
    if (total.count, total.payload_bytes) != (count.get(), payload_bytes) {
        return Err(format!("{} pieces of {} octets were counted", total.count, total.payload_bytes));
    }
    Ok(Bulk { payload_bytes, stretch })
}
