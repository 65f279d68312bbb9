//! What the clock does not show: how many sleepers a change wakes, system calls of a release that nobody waits for, and
//! the processor time of a thread that waits for 100 ms.
//!
//! `cargo run --release -p sync-prims-bench --example counts`

use parking_lot::{Condvar, Mutex};
use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;
use sync_prims::{Barrier, EventCount, Latch, Monitor, Semaphore};
#[cfg(cpp20_sync)]
use sync_prims_bench::foreign::cpp20::{CppParty, CppSemaphore};
#[cfg(posix_sync)]
use sync_prims_bench::foreign::posix::{PosixParty, PosixSemaphore};
use sync_prims_bench::{CondvarSemaphore, HurdlesParty, Party, Permits, StdParty, barging};

fn main() {
    if let Some(name) = std::env::args().nth(1) {
        return releases(&name);
    }
    wake_ups();
    system_calls();
    parked();
}

const WAITERS: usize = 64;
const CHANGES: usize = 500;
/// A thread ends after its last visit, and then nobody can ask how often it slept: the last visits are not counted.
const COUNTED: usize = CHANGES - 2 * WAITERS;
const NOBODY: usize = usize::MAX;

/// 64 threads wait, each for its own number; every change suits one of them.
fn wake_ups() {
    println!("sleeps (voluntary context switches of the waiters) per change, 1 true waiter among {WAITERS}:");
    let served = AtomicUsize::new(0);
    let monitor = Monitor::new(NOBODY);
    let turn = |mine: usize| {
        move |turn: &mut usize| {
            assert_eq!(std::mem::replace(turn, NOBODY), mine);
        }
    };
    let named = |mine: usize| {
        let my_turn = monitor.condition(move |turn| *turn == mine);
        for _ in 0..visits(mine) {
            my_turn.when(turn(mine));
            served.fetch_add(1, SeqCst);
        }
    };
    show("named conditions", herd(named, &served, |mine| monitor.with(|turn| *turn = mine)));
    let closures = |mine: usize| {
        for _ in 0..visits(mine) {
            monitor.when(|turn| *turn == mine, turn(mine));
            served.fetch_add(1, SeqCst);
        }
    };
    show("closures", herd(closures, &served, |mine| monitor.with(|turn| *turn = mine)));
    let (lock, changed) = (Mutex::new(NOBODY), Condvar::new());
    let notified = |mine: usize| {
        for _ in 0..visits(mine) {
            let mut guard = lock.lock();
            while *guard != mine {
                changed.wait(&mut guard);
            }
            turn(mine)(&mut guard);
            drop(guard);
            served.fetch_add(1, SeqCst);
        }
    };
    let change = |mine: usize| {
        *lock.lock() = mine;
        changed.notify_all();
    };
    show("mutex + condvar, notify_all", herd(notified, &served, change));
}

/// Whose turn it is at a change: everybody's once in a while, in no order that a queue would like.
fn whose(change: usize) -> usize {
    change * 29 % WAITERS
}

fn visits(mine: usize) -> usize {
    (0..CHANGES).filter(|change| whose(*change) == mine).count()
}

/// Runs the waiters and makes the changes, one after another. Sleeps of all waiters, without those at the start.
fn herd(wait: impl Fn(usize) + Sync, served: &AtomicUsize, change: impl Fn(usize)) -> f64 {
    served.store(0, SeqCst);
    let threads = Mutex::new(Vec::new());
    let (wait, threads) = (&wait, &threads);
    let mut sleeps = 0;
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..WAITERS)
            .map(|mine| {
                scope.spawn(move || {
                    threads.lock().push(std::fs::read_link("/proc/thread-self").expect("Linux"));
                    wait(mine);
                })
            })
            .collect();
        // All asleep: nobody has slept a further time for a while.
        let asleep = || {
            let mut before = (0, usize::MAX);
            loop {
                thread::sleep(Duration::from_millis(5));
                let threads = threads.lock();
                let now = (threads.len(), all_sleeps(&threads));
                if now == before && now.0 == WAITERS {
                    return now.1;
                }
                before = now;
            }
        };
        let start = asleep();
        for i in 0..CHANGES {
            if i == COUNTED {
                sleeps = asleep() - start;
            }
            change(whose(i));
            while served.load(SeqCst) <= i {
                thread::yield_now();
            }
        }
        waiters.into_iter().for_each(|waiter| waiter.join().expect("no panic"));
    });
    sleeps as f64 / COUNTED as f64
}

