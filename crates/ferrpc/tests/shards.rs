//! A server with threads of its own: who is served where, and how it ends.
#![allow(clippy::disallowed_methods, reason = "tests may spawn")]

mod common;

use std::collections::BTreeMap;

use common::{Text, TextMethod};
use ferrpc::server::{Call, Running, Service};
use ferrpc::{Channel, Kind, Method, MethodInfo, Request, Response, Server, Status};

static WHERE: TextMethod =
    Method::with_codecs("/test.Place/Where", "test.Place", "Where", Kind::Unary, &Text, &Text);
static METHODS: [MethodInfo; 1] = [WHERE.info()];

/// Answers with the names of the threads that a handler and a task spawned by it run on.
struct Place;

impl Service for Place {
    fn name(&self) -> &'static str {
        "test.Place"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        &METHODS
    }

    fn dispatch(&self, _: usize, call: Call) -> Running {
        call.unary(&WHERE, |_: Request<String>| async {
            let own = thread();
            let spawned = tokio::spawn(async { thread() }).await;
            let spawned = spawned.map_err(|error| Status::internal(error.to_string()))?;
            Ok(Response::new(format!("{own} {spawned}")))
        })
    }
}

fn thread() -> String {
    std::thread::current().name().unwrap_or("unnamed").to_owned()
}

async fn ask(channel: &Channel) -> String {
    channel.unary(&WHERE, String::new().into()).await.unwrap().into_inner()
}

async fn served_by_shards() {
    let bound = Server::new().add(Place).shards(3).bind("127.0.0.1:0").await.unwrap();
    let (address, handle) = (bound.local_addr().to_string(), bound.handle());
    let running = tokio::spawn(bound.run());

    let channels: Vec<Channel> = (0..6).map(|_| Channel::new(&address).unwrap()).collect();
    let mut served = BTreeMap::new();
    for channel in &channels {
        let place = ask(channel).await;
        assert_eq!(place, ask(channel).await, "a connection stays where it is");
        let (own, spawned) = place.split_once(' ').unwrap();
        assert_eq!(own, spawned, "what a handler spawns stays with it");
        *served.entry(own.to_owned()).or_insert(0) += 1;
    }
    let expected = [0, 1, 2].map(|number| (format!("ferrpc-shard-{number}"), 2));
    assert_eq!(served, BTreeMap::from(expected));

    handle.shutdown();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn connections_are_shared_out_evenly_and_stay_on_their_thread() {
    served_by_shards().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_multi_thread_runtime_may_run_a_server_with_threads_of_its_own() {
    served_by_shards().await;
}

#[tokio::test]
async fn a_shard_that_lost_its_connections_gets_the_next_ones() {
    let bound = Server::new().add(Place).shards(2).bind("127.0.0.1:0").await.unwrap();
    let (address, handle) = (bound.local_addr().to_string(), bound.handle());
    let running = tokio::spawn(bound.run());
    let first = Channel::new(&address).unwrap();
    let place = ask(&first).await;
    let second = Channel::new(&address).unwrap();
    assert_ne!(ask(&second).await, place);
    drop(first);
    // The server hears of it in its own time; until then the third may go anywhere, later ones may not.
    let mut channels = Vec::new();
    let mut there = 0;
    while there < 2 {
        let next = Channel::new(&address).unwrap();
        there += usize::from(ask(&next).await == place);
        channels.push(next);
        assert!(channels.len() <= 5, "two of the next five go to the emptier thread");
    }
    handle.shutdown();
    running.await.unwrap().unwrap();
}
