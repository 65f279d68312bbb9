//! `Exchange`: nobody is left asleep while there is something for them, whoever else polls, leaves or panics.

mod common;

use common::{LONG, stress, until, within_a_minute};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};
use sync_prims::{Exchange, Side, Trade, Waited};

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

/// One place for a number above 0, whose sleepers are served.
#[derive(Default)]
struct Shelf {
    place: AtomicUsize,
    exchange: Exchange<usize>,
}

impl Trade<usize> for &Shelf {
    fn possible(&self, side: Side) -> bool {
        (self.place.load(SeqCst) > 0) == (side == Side::Takers)
    }

    fn serve(&self, side: Side, item: &mut Option<usize>) -> Option<bool> {
        Some(match side {
            Side::Givers => self.lay(item),
            Side::Takers => self.grab().map(|number| *item = Some(number)).is_some(),
        })
    }
}

impl Shelf {
    fn lay(&self, item: &mut Option<usize>) -> bool {
        let laid = self.place.compare_exchange(0, item.expect("in hand"), SeqCst, SeqCst).is_ok();
        if laid {
            *item = None;
        }
        laid
    }

    fn grab(&self) -> Option<usize> {
        Some(self.place.swap(0, SeqCst)).filter(|number| *number > 0)
    }

    /// Whether it went onto the shelf, and who laid it there.
    fn put(&self, number: usize, deadline: Option<Instant>) -> Waited<()> {
        let mut item = Some(number);
        let lay = |_, item: &mut Option<usize>| self.lay(item).then_some(());
        let waited = self.exchange.wait_served(Side::Givers, deadline, &mut item, lay, self);
        if waited == Waited::Own(()) {
            self.exchange.notify(Side::Takers, self);
        }
        assert_eq!(item, (waited == Waited::TimedOut).then_some(number));
        waited
    }

    /// The number, and whether somebody else took it from the shelf.
    fn take(&self, deadline: Option<Instant>) -> Option<(usize, bool)> {
        let mut item = None;
        match self.exchange.wait_served(Side::Takers, deadline, &mut item, |_, _| self.grab(), self) {
            Waited::Own(number) => {
                self.exchange.notify(Side::Givers, self);
                Some((number, false))
            }
            Waited::Served => Some((item.expect("served"), true)),
            Waited::TimedOut => None,
        }
    }
}

#[test]
fn sleepers_are_served_by_those_who_make_it_possible() {
    within_a_minute(|| {
        let shelf = Shelf::default();
        thread::scope(|s| {
            let taker = s.spawn(|| shelf.take(None));
            until(|| format!("{:?}", shelf.exchange).contains("sleeping_takers: 1"));
            assert_eq!(shelf.put(1, None), Waited::Own(()));
            assert_eq!(shelf.place.load(SeqCst), 0, "it is the taker's already");
            assert_eq!(taker.join().unwrap(), Some((1, true)));

            assert_eq!(shelf.put(2, None), Waited::Own(()));
            let giver = s.spawn(|| shelf.put(3, None));
            until(|| format!("{:?}", shelf.exchange).contains("sleeping_givers: 1"));
            assert_eq!(shelf.take(None), Some((2, false)));
            assert_eq!(shelf.place.load(SeqCst), 3, "the giver's is there already");
            assert_eq!(giver.join().unwrap(), Waited::Served);
        });
    });
}

#[test]
fn nothing_is_lost_or_doubled_between_services_and_timeouts() {
    within_a_minute(|| {
        for (givers, takers) in [(1, 1), (3, 1), (1, 3), (3, 3)] {
            let (shelf, each) = (Shelf::default(), 600 * stress());
            let sum = AtomicUsize::new(0);
            // Half of them lose patience now and then.
            let deadline = |id| (id % 2 == 1).then(|| Instant::now() + Duration::from_micros(20));
            thread::scope(|s| {
                let (shelf, sum) = (&shelf, &sum);
                for id in 0..givers {
                    s.spawn(move || {
                        for number in 1..=each / givers {
                            while shelf.put(number, deadline(id)) == Waited::TimedOut {}
                        }
                    });
                }
                for id in 0..takers {
                    s.spawn(move || {
                        let mut left = each / takers;
                        while left > 0 {
                            let Some((number, _)) = shelf.take(deadline(id)) else { continue };
                            sum.fetch_add(number, SeqCst);
                            left -= 1;
                        }
                    });
                }
            });
            let share = each / givers;
            assert_eq!((sum.into_inner(), shelf.place.into_inner()), (givers * share * (share + 1) / 2, 0));
        }
    });
}
