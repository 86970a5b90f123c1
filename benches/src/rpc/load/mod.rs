//! The client: so many connections, so many operations in flight on each, every reply checked.
//!
//! How operations are paced, counted and timed is here; whose client makes the calls is in the modules below.

mod bulk;
mod ferrpc;
mod fields;
mod tonic;

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Instant;

use super::clock::{Clock, Tally};
use super::meter::{Count, Meter, Stretch};

pub use bulk::{Bulk, bulk};
pub use fields::Fields;

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
    /// One upload of as many messages as there is time for.
    Bulk,
}

/// Which unary method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Call {
    /// `Unary`: the payload there and back.
    #[default]
    Echo,
    /// `GetUser`: 2 octets there, 30 back.
    User,
    /// `Sized`: the payload back.
    Sized,
}

/// Whose client makes the calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// Ours.
    #[default]
    Ferrpc,
    /// tonic's; unary calls only.
    Tonic,
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
    /// Which kind of operation.
    pub shape: Shape,
    /// Which unary method.
    pub call: Call,
    /// What metadata unary calls carry.
    pub fields: Fields,
    /// Octets of each message's payload.
    pub payload_bytes: usize,
    /// Messages of a streaming call.
    pub messages: u64,
    /// Whether the first connection also has a stream of 64 KiB messages from the server, as fast as it goes.
    pub beside: bool,
    /// Operations per second of all together; `None` is a closed loop.
    pub rate: Option<f64>,
    /// Seconds that are not counted.
    pub warm_up: f64,
    /// Seconds that are.
    pub seconds: f64,
    /// The server's process, whose CPU time is read.
    pub watch: Option<u32>,
}

/// What came of it.
pub struct Outcome {
    /// Operations that began while time was counted.
    pub tally: Tally,
    /// What was done and spent while time was counted.
    pub stretch: Stretch,
}

/// One connection of somebody's client.
pub(crate) trait Connection: Sized {
    /// What makes one operation after the other.
    type Slot: Slot + 'static;

    /// Connects and gets one answer.
    fn open(plan: &Plan) -> impl Future<Output = Result<Self, String>>;

    /// Each has one operation in flight.
    fn slot(&self, plan: &Rc<Plan>, count: &Count) -> Self::Slot;

    /// Takes a stream of large messages from the server and never ends, unless it fails.
    fn take_bulk(&self) -> impl Future<Output = String> + 'static;
}

/// What `GetUser` answers.
const USER: (i32, &str, &str) = (1, "John Doe", "john@example.com");

/// One operation after the other.
pub(crate) trait Slot {
    /// Makes one and checks what it brings; counts its messages as they come.
    fn operate(&mut self) -> impl Future<Output = Result<(), String>>;

    /// After the last one; what is wrong now is a failure as well.
    fn finish(self) -> impl Future<Output = Result<(), String>>;
}

/// Loads a server from this thread.
///
/// # Errors
/// A target that is none, and servers that are not there: nothing is counted until each connection has
/// answered once.
pub async fn run(plan: &Plan, by: By) -> Result<Outcome, String> {
    match by {
        By::Ferrpc => run_with::<ferrpc::Client>(plan).await,
        By::Tonic => run_with::<tonic::Client>(plan).await,
    }
}

async fn run_with<C: Connection>(plan: &Plan) -> Result<Outcome, String> {
    let tally = Rc::new(RefCell::new(Tally::default()));
    let (plan, count) = (Rc::new(plan.clone()), Count::default());
    let meter = Meter::new(plan.watch, count.clone())?;
    let mut connections = Vec::new();
    for _ in 0..plan.connections {
        connections.push(C::open(&plan).await?);
    }
    let clock = Rc::new(Clock::new(plan.warm_up, plan.seconds, plan.rate));
    let beside = connections.first().filter(|_| plan.beside);
    let beside = beside.map(|connection| tokio::task::spawn_local(connection.take_bulk()));
    let slots: Vec<_> = connections
        .iter()
        .flat_map(|connection| (0..plan.streams).map(|_| connection.slot(&plan, &count)))
        .map(|slot| tokio::task::spawn_local(go_on(slot, clock.clone(), tally.clone())))
        .collect();
    let stretch = measured(&clock, &meter).await?;
    for slot in slots {
        slot.await.map_err(|error| error.to_string())?;
    }
    if let Some(beside) = beside {
        if beside.is_finished() {
            return Err(beside.await.unwrap_or_else(|error| error.to_string()));
        }
        beside.abort();
    }
    Ok(Outcome { tally: tally.take(), stretch })
}

/// One operation after the other until time is up. After a failure there is no more of a stream.
async fn go_on(mut slot: impl Slot, clock: Rc<Clock>, tally: Rc<RefCell<Tally>>) {
    while let Some(begun) = clock.begin().await {
        let outcome = slot.operate().await;
        tally.borrow_mut().end(begun, outcome);
    }
    if let Err(failure) = slot.finish().await {
        tally.borrow_mut().fail(failure);
    }
}

/// Reads the meter when the counted time begins and when it ends.
async fn measured(clock: &Clock, meter: &Meter) -> Result<Stretch, String> {
    let at = |instant: Instant| tokio::time::sleep_until(instant.into());
    at(clock.counted_from()).await;
    let before = meter.read()?;
    at(clock.end()).await;
    Ok(before.until(&meter.read()?))
}
