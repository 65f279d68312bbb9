//! Panics of user code on their way to the caller.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send + 'static>;

/// Runs `f` and keeps its panic.
///
/// Unwind safety is the caller's business here, as with `std::thread::spawn`: what `f` was working on is given up or
/// handed back together with the panic, which is always raised again or returned.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> thread::Result<R> {
    catch_unwind(AssertUnwindSafe(f))
}

/// Drops `value`. If that panics, nobody is there to hear it, and it must not take a worker down.
pub(crate) fn discard<T>(value: T) {
    if let Err(payload) = catch(|| drop(value)) {
        // Its own drop might panic again.
        std::mem::forget(payload);
    }
}
