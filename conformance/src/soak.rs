//! Calls of all four kinds, for as long as one likes, while their connections are taken away: by age, by resets, by
//! restarts of the server. Each answer is compared with what was asked for; each error needs a cause.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ferrpc::client::ChannelConfig;
use ferrpc::server::{Bound, ShutdownPlan};
use ferrpc::{Channel, Code, ServerLimits, Status};
use ferrpc_proto::wkt::Any;
use ferrpc_proto::{Bytes, Message};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::connect::proto::connectrpc::conformance::v1::{
    BidiStreamRequest, ClientStreamRequest, ConformancePayload, ConformanceServiceClient,
    ServerStreamRequest, StreamResponseDefinition, UnaryRequest, UnaryResponseDefinition,
    unary_response_definition,
};
use crate::connect::service;

/// What a run is to be.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// How long calls are begun.
    pub time: Duration,
    /// Of all chances; the order of events is the machine's all the same.
    pub seed: u64,
    /// How long each caller rests after a call.
    pub pause: Duration,
}

impl Plan {
    /// A run of so long.
    pub fn new(time: Duration, seed: u64, pause: Duration) -> Self {
        Self { time, seed, pause }
    }
}

/// Callers on each way to a server.
const CALLERS: u64 = 4;
/// What a call may take: more than any disturbance.
const CALL_MAX: Duration = Duration::from_secs(30);
const ANY_PORT: &str = "127.0.0.1:0";
/// How old connections get.
const AGE_MAX: Duration = Duration::from_millis(100);
/// How long connections live before they are reset, and servers before they are restarted, in milliseconds.
const LIFE_MS: [u64; 2] = [200, 2000];
/// How long after a disturbance a call may begin and still meet it: it is on its way to the client.
const AFTERMATH: Duration = Duration::from_millis(500);
/// Memory that may come on top of what there was, besides an eighth of it.
const GROWTH_BYTES: usize = 8 << 20;
/// Sentences that are kept of what went wrong.
const TOLD_MAX: usize = 10;

/// What came of it.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// Calls by the way and the kind.
    pub calls: BTreeMap<(&'static str, &'static str), u64>,
    /// Calls that failed since their connection or server was taken away.
    pub explained: BTreeMap<&'static str, u64>,
    /// What went wrong otherwise: how often, and the first few.
    pub wrong: u64,
    told: Vec<String>,
    /// Connections that were reset.
    pub resets: u64,
    /// Servers that were restarted.
    pub restarts: u64,
    /// Resident memory in the second quarter and in the last, in octets; nothing where the system does not tell.
    pub memory: Option<(usize, usize)>,
}

