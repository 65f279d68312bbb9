//! A dinner that deadlocks leaves no thread behind. Alone in its program, so that nobody else's threads are counted.
#![cfg(target_os = "linux")]

use dining::{Dinner, Strategy, Threads};

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn a_deadlock_ends_with_as_many_threads_as_before() {
    let before = threads();
    for threads in [Threads::PerPhilosopher, Threads::Pool(2)] {
        for n in [2, 5, 100] {
            let report = Dinner::new(n).strategy(Strategy::Naive).threads(threads).begin_together(true).run().unwrap();
            assert_eq!(report.deadlock().unwrap().cycle.links.len(), n);
        }
    }
    // A thread that was joined may still be on the system's list for a moment.
    while threads() > before {
        std::thread::yield_now();
    }
}
