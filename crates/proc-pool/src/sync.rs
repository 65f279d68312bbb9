//! The one place that names where locks, atomics and sleeping come from. Under `--cfg loom` the algorithms of
//! [`shared`](crate::shared) run on the model checker's atomics; what needs real processes compiles there and is not run.

pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};

#[cfg(not(loom))]
pub(crate) use self::real::*;
#[cfg(not(loom))]
mod real {
    pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

    use rustix::thread::futex;
    use rustix::time::Timespec;

    /// A word that processes can sleep on.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub(crate) struct Futex(pub(crate) AtomicU32);

    impl Futex {
        /// Sleeps until somebody wakes the word, or `nanos` have passed, unless it is not `expected` any more.
        pub(crate) fn sleep(&self, expected: u32, nanos: u64) {
            let limit = Timespec { tv_sec: (nanos / 1_000_000_000) as i64, tv_nsec: (nanos % 1_000_000_000) as i64 };
            // Whatever ends the sleep, the caller looks again.
            let _ = futex::wait(&self.0, futex::Flags::empty(), expected, Some(&limit));
        }

        pub(crate) fn wake(&self, sleepers: u32) {
            let _ = futex::wake(&self.0, futex::Flags::empty(), sleepers.min(i32::MAX as u32));
        }
    }

    /// A load in the single order of all `SeqCst` operations.
    #[inline]
    pub(crate) fn load_seq_cst(atomic: &AtomicU64) -> u64 {
        atomic.load(Ordering::SeqCst)
    }

    /// Whether the fault of this name is planted: never, outside of the model checker.
    #[inline(always)]
    pub(crate) const fn planted(_: &str) -> bool {
        false
    }
}

#[cfg(loom)]
pub(crate) use self::model::*;
#[cfg(loom)]
mod model {
    pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

    use loom::sync::{Condvar, Mutex};
    use std::cell::Cell;

    #[derive(Debug, Default)]
    pub(crate) struct Futex(pub(crate) AtomicU32, Mutex<()>, Condvar);

    std::thread_local! {
        /// Whether sleeps end by themselves, as they do outside. Loom's threads are fibres of one thread of the system.
        pub(crate) static HEARTBEAT: Cell<bool> = const { Cell::new(false) };
    }

    impl Futex {
        pub(crate) fn sleep(&self, expected: u32, _: u64) {
            if HEARTBEAT.get() {
                return loom::thread::yield_now();
            }
            let lot = self.1.lock().unwrap();
            if self.0.load(Ordering::SeqCst) == expected {
                drop(self.2.wait(lot).unwrap());
            }
        }

        pub(crate) fn wake(&self, sleepers: u32) {
            let _lot = self.1.lock().unwrap();
            if sleepers == 1 { self.2.notify_one() } else { self.2.notify_all() }
        }
    }

    /// Loom takes `SeqCst` accesses for acquire and release only; the fence gives the load its place in the single order.
    pub(crate) fn load_seq_cst(atomic: &AtomicU64) -> u64 {
        fence(Ordering::SeqCst);
        atomic.load(Ordering::SeqCst)
    }

    /// Whether the environment asks for the fault of this name: `tests/loom.rs` plants each in turn and wants a model to
    /// notice.
    pub(crate) fn planted(name: &str) -> bool {
        static NAME: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        NAME.get_or_init(|| std::env::var("PROC_POOL_MUTANT").ok()).as_deref() == Some(name)
    }
}
