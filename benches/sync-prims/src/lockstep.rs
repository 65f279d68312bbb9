//! Barriers, and a check that they keep their threads in step.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier as StdBarrier};
use std::thread;

/// A round that is looked at; the others only count, so that the look does not become what is measured.
const LOOK_EVERY: usize = 7;

/// One thread's handle to a barrier.
pub trait Party: Send + Sized {
    /// The handles of all threads.
    fn all(parties: usize) -> Vec<Self>;
    /// Waits for all; whether this thread is the leader of the round.
    fn wait(&mut self) -> bool;
}

/// What the rounds leave behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Lockstep {
    /// Rounds with a leader, counted once for every leader.
    pub led: usize,
    /// Times that a thread was found a round behind or more than one ahead.
    pub out_of_step: usize,
}

#[repr(align(128))]
#[derive(Default)]
struct Seat(AtomicUsize);

/// All parties go through so many rounds.
pub fn barrier_rounds<P: Party>(parties: usize, rounds: usize) -> Lockstep {
    let seats: Vec<Seat> = (0..parties).map(|_| Seat::default()).collect();
    let seats = &seats;
    let walk = |mut party: P, mine: usize| {
        let mut seen = Lockstep { led: 0, out_of_step: 0 };
        for round in 1..=rounds {
            seats[mine].0.store(round, Ordering::Relaxed);
            seen.led += usize::from(party.wait());
            if round % LOOK_EVERY == 0 {
                let astray = |seat: &&Seat| !(round..=round + 1).contains(&seat.0.load(Ordering::Relaxed));
                seen.out_of_step += seats.iter().filter(astray).count();
            }
        }
        seen
    };
    let walk = &walk;
    thread::scope(|scope| {
        let walkers: Vec<_> =
            P::all(parties).into_iter().enumerate().map(|(i, party)| scope.spawn(move || walk(party, i))).collect();
        walkers.into_iter().map(|w| w.join().expect("no panic")).fold(Lockstep { led: 0, out_of_step: 0 }, |a, b| {
            Lockstep { led: a.led + b.led, out_of_step: a.out_of_step + b.out_of_step }
        })
    })
}

/// `sync_prims::Barrier`.
#[derive(Debug)]
pub struct OurParty(Arc<sync_prims::Barrier>);

impl Party for OurParty {
    fn all(parties: usize) -> Vec<Self> {
        let barrier = Arc::new(sync_prims::Barrier::new(parties));
        (0..parties).map(|_| Self(Arc::clone(&barrier))).collect()
    }
    #[inline]
    fn wait(&mut self) -> bool {
        self.0.wait().expect("nobody breaks it").is_leader()
    }
}

/// `std::sync::Barrier`.
#[derive(Debug)]
pub struct StdParty(Arc<StdBarrier>);

impl Party for StdParty {
    fn all(parties: usize) -> Vec<Self> {
        let barrier = Arc::new(StdBarrier::new(parties));
        (0..parties).map(|_| Self(Arc::clone(&barrier))).collect()
    }
    #[inline]
    fn wait(&mut self) -> bool {
        self.0.wait().is_leader()
    }
}

/// `hurdles::Barrier`, which never parks.
pub struct HurdlesParty(hurdles::Barrier);

impl Party for HurdlesParty {
    fn all(parties: usize) -> Vec<Self> {
        let barrier = hurdles::Barrier::new(parties);
        let mut all: Vec<_> = (1..parties).map(|_| Self(barrier.clone())).collect();
        all.push(Self(barrier));
        all
    }
    #[inline]
    fn wait(&mut self) -> bool {
        self.0.wait().is_leader()
    }
}

/// `adaptive_barrier::Barrier`, whose parties are its handles.
pub struct AdaptiveParty(adaptive_barrier::Barrier);

impl Party for AdaptiveParty {
    fn all(parties: usize) -> Vec<Self> {
        let barrier = adaptive_barrier::Barrier::new(adaptive_barrier::PanicMode::Poison);
        let mut all: Vec<_> = (1..parties).map(|_| Self(barrier.clone())).collect();
        all.push(Self(barrier));
        all
    }
    #[inline]
    fn wait(&mut self) -> bool {
        self.0.wait().is_leader()
    }
}
