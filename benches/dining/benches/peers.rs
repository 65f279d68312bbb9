//! `dining` against its peers: taking k of 1024 resources and giving them back. One thread with nobody in the way, then two
//! threads with sets of their own, which meet by chance.

use bench_kit::Workload;
use dining::{Claim, Lock, Policy, ResourceTable, lock_all};
use dining_bench::{RESOURCES, SETS, sets};
use happylock::ThreadKey;
use happylock::collection::{BoxedLockCollection, RetryingLockCollection};
use parking_lot::{Mutex, MutexGuard};
use std::thread;

const ROUNDS: usize = 1000;
/// For two threads, which have to be started.
const MANY: usize = 20_000;
const THREADS: usize = 2;

/// Takes as many sets as it is told, as the thread it is told to be; gives how many it took.
type Contender<'a> = (&'static str, Box<dyn Fn(usize, usize) -> usize + Sync + 'a>);
type Happy = happylock::Mutex<u64>;

/// Sets of `k`, prepared for everybody, and the locks.
struct Field {
    k: usize,
    /// A list for each thread.
    sets: Vec<Vec<Vec<usize>>>,
    table: ResourceTable,
    ours: Vec<Lock<u64>>,
    plain: Vec<Mutex<u64>>,
    happy: Vec<Happy>,
    sure: Vec<surelock::mutex::Mutex<u64>>,
}

impl Field {
    fn new(k: usize) -> Self {
        fn many<T>(new: impl Fn() -> T) -> Vec<T> {
            (0..RESOURCES).map(|_| new()).collect()
        }
        Self {
            k,
            sets: (0..THREADS as u64).map(|stream| sets(k, stream)).collect(),
            table: ResourceTable::new(RESOURCES, Policy::default()),
            ours: many(|| Lock::new(0)),
            plain: many(|| Mutex::new(0)),
            happy: many(|| happylock::Mutex::new(0)),
            sure: many(|| surelock::mutex::Mutex::new(0)),
        }
    }

    fn set(&self, thread: usize, i: usize) -> &[usize] {
        &self.sets[thread][i % SETS]
    }

