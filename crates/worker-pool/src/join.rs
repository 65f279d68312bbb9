//! Two closures at once.

use crate::panics::{catch, discard};
use crate::pool::Pool;
use crate::sync::Mutex;
use std::panic::resume_unwind;
use std::thread;

/// The second closure: taken by the helper that comes, or else by the caller.
enum Second<B, RB> {
    Waiting(B),
    Taken,
    Done(thread::Result<RB>),
}

/// See [`Pool::join`].
pub(crate) fn join<A, B, RA, RB>(pool: &Pool, a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA + Send,
    B: FnOnce() -> RB + Send,
    RA: Send,
    RB: Send,
{
    let second = Mutex::new(Second::Waiting(b));
    let help = || {
        let taken = std::mem::replace(&mut *second.lock(), Second::Taken);
        if let Second::Waiting(b) = taken {
            let result = catch(b);
            *second.lock() = Second::Done(result);
        }
    };
    let first = pool.install(|| {
        pool.core().share(1, &help, |helpers| {
            helpers.wake();
            catch(a)
        })
    });
    // The offer is closed: nobody but us holds `second` now.
    let first = match first {
        Ok(first) => first,
        Err(payload) => {
            // If dropping `b` or what it left panicked during the unwinding, the process would end.
            discard(second);
            resume_unwind(payload)
        }
    };
    let second = match second.into_inner() {
        Second::Waiting(b) => pool.install(b),
        Second::Done(result) => result.unwrap_or_else(|payload| resume_unwind(payload)),
        Second::Taken => unreachable!("a helper leaves only when `b` has ended"),
    };
    (first, second)
}
