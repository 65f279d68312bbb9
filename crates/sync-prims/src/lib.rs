#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod barrier;
mod deadline;
mod event_count;
mod exchange;
mod latch;
mod line;
mod monitor;
mod parker;
mod register;
mod semaphore;
mod sync;
mod wait_group;
mod wait_policy;

pub use barrier::{ArrivalToken, Barrier, BarrierBuilder, BarrierError, BarrierWaitResult, Participant};
pub use event_count::{EventCount, Listener};
pub use exchange::{Exchange, Look, Side, Trade, Waited};
pub use latch::Latch;
pub use monitor::{Condition, Monitor, MonitorGuard};
pub use semaphore::{
    AcquireTimeoutError, Closed, Fairness, OwnedPermit, Permit, Semaphore, TooManyPermits, TryAcquireError,
};
pub use wait_group::{WaitGroup, WaitToken};
pub use wait_policy::{Polling, WaitPolicy};

/// A panic leaves these in order: nothing of the user's runs under their locks, and their state changes in whole steps.
mod unwind {
    use super::{Barrier, EventCount, Latch, Listener, Monitor, Semaphore, WaitGroup, WaitToken};
    use std::panic::{RefUnwindSafe, UnwindSafe};

    impl UnwindSafe for Barrier {}
    impl RefUnwindSafe for Barrier {}
    impl UnwindSafe for EventCount {}
    impl RefUnwindSafe for EventCount {}
    impl UnwindSafe for Latch {}
    impl RefUnwindSafe for Latch {}
    impl UnwindSafe for Listener<'_> {}
    impl RefUnwindSafe for Listener<'_> {}
    impl UnwindSafe for Semaphore {}
    impl RefUnwindSafe for Semaphore {}
    impl UnwindSafe for WaitGroup {}
    impl RefUnwindSafe for WaitGroup {}
    impl UnwindSafe for WaitToken {}
    impl RefUnwindSafe for WaitToken {}
    // Nothing is poisoned, so the data answer for themselves.
    impl<T: UnwindSafe> UnwindSafe for Monitor<T> {}
    impl<T: UnwindSafe> RefUnwindSafe for Monitor<T> {}
}

// What crosses threads, and what survives a panic, is part of the contract.
const _: () = {
    use std::cell::Cell;
    use std::panic::{RefUnwindSafe, UnwindSafe};
    const fn send_sync<T: Send + Sync>() {}
    const fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    send_sync::<Semaphore>();
    send_sync::<Permit<'_>>();
    send_sync::<OwnedPermit>();
    send_sync::<Barrier>();
    send_sync::<ArrivalToken<'_>>();
    send_sync::<Participant>();
    // `Cell` is Send and not Sync: the monitor asks for no more.
    send_sync::<Monitor<Cell<u8>>>();
    send_sync::<Condition<'_, Cell<u8>>>();
    send_sync::<Latch>();
    send_sync::<WaitGroup>();
    send_sync::<WaitToken>();
    send_sync::<EventCount>();
    send_sync::<Listener<'_>>();
    send_sync::<WaitPolicy>();
    unwind_safe::<Semaphore>();
    unwind_safe::<Barrier>();
    unwind_safe::<Monitor<u8>>();
    unwind_safe::<WaitToken>();
    unwind_safe::<Permit<'_>>();
    unwind_safe::<Latch>();
    unwind_safe::<WaitGroup>();
    unwind_safe::<EventCount>();
};