    fn contenders(&self) -> Vec<Contender<'_>> {
        let mut all = self.our_contenders();
        all.extend(self.plain_contenders());
        all.extend(self.happy_contenders());
        if self.k == 2 {
            all.push(self.sure_contender());
        }
        #[cfg(scoped_lock)]
        all.push(self.cpp_contender());
        all
    }

    fn our_contenders(&self) -> Vec<Contender<'_>> {
        let prepare = |set: &Vec<usize>| self.table.prepare(set).expect("all below the length");
        let claims: Vec<Vec<Claim>> = self.sets.iter().map(|sets| sets.iter().map(prepare).collect()).collect();
        let prepared = move |thread: usize, rounds: usize| {
            let took = |i: &usize| self.table.acquire(&claims[thread][i % SETS]).resources().next().is_some();
            (0..rounds).filter(took).count()
        };
        let per_call = move |thread: usize, rounds: usize| {
            let took =
                |i: &usize| self.table.acquire(&prepare(&self.sets[thread][i % SETS])).resources().next().is_some();
            (0..rounds).filter(took).count()
        };
        let refs: Vec<Vec<Vec<&Lock<u64>>>> = self.each_set(|&r| &self.ours[r]);
        let locks = move |thread: usize, rounds: usize| {
            (0..rounds).filter(|i| lock_all(&refs[thread][i % SETS]).len() == self.k).count()
        };
        vec![
            ("dining, claim prepared", Box::new(prepared)),
            ("dining, claim prepared per call", Box::new(per_call)),
            ("dining, lock_all of a Vec", Box::new(locks)),
        ]
    }

    fn plain_contenders(&self) -> Vec<Contender<'_>> {
        let sorted_before = |thread: usize, rounds: usize| {
            let take = |i: &usize| -> Vec<MutexGuard<'_, u64>> {
                self.set(thread, *i).iter().map(|&r| self.plain[r].lock()).collect()
            };
            (0..rounds).filter(|i| take(i).len() == self.k).count()
        };
        let sorted_each_time = |thread: usize, rounds: usize| {
            let took = |i: &usize| {
                let mut wanted = self.set(thread, *i).to_vec();
                wanted.reverse();
                wanted.sort_unstable();
                wanted.dedup();
                wanted.iter().map(|&r| self.plain[r].lock()).collect::<Vec<_>>().len() == self.k
            };
            (0..rounds).filter(took).count()
        };
        vec![
            ("parking_lot, sorted before", Box::new(sorted_before)),
            ("parking_lot, sorted each time", Box::new(sorted_each_time)),
        ]
    }

    fn happy_contenders(&self) -> Vec<Contender<'_>> {
        let per_call = |thread: usize, rounds: usize| {
            let (mut key, mut done) = (ThreadKey::get().expect("the only key of this thread"), 0);
            for i in 0..rounds {
                let wanted: Vec<&Happy> = self.set(thread, i).iter().map(|&r| &self.happy[r]).collect();
                let collection = BoxedLockCollection::try_new(wanted).expect("no duplicates");
                let guard = collection.lock(key);
                done += usize::from(guard.len() == self.k);
                key = BoxedLockCollection::<Vec<&Happy>>::unlock(guard);
            }
            done
        };
        let collections: Vec<Vec<_>> = self
            .each_set(|&r| &self.happy[r])
            .into_iter()
            .map(|sets| sets.into_iter().map(|set| BoxedLockCollection::try_new(set).expect("no duplicates")).collect())
            .collect();
        let kept = move |thread: usize, rounds: usize| {
            let (mut key, mut done) = (ThreadKey::get().expect("the only key of this thread"), 0);
            for i in 0..rounds {
                let guard = collections[thread][i % SETS].lock(key);
                done += usize::from(guard.len() == self.k);
                key = BoxedLockCollection::<Vec<&Happy>>::unlock(guard);
            }
            done
        };
        let retrying = |thread: usize, rounds: usize| {
            let (mut key, mut done) = (ThreadKey::get().expect("the only key of this thread"), 0);
            for i in 0..rounds {
                let wanted: Vec<&Happy> = self.set(thread, i).iter().map(|&r| &self.happy[r]).collect();
                let collection = RetryingLockCollection::try_new(wanted).expect("no duplicates");
                let guard = collection.lock(key);
                done += usize::from(guard.len() == self.k);
                key = RetryingLockCollection::<Vec<&Happy>>::unlock(guard);
            }
            done
        };
        vec![
            ("happylock, set built per call", Box::new(per_call)),
            ("happylock, set kept", Box::new(kept)),
            ("happylock, retrying, per call", Box::new(retrying)),
        ]
    }

    /// Two locks: its sets are tuples.
    fn sure_contender(&self) -> Contender<'_> {
        let run = |thread: usize, rounds: usize| {
            let (mut handle, mut done) = (surelock::key_handle::KeyHandle::claim(), 0);
            for i in 0..rounds {
                let [a, b] = self.set(thread, i) else { return 0 };
                let set = surelock::set::LockSet::new((&self.sure[*a], &self.sure[*b]));
                handle.scope(|key| {
                    let ((mut a, _b), _key) = key.lock(&set);
                    *a += 1;
                    done += 1;
                });
            }
            done
        };
        ("surelock, set built per call", Box::new(run))
    }

    #[cfg(scoped_lock)]
    fn cpp_contender(&self) -> Contender<'_> {
        let mutexes = dining_bench::cpp::CppMutexes::new(RESOURCES);
        let run = move |thread: usize, rounds: usize| {
            let mut done = 0;
            (0..rounds).for_each(|i| mutexes.with(self.set(thread, i), || done += 1));
            done
        };
        ("C++ scoped_lock", Box::new(run))
    }

    fn each_set<'a, T>(&'a self, lock: impl Fn(&usize) -> &'a T) -> Vec<Vec<Vec<&'a T>>> {
        let refs = |sets: &Vec<Vec<usize>>| sets.iter().map(|set| set.iter().map(&lock).collect()).collect();
        self.sets.iter().map(refs).collect()
    }
}

fn main() {
    let mut criterion = bench_kit::criterion();
    for k in [2, 8, 64] {
        let field = Field::new(k);
        let mut one = Workload::new("dining/k-of-1024", &k.to_string(), ROUNDS, || (), ROUNDS);
        for (name, run) in field.contenders() {
            one = one.contender(name, move |()| run(0, ROUNDS));
        }
        one.run(&mut criterion);
        let mut two =
            Workload::new("dining/k-of-1024, two threads", &k.to_string(), THREADS * MANY, || (), THREADS * MANY);
        for (name, run) in field.contenders() {
            two = two.contender(name, move |()| {
                thread::scope(|scope| {
                    let other = scope.spawn(|| run(1, MANY));
                    run(0, MANY) + other.join().expect("nobody panics")
                })
            });
        }
        two.run(&mut criterion);
    }
    criterion.final_summary();
}
