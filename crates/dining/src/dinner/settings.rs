//! What a dinner can be told: work, threads, when to stop.

use crate::rng::Rng;
use std::fmt;
use std::time::Duration;

/// What a philosopher does while eating or thinking. `Duration::MAX` lasts until the dinner is ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Work {
    /// Nothing: the pure cost of taking and giving back.
    #[default]
    None,
    /// Keeps a processor busy for this long.
    Spin(Duration),
    /// Sleeps for this long, so that more philosophers than processors can be at it.
    Sleep(Duration),
}

/// Which threads the philosophers live on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Threads {
    /// One thread each.
    #[default]
    PerPhilosopher,
    /// This many workers for all of them; a philosopher who waits or sleeps occupies none. The next to move is drawn from
    /// the seed, so with one worker, [`Stop::Meals`] and no sleep the whole dinner follows from the seed.
    Pool(usize),
}

/// When the dinner ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// Each philosopher leaves after this many meals.
    Meals(u64),
    /// After this time nobody begins to eat any more; who is eating finishes.
    Time(Duration),
}

/// How philosophers come by their chopsticks.
///
/// | strategy | idea | deadlock | starvation | tables |
/// |---|---|---|---|---|
/// | `Naive` | take left, then right, and hold what you have | **yes** | - | any |
/// | `Ordered` | lower number first | no | possible | any |
/// | `Asymmetric` | every second philosopher begins on the right | no | possible | ring |
/// | `Footman` | at most n - 1 at the table | no | possible | ring |
/// | `Monitor` | both or nothing, decided under one lock | no | possible | any |
/// | `ChandyMisra` | used chopsticks are handed over on request | no | no | any |
/// | `TryBackoff` | give back what you have when the next is taken | no | possible | any |
/// | `LehmannRabin` | a coin says which first; give it back if the other is taken | no (with probability 1) | possible | ring |
/// | `FifoTickets` | nobody is ever overtaken by a neighbour | no | no | any |
/// | `BoundedBypass(k)` | overtaken at most `k` times | no | no | any |
/// | `LockAll` | the rule of `lock_all`: `k` = 16 | no | no | any |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// Left chopstick, then right: each may hold one and wait for ever. The dinner notices and reports the cycle.
    Naive,
    /// Dijkstra: chopsticks are numbered and taken in ascending order, so a cycle of waiting would have to descend somewhere.
    Ordered,
    /// Philosophers with odd numbers take right first. Proved for the ring.
    Asymmetric,
    /// A footman lets only n - 1 philosophers reach at a time: a semaphore. Proved for the ring.
    Footman,
    /// Tanenbaum: a philosopher eats when no neighbour does, and who puts down lets the neighbours look.
    Monitor,
    /// Chandy and Misra 1984: a dirty chopstick is cleaned and handed over on request, a clean one is kept until the meal.
    ChandyMisra,
    /// Takes what is free and, when something is not, gives all back and waits a random while.
    TryBackoff,
    /// Lehmann and Rabin 1981. On the ring only: on general graphs it may fail (Herescu and Palamidessi 2001).
    LehmannRabin,
    /// All or nothing, in order of arrival among neighbours.
    FifoTickets,
    /// All or nothing; nobody is overtaken by neighbours more than this many times.
    BoundedBypass(u32),
    /// What [`lock_all`](crate::lock_all) does: bounded bypass with the default bound.
    LockAll,
}

impl Strategy {
    /// Every strategy once, bounded bypass with its default bound.
    pub const ALL: [Self; 11] = [
        Self::Naive,
        Self::Ordered,
        Self::Asymmetric,
        Self::Footman,
        Self::Monitor,
        Self::ChandyMisra,
        Self::TryBackoff,
        Self::LehmannRabin,
        Self::FifoTickets,
        Self::BoundedBypass(16),
        Self::LockAll,
    ];

    /// Whether the strategy is sound on the ring only.
    pub fn needs_ring(self) -> bool {
        matches!(self, Self::Asymmetric | Self::Footman | Self::LehmannRabin)
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Naive => "naive",
            Self::Ordered => "ordered (Dijkstra)",
            Self::Asymmetric => "asymmetric",
            Self::Footman => "footman (semaphore)",
            Self::Monitor => "monitor (Tanenbaum)",
            Self::ChandyMisra => "Chandy-Misra",
            Self::TryBackoff => "try and back off",
            Self::LehmannRabin => "Lehmann-Rabin",
            Self::FifoTickets => "first come first served",
            Self::LockAll => "lock_all",
            Self::BoundedBypass(k) => return f.pad(&format!("bounded bypass, K={k}")),
        };
        f.pad(name)
    }
}

/// Why a dinner cannot begin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DinnerError {
    /// Nobody came.
    NoPhilosophers,
    /// `Threads::Pool(0)`.
    NoWorkers,
    /// A chopstick of a custom table lies beside a philosopher who does not exist, or twice beside the same.
    BadEdge {
        /// The pair as given.
        edge: (usize, usize),
        /// How many there are.
        philosophers: usize,
    },
    /// The strategy is sound on the ring only.
    NeedsRing(Strategy),
    /// The system gave no thread for a philosopher or worker; the text is the system's.
    Thread(String),
}

impl fmt::Display for DinnerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPhilosophers => f.write_str("a dinner needs at least one philosopher"),
            Self::NoWorkers => f.write_str("a pool needs at least one worker"),
            Self::BadEdge { edge: (a, b), philosophers } => {
                write!(f, "a chopstick between {a} and {b} needs two different philosophers below {philosophers}")
            }
            Self::NeedsRing(strategy) => write!(f, "the strategy `{strategy}` is sound on the ring only"),
            Self::Thread(error) => write!(f, "no thread for a philosopher: {error}"),
        }
    }
}

impl std::error::Error for DinnerError {}

/// Names of philosophers, by seat; from the second round on with a number.
pub(crate) fn name(seat: usize) -> String {
    const NAMES: [&str; 16] = [
        "Plato",
        "Hypatia",
        "Confucius",
        "Avicenna",
        "Spinoza",
        "Gargi",
        "Kant",
        "Arendt",
        "Hume",
        "Laozi",
        "Anscombe",
        "Ibn Rushd",
        "Descartes",
        "Weil",
        "Nagarjuna",
        "Zhuangzi",
    ];
    let (round, place) = (seat / NAMES.len(), seat % NAMES.len());
    if round == 0 { NAMES[place].to_owned() } else { format!("{} {}", NAMES[place], round + 1) }
}

/// What stays with one philosopher from step to step.
#[derive(Debug)]
pub(crate) struct Hand {
    pub(crate) philosopher: usize,
    /// How many of the needed chopsticks, in the strategy's order, this philosopher holds.
    pub(crate) taken: usize,
    /// Where the strategy stands within an attempt; 0 when it begins.
    pub(crate) stage: u32,
    /// Meals begun, this one included.
    pub(crate) attempt: u64,
    /// Has been counted in at the common beginning.
    pub(crate) met: bool,
    /// Waits for a chopstick and says so in the room's list of wishes.
    pub(crate) wishing: bool,
    pub(crate) rng: Rng,
}
