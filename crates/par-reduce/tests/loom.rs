//! Model checking: every interleaving, up to a bound on preemptions, of the claims on shares and of the chained scan's chain.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p par-reduce --release --test loom --target-dir target/loom`
#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use par_reduce::model::{Chain, Share};

fn model(preemptions: usize, run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(run);
}

#[test]
fn each_chunk_of_a_share_is_taken_once() {
    model(3, || {
        let share = Arc::new(Share::new(0..3));
        let taken = Arc::new([(); 3].map(|()| AtomicUsize::new(0)));
        let take_all = |first: bool| {
            let (share, taken) = (Arc::clone(&share), Arc::clone(&taken));
            move || {
                while let Some(chunk) = share.take(first) {
                    taken[chunk as usize].fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        let thieves = [thread::spawn(take_all(false)), thread::spawn(take_all(false))];
        take_all(true)();
        for thief in thieves {
            thief.join().unwrap();
        }
        assert!(taken.iter().all(|count| count.load(Ordering::Relaxed) == 1));
        assert!(share.take(true).is_none() && share.take(false).is_none());
    });
}

/// Claims `chunks` chunks and hands on the sum of what came before.
fn take_part(chain: &Chain<usize>, chunks: usize, seen: &[AtomicUsize]) {
    for _ in 0..chunks {
        let claim = chain.claim();
        let chunk = claim.chunk();
        if let Some(Some(before)) = claim.pass(|before| Some(before.unwrap_or(0) + chunk)) {
            seen[chunk].store(before, Ordering::Relaxed);
        }
    }
}

#[test]
fn the_chain_hands_every_prefix_on() {
    model(3, || {
        let chain = Arc::new(Chain::new(Some(100)));
        let seen = Arc::new([(); 3].map(|()| AtomicUsize::new(0)));
        let other = {
            let (chain, seen) = (Arc::clone(&chain), Arc::clone(&seen));
            thread::spawn(move || take_part(&chain, 1, &seen[..]))
        };
        take_part(&chain, 2, &seen[..]);
        other.join().unwrap();
        let seen: Vec<_> = seen.iter().map(|v| v.load(Ordering::Relaxed)).collect();
        assert_eq!(seen, [100, 100, 101]);
    });
}

#[test]
fn a_panic_breaks_the_chain_for_those_behind() {
    model(3, || {
        let chain = Arc::new(Chain::new(Some(0)));
        let other = {
            let chain = Arc::clone(&chain);
            // What unwinding does with a claim.
            thread::spawn(move || drop(chain.claim()))
        };
        let claim = chain.claim();
        let chunk = claim.chunk();
        let passed = claim.pass(|before| Some(before.unwrap_or(0) + 1));
        other.join().unwrap();
        if chunk == 1 {
            assert_eq!(passed, None, "behind the broken claim nobody goes on");
        }
    });
}

/// While one claim breaks the chain, the claim before it hands its value on: those behind must learn of the break all the same.
#[test]
fn a_break_outlives_what_the_claim_before_hands_on() {
    model(2, || {
        let chain = Arc::new(Chain::new(Some(0)));
        let broken = Arc::new(AtomicUsize::new(usize::MAX));
        let unwinding = {
            let (chain, broken) = (Arc::clone(&chain), Arc::clone(&broken));
            thread::spawn(move || {
                let claim = chain.claim();
                broken.store(claim.chunk(), Ordering::Relaxed);
                drop(claim);
            })
        };
        let pass = |chain: &Chain<usize>| {
            let claim = chain.claim();
            (claim.chunk(), claim.pass(|before| Some(before.unwrap_or(0) + 1)).is_some())
        };
        let other = {
            let chain = Arc::clone(&chain);
            thread::spawn(move || pass(&chain))
        };
        let here = pass(&chain);
        let there = other.join().unwrap();
        unwinding.join().unwrap();
        let broken = broken.load(Ordering::Relaxed);
        for (chunk, passed) in [here, there] {
            assert!(chunk < broken || !passed, "behind the broken claim nobody goes on");
        }
    });
}
