//! Everybody who takes part.

use crate::pump::{Item, Sample, Shape, pump};
use crate::textbook::TwoCondvars;
use bounded_queue::BoundedQueue;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::yield_now;

/// A contender: its name and its pump.
pub type Contender = (&'static str, fn(Shape) -> Sample);

/// Those for any number of threads, ours first.
pub fn many<T: Item>() -> Vec<Contender> {
    vec![
        ("bounded-queue", ours::<T>),
        ("crossbeam-channel", crossbeam::<T>),
        ("crossfire", crossfire::<T>),
        ("kanal", kanal::<T>),
        ("flume", flume::<T>),
        ("std sync_channel", std_channel::<T>),
        ("async-channel", async_channel::<T>),
        ("ArrayQueue + yield", array_queue::<T>),
        ("two condvars", two_condvars::<T>),
    ]
}

/// Those with a single consumer as well, and at 1x1 those with a single producer.
pub fn contenders<T: Item>(shape: Shape) -> Vec<Contender> {
    let mut all = many::<T>();
    if shape.consumers == 1 {
        all.push(("thingbuf", thingbuf::<T>));
    } else {
        all.retain(|(name, _)| *name != "std sync_channel");
    }
    if (shape.producers, shape.consumers) == (1, 1) {
        all.push(("rtrb + yield", rtrb::<T>));
    }
    all
}

fn ours<T: Item>(shape: Shape) -> Sample {
    let queue = BoundedQueue::<T>::new(shape.capacity);
    pump(shape, |item| queue.push(item).unwrap(), || queue.pop().unwrap())
}

fn crossbeam<T: Item>(shape: Shape) -> Sample {
    let (tx, rx) = crossbeam_channel::bounded::<T>(shape.capacity);
    pump(shape, move |item| tx.send(item).unwrap(), move || rx.recv().unwrap())
}

fn crossfire<T: Item>(shape: Shape) -> Sample {
    let (tx, rx) = crossfire::mpmc::bounded_blocking::<T>(shape.capacity);
    pump(shape, move |item| tx.send(item).unwrap(), move || rx.recv().unwrap())
}

fn kanal<T: Item>(shape: Shape) -> Sample {
    let (tx, rx) = kanal::bounded::<T>(shape.capacity);
    pump(shape, move |item| tx.send(item).unwrap(), move || rx.recv().unwrap())
}

fn flume<T: Item>(shape: Shape) -> Sample {
    let (tx, rx) = flume::bounded::<T>(shape.capacity);
    pump(shape, move |item| tx.send(item).unwrap(), move || rx.recv().unwrap())
}

fn std_channel<T: Item>(shape: Shape) -> Sample {
    let (tx, rx) = mpsc::sync_channel::<T>(shape.capacity);
    // One consumer: the lock is never contended, it only makes the receiver cloneable.
    let rx = Arc::new(Mutex::new(rx));
    pump(shape, move |item| tx.send(item).unwrap(), move || rx.lock().unwrap().recv().unwrap())
}

fn async_channel<T: Item>(shape: Shape) -> Sample {
    let (tx, rx) = async_channel::bounded::<T>(shape.capacity);
    pump(shape, move |item| tx.send_blocking(item).unwrap(), move || rx.recv_blocking().unwrap())
}

fn thingbuf<T: Item>(shape: Shape) -> Sample {
    let (tx, rx) = thingbuf::mpsc::blocking::channel::<T>(shape.capacity);
    let rx = Arc::new(rx);
    pump(shape, move |item| tx.send(item).unwrap(), move || rx.recv().unwrap())
}

fn array_queue<T: Item>(shape: Shape) -> Sample {
    let queue = crossbeam_queue::ArrayQueue::<T>::new(shape.capacity);
    let push = |mut item| {
        while let Err(back) = queue.push(item) {
            item = back;
            yield_now();
        }
    };
    let pop = || {
        loop {
            match queue.pop() {
                Some(item) => return item,
                None => yield_now(),
            }
        }
    };
    pump(shape, push, pop)
}

fn rtrb<T: Item>(shape: Shape) -> Sample {
    let (mut tx, mut rx) = rtrb::RingBuffer::<T>::new(shape.capacity);
    // A single end each: `Solo` stands in for the clone that never happens.
    let push = Solo(Some(move |mut item| {
        while let Err(rtrb::PushError::Full(back)) = tx.push(item) {
            item = back;
            yield_now();
        }
    }));
    let pop = Solo(Some(move || {
        loop {
            match rx.pop() {
                Ok(item) => return item,
                Err(_) => yield_now(),
            }
        }
    }));
    pump_solo(shape, push, pop)
}

fn two_condvars<T: Item>(shape: Shape) -> Sample {
    let queue = TwoCondvars::<T>::new(shape.capacity);
    pump(shape, |item| queue.push(item), || queue.pop())
}

struct Solo<F>(Option<F>);

fn pump_solo<T: Item>(shape: Shape, push: Solo<impl FnMut(T) + Send>, pop: Solo<impl FnMut() -> T + Send>) -> Sample {
    let push = Arc::new(Mutex::new(push.0.expect("there is one")));
    let pop = Arc::new(Mutex::new(pop.0.expect("there is one")));
    // Uncontended: each lock has one user. It costs rtrb some nanoseconds per item.
    pump(shape, move |item| push.lock().unwrap()(item), move || pop.lock().unwrap()())
}

/// A contender for one thread that pushes and pops so many numbers; gives their sum.
pub type Solist = (&'static str, fn(u64) -> u64);

/// What the operations cost when nobody is in the way, capacity 64.
pub fn solo() -> Vec<Solist> {
    vec![
        ("bounded-queue", |n| {
            let queue = BoundedQueue::new(64);
            alone(n, |i| queue.push(i).unwrap(), || queue.pop().unwrap())
        }),
        ("crossbeam-channel", |n| {
            let (tx, rx) = crossbeam_channel::bounded(64);
            alone(n, |i| tx.send(i).unwrap(), || rx.recv().unwrap())
        }),
        ("crossfire", |n| {
            let (tx, rx) = crossfire::mpmc::bounded_blocking(64);
            alone(n, |i| tx.send(i).unwrap(), || rx.recv().unwrap())
        }),
        ("kanal", |n| {
            let (tx, rx) = kanal::bounded(64);
            alone(n, |i| tx.send(i).unwrap(), || rx.recv().unwrap())
        }),
        ("flume", |n| {
            let (tx, rx) = flume::bounded(64);
            alone(n, |i| tx.send(i).unwrap(), || rx.recv().unwrap())
        }),
        ("std sync_channel", |n| {
            let (tx, rx) = mpsc::sync_channel(64);
            alone(n, |i| tx.send(i).unwrap(), || rx.recv().unwrap())
        }),
        ("ArrayQueue", |n| {
            let queue = crossbeam_queue::ArrayQueue::new(64);
            alone(n, |i| queue.push(i).unwrap(), || queue.pop().unwrap())
        }),
        ("rtrb", |n| {
            let (mut tx, mut rx) = rtrb::RingBuffer::new(64);
            alone(n, |i| tx.push(i).unwrap(), || rx.pop().unwrap())
        }),
        ("two condvars", |n| {
            let queue = TwoCondvars::new(64);
            alone(n, |i| queue.push(i), || queue.pop())
        }),
    ]
}

fn alone(n: u64, mut push: impl FnMut(u64), mut pop: impl FnMut() -> u64) -> u64 {
    (0..n)
        .map(|i| {
            push(std::hint::black_box(i));
            pop()
        })
        .sum()
}
