//! `rpc_soak` and `channel_soak`: the same call again and again, on one channel or on a new one each time.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::proto::grpc::testing::{SimpleRequest, TestServiceClient};
use super::{Outcome, channel, failed, zeros};

/// How long, how often, and what may go wrong. The flags of other languages' clients.
#[derive(clap::Args, Clone, Debug)]
#[non_exhaustive]
pub struct Soak {
    /// Calls.
    #[arg(long = "soak_iterations", default_value_t = 10)]
    iterations: u32,
    /// Calls that may fail or be too slow.
    #[arg(long = "soak_max_failures", default_value_t = 0)]
    failures_max: u32,
    /// What a call may take, in milliseconds.
    #[arg(long = "soak_per_iteration_max_acceptable_latency_ms", default_value_t = 1000)]
    latency_ms_max: u64,
    /// From the start of one call to the start of the next at least so many milliseconds.
    #[arg(long = "soak_min_time_ms_between_rpcs", default_value_t = 0)]
    pause_ms_min: u64,
    /// What all may take, in seconds.
    #[arg(long = "soak_overall_timeout_seconds", default_value_t = 10)]
    timeout_seconds: u64,
    /// The payload of a request, in octets.
    #[arg(long = "soak_request_size", default_value_t = 271_828)]
    request_bytes: usize,
    /// The payload of a response, in octets.
    #[arg(long = "soak_response_size", default_value_t = 314_159)]
    response_bytes: i32,
}

pub(super) async fn one_channel(client: TestServiceClient, soak: &Soak) -> Outcome {
    again_and_again(soak, || Ok(client.clone())).await
}

pub(super) async fn a_channel_each(target: &str, soak: &Soak) -> Outcome {
    again_and_again(soak, || Ok(TestServiceClient::new(channel(target)?))).await
}

async fn again_and_again(soak: &Soak, client: impl Fn() -> Outcome<TestServiceClient>) -> Outcome {
    let end = Instant::now() + Duration::from_secs(soak.timeout_seconds);
    let (mut failures, mut last) = (0, String::new());
    for done in 0..soak.iterations {
        let start = Instant::now();
        let client = client()?;
        let Ok(ended) = timeout_at(end, once(&client, soak)).await else {
            return Err(format!("{done} of {} calls after {} s", soak.iterations, soak.timeout_seconds));
        };
        let latency = start.elapsed();
        let slow = latency > Duration::from_millis(soak.latency_ms_max);
        let slow = slow.then(|| Err(format!("a call took {} ms", latency.as_millis())));
        if let Err(what) = slow.unwrap_or(ended) {
            failures += 1;
            last = what;
        }
        tokio::time::sleep_until((start + Duration::from_millis(soak.pause_ms_min)).min(end)).await;
    }
    if failures > soak.failures_max {
        return Err(format!(
            "{failures} of {} calls failed or were too slow; the last: {last}",
            soak.iterations
        ));
    }
    Ok(())
}

async fn once(client: &TestServiceClient, soak: &Soak) -> Outcome {
    let request = SimpleRequest {
        response_size: soak.response_bytes,
        payload: zeros(soak.request_bytes).into(),
        ..Default::default()
    };
    let response = client.unary_call(request).await.map_err(failed("UnaryCall"))?;
    let bytes = response.get_ref().payload.get().body.len();
    if i32::try_from(bytes) == Ok(soak.response_bytes) {
        Ok(())
    } else {
        Err(format!("a payload of {} bytes has {bytes}", soak.response_bytes))
    }
}
