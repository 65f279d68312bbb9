//! 64 philosophers with a thread each around a table, a meal is a sleep of a millisecond: who gets how much, and who waits how long?
//!
//! `cargo run --release -p dining-bench [MILLISECONDS [ROUNDS]]`; the median of the rounds is shown, and the worst of their longest waits.

use dining::{Claim, Dinner, Lock, Policy, ResourceTable, Stop, Strategy, Work, lock_all};
use dining_bench::table::{Served, serve};
use happylock::ThreadKey;
use happylock::collection::{BoxedLockCollection, RetryingLockCollection};
use parking_lot::Mutex;
use std::time::Duration;
use sync_prims::Semaphore;

const PHILOSOPHERS: usize = 64;
const EAT: Duration = Duration::from_millis(1);

type Happy = happylock::Mutex<()>;
type Contender = (String, Box<dyn Fn(Duration) -> Served>);

fn pair(p: usize) -> (usize, usize) {
    (p, (p + 1) % PHILOSOPHERS)
}

fn sorted(p: usize) -> (usize, usize) {
    let (a, b) = pair(p);
    (a.min(b), a.max(b))
}

fn chopsticks<T>(new: impl Fn() -> T) -> Vec<T> {
    (0..PHILOSOPHERS).map(|_| new()).collect()
}

fn main() {
    let number = |place: usize, default: u64| match std::env::args().nth(place).map(|text| text.parse()) {
        None => default,
        Some(Ok(value)) if value > 0 => value,
        Some(_) => {
            eprintln!("usage: philosophers [MILLISECONDS [ROUNDS]], whole numbers from 1 on");
            std::process::exit(2);
        }
    };
    let (time, rounds) = (Duration::from_millis(number(1, 400)), number(2, 5));
    let contenders = contenders();
    let mut results: Vec<Vec<Served>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        contenders.iter().zip(&mut results).for_each(|((_, run), served)| served.push(run(time)));
    }
    let median = |of: &dyn Fn(&Served) -> f64, served: &[Served]| {
        let mut all: Vec<f64> = served.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let ceiling = median(&Served::rate, &results[0]);
    println!("{PHILOSOPHERS} philosophers, a meal sleeps {EAT:?}, {rounds} rounds of {time:?}, medians");
    println!(
        "| contender | meals/s | of the ceiling | Jain | fewest / mean | p99 wait | longest wait | worst of all rounds |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for ((name, _), served) in contenders.iter().zip(&results) {
        let rate = median(&Served::rate, served);
        let ms = |of: fn(&Served) -> Duration| median(&|served| of(served).as_secs_f64() * 1e3, served);
        let worst = served.iter().map(|served| served.longest_wait.as_secs_f64() * 1e3).fold(0.0, f64::max);
        println!(
            "| {name} | {rate:.0} | {:.1} % | {:.4} | {:.2} | {:.1} ms | {:.1} ms | {worst:.1} ms |",
            100.0 * rate / ceiling,
            median(&Served::jain, served),
            median(&Served::fewest, served),
            ms(|served| served.p99),
            ms(|served| served.longest_wait),
        );
    }
}

fn contenders() -> Vec<Contender> {
    let mut all = vec![
        named("nobody in the way: 32 sleepers, no locks", |time| {
            serve(PHILOSOPHERS / 2, time, EAT, |_| (), |_, (), meal| meal.eat())
        }),
        named("dining, lock_all (K = 16)", our_locks),
    ];
    for (name, policy) in [
        ("dining, table, K = 1", Policy::BoundedBypass(1)),
        ("dining, table, K = 4", Policy::BoundedBypass(4)),
        ("dining, table, K = 16", Policy::BoundedBypass(16)),
        ("dining, table, first come first served", Policy::Fifo),
        ("dining, table, barging", Policy::Barging),
    ] {
        all.push(named(name, move |time| our_table(policy, time)));
    }
    all.extend([
        named("ordered, parking_lot", ordered_parking_lot),
        named("ordered, std", ordered_std),
        named("footman (semaphore of 63), parking_lot", footman),
        named("std::lock style on parking_lot", try_all),
        #[cfg(scoped_lock)]
        named("C++ scoped_lock", scoped_lock),
        named("happylock, sorted set", happy_sorted),
        named("happylock, retrying set", happy_retrying),
        named("surelock, lock set", sure),
        named("Tanenbaum's monitor (our dinner)", |time| dinner(Strategy::Monitor, time)),
        named("Chandy-Misra (our dinner)", |time| dinner(Strategy::ChandyMisra, time)),
    ]);
    all
}

fn named(name: &str, run: impl Fn(Duration) -> Served + 'static) -> Contender {
    (name.to_owned(), Box::new(run))
}

