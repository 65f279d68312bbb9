//! One lock, and two nested ones, with every detector.

/// How many locks are used in turn.
pub const LOCKS: usize = 16;
/// How often one run locks and unlocks.
pub const ROUNDS: usize = 2000;

/// A lock around a number.
pub trait Lockable {
    /// Locks for the time of `work`.
    fn with<R>(&self, work: impl FnOnce(&mut u64) -> R) -> R;
}

macro_rules! lockable {
    ($($type:ty: |$lock:ident| $guard:expr;)+) => {$(
        impl Lockable for $type {
            #[inline]
            fn with<R>(&self, work: impl FnOnce(&mut u64) -> R) -> R {
                let $lock = self;
                let mut guard = $guard;
                work(&mut guard)
            }
        }
    )+};
}

lockable! {
    std::sync::Mutex<u64>: |lock| lock.lock().expect("nobody panics");
    parking_lot::Mutex<u64>: |lock| lock.lock();
    dining::Lock<u64>: |lock| lock.lock();
    tracing_mutex::stdsync::tracing::Mutex<u64>: |lock| lock.lock().expect("nobody panics");
    tracing_mutex::parkinglot::tracing::Mutex<u64>: |lock| lock.lock();
    deloxide::Mutex<u64>: |lock| lock.lock();
    no_deadlocks::Mutex<u64>: |lock| lock.lock().expect("nobody panics");
}

/// Locks each in turn; gives the sum of what was counted.
pub fn single(locks: &[impl Lockable]) -> u64 {
    (0..ROUNDS).for_each(|i| locks[i % LOCKS].with(|n| *n += 1));
    locks.iter().map(|lock| lock.with(std::mem::take)).sum()
}

/// Locks each in turn and, holding it, one of a higher number.
pub fn nested(locks: &[impl Lockable]) -> u64 {
    for i in 0..ROUNDS / 2 {
        let low = i % (LOCKS - 1);
        let high = low + 1 + i / LOCKS % (LOCKS - 1 - low);
        locks[low].with(|n| {
            *n += 1;
            locks[high].with(|n| *n += 1);
        });
    }
    locks.iter().map(|lock| lock.with(std::mem::take)).sum()
}
