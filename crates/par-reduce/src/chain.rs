//! A value handed from each chunk to the next one, by whichever threads run them.

use crate::sync::{AtomicUsize, EventCount, Mutex, Ordering};

/// `handed` once some chunk panicked: everybody goes home.
const BROKEN: usize = usize::MAX;

/// The link between chunk `k` and chunk `k + 1`. Chunks are claimed in increasing order, so the chunk that a waiter waits
/// for is in the hands of a running thread.
pub struct Chain<T> {
    /// The next chunk to claim.
    next: AtomicUsize,
    /// How many chunks have handed their value on, or `BROKEN`; never falls. Changed under no lock, after `value`.
    handed: AtomicUsize,
    /// What chunk `handed - 1` left for its successor.
    value: Mutex<Option<T>>,
    changed: EventCount,
}

impl<T> Chain<T> {
    /// `first` is what chunk 0 will find.
    pub fn new(first: Option<T>) -> Self {
        Self {
            next: AtomicUsize::new(0),
            handed: AtomicUsize::new(0),
            value: Mutex::new(first),
            changed: EventCount::new(),
        }
    }

    /// The next chunk for the caller, who must [`pass`](Self::pass) its value on.
    pub fn claim(&self) -> Claim<'_, T> {
        // Relaxed: the counter only has to give each chunk once and in order.
        Claim { chain: self, chunk: self.next.fetch_add(1, Ordering::Relaxed), passed: false }
    }

    fn publish(&self, handed: usize) {
        // The greatest stays: the claim before a broken one may hand its value on afterwards, and those behind must not
        // wait for the broken one then. SeqCst, as `EventCount` asks; it also makes `value` visible to those who see it.
        self.handed.fetch_max(handed, Ordering::SeqCst);
        self.changed.notify_all();
    }
}

/// A chunk in the hands of a thread. Dropped before it has passed its value on (a panic), it breaks the chain.
#[must_use = "the chunks behind this one wait for it"]
pub struct Claim<'a, T> {
    chain: &'a Chain<T>,
    chunk: usize,
    passed: bool,
}

impl<T> Claim<'_, T> {
    /// Which chunk it is.
    pub fn chunk(&self) -> usize {
        self.chunk
    }

    /// Waits for the value of the chunk before, and hands on what `next` makes of it, if anything. Gives back the value
    /// waited for; `None` if the chain is broken.
    pub fn pass(mut self, next: impl FnOnce(&Option<T>) -> Option<T>) -> Option<Option<T>> {
        let chain = self.chain;
        let handed = chain.changed.wait_for(None, || {
            let handed = chain.handed.load(Ordering::SeqCst);
            (handed >= self.chunk).then_some(handed)
        });
        if handed == Some(BROKEN) {
            return None;
        }
        let before = chain.value.lock().take();
        let value = next(&before);
        *chain.value.lock() = value;
        self.passed = true;
        chain.publish(self.chunk + 1);
        Some(before)
    }
}

impl<T> Drop for Claim<'_, T> {
    fn drop(&mut self) {
        if !self.passed {
            self.chain.publish(BROKEN);
        }
    }
}
