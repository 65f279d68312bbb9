//! `dining` against its peers: taking k of 1024 resources, one thread, nobody in the way.

use dining::{Claim, Policy, ResourceTable};
use happylock::ThreadKey;
use happylock::collection::BoxedLockCollection;
use parking_lot::{Mutex, MutexGuard};

const RESOURCES: usize = 1024;
const ROUNDS: usize = 1000;
const SETS: usize = 64;

/// `SETS` sets of `k` different resources, each ascending.
fn sets(k: usize) -> Vec<Vec<usize>> {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % RESOURCES
    };
    let mut set = || {
        let mut set = std::collections::BTreeSet::new();
        while set.len() < k {
            set.insert(next());
        }
        set.into_iter().collect()
    };
    (0..SETS).map(|_| set()).collect()
}

fn main() {
    let mut criterion = bench_kit::criterion();
    for k in [2, 8, 64] {
        let sets = sets(k);
        let table = ResourceTable::new(RESOURCES, Policy::default());
        let claims: Vec<Claim> = sets.iter().map(|set| table.prepare(set).expect("all below the length")).collect();
        let plain: Vec<Mutex<u64>> = (0..RESOURCES).map(|_| Mutex::new(0)).collect();
        let happy: Vec<happylock::mutex::Mutex<u64, _>> = (0..RESOURCES).map(|_| happylock::Mutex::new(0)).collect();
        bench_kit::Workload::new("dining/k-of-1024", &k.to_string(), ROUNDS, || (), ROUNDS)
            .contender("dining", |()| {
                (0..ROUNDS).filter(|i| table.acquire(&claims[i % SETS]).resources().next().is_some()).count()
            })
            .contender("parking_lot, sorted before", |()| {
                let take = |i: &usize| -> Vec<MutexGuard<'_, u64>> {
                    sets[i % SETS].iter().map(|&r| plain[r].lock()).collect()
                };
                (0..ROUNDS).filter(|i| take(i).len() == k).count()
            })
            .contender("parking_lot, sorted each time", |()| {
                (0..ROUNDS)
                    .filter(|i| {
                        let mut wanted = sets[i % SETS].clone();
                        wanted.reverse();
                        wanted.sort_unstable();
                        wanted.dedup();
                        let guards: Vec<_> = wanted.iter().map(|&r| plain[r].lock()).collect();
                        guards.len() == k
                    })
                    .count()
            })
            .contender("happylock, set built per call", |()| {
                let mut key = ThreadKey::get().expect("the only key of this thread");
                let mut done = 0;
                for i in 0..ROUNDS {
                    let wanted: Vec<_> = sets[i % SETS].iter().map(|&r| &happy[r]).collect();
                    let collection = BoxedLockCollection::try_new(wanted).expect("no duplicates");
                    let guard = collection.lock(key);
                    done += usize::from(guard.len() == k);
                    key = BoxedLockCollection::<Vec<&happylock::mutex::Mutex<u64, _>>>::unlock(guard);
                }
                done
            })
            .run(&mut criterion);
    }
    criterion.final_summary();
}
