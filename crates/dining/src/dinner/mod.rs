//! The dinner: philosophers, chopsticks, a strategy, and a report of what came of it.

mod driver;
mod etiquette;
mod histogram;
mod pictures;
mod pool;
mod report;
mod room;
mod running;
mod settings;
mod topology;

pub use report::{Outcome, Report, Span, SpanKind, Waits};
pub use room::Activity;
pub use running::{Running, Snapshot};
pub use settings::{DinnerError, Stop, Strategy, Threads, Work};
pub use topology::Topology;

use topology::Plan;

/// A dinner in the making: who sits where, what they do, and by which strategy they come by their chopsticks.
///
/// By default a ring, one thread each, bounded bypass, no work, 100 meals each, seed 7.
///
/// ```
/// use dining::{Dinner, Outcome, Stop, Strategy};
///
/// let report = Dinner::new(5).strategy(Strategy::Ordered).stop(Stop::Meals(20)).run()?;
/// assert_eq!(report.outcome, Outcome::Done);
/// assert_eq!(report.meals, [20; 5]);
/// # Ok::<(), dining::DinnerError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `run` or `start`"]
pub struct Dinner {
    philosophers: usize,
    topology: Topology,
    strategy: Strategy,
    threads: Threads,
    eat: Work,
    think: Work,
    stop: Stop,
    seed: u64,
    trace: bool,
    together: bool,
}

impl Dinner {
    /// For this many philosophers; zero is an error of [`run`](Self::run).
    pub fn new(philosophers: usize) -> Self {
        Self {
            philosophers,
            topology: Topology::Ring,
            strategy: Strategy::BoundedBypass(16),
            threads: Threads::PerPhilosopher,
            eat: Work::None,
            think: Work::None,
            stop: Stop::Meals(100),
            seed: 7,
            trace: false,
            together: false,
        }
    }

    /// Who shares a chopstick with whom.
    pub fn topology(mut self, topology: Topology) -> Self {
        self.topology = topology;
        self
    }

    /// How philosophers come by their chopsticks.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Which threads they live on.
    pub fn threads(mut self, threads: Threads) -> Self {
        self.threads = threads;
        self
    }

    /// What a meal consists of.
    pub fn eat(mut self, work: Work) -> Self {
        self.eat = work;
        self
    }

    /// What happens between two meals.
    pub fn think(mut self, work: Work) -> Self {
        self.think = work;
        self
    }

    /// When it ends.
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// What random choices follow from: coins, pauses, random tables, and in a pool who moves next.
    ///
    /// Equal seeds give equal evenings with [`Threads::Pool`]`(1)`, [`Stop::Meals`], no [`Work::Sleep`] and any strategy but
    /// [`Strategy::TryBackoff`], which sleeps. With more threads the system's scheduler has a say as well.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether to keep every stretch of hunger and eating for the pictures of the [`Report`]: some 100 bytes a meal.
    pub fn trace(mut self, trace: bool) -> Self {
        self.trace = trace;
        self
    }

    /// Makes everybody reach for the first chopstick before anybody reaches for the second, once, at the first meal. With
    /// [`Strategy::Naive`] that is the deadlock of the textbook, each time; other strategies that take one by one live
    /// through it, those that take all or nothing do not notice.
    pub fn begin_together(mut self, together: bool) -> Self {
        self.together = together;
        self
    }

    /// Serves the dinner and waits for its end. No thread is left behind, whatever the outcome.
    ///
    /// # Errors
    /// [`DinnerError`] if the dinner cannot begin: nobody came, a bad table, no threads. How it *ends* is no error but the
    /// [outcome](Report::outcome), a deadlock included.
    pub fn run(&self) -> Result<Report, DinnerError> {
        Ok(self.start()?.wait())
    }

    /// Begins the dinner and gives a handle that can look at it and end it.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn start(&self) -> Result<Running, DinnerError> {
        if self.philosophers == 0 {
            return Err(DinnerError::NoPhilosophers);
        }
        if self.threads == Threads::Pool(0) {
            return Err(DinnerError::NoWorkers);
        }
        let plan = Plan::new(&self.topology, self.philosophers, self.seed)?;
        if self.strategy.needs_ring() && !plan.ring {
            return Err(DinnerError::NeedsRing(self.strategy));
        }
        Running::start(self, plan)
    }
}