fn our_locks(time: Duration) -> Served {
    let locks = chopsticks(|| Lock::new(()));
    serve(PHILOSOPHERS, time, EAT, pair, |_, (a, b), meal| {
        let _both = lock_all((&locks[*a], &locks[*b]));
        meal.eat();
    })
}

fn our_table(policy: Policy, time: Duration) -> Served {
    let table = ResourceTable::new(PHILOSOPHERS, policy);
    let claim = |p| -> Claim { table.prepare(&[pair(p).0, pair(p).1]).expect("two of the table") };
    serve(PHILOSOPHERS, time, EAT, claim, |_, claim, meal| {
        let _hold = table.acquire(claim);
        meal.eat();
    })
}

fn ordered_parking_lot(time: Duration) -> Served {
    let locks = chopsticks(|| Mutex::new(()));
    serve(PHILOSOPHERS, time, EAT, sorted, |_, (a, b), meal| {
        let _both = (locks[*a].lock(), locks[*b].lock());
        meal.eat();
    })
}

fn ordered_std(time: Duration) -> Served {
    let locks = chopsticks(|| std::sync::Mutex::new(()));
    serve(PHILOSOPHERS, time, EAT, sorted, |_, (a, b), meal| {
        let _both = (locks[*a].lock().expect("nobody panics"), locks[*b].lock().expect("nobody panics"));
        meal.eat();
    })
}

fn footman(time: Duration) -> Served {
    let (locks, seats) = (chopsticks(|| Mutex::new(())), Semaphore::new(PHILOSOPHERS - 1));
    serve(PHILOSOPHERS, time, EAT, pair, |_, (a, b), meal| {
        let _seat = seats.acquire();
        let _both = (locks[*a].lock(), locks[*b].lock());
        meal.eat();
    })
}

/// What `std::lock` does: block on one, try the other; if it is not free, give back and block on that one.
fn try_all(time: Duration) -> Served {
    let locks = chopsticks(|| Mutex::new(()));
    serve(PHILOSOPHERS, time, EAT, pair, |_, (a, b), meal| {
        let (mut first, mut second) = (*a, *b);
        loop {
            let one = locks[first].lock();
            if let Some(other) = locks[second].try_lock() {
                meal.eat();
                drop((one, other));
                return;
            }
            drop(one);
            (first, second) = (second, first);
        }
    })
}

#[cfg(scoped_lock)]
fn scoped_lock(time: Duration) -> Served {
    let mutexes = dining_bench::cpp::CppMutexes::new(PHILOSOPHERS);
    let set = |p| [pair(p).0, pair(p).1];
    serve(PHILOSOPHERS, time, EAT, set, |_, set, meal| mutexes.with(&*set, || meal.eat()))
}

fn happy_sorted(time: Duration) -> Served {
    let locks: Vec<Happy> = chopsticks(|| Happy::new(()));
    let arrive = |p| {
        let set = BoxedLockCollection::try_new([&locks[pair(p).0], &locks[pair(p).1]]).expect("two different ones");
        (ThreadKey::get(), set)
    };
    serve(PHILOSOPHERS, time, EAT, arrive, |_, (key, set), meal| {
        let guard = set.lock(key.take().expect("given back after each meal"));
        meal.eat();
        *key = Some(BoxedLockCollection::<[&Happy; 2]>::unlock(guard));
    })
}

fn happy_retrying(time: Duration) -> Served {
    let locks: Vec<Happy> = chopsticks(|| Happy::new(()));
    let arrive = |p| {
        let set = RetryingLockCollection::try_new([&locks[pair(p).0], &locks[pair(p).1]]).expect("two different ones");
        (ThreadKey::get(), set)
    };
    serve(PHILOSOPHERS, time, EAT, arrive, |_, (key, set), meal| {
        let guard = set.lock(key.take().expect("given back after each meal"));
        meal.eat();
        *key = Some(RetryingLockCollection::<[&Happy; 2]>::unlock(guard));
    })
}

fn sure(time: Duration) -> Served {
    let locks = chopsticks(|| surelock::mutex::Mutex::<()>::new(()));
    serve(
        PHILOSOPHERS,
        time,
        EAT,
        |_| surelock::key_handle::KeyHandle::claim(),
        |p, handle, meal| {
            let set = surelock::set::LockSet::new((&locks[pair(p).0], &locks[pair(p).1]));
            handle.scope(|key| {
                let (_both, _key) = key.lock(&set);
                meal.eat();
            });
        },
    )
}

fn dinner(strategy: Strategy, time: Duration) -> Served {
    let dinner = Dinner::new(PHILOSOPHERS).strategy(strategy).eat(Work::Sleep(EAT)).stop(Stop::Time(time));
    let report = dinner.run().expect("a table, philosophers, threads");
    let (elapsed, longest_wait, p99) = (report.elapsed, report.waits.max, report.waits.p99);
    Served { meals: report.meals, elapsed, longest_wait, p99 }
}
