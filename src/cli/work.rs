//! Work shared among the processors of the machine, its results in the order of the input.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// The most threads.
const MAX_THREADS: usize = 8;
/// Below this much work no thread is started.
const MIN_ITEMS: usize = 32;

/// Calls `make` once a thread, and what it gives for every item.
pub fn each<T: Sync, R: Send, W: FnMut(&T) -> R>(
    items: &[T],
    make: impl Fn() -> W + Sync,
) -> Vec<R> {
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MAX_THREADS);
    if threads == 1 || items.len() < MIN_ITEMS {
        let mut work = make();
        return items.iter().map(&mut work).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut work = make();
                let mut own = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    own.push((index, work(item)));
                }
                done.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(own);
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
