//! Who is idle, and how to wake one.
//!
//! Each worker has a bit in a set and a bell. A worker without work sets its bit, *looks once more*, and waits at its bell;
//! who has work to share publishes it, then *looks at the set*, clears one bit and rings that bell. A full fence between
//! the two halves on both sides makes sure that at least one of them sees the other (Dekker), so no wake-up is lost; and
//! since a bit is cleared by whoever rings, nobody is rung for twice while waking up: a burst of calls costs one
//! system call, not one each.

use crate::sync::{AtomicBool, AtomicU64, Ordering, fence, planted};
use crossbeam_utils::CachePadded;
use std::time::{Duration, Instant};
use sync_prims::{EventCount, WaitPolicy};

/// The idle workers of a pool.
pub(crate) struct Idle {
    /// Bit `i % 64` of word `i / 64`: worker `i` is idle and nobody has rung for it.
    words: Box<[CachePadded<AtomicU64>]>,
    bells: Box<[CachePadded<Bell>]>,
    /// How long to look for the bell before sleeping, if the caller has an opinion.
    spin: Option<Duration>,
}

/// Where one worker waits.
struct Bell {
    /// Set by whoever rings; cleared by the worker before it sets its bit.
    rung: AtomicBool,
    event: EventCount,
}

impl Idle {
    pub(crate) fn new(workers: usize, spin: Option<Duration>) -> Self {
        // With a limit of its own the polling is done in `wait`, and the event count needs none.
        let policy = if spin.is_some() { WaitPolicy::sleep_at_once() } else { WaitPolicy::new() };
        let bell = || CachePadded::new(Bell { rung: AtomicBool::new(false), event: EventCount::with_policy(policy) });
        Self {
            words: (0..workers.div_ceil(64)).map(|_| CachePadded::new(AtomicU64::new(0))).collect(),
            bells: (0..workers).map(|_| bell()).collect(),
            spin,
        }
    }

    /// Waits until somebody rings for `worker`, unless `work` sees something to do.
    pub(crate) fn wait(&self, worker: usize, work: impl FnOnce() -> bool) {
        let (word, bit) = (&self.words[worker / 64], 1 << (worker % 64));
        let bell = &self.bells[worker];
        bell.rung.store(false, Ordering::Relaxed);
        word.fetch_or(bit, Ordering::SeqCst);
        if !planted("look for work without the fence") {
            fence(Ordering::SeqCst);
        }
        if work() && word.fetch_and(!bit, Ordering::SeqCst) & bit != 0 {
            return;
        }
        // If somebody cleared the bit meanwhile, its ring is here or about to be: it must be heard, or it would be taken
        // for the next one.
        if let Some(limit) = self.spin {
            let start = Instant::now();
            let mut polling = WaitPolicy::new().yields(u32::MAX).start();
            while start.elapsed() < limit && !bell.rung.load(Ordering::Relaxed) && polling.step() {}
        }
        bell.event.wait_for(None, || bell.rung.load(Ordering::SeqCst).then_some(()));
    }

    /// Wakes one idle worker, if there is one. To be called after the work has been published.
    pub(crate) fn wake_one(&self) -> bool {
        if !planted("look for sleepers without the fence") {
            fence(Ordering::SeqCst);
        }
        self.words.iter().enumerate().any(|(i, word)| {
            let mut idle = word.load(Ordering::Relaxed);
            while idle != 0 {
                let bit = idle & idle.wrapping_neg();
                let before = word.fetch_and(!bit, Ordering::SeqCst);
                if before & bit != 0 {
                    self.bells[i * 64 + bit.trailing_zeros() as usize].ring();
                    return true;
                }
                idle = before & !bit;
            }
            false
        })
    }

    /// Wakes `worker` if it is idle. To be called after the work has been published.
    pub(crate) fn wake(&self, worker: usize) {
        fence(Ordering::SeqCst);
        let (word, bit) = (&self.words[worker / 64], 1 << (worker % 64));
        if word.load(Ordering::Relaxed) & bit != 0 && word.fetch_and(!bit, Ordering::SeqCst) & bit != 0 {
            self.bells[worker].ring();
        }
    }
}

impl Bell {
    fn ring(&self) {
        self.rung.store(true, Ordering::SeqCst);
        self.event.notify_all();
    }
}
