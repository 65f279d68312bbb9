//! `Exchange`: nobody is left asleep while there is something for them, whoever else polls, leaves or panics.

mod common;

use common::{LONG, stress, until, within_a_minute};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};
use sync_prims::{Exchange, Side};

struct Stock {
    there: AtomicUsize,
    most: usize,
    exchange: Exchange,
}

impl Stock {
    fn new(most: usize) -> Self {
        Self { there: AtomicUsize::new(0), most, exchange: Exchange::new(most) }
    }

    fn possible(&self, side: Side) -> bool {
        let there = self.there.load(SeqCst);
        if side == Side::Takers { there > 0 } else { there < self.most }
    }

    fn put(&self) {
        let put = |_| self.there.fetch_update(SeqCst, SeqCst, |n| (n < self.most).then_some(n + 1)).ok();
        self.exchange.wait_for(Side::Givers, None, put, |side| self.possible(side)).expect("no deadline");
        self.exchange.notify(Side::Takers, |side| self.possible(side));
    }

    fn take(&self, deadline: Option<Instant>) -> bool {
        let take = |_| self.there.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).ok();
        let taken = self.exchange.wait_for(Side::Takers, deadline, take, |side| self.possible(side)).is_some();
        if taken {
            self.exchange.notify(Side::Givers, |side| self.possible(side));
        }
        taken
    }
}

#[test]
fn all_that_is_brought_is_taken() {
    within_a_minute(|| {
        for (most, givers, takers) in [(1, 1, 1), (1, 4, 1), (1, 1, 4), (2, 3, 3), (64, 4, 4)] {
            let stock = Stock::new(most);
            let each = 1200 * stress();
            thread::scope(|s| {
                for _ in 0..givers {
                    s.spawn(|| (0..each / givers).for_each(|_| stock.put()));
                }
                for id in 0..takers {
                    let stock = &stock;
                    s.spawn(move || {
                        let mut left = each / takers;
                        while left > 0 {
                            // Half of them lose patience now and then.
                            let deadline = (id % 2 == 1).then(|| Instant::now() + Duration::from_micros(20));
                            left -= usize::from(stock.take(deadline));
                        }
                    });
                }
            });
            assert_eq!(stock.there.load(SeqCst), 0);
        }
    });
}

#[test]
fn a_deadline_that_has_passed_means_one_try() {
    let stock = Stock::new(1);
    assert!(!stock.take(Some(Instant::now())));
    stock.put();
    assert!(stock.take(Some(Instant::now())));
}

#[test]
fn a_panic_in_the_condition_leaves_the_rest_awake() {
    within_a_minute(|| {
        let stock = Stock::new(2);
        let armed = AtomicBool::new(false);
        thread::scope(|s| {
            let panicking = s.spawn(|| {
                let ready = |_| armed.load(SeqCst).then(|| panic!("in the condition"));
                catch_unwind(AssertUnwindSafe(|| {
                    stock.exchange.wait_for(Side::Takers, None, ready, |side| stock.possible(side))
                }))
                .map(|_: Option<()>| ())
            });
            until(|| format!("{:?}", stock.exchange).contains("sleeping_takers: 1"));
            let patient = s.spawn(|| stock.take(Some(Instant::now() + LONG)));
            until(|| format!("{:?}", stock.exchange).contains("sleeping_takers: 2"));
            armed.store(true, SeqCst);
            stock.put();
            assert!(panicking.join().unwrap().is_err());
            assert!(patient.join().unwrap());
        });
    });
}

#[test]
fn notify_all_wakes_both_sides() {
    within_a_minute(|| {
        let stock = Stock::new(1);
        let over = AtomicBool::new(false);
        let never = |side| {
            stock.exchange.wait_for(side, None, |_| over.load(SeqCst).then_some(()), |_| false).expect("no deadline");
        };
        thread::scope(|s| {
            s.spawn(|| never(Side::Givers));
            s.spawn(|| never(Side::Takers));
            until(|| format!("{:?}", stock.exchange) == "Exchange { sleeping_givers: 1, sleeping_takers: 1 }");
            over.store(true, SeqCst);
            stock.exchange.notify_all();
        });
    });
}