impl Outcome {
    /// Calls in all.
    pub fn sum(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Whether memory stayed what it was.
    pub fn is_flat(&self) -> bool {
        self.memory.is_none_or(|(before, after)| after <= before + before / 8 + GROWTH_BYTES)
    }

    /// A call has ended; what its way was taken away from under it explains.
    fn take(&mut self, way: &'static str, kind: &'static str, ended: Result<(), Fault>, taken_away: bool) {
        *self.calls.entry((way, kind)).or_default() += 1;
        match ended {
            Ok(()) => {}
            Err(Fault::Failed(status)) if taken_away && status.code() == Code::Unavailable => {
                *self.explained.entry(way).or_default() += 1;
            }
            Err(fault) => self.note(format!("{way} {kind}: {fault}")),
        }
    }

    fn note(&mut self, what: String) {
        self.wrong += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(what);
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((way, kind), calls) in &self.calls {
            writeln!(f, "{way:8} {kind:14} {calls:9} calls")?;
        }
        for (way, errors) in &self.explained {
            writeln!(f, "{way:8} {errors} calls lost with their connection")?;
        }
        writeln!(f, "{} connections reset, {} servers restarted", self.resets, self.restarts)?;
        if let Some((before, after)) = self.memory {
            let kib = |bytes: usize| bytes >> 10;
            writeln!(
                f,
                "resident memory {} KiB in the second quarter, {} KiB in the last",
                kib(before),
                kib(after)
            )?;
        }
        for what in &self.told {
            writeln!(f, "WRONG {what}")?;
        }
        Ok(())
    }
}

type Shared = Arc<Mutex<Outcome>>;

/// When a way was last disturbed.
type Disturbed = Arc<Mutex<Option<Instant>>>;

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs it.
///
/// # Errors
/// If there is no port to listen on.
pub async fn run(plan: &Plan) -> Result<Outcome, ferrpc::Error> {
    let shared = Shared::default();
    let end = Instant::now() + plan.time;
    let mut random = Random(plan.seed);
    let mut tasks = JoinSet::new();

    // Nothing but age: no call may fail.
    let aged = serve(Some(AGE_MAX)).await?;
    callers(&mut tasks, "aged", aged, None, plan, end, &shared, &mut random);

    let behind = serve(None).await?;
    let disturbed = Disturbed::default();
    let listener = TcpListener::bind(ANY_PORT).await.map_err(not_listening)?;
    let address = listener.local_addr().map_err(not_listening)?;
    let resets = resetting(listener, behind, disturbed.clone(), shared.clone(), random.fork());
    let resets = tokio::spawn(resets);
    callers(&mut tasks, "reset", address, Some(disturbed), plan, end, &shared, &mut random);

    let disturbed = Disturbed::default();
    let (address, restarts) = restarting(disturbed.clone(), shared.clone(), random.fork()).await?;
    let restarts = tokio::spawn(restarts);
    callers(&mut tasks, "restart", address, Some(disturbed), plan, end, &shared, &mut random);

    let memory = tokio::spawn(memory(plan.time, end));
    while let Some(joined) = tasks.join_next().await {
        if let Err(error) = joined {
            lock(&shared).note(error.to_string());
        }
    }
    resets.abort();
    restarts.abort();
    let mut outcome = std::mem::take(&mut *lock(&shared));
    outcome.memory = memory.await.ok().flatten();
    Ok(outcome)
}

fn not_listening(error: io::Error) -> ferrpc::Error {
    Status::unavailable(format!("cannot listen on 127.0.0.1: {error}")).into()
}

/// A server whose connections may get so old.
async fn bind(address: &str, age_max: Option<Duration>) -> Result<Bound, ferrpc::Error> {
    let mut limits = ServerLimits::default();
    limits.connection_age_max = age_max;
    service::server(0).limits(limits).bind(address).await
}

async fn serve(age_max: Option<Duration>) -> Result<SocketAddr, ferrpc::Error> {
    let bound = bind(ANY_PORT, age_max).await?;
    let address = bound.local_addr();
    tokio::spawn(bound.run());
    Ok(address)
}

/// Hands connections on to a server, and resets each after a while.
async fn resetting(
    listener: TcpListener,
    server: SocketAddr,
    disturbed: Disturbed,
    shared: Shared,
    mut random: Random,
) {
    loop {
        let Ok((mut client, _)) = listener.accept().await else { continue };
        let (disturbed, shared) = (disturbed.clone(), shared.clone());
        let life = Duration::from_millis(random.between(LIFE_MS));
        tokio::spawn(async move {
            let Ok(mut server) = TcpStream::connect(server).await else { return };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let copied = tokio::io::copy_bidirectional(&mut client, &mut server);
            if tokio::time::timeout(life, copied).await.is_err() {
                *lock(&disturbed) = Some(Instant::now());
                lock(&shared).resets += 1;
                // No FIN, but an RST.
                let _ = (client.set_zero_linger(), server.set_zero_linger());
            }
        });
    }
}

/// A server that ends by a hasty plan and comes again, always at the same address.
async fn restarting(
    disturbed: Disturbed,
    shared: Shared,
    mut random: Random,
) -> Result<(SocketAddr, impl Future<Output = ()>), ferrpc::Error> {
    let mut bound = bind(ANY_PORT, Some(AGE_MAX)).await?;
    let address = bound.local_addr();
    let restarts = async move {
        loop {
            let handle = bound.handle();
            let running = tokio::spawn(bound.run());
            sleep(Duration::from_millis(random.between(LIFE_MS))).await;
            let mut plan = ShutdownPlan::default();
            plan.drain = Duration::from_millis(50);
            plan.kill = Duration::from_millis(100);
            *lock(&disturbed) = Some(Instant::now());
            handle.shutdown_with(&plan);
            let ended = running.await;
            *lock(&disturbed) = Some(Instant::now());
            if let Err(error) = ended {
                return lock(&shared).note(format!("the server: {error}"));
            }
            lock(&shared).restarts += 1;
            bound = match bind(&address.to_string(), Some(AGE_MAX)).await {
                Ok(bound) => bound,
                Err(error) => return lock(&shared).note(format!("the server did not come again: {error}")),
            };
            *lock(&disturbed) = Some(Instant::now());
        }
    };
    Ok((address, restarts))
}

/// Median memory of the second quarter and of the last.
async fn memory(time: Duration, end: Instant) -> Option<(usize, usize)> {
    const LOOKS: usize = 40;
    let mut seen = Vec::new();
    for left in (0..LOOKS).rev() {
        let share = time.mul_f64(f64::from(u32::try_from(left).unwrap_or(0)) / 40.0);
        sleep_until(end - share).await;
        seen.push(ferrpc_attack::neighbour::resident_bytes(std::process::id())?);
    }
    let median = |part: &[usize]| {
        let mut part = part.to_vec();
        part.sort_unstable();
        part[part.len() / 2]
    };
    Some((median(&seen[LOOKS / 4..LOOKS / 2]), median(&seen[LOOKS * 3 / 4..])))
}

#[expect(clippy::too_many_arguments, reason = "all that callers have in common")]
fn callers(
    tasks: &mut JoinSet<()>,
    way: &'static str,
    address: SocketAddr,
    disturbed: Option<Disturbed>,
    plan: &Plan,
    end: Instant,
    shared: &Shared,
    random: &mut Random,
) {
    let mut config = ChannelConfig::default();
    config.default_timeout = Some(CALL_MAX);
    let Ok(channel) = Channel::with_config(address.to_string(), config) else { return };
    for _ in 0..CALLERS {
        let (channel, shared, disturbed) = (channel.clone(), shared.clone(), disturbed.clone());
        let (mut random, pause) = (random.fork(), plan.pause);
        tasks.spawn(async move {
            let client = ConformanceServiceClient::new(channel);
            while Instant::now() < end {
                let began = Instant::now();
                let (kind, ended) = call(&client, &mut random).await;
                let taken_away = disturbed.as_ref().and_then(|disturbed| *lock(disturbed));
                let taken_away = taken_away.is_some_and(|at| at + AFTERMATH >= began);
                lock(&shared).take(way, kind, ended, taken_away);
                sleep(pause).await;
            }
        });
    }
}

/// What is wrong with a call.
enum Fault {
    Failed(Status),
    Differs(String),
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        Self::Failed(status)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(status) => write!(f, "{status}"),
            Self::Differs(what) => f.write_str(what),
        }
    }
}

