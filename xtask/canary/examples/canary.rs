//! Two threads write one variable without an agreement. If the thread sanitizer is silent about this, it is deaf.
use std::cell::UnsafeCell;
use std::sync::Arc;

struct Shared(UnsafeCell<u64>);

// SAFETY: none: this is the data race that the sanitizer must find.
unsafe impl Sync for Shared {}

fn main() {
    let shared = Arc::new(Shared(UnsafeCell::new(0)));
    let other = Arc::clone(&shared);
    let thread = std::thread::spawn(move || {
        for _ in 0..1000 {
            // SAFETY: none: see above.
            unsafe { *other.0.get() += 1 };
        }
    });
    for _ in 0..1000 {
        // SAFETY: none: see above.
        unsafe { *shared.0.get() += 1 };
    }
    thread.join().expect("the thread only counts");
    // SAFETY: the other thread has ended.
    println!("{}", unsafe { *shared.0.get() });
}
