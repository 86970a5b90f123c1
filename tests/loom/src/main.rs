//! Where threads meet on a call's path, under loom, which tries all orders in which they can: the queue behind each
//! connection's inbox, and the exchange of a call.
//!
//! `cargo xtask loom` runs it: the product's own files, with loom's locks and atomics in place of std's, on a small
//! part of what they stand on.
#![forbid(unsafe_code)]

mod codec;
mod conn;
mod deadline;
mod envelope;
mod exchange;
mod metadata;
mod queue;
mod status;

use std::task::{Wake, Waker};

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Notify};

/// What is tried, by name.
type Model = (&'static str, fn());

fn main() {
    let models = queue::MODELS.iter().chain(&exchange::MODELS);
    let mut passed = 0;
    for (name, run) in models {
        println!("{name}");
        run();
        passed += 1;
    }
    println!("{passed} passed, 0 failed");
}

/// All orders in which a thread is interrupted at most so often where it could go on: what is wrong with a
/// protocol of this size shows with two or three.
fn model(orders: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(orders);
}

/// The owner's task: asleep until woken.
struct Task {
    notify: Notify,
    wakes: AtomicUsize,
}

impl Task {
    fn new() -> Arc<Self> {
        Arc::new(Self { notify: Notify::new(), wakes: AtomicUsize::new(0) })
    }
}

/// std's wakers take std's `Arc`, which loom need not watch.
struct Waking(Arc<Task>);

impl Wake for Waking {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.wakes.fetch_add(1, Ordering::SeqCst);
        self.0.notify.notify();
    }
}

fn waker(task: &Arc<Task>) -> Waker {
    Waker::from(std::sync::Arc::new(Waking(task.clone())))
}