/// A call of any kind, and what came of it.
async fn call(client: &ConformanceServiceClient, random: &mut Random) -> (&'static str, Result<(), Fault>) {
    match random.between([0, 3]) {
        0 => ("unary", unary(client, random).await),
        1 => ("up", up(client, random).await),
        2 => ("down", down(client, random).await),
        _ => ("both ways", both_ways(client, random).await),
    }
}

fn one_answer(data: &Bytes) -> UnaryResponseDefinition {
    let response = Some(unary_response_definition::Response::ResponseData(data.clone()));
    UnaryResponseDefinition { response, ..Default::default() }
}

async fn unary(client: &ConformanceServiceClient, random: &mut Random) -> Result<(), Fault> {
    let (data, request_data) = (random.octets(), random.octets());
    let response_definition = one_answer(&data).into();
    let request = UnaryRequest { response_definition, request_data, ..Default::default() };
    let call = client.unary(request.clone()).wait_for_ready(true).compression(random.format());
    let response = call.await?.into_inner();
    compare(response.payload.get(), &data, &[request])
}

async fn up(client: &ConformanceServiceClient, random: &mut Random) -> Result<(), Fault> {
    let data = random.octets();
    let mut requests = Vec::new();
    for _ in 0..=random.between([0, 5]) {
        requests.push(ClientStreamRequest { request_data: random.octets(), ..Default::default() });
    }
    requests[0].response_definition = one_answer(&data).into();
    let mut call = client.client_stream().wait_for_ready(true).compression(random.format()).await?;
    for request in &requests {
        // How the call ended says why.
        if call.send(request.clone()).await.is_err() {
            break;
        }
    }
    let response = call.finish().await?.into_inner();
    compare(response.payload.get(), &data, &requests)
}

