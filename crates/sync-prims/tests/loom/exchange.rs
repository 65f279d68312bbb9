//! `Exchange`, around a stock of tokens with a limit.

use crate::{model, some_day};
use loom::sync::atomic::{AtomicUsize, Ordering::*};
use loom::thread;
use std::sync::Arc;
use std::time::Instant;
use sync_prims::{Exchange, Side, Trade, Waited};

/// Never more than `MOST` tokens.
#[derive(Default)]
struct Stock<const MOST: usize> {
    there: AtomicUsize,
    exchange: Exchange,
}

impl<const MOST: usize> Stock<MOST> {
    fn possible(&self, side: Side) -> bool {
        let there = self.there.load(SeqCst);
        if side == Side::Takers { there > 0 } else { there < MOST }
    }

    fn change(&self, from_to: impl Fn(usize) -> Option<usize>) -> Option<()> {
        self.there.fetch_update(SeqCst, SeqCst, from_to).ok().map(drop)
    }

    fn put(&self) {
        let put = |_| self.change(|n| (n < MOST).then_some(n + 1));
        self.exchange.wait_for(Side::Givers, None, put, |side| self.possible(side)).unwrap();
        self.exchange.notify(Side::Takers, |side| self.possible(side));
    }

    fn take(&self, deadline: Option<Instant>) -> Option<()> {
        let take = |_| self.change(|n| n.checked_sub(1));
        let taken = self.exchange.wait_for(Side::Takers, deadline, take, |side| self.possible(side));
        if taken.is_some() {
            self.exchange.notify(Side::Givers, |side| self.possible(side));
        }
        taken
    }
}

fn spawn<const MOST: usize>(
    stock: &Arc<Stock<MOST>>,
    run: impl FnOnce(&Stock<MOST>) + 'static,
) -> thread::JoinHandle<()> {
    let stock = Arc::clone(stock);
    thread::spawn(move || run(&stock))
}

#[test]
fn one_place_two_tokens() {
    model(2, || {
        let stock = Arc::new(Stock::<1>::default());
        let giver = spawn(&stock, |stock| (0..2).for_each(|_| stock.put()));
        (0..2).for_each(|_| stock.take(None).unwrap());
        giver.join().unwrap();
    });
}

#[test]
fn two_takers_get_two_tokens() {
    model(2, || {
        let stock = Arc::new(Stock::<2>::default());
        let takers = [0, 1].map(|_| spawn(&stock, |stock| stock.take(None).unwrap()));
        (0..2).for_each(|_| stock.put());
        takers.into_iter().for_each(|taker| taker.join().unwrap());
        assert_eq!(stock.there.load(SeqCst), 0);
    });
}

#[test]
fn two_givers_one_place() {
    model(2, || {
        let stock = Arc::new(Stock::<1>::default());
        let givers = [0, 1].map(|_| spawn(&stock, |stock| stock.put()));
        (0..2).for_each(|_| stock.take(None).unwrap());
        givers.into_iter().for_each(|giver| giver.join().unwrap());
    });
}

#[test]
fn a_taker_whose_time_is_over_leaves_the_token_to_the_other() {
    model(2, || {
        let stock = Arc::new(Stock::<1>::default());
        let patient = spawn(&stock, |stock| stock.take(None).unwrap());
        let hurried = spawn(&stock, |stock| {
            if stock.take(Some(some_day())).is_some() {
                stock.put();
            }
        });
        stock.put();
        patient.join().unwrap();
        hurried.join().unwrap();
    });
}

#[test]
fn a_task_is_woken() {
    model(2, || {
        let stock = Arc::new(Stock::<1>::default());
        let giver = spawn(&stock, |stock| (0..2).for_each(|_| stock.put()));
        for _ in 0..2 {
            let take = |_| stock.change(|n| n.checked_sub(1));
            loom::future::block_on(stock.exchange.wait_async(Side::Takers, take, |side| stock.possible(side)));
            stock.exchange.notify(Side::Givers, |side| stock.possible(side));
        }
        giver.join().unwrap();
    });
}

/// Unlike `notify`, `notify_all` does not pause first, in which time a task would have left its waker.
#[test]
fn a_task_is_woken_at_the_end() {
    model(2, || {
        let exchange = Arc::new(Exchange::default());
        let over = Arc::new(AtomicUsize::new(0));
        let (other, end) = (Arc::clone(&exchange), Arc::clone(&over));
        let thread = thread::spawn(move || {
            end.store(1, SeqCst);
            other.notify_all();
        });
        let ready = |_| (over.load(SeqCst) == 1).then_some(());
        loom::future::block_on(exchange.wait_async(Side::Takers, ready, |_| false));
        thread.join().unwrap();
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
        let laid = self.place.compare_exchange(0, item.unwrap(), SeqCst, SeqCst).is_ok();
        if laid {
            *item = None;
        }
        laid
    }

    fn grab(&self) -> Option<usize> {
        Some(self.place.swap(0, SeqCst)).filter(|number| *number > 0)
    }

    fn put(&self, number: usize) {
        let mut item = Some(number);
        let lay = |_, item: &mut Option<usize>| self.lay(item).then_some(());
        match self.exchange.wait_served(Side::Givers, None, &mut item, lay, self) {
            Waited::Own(()) => self.exchange.notify(Side::Takers, self),
            Waited::Served => {}
            Waited::TimedOut => unreachable!("no deadline"),
        }
        assert_eq!(item, None);
    }

    fn take(&self, deadline: Option<Instant>) -> Option<usize> {
        let mut item = None;
        let taken = self.exchange.wait_served(Side::Takers, deadline, &mut item, |_, _| self.grab(), self);
        match taken {
            Waited::Own(number) => {
                self.exchange.notify(Side::Givers, self);
                Some(number)
            }
            Waited::Served => Some(item.unwrap()),
            Waited::TimedOut => None,
        }
    }
}

#[test]
fn what_sleepers_bring_and_take_is_handed_over() {
    model(2, || {
        let shelf = Arc::new(Shelf::default());
        let (other, third) = (Arc::clone(&shelf), Arc::clone(&shelf));
        let taker = thread::spawn(move || other.take(None).unwrap());
        let giver = thread::spawn(move || (1..=2).for_each(|number| third.put(number)));
        assert_eq!(shelf.take(None).unwrap() + taker.join().unwrap(), 3);
        giver.join().unwrap();
    });
}

#[test]
fn a_service_that_meets_a_timeout_is_not_lost() {
    // The taker's look-out costs a switch before it sleeps.
    model(3, || {
        let shelf = Arc::new(Shelf::default());
        let (other, third) = (Arc::clone(&shelf), Arc::clone(&shelf));
        let hurried = thread::spawn(move || other.take(Some(some_day())));
        let giver = thread::spawn(move || third.put(1));
        giver.join().unwrap();
        let left = hurried.join().unwrap().map_or_else(|| shelf.grab(), Some);
        assert_eq!((left, shelf.grab()), (Some(1), None));
    });
}
