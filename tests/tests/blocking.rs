//! What a handler that blocks its thread does to the other calls of its connection.
#![forbid(unsafe_code)]

use std::future::IntoFuture;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ferrpc::{Channel, Request, Response, Server, Status};
use ferrpc_tests::proto::{UserRequest, UserResponse, UserService, UserServiceClient, UserServiceServer};
use tokio::sync::oneshot;

/// Asked for user 0 it blocks its thread until it is let go, and for users below 0 it uses it for a millisecond; all
/// others it answers at once.
struct Blocks {
    begun: Mutex<Option<oneshot::Sender<()>>>,
    let_go: Mutex<Receiver<()>>,
}

impl UserService for Blocks {
    async fn get_user(&self, request: Request<UserRequest>) -> Result<Response<UserResponse>, Status> {
        let id = request.get_ref().id;
        if id == 0 {
            if let Some(begun) = self.begun.lock().unwrap().take() {
                begun.send(()).unwrap();
            }
            self.let_go.lock().unwrap().recv().unwrap();
        } else if id < 0 {
            let end = Instant::now() + Duration::from_millis(1);
            while Instant::now() < end {
                std::hint::spin_loop();
            }
        }
        Ok(UserResponse { id, ..UserResponse::default() }.into())
    }
}

fn user(id: i32) -> UserRequest {
    UserRequest { id, ..UserRequest::default() }
}

/// `before` go first, one at a time.
async fn others_go_on_while_one_blocks(before: impl Iterator<Item = i32>) {
    let (begun, has_begun) = oneshot::channel();
    let (release, let_go) = channel();
    let service = Blocks { begun: Mutex::new(Some(begun)), let_go: Mutex::new(let_go) };
    let bound = Server::new().add(UserServiceServer::new(service)).bind("127.0.0.1:0").await.unwrap();
    let client = UserServiceClient::new(Channel::new(bound.local_addr().to_string()).unwrap());
    let server = tokio::spawn(bound.run());
    for id in before {
        client.get_user(user(id)).await.unwrap();
    }
    let blocked = tokio::spawn(client.get_user(user(0)).into_future());
    has_begun.await.unwrap();
    // All of them while the other one has its thread: nothing else would let it go.
    for id in 1..=200 {
        assert_eq!(client.get_user(user(id)).await.unwrap().get_ref().id, id);
    }
    release.send(()).unwrap();
    assert_eq!(blocked.await.unwrap().unwrap().get_ref().id, 0);
    server.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_its_thread_holds_up_no_other_call_of_its_connection() {
    others_go_on_while_one_blocks(std::iter::empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_that_were_brief_for_long_hold_nobody_up_after_the_first_that_are_not() {
    // The first long one is noticed, and the second found out.
    others_go_on_while_one_blocks((1..=3000).chain([-1, -1])).await;
}