async fn down(client: &ConformanceServiceClient, random: &mut Random) -> Result<(), Fault> {
    let definition = random.answers();
    let request = ServerStreamRequest {
        response_definition: definition.clone().into(),
        request_data: random.octets(),
        ..Default::default()
    };
    let mut stream = client.server_stream(request.clone()).wait_for_ready(true).await?;
    for (nth, data) in definition.response_data.iter().enumerate() {
        let Some(message) = stream.message().await? else {
            return Err(Fault::Differs(format!("it ended well after {nth} messages")));
        };
        let requests = if nth == 0 { std::slice::from_ref(&request) } else { &[] };
        compare(message.payload.get(), data, requests)?;
    }
    end(stream.message().await?)
}

async fn both_ways(client: &ConformanceServiceClient, random: &mut Random) -> Result<(), Fault> {
    let definition = random.answers();
    let (mut sender, mut stream) = client.bidi_stream().wait_for_ready(true).await?.split();
    for (nth, data) in definition.response_data.iter().enumerate() {
        let mut request =
            BidiStreamRequest { full_duplex: true, request_data: random.octets(), ..Default::default() };
        if nth == 0 {
            request.response_definition = definition.clone().into();
        }
        let sent = sender.send(request.clone()).await;
        match stream.message().await? {
            Some(message) if sent.is_ok() => compare(message.payload.get(), data, &[request])?,
            Some(_) => return Err(Fault::Differs(format!("an answer to message {nth}, which was not sent"))),
            None => return Err(Fault::Differs(format!("it ended well after {nth} messages"))),
        }
    }
    sender.close();
    end(stream.message().await?)
}

fn end<T>(message: Option<T>) -> Result<(), Fault> {
    match message {
        None => Ok(()),
        Some(_) => Err(Fault::Differs("more messages than were asked for".into())),
    }
}

/// Whether it is what was asked for, and the server saw what was sent.
fn compare<M: Message>(payload: &ConformancePayload, data: &Bytes, requests: &[M]) -> Result<(), Fault> {
    if payload.data != *data {
        let (came, due) = (payload.data.len(), data.len());
        return Err(Fault::Differs(format!("{came} octets that are not the {due} asked for")));
    }
    let sent: Result<Vec<Any>, _> = requests.iter().map(Any::pack).collect();
    let sent = sent.map_err(|error| Fault::Differs(error.to_string()))?;
    if payload.request_info.get().requests != sent {
        return Err(Fault::Differs(format!("the server saw other messages than the {} sent", sent.len())));
    }
    Ok(())
}

/// SplitMix64: as good as needed, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// Both bounds included.
    fn between(&mut self, [low, high]: [u64; 2]) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// Mostly few, sometimes many.
    fn octets(&mut self) -> Bytes {
        let bytes_max = if self.between([0, 19]) == 0 { 150_000 } else { 2000 };
        let mut octets = vec![0; usize::try_from(self.between([0, bytes_max])).unwrap_or(0)];
        for piece in octets.chunks_mut(8) {
            let value = self.next().to_le_bytes();
            piece.copy_from_slice(&value[..piece.len()]);
        }
        octets.into()
    }

    fn format(&mut self) -> &'static str {
        if self.between([0, 3]) == 0 { "gzip" } else { "identity" }
    }

    /// Some messages, with or without a pause between them: streams that outlive their connection's age.
    fn answers(&mut self) -> StreamResponseDefinition {
        let response_data = (0..=self.between([0, 9])).map(|_| self.octets()).collect();
        let response_delay_ms = if self.between([0, 1]) == 0 { 0 } else { 40 };
        StreamResponseDefinition { response_data, response_delay_ms, ..Default::default() }
    }
}
