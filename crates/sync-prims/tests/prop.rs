//! Sequences of operations on one thread, against simple sequential models: what does not have to wait has one right
//! answer.

use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use sync_prims::{
    AcquireTimeoutError, ArrivalToken, Barrier, BarrierError, Fairness, Latch, Monitor, Permit, Semaphore,
    TryAcquireError, WaitGroup, WaitToken,
};

fn config() -> ProptestConfig {
    // `None`: an integration test has no place where proptest could keep its finds; they become tests of their own.
    ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }
}

#[derive(Clone, Debug)]
enum OnSemaphore {
    Try(usize),
    /// With a deadline that has passed.
    Until(usize),
    Drop(usize),
    Forget(usize),
    Split(usize, usize),
    Merge(usize, usize),
    Add(usize),
    TryAdd(usize),
    ForgetFree(usize),
    Drain,
    Close,
}

fn on_semaphore() -> impl Strategy<Value = OnSemaphore> {
    use OnSemaphore::*;
    prop_oneof![
        6 => (0usize..6).prop_map(Try),
        2 => (0usize..6).prop_map(Until),
        4 => (0usize..9).prop_map(Drop),
        1 => (0usize..9).prop_map(Forget),
        2 => ((0usize..9), (0usize..4)).prop_map(|(which, n)| Split(which, n)),
        2 => ((0usize..9), (0usize..9)).prop_map(|(a, b)| Merge(a, b)),
        2 => (0usize..4).prop_map(Add),
        1 => prop_oneof![Just(Semaphore::MAX_PERMITS), Just(usize::MAX), 0usize..3].prop_map(TryAdd),
        1 => (0usize..4).prop_map(ForgetFree),
        1 => Just(Drain),
        1 => Just(Close),
    ]
}

/// A number of free permits, and the permits held.
struct SemaphoreModel<'a> {
    free: usize,
    closed: bool,
    held: Vec<Permit<'a>>,
    /// What each of `held` should hold.
    counts: Vec<usize>,
}

impl<'a> SemaphoreModel<'a> {
    fn apply(&mut self, semaphore: &'a Semaphore, operation: &OnSemaphore) -> Result<(), TestCaseError> {
        use OnSemaphore::*;
        let len = self.held.len();
        match *operation {
            Try(n) => match semaphore.try_acquire_many(n) {
                Ok(permit) => self.got(permit, n)?,
                Err(TryAcquireError::Closed) => prop_assert!(self.closed),
                Err(TryAcquireError::NoPermits) => prop_assert!(!self.closed && n > self.free),
            },
            Until(n) => match semaphore.acquire_many_until(n, Instant::now()) {
                Ok(permit) => self.got(permit, n)?,
                Err(AcquireTimeoutError::Closed) => prop_assert!(self.closed),
                Err(AcquireTimeoutError::TimedOut) => prop_assert!(!self.closed && n > self.free),
            },
            Drop(which) if len > 0 => {
                drop(self.held.swap_remove(which % len));
                self.free += self.counts.swap_remove(which % len);
            }
            Forget(which) if len > 0 => {
                self.held.swap_remove(which % len).forget();
                self.counts.swap_remove(which % len);
            }
            Split(which, n) if len > 0 => {
                let part = self.held[which % len].split(n);
                prop_assert_eq!(part.is_some(), n <= self.counts[which % len]);
                if let Some(part) = part {
                    self.counts[which % len] -= n;
                    self.held.push(part);
                    self.counts.push(n);
                }
            }
            Merge(into, from) if len > 1 && into % len != from % len => {
                let (other, count) = (self.held.remove(from % len), self.counts.remove(from % len));
                let into = into % (len - 1);
                self.held[into].merge(other);
                self.counts[into] += count;
            }
            Add(n) => {
                semaphore.add_permits(n);
                self.free += n;
            }
            TryAdd(n) => {
                let fits = n.checked_add(self.free).is_some_and(|sum| sum <= Semaphore::MAX_PERMITS);
                prop_assert_eq!(semaphore.try_add_permits(n).is_ok(), fits);
                if fits {
                    self.free += n;
                    // Back to numbers that the other operations can exceed.
                    prop_assert_eq!(semaphore.forget_permits(n), n);
                    self.free -= n;
                }
            }
            ForgetFree(n) => {
                let gone = n.min(self.free);
                prop_assert_eq!(semaphore.forget_permits(n), gone);
                self.free -= gone;
            }
            Drain => prop_assert_eq!(semaphore.drain_permits(), std::mem::take(&mut self.free)),
            Close => {
                semaphore.close();
                self.closed = true;
            }
            Drop(_) | Forget(_) | Split(..) | Merge(..) => {}
        }
        let held: Vec<usize> = self.held.iter().map(Permit::permits).collect();
        prop_assert_eq!(&held, &self.counts);
        prop_assert_eq!((semaphore.available_permits(), semaphore.waiters()), (self.free, 0));
        prop_assert_eq!(semaphore.is_closed(), self.closed);
        Ok(())
    }

