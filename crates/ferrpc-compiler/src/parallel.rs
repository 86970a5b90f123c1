//! The same for each of many things, on several threads where that pays.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `each` makes of the numbers below `count`, in their order.
///
/// It runs on this thread alone if the numbers are few: a thread costs about as much as a small file.
pub(crate) fn map<R: Send>(count: usize, each: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    map_on(cores.min(THREADS_MAX).min(count / COUNT_PER_THREAD), count, each)
}

fn map_on<R: Send>(threads: usize, count: usize, each: impl Fn(usize) -> R + Sync) -> Vec<R> {
    if threads < 2 {
        return (0..count).map(each).collect();
    }
    let next = AtomicUsize::new(0);
    // Whoever is free takes the next: files differ in size by a factor of a thousand.
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return done;
            }
            done.push((at, each(at)));
        }
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|it| it.0);
    done.into_iter().map(|it| it.1).collect()
}

/// Most threads of one run. More find no work in any schema known to us.
const THREADS_MAX: usize = 8;

/// So many files are worth a thread.
const COUNT_PER_THREAD: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_on_any_number_of_threads() {
        let expected: Vec<usize> = (0..1000).map(|it| it * it).collect();
        for threads in [0, 1, 2, 8] {
            assert_eq!(map_on(threads, 1000, |it| it * it), expected, "{threads} threads");
        }
        assert!(map_on(8, 0, |it| it).is_empty());
    }
}
