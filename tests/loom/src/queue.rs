//! The queue behind an inbox: who pushes, and who sleeps while there is nothing.

use std::task::Waker;

use loom::sync::Arc;
use loom::sync::atomic::Ordering;
use loom::thread;

use crate::conn::queue::Queue;
use crate::{Model, Task, model, waker};

pub(crate) const MODELS: [Model; 4] = [
    (
        "every value arrives and wakes an owner that sleeps",
        every_value_arrives_and_wakes_an_owner_that_sleeps,
    ),
    (
        "an owner that looks again without sleeping is woken all the same",
        owner_that_looks_again_is_woken_all_the_same,
    ),
    ("who asks without the lock hears of what was pushed", who_asks_without_the_lock_hears),
    ("a value beside a close is refused or returned and never lost", value_beside_a_close_is_never_lost),
];

/// Takes until so many came; how often it slept on the way. A lost wake is a deadlock, which loom reports.
fn take(queue: &Queue<u32>, task: &Task, waker: &Waker, expected: usize) -> (Vec<u32>, usize) {
    let (mut all, mut sleeps) = (Vec::new(), 0);
    let mut taken = Vec::new();
    while all.len() < expected {
        queue.take(&mut taken, waker);
        if taken.is_empty() {
            sleeps += 1;
            task.notify.wait();
        }
        all.append(&mut taken);
    }
    (all, sleeps)
}

fn every_value_arrives_and_wakes_an_owner_that_sleeps() {
    model(|| {
        let (queue, task) = (Arc::new(Queue::default()), Task::new());
        let producers: Vec<_> = (0..2)
            .map(|producer| {
                let queue = queue.clone();
                // Two of the first, one of the second.
                let values = 10 * producer..10 * producer + 2 - producer;
                thread::spawn(move || values.for_each(|value| assert!(queue.push(value))))
            })
            .collect();
        let (all, sleeps) = take(&queue, &task, &waker(&task), 3);
        for producer in producers {
            producer.join().unwrap();
        }
        // Each in the order of its producer, and none twice.
        let own = |producer| all.iter().copied().filter(|value| value / 10 == producer).collect::<Vec<_>>();
        assert_eq!((own(0), own(1)), (vec![0, 1], vec![10]));
        // No more wakes than times it said it would sleep.
        assert!(task.wakes.load(Ordering::SeqCst) <= sleeps);
    });
}

fn owner_that_looks_again_is_woken_all_the_same() {
    // A turn for another reason, a timer or the socket, takes in between.
    model(|| {
        let (queue, task) = (Arc::new(Queue::default()), Task::new());
        let producer = {
            let queue = queue.clone();
            thread::spawn(move || assert!(queue.push(1)))
        };
        let waker = waker(&task);
        let mut taken = Vec::new();
        for _ in 0..2 {
            if taken.is_empty() {
                queue.take(&mut taken, &waker);
            }
        }
        let rest = 1 - taken.len();
        assert_eq!(take(&queue, &task, &waker, rest).0.len(), rest);
        producer.join().unwrap();
    });
}

fn who_asks_without_the_lock_hears() {
    model(|| {
        let (queue, task) = (Arc::new(Queue::default()), Task::new());
        let producer = {
            let queue = queue.clone();
            thread::spawn(move || assert!(queue.push(1)))
        };
        let mut taken = Vec::new();
        queue.take(&mut taken, &waker(&task));
        producer.join().unwrap();
        assert!(!taken.is_empty() || queue.is_stirred());
    });
}

fn value_beside_a_close_is_never_lost() {
    model(|| {
        let (queue, task) = (Arc::new(Queue::default()), Task::new());
        let producers: Vec<_> = (0..2)
            .map(|producer| {
                let queue = queue.clone();
                thread::spawn(move || usize::from(queue.push(producer)))
            })
            .collect();
        let mut taken = Vec::new();
        queue.take(&mut taken, &waker(&task));
        let returned = queue.close().len() + taken.len();
        let accepted: usize = producers.into_iter().map(|producer| producer.join().unwrap()).sum();
        assert_eq!(returned, accepted);
        assert!(queue.is_closed() && !queue.push(9));
    });
}