    fn got(&mut self, permit: Permit<'a>, n: usize) -> Result<(), TestCaseError> {
        prop_assert!(!self.closed && n <= self.free, "{n} permits were given out of {}", self.free);
        self.free -= n;
        self.held.push(permit);
        self.counts.push(n);
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum OnBarrier {
    Arrive,
    /// With a timeout of zero: the last to arrive passes, nobody else.
    WaitNot,
    /// Ends the wait of some token whose generation has ended; drops a token whose generation is open.
    Settle(usize),
    DropToken(usize),
    ArriveAndDrop,
    Abort,
    Reset,
}

fn on_barrier() -> impl Strategy<Value = OnBarrier> {
    use OnBarrier::*;
    prop_oneof![
        6 => Just(Arrive),
        2 => Just(WaitNot),
        4 => (0usize..9).prop_map(Settle),
        2 => (0usize..9).prop_map(DropToken),
        1 => Just(ArriveAndDrop),
        1 => Just(Abort),
        1 => Just(Reset),
    ]
}

/// The rules of the barrier with plain numbers, and every generation's end kept for ever.
struct BarrierModel<'a> {
    parties: usize,
    arrived: usize,
    leaving: usize,
    generation: u64,
    broken: bool,
    /// Whether the generation of this number ended well.
    ends: BTreeMap<u64, bool>,
    /// With the generation and the index of each.
    tokens: Vec<(ArrivalToken<'a>, u64, usize)>,
}

impl<'a> BarrierModel<'a> {
    fn end(&mut self, well: bool, broken: bool) {
        self.ends.insert(self.generation, well);
        self.generation += 1;
        self.arrived = 0;
        self.parties -= std::mem::take(&mut self.leaving);
        self.broken = broken;
    }

    fn arrive(&mut self) {
        self.arrived += 1;
        if self.arrived == self.parties {
            self.end(true, false);
        }
    }

    fn apply(&mut self, barrier: &'a Barrier, operation: &OnBarrier) -> Result<(), TestCaseError> {
        match *operation {
            OnBarrier::Arrive if self.parties > 0 => {
                let arrived = barrier.arrive();
                prop_assert_eq!(arrived.is_err(), self.broken);
                if let Ok(token) = arrived {
                    self.tokens.push((token, self.generation, self.arrived));
                    self.arrive();
                }
            }
            OnBarrier::WaitNot if self.parties > 0 => {
                let result = barrier.wait_timeout(Duration::ZERO);
                if self.broken {
                    prop_assert_eq!(result, Err(BarrierError::Broken));
                } else if self.arrived + 1 == self.parties {
                    let (generation, index) = (self.generation, self.arrived);
                    let round = result.expect("all have arrived");
                    prop_assert!(round.is_leader());
                    prop_assert_eq!((round.generation(), round.arrival_index()), (generation, index));
                    self.arrive();
                } else {
                    prop_assert_eq!(result, Err(BarrierError::TimedOut));
                    self.end(false, true);
                }
            }
            OnBarrier::ArriveAndDrop if self.parties > 0 => {
                let left = barrier.arrive_and_drop();
                prop_assert_eq!(left.is_err(), self.broken);
                if self.broken {
                    self.parties -= 1;
                } else {
                    self.leaving += 1;
                    self.arrive();
                }
            }
            OnBarrier::Settle(which) if !self.tokens.is_empty() => {
                let (token, generation, index) = self.tokens.swap_remove(which % self.tokens.len());
                match self.ends.get(&generation) {
                    None => drop(token),
                    Some(true) => {
                        let round = token.wait().expect("its generation ended well");
                        prop_assert_eq!((round.generation(), round.arrival_index()), (generation, index));
                    }
                    Some(false) => prop_assert_eq!(token.wait(), Err(BarrierError::Broken)),
                }
            }
            OnBarrier::DropToken(which) if !self.tokens.is_empty() => {
                drop(self.tokens.swap_remove(which % self.tokens.len()));
            }
            OnBarrier::Abort => {
                barrier.abort();
                self.end(false, true);
            }
            OnBarrier::Reset => {
                barrier.reset();
                if self.arrived > 0 {
                    self.end(false, false);
                }
                self.broken = false;
            }
            _ => {}
        }
        prop_assert_eq!((barrier.parties(), barrier.waiting()), (self.parties, self.arrived));
        prop_assert_eq!(barrier.is_broken(), self.broken);
        Ok(())
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_semaphore_is_a_number(
        permits in 0usize..6,
        barging in any::<bool>(),
        operations in vec(on_semaphore(), 0..40),
    ) {
        let semaphore =
            Semaphore::with_fairness(permits, if barging { Fairness::Barging } else { Fairness::Fifo });
        let mut model = SemaphoreModel { free: permits, closed: false, held: Vec::new(), counts: Vec::new() };
        for operation in &operations {
            model.apply(&semaphore, operation)?;
        }
        let SemaphoreModel { free, held, counts, .. } = model;
        drop(held);
        prop_assert_eq!(semaphore.available_permits(), free + counts.iter().sum::<usize>());
    }

    #[test]
    fn every_generation_of_a_barrier_ends_once(parties in 1usize..5, operations in vec(on_barrier(), 0..60)) {
        let barrier = Barrier::new(parties);
        let mut model = BarrierModel {
            parties, arrived: 0, leaving: 0, generation: 0, broken: false, ends: BTreeMap::new(), tokens: Vec::new(),
        };
        for operation in &operations {
            model.apply(&barrier, operation)?;
        }
        // Whoever still asks learns how it was.
        for (token, generation, _) in model.tokens.drain(..) {
            match model.ends.get(&generation) {
                Some(&well) => prop_assert_eq!(token.wait().is_ok(), well),
                None => drop(token),
            }
        }
    }

    #[test]
    fn a_latch_and_a_wait_group_count_down(count in 0usize..9, steps in vec(0usize..4, 0..9)) {
        let (latch, group) = (Latch::new(count), WaitGroup::new());
        let mut tokens: Vec<WaitToken> = (0..count).map(|_| group.add()).collect();
        let mut left = count;
        for step in steps {
            latch.count_down_by(step);
            left = left.saturating_sub(step);
            tokens.truncate(left);
            prop_assert_eq!((latch.count(), group.tokens()), (left, left));
            prop_assert_eq!((latch.is_open(), latch.wait_timeout(Duration::ZERO)), (left == 0, left == 0));
            prop_assert_eq!(group.wait_timeout(Duration::ZERO), left == 0);
        }
    }

    #[test]
    fn a_monitor_is_its_data(start in 0i32..4, steps in vec((0i32..3, 0i32..8), 0..20)) {
        let monitor = Monitor::new(start);
        let mut model = start;
        for (step, least) in steps {
            monitor.with(|n| *n += step);
            model += step;
            let found = monitor.when_timeout(Duration::ZERO, |n| *n >= least, |n| { *n -= least; *n });
            prop_assert_eq!(found, (model >= least).then(|| model - least));
            model = found.unwrap_or(model);
            let named = monitor.condition(move |n| *n < least);
            prop_assert_eq!(named.when_timeout(Duration::ZERO, |n| *n), (model < least).then_some(model));
        }
        prop_assert_eq!((monitor.waiters(), monitor.into_inner()), (0, model));
    }
}
