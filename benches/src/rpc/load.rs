//! The client: so many connections, so many calls in flight on each, every reply checked.

use std::cell::RefCell;
use std::rc::Rc;

use ferrpc::{Channel, Status};
use ferrpc_proto::Bytes;

use super::api::{LoadClient, Order, Piece};
use super::clock::{Clock, Tally};
use super::service::payload;

/// What is called, and what counts as one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// One message each way; an operation is a call.
    Unary,
    /// Many messages from the server; an operation is a call.
    Server,
    /// Many messages to the server; an operation is a call.
    Client,
    /// Ping-pong on one stream; an operation is one message there and back.
    Bidi,
}

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// `HOST:PORT` or a gRPC target.
    pub target: String,
    /// Connections, each a channel of its own.
    pub connections: usize,
    /// Operations in flight on each.
    pub streams: usize,
    /// Which of the four.
    pub shape: Shape,
    /// Octets of each message's payload.
    pub payload_bytes: usize,
    /// Messages of a streaming call.
    pub messages: u64,
    /// Operations per second of all together; `None` is a closed loop.
    pub rate: Option<f64>,
    /// Seconds that are not counted.
    pub warm_up: f64,
    /// Seconds that are.
    pub seconds: f64,
}

/// Loads a server from this thread.
///
/// # Errors
/// A target that is none, and servers that are not there: nothing is counted until each connection has
/// answered once.
pub async fn run(plan: &Plan) -> Result<Tally, String> {
    let tally = Rc::new(RefCell::new(Tally::default()));
    let mut workers = Vec::new();
    for _ in 0..plan.connections {
        let channel = Channel::new(&plan.target).map_err(|error| error.to_string())?;
        let client = LoadClient::new(channel);
        client.unary(Piece::default()).wait_for_ready(false).await.map_err(|status| status.to_string())?;
        workers.push(client);
    }
    let clock = Rc::new(Clock::new(plan.warm_up, plan.seconds, plan.rate));
    let worker = Rc::new(Worker { plan: plan.clone(), payload: payload(plan.payload_bytes) });
    let slots: Vec<_> = workers
        .iter()
        .flat_map(|client| (0..plan.streams).map(move |_| client.clone()))
        .map(|client| {
            let (worker, clock, tally) = (worker.clone(), clock.clone(), tally.clone());
            tokio::task::spawn_local(async move { worker.slot(&client, &clock, &tally).await })
        })
        .collect();
    for slot in slots {
        slot.await.map_err(|error| error.to_string())?;
    }
    Ok(tally.take())
}

struct Worker {
    plan: Plan,
    payload: Bytes,
}

impl Worker {
    /// One operation after the other until time is up.
    async fn slot(&self, client: &LoadClient, clock: &Clock, tally: &RefCell<Tally>) {
        if self.plan.shape == Shape::Bidi {
            return self.ping_pong(client, clock, tally).await;
        }
        let mut number = 0;
        while let Some(begun) = clock.begin().await {
            number += 1;
            let outcome = match self.plan.shape {
                Shape::Unary => self.unary(client, number).await,
                Shape::Server => self.down(client).await,
                Shape::Client | Shape::Bidi => self.up(client).await,
            };
            tally.borrow_mut().end(begun, outcome);
        }
    }

    fn piece(&self, number: u64) -> Piece {
        Piece { number, payload: self.payload.clone(), ..Piece::default() }
    }

    fn check(&self, number: u64, piece: &Piece) -> Result<(), String> {
        if piece.number != number {
            return Err(format!("piece {} came where {number} was due", piece.number));
        }
        if piece.payload != self.payload {
            return Err(format!(
                "piece {number} came with another payload, of {} octets",
                piece.payload.len()
            ));
        }
        Ok(())
    }

    async fn unary(&self, client: &LoadClient, number: u64) -> Result<u64, String> {
        let reply = client.unary(self.piece(number)).await.map_err(failure)?;
        self.check(number, reply.get_ref())?;
        Ok(1)
    }

    async fn down(&self, client: &LoadClient) -> Result<u64, String> {
        let payload_bytes = u32::try_from(self.plan.payload_bytes).map_err(|error| error.to_string())?;
        let order = Order { count: self.plan.messages, payload_bytes, ..Order::default() };
        let mut pieces = client.down(order).await.map_err(failure)?;
        let mut count = 0;
        while let Some(piece) = pieces.message().await.map_err(failure)? {
            self.check(count, &piece)?;
            count += 1;
        }
        if count == self.plan.messages { Ok(count) } else { Err(format!("{count} pieces came")) }
    }

    async fn up(&self, client: &LoadClient) -> Result<u64, String> {
        let mut upload = client.up().await.map_err(failure)?;
        for number in 0..self.plan.messages {
            upload.send(self.piece(number)).await.map_err(failure)?;
        }
        let total = upload.finish().await.map_err(failure)?.into_inner();
        let payload_bytes = self.plan.messages * self.plan.payload_bytes as u64;
        if (total.count, total.payload_bytes) != (self.plan.messages, payload_bytes) {
            return Err(format!("{} pieces of {} octets were counted", total.count, total.payload_bytes));
        }
        Ok(self.plan.messages)
    }

    /// One stream for the whole time; after a failure there is no more of it.
    async fn ping_pong(&self, client: &LoadClient, clock: &Clock, tally: &RefCell<Tally>) {
        let (mut there, mut back) = match client.both().await {
            Ok(stream) => stream.split(),
            Err(status) => {
                if let Some(begun) = clock.begin().await {
                    tally.borrow_mut().end(begun, Err(failure(status)));
                }
                return;
            }
        };
        let mut number = 0;
        while let Some(begun) = clock.begin().await {
            number += 1;
            let outcome = async {
                there.send(self.piece(number)).await.map_err(failure)?;
                let piece = back.message().await.map_err(failure)?;
                self.check(number, &piece.ok_or_else(|| format!("the stream ended before piece {number}"))?)
            };
            let outcome = outcome.await;
            let failed = outcome.is_err();
            tally.borrow_mut().end(begun, outcome.map(|()| 1));
            if failed {
                return;
            }
        }
        there.close();
        // The end is part of the promise, though not of the time.
        if let Err(status) = back.message().await {
            tally.borrow_mut().fail(failure(status));
        }
    }
}

fn failure(status: Status) -> String {
    status.to_string()
}
