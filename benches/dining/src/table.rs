//! A table of philosophers with a thread each, whatever the locks.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What came of it.
#[derive(Clone, Debug)]
pub struct Served {
    /// Meals of each philosopher.
    pub meals: Vec<u64>,
    /// How long it took.
    pub elapsed: Duration,
    /// The longest wait before a meal, that of those who were still waiting at the end included.
    pub longest_wait: Duration,
    /// 99 of 100 waits were not longer.
    pub p99: Duration,
}

/// What a philosopher does when all chopsticks are there.
#[derive(Debug)]
pub struct Meal<'a> {
    ended: &'a AtomicBool,
    hungry: Instant,
    waits: Vec<Duration>,
    meals: u64,
    eat: Duration,
}

impl Meal<'_> {
    /// Eats, unless the evening is over.
    pub fn eat(&mut self) {
        self.waits.push(self.hungry.elapsed());
        if !self.ended.load(Ordering::Relaxed) {
            thread::sleep(self.eat);
            self.meals += 1;
        }
    }
}

/// `n` philosophers are hungry without a pause for `time`; `dine(p, meal)` takes what `p` needs, calls `meal.eat()` and gives it back.
/// `arrive` is called once on each thread and gives what `dine` needs there.
pub fn serve<K>(
    n: usize,
    time: Duration,
    eat: Duration,
    arrive: impl Fn(usize) -> K + Sync,
    dine: impl Fn(usize, &mut K, &mut Meal<'_>) + Sync,
) -> Served {
    let (ended, door) = (AtomicBool::new(false), Barrier::new(n + 1));
    let evening = |p: usize| {
        let mut own = arrive(p);
        let mut meal = Meal { ended: &ended, hungry: Instant::now(), waits: Vec::new(), meals: 0, eat };
        door.wait();
        while !ended.load(Ordering::Relaxed) {
            meal.hungry = Instant::now();
            dine(p, &mut own, &mut meal);
        }
        (meal.meals, meal.waits)
    };
    let evening = &evening;
    let (all, elapsed) = thread::scope(|scope| {
        let diners: Vec<_> = (0..n).map(|p| scope.spawn(move || evening(p))).collect();
        door.wait();
        let begin = Instant::now();
        thread::sleep(time);
        ended.store(true, Ordering::Relaxed);
        let elapsed = begin.elapsed();
        (diners.into_iter().map(|diner| diner.join().expect("nobody panics")).collect::<Vec<_>>(), elapsed)
    });
    let mut waits: Vec<Duration> = all.iter().flat_map(|(_, waits)| waits.iter().copied()).collect();
    waits.sort_unstable();
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
    let longest_wait = waits.last().copied().unwrap_or_default();
    Served { meals: all.iter().map(|(meals, _)| *meals).collect(), elapsed, longest_wait, p99 }
}

impl Served {
    /// Meals per second, all together.
    pub fn rate(&self) -> f64 {
        self.meals.iter().sum::<u64>() as f64 / self.elapsed.as_secs_f64()
    }

    /// 1 if all ate alike, 1 / n if one ate everything.
    pub fn jain(&self) -> f64 {
        let sum: f64 = self.meals.iter().map(|&meals| meals as f64).sum();
        let squares: f64 = self.meals.iter().map(|&meals| (meals as f64).powi(2)).sum();
        if squares == 0.0 { 1.0 } else { sum * sum / (self.meals.len() as f64 * squares) }
    }

    /// Fewest meals, as a share of the mean.
    pub fn fewest(&self) -> f64 {
        let mean = self.meals.iter().sum::<u64>() as f64 / self.meals.len() as f64;
        self.meals.iter().min().map_or(0.0, |&least| least as f64 / mean.max(1e-9))
    }
}
