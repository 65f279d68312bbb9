//! Semaphores between threads: one that hands over and back, and a crowd at a narrow gate.

use crate::Permits;
use crossbeam_utils::CachePadded;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What a game of ping-pong leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Hands {
    /// Round trips made.
    pub rounds: usize,
    /// Times that a thread was let through although it was not its turn.
    pub out_of_turn: usize,
}

/// Two threads pass a turn to and fro through two empty semaphores.
pub fn ping_pong<S: Permits>(new: impl Fn(usize) -> S, rounds: usize) -> Hands {
    let (ping, pong, turn) = (new(0), new(0), AtomicUsize::new(0));
    // The turn is handed over by the semaphores alone: they, not this counter, must order its writes.
    let play = |mine: &S, theirs: &S, first: bool| {
        let mut wrong = 0;
        for round in 0..rounds {
            let expected = 2 * round + usize::from(!first);
            if !first {
                mine.take();
            }
            wrong += usize::from(turn.load(Ordering::Relaxed) != expected);
            turn.store(expected + 1, Ordering::Relaxed);
            theirs.give();
            if first {
                mine.take();
            }
        }
        wrong
    };
    thread::scope(|scope| {
        let echo = scope.spawn(|| play(&ping, &pong, false));
        let wrong = play(&pong, &ping, true);
        Hands { rounds: turn.load(Ordering::Relaxed) / 2, out_of_turn: wrong + echo.join().expect("no panic") }
    })
}

/// What a crowd leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Crowd {
    /// Times that somebody was inside.
    pub passes: usize,
    /// Times that more were inside than there are permits.
    pub overfull: usize,
}

/// Threads that all want in, `passes` times each, where only `permits` may be inside at once. Those who `linger` let
/// another thread run while they are inside: on few processors nothing else would show that one too many came in.
pub fn contended<S: Permits>(
    new: impl Fn(usize) -> S,
    threads: usize,
    permits: usize,
    passes: usize,
    linger: bool,
) -> Crowd {
    // Apart, so that no contender has its word in the cache line of the count.
    let (gate, inside) = (CachePadded::new(new(permits)), CachePadded::new(AtomicUsize::new(0)));
    // All start together: otherwise the first are done before the last exist.
    let start = Barrier::new(threads);
    let pass = || {
        start.wait();
        let mut seen = Crowd { passes: 0, overfull: 0 };
        for _ in 0..passes {
            gate.hold(|| {
                seen.overfull += usize::from(inside.fetch_add(1, Ordering::Relaxed) >= permits);
                seen.passes += 1;
                if linger {
                    thread::yield_now();
                }
                inside.fetch_sub(1, Ordering::Relaxed);
            });
        }
        seen
    };
    thread::scope(|scope| {
        let crowd: Vec<_> = (0..threads).map(|_| scope.spawn(pass)).collect();
        crowd.into_iter().map(|t| t.join().expect("no panic")).fold(Crowd { passes: 0, overfull: 0 }, |sum, seen| {
            Crowd { passes: sum.passes + seen.passes, overfull: sum.overfull + seen.overfull }
        })
    })
}