fn all_sleeps(threads: &[std::path::PathBuf]) -> usize {
    let sleeps = |thread: &std::path::PathBuf| -> Option<usize> {
        let status = std::fs::read_to_string(std::path::Path::new("/proc").join(thread).join("status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok())
    };
    threads.iter().map(|thread| sleeps(thread).expect("the thread lives")).sum()
}

fn show(what: &str, number: f64) {
    println!("  {what:32} {number:10.2}");
}

const RELEASES: usize = 1000;

fn semaphores() -> Vec<(&'static str, Box<dyn Permits>)> {
    vec![
        ("sync-prims", Box::new(Semaphore::new(1)) as Box<dyn Permits>),
        ("sync-prims barging", Box::new(barging(1))),
        ("tokio", Box::new(tokio::sync::Semaphore::new(1))),
        ("async-lock", Box::new(async_lock::Semaphore::new(1))),
        ("std-semaphore", Box::new(std_semaphore::Semaphore::new(1))),
        ("mutex + condvar", Box::new(CondvarSemaphore::new(1))),
        #[cfg(posix_sync)]
        ("glibc", Box::new(PosixSemaphore::new(1))),
        #[cfg(cpp20_sync)]
        ("C++20", Box::new(CppSemaphore::new(1))),
    ]
}

/// Runs this program again under strace, once for each semaphore and once for none, and counts the difference.
fn system_calls() {
    if Command::new("strace").arg("--version").output().is_err() {
        return println!("system calls: not counted, needs strace (Debian: apt-get install strace)");
    }
    println!("system calls per release that nobody waits for, {RELEASES} acquire + release:");
    let nothing = calls_of("nothing");
    for (name, _) in semaphores() {
        show(name, calls_of(name).saturating_sub(nothing) as f64 / RELEASES as f64);
    }
}

fn calls_of(name: &str) -> usize {
    let this = std::env::current_exe().expect("a program knows itself");
    let traced = Command::new("strace").arg("-f").arg(this).arg(name).output().expect("strace has run before");
    assert!(traced.status.success(), "strace fails: {}", String::from_utf8_lossy(&traced.stderr));
    traced.stderr.iter().filter(|&&byte| byte == b'\n').count()
}

/// What the traced program does.
fn releases(name: &str) {
    for (found, semaphore) in semaphores() {
        if found == name {
            for _ in 0..RELEASES {
                black_box(&semaphore).take();
                black_box(&semaphore).give();
            }
        }
    }
}

/// Processor time of a thread that waits until another lets it go after 100 ms.
fn parked() {
    const WAIT: Duration = Duration::from_millis(100);
    println!("processor time of a wait of 100 ms, microseconds:");
    fn burnt(wait: impl FnOnce() + Send + 'static, let_go: impl FnOnce()) -> f64 {
        let waiter = thread::spawn(move || {
            let before = bench_kit::thread_cpu_time();
            wait();
            (bench_kit::thread_cpu_time() - before).as_secs_f64() * 1e6
        });
        thread::sleep(WAIT);
        let_go();
        waiter.join().expect("no panic")
    }
    for (name, _) in semaphores() {
        let semaphore: Arc<dyn Permits + Send> = match name {
            "sync-prims" => Arc::new(Semaphore::new(0)),
            "sync-prims barging" => Arc::new(barging(0)),
            "tokio" => Arc::new(tokio::sync::Semaphore::new(0)),
            "mutex + condvar" => Arc::new(CondvarSemaphore::new(0)),
            _ => continue,
        };
        let other = Arc::clone(&semaphore);
        show(&format!("semaphore: {name}"), burnt(move || other.take(), move || semaphore.give()));
    }
    fn of<P: Party + 'static>(name: &str, burnt: impl Fn(Box<dyn FnOnce() + Send>, Box<dyn FnOnce()>) -> f64) {
        for parties in [2, 4] {
            let mut all = P::all(parties);
            let (mut last, mut first) = (all.pop().expect("2"), all.pop().expect("2"));
            // The parties between pass without being looked at.
            let between: Vec<_> = all.into_iter().map(|mut party| thread::spawn(move || _ = party.wait())).collect();
            let time = burnt(Box::new(move || _ = first.wait()), Box::new(move || _ = last.wait()));
            between.into_iter().for_each(|party| party.join().expect("no panic"));
            show(&format!("barrier of {parties}: {name}"), time);
        }
    }
    let barrier = |wait: Box<dyn FnOnce() + Send>, let_go: Box<dyn FnOnce()>| burnt(wait, let_go);
    of::<sync_prims_bench::OurParty>("sync-prims", barrier);
    of::<HurdlesParty>("hurdles", barrier);
    of::<StdParty>("std", barrier);
    #[cfg(posix_sync)]
    of::<PosixParty>("pthread", barrier);
    #[cfg(cpp20_sync)]
    of::<CppParty>("C++20", barrier);
    let monitor = Arc::new(Monitor::new(false));
    let other = Arc::clone(&monitor);
    show("monitor: closure", burnt(move || other.when(|go| *go, |_| ()), move || monitor.with(|go| *go = true)));
    let latch = Arc::new(Latch::new(1));
    let other = Arc::clone(&latch);
    show("latch", burnt(move || other.wait(), move || latch.count_down()));
    let event = Arc::new((EventCount::new(), AtomicUsize::new(0)));
    let other = Arc::clone(&event);
    let wait = move || _ = other.0.wait_for(None, || (other.1.load(SeqCst) > 0).then_some(()));
    let let_go = move || {
        event.1.store(1, SeqCst);
        event.0.notify_one();
    };
    show("event count", burnt(wait, let_go));
    let barrier = Arc::new(Barrier::builder(2).action(|| ()).build());
    let other = Arc::clone(&barrier);
    show("barrier with an action", burnt(move || _ = other.wait(), move || _ = barrier.wait()));
}
