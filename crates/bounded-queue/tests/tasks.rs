//! Waiting tasks: woken, dropped, closed upon; in line with threads.
#![cfg(not(any(loom, shuttle)))]

use bounded_queue::{BoundedQueue, channel};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

/// Counts how often it wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Count {
    fn seen(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poll<F: Future>(future: Pin<&mut F>, count: &Arc<Count>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(count))))
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}

/// Lets others run once, and polls again.
fn pass() -> impl Future<Output = ()> {
    let mut passed = false;
    std::future::poll_fn(move |context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut passed, true) { Poll::Ready(()) } else { Poll::Pending }
    })
}

/// The first of the two that is ready; the other is dropped.
async fn either<A>(first: impl Future<Output = A>, second: impl Future<Output = A>) -> A {
    let (mut first, mut second) = (pin!(first), pin!(second));
    std::future::poll_fn(|context| match first.as_mut().poll(context) {
        Poll::Pending => second.as_mut().poll(context),
        ready => ready,
    })
    .await
}

#[test]
fn futures_may_move_between_threads() {
    fn sent<T: Send>(_: T) {}
    let queue = BoundedQueue::<std::cell::Cell<u8>>::new(1);
    sent(queue.pop_async());
    sent(queue.push_async(std::cell::Cell::new(0)));
}

#[test]
fn a_push_wakes_the_task_that_waits_and_only_it() {
    let queue = BoundedQueue::new(2);
    let counts = [(); 2].map(|()| Arc::new(Count::default()));
    let (mut first, mut second) = (pin!(queue.pop_async()), pin!(queue.pop_async()));
    assert!(poll(first.as_mut(), &counts[0]).is_pending());
    assert!(poll(second.as_mut(), &counts[1]).is_pending());
    queue.push(7).unwrap();
    assert_eq!((counts[0].seen(), counts[1].seen()), (1, 0));
    assert!(poll(second.as_mut(), &counts[1]).is_pending(), "it was not woken, so it does not overtake");
    assert_eq!(poll(first.as_mut(), &counts[0]), Poll::Ready(Some(7)));
    queue.push(8).unwrap();
    assert_eq!(counts[1].seen(), 1);
    assert_eq!(poll(second.as_mut(), &counts[1]), Poll::Ready(Some(8)));
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    let queue = BoundedQueue::new(1);
    let counts = [(); 2].map(|()| Arc::new(Count::default()));
    let mut pop = pin!(queue.pop_async());
    assert!(poll(pop.as_mut(), &counts[0]).is_pending());
    assert!(poll(pop.as_mut(), &counts[1]).is_pending());
    queue.push(()).unwrap();
    assert_eq!((counts[0].seen(), counts[1].seen()), (0, 1));
}

#[test]
fn a_woken_task_that_is_dropped_hands_its_wake_up_on() {
    let queue = BoundedQueue::new(1);
    let count = Arc::new(Count::default());
    let mut first = Box::pin(queue.pop_async());
    let mut second = pin!(queue.pop_async());
    assert!(poll(first.as_mut(), &count).is_pending());
    assert!(poll(second.as_mut(), &count).is_pending());
    queue.push(1).unwrap();
    assert_eq!(count.seen(), 1);
    drop(first);
    assert_eq!(count.seen(), 2, "the second is woken for the item that the first has not taken");
    assert_eq!(poll(second.as_mut(), &count), Poll::Ready(Some(1)));
}

#[test]
fn a_sleeping_task_that_is_dropped_leaves_the_line() {
    let queue = BoundedQueue::new(1);
    let count = Arc::new(Count::default());
    let mut gone = Box::pin(queue.pop_async());
    assert!(poll(gone.as_mut(), &count).is_pending());
    drop(gone);
    queue.push(1).unwrap();
    assert_eq!(count.seen(), 0);
    assert_eq!(queue.try_pop(), Ok(1));
}

#[test]
fn a_cancelled_push_gives_nothing() {
    let queue = BoundedQueue::new(1);
    let count = Arc::new(Count::default());
    let item = Arc::new(());
    queue.push(Arc::new(())).unwrap();
    let mut push = Box::pin(queue.push_async(Arc::clone(&item)));
    assert!(poll(push.as_mut(), &count).is_pending());
    drop(queue.pop());
    assert_eq!(count.seen(), 1);
    drop(push);
    assert_eq!(Arc::strong_count(&item), 1, "the value went with the future");
    assert!(queue.is_empty());
}

#[test]
fn close_wakes_tasks_on_both_sides() {
    let (full, empty) = (BoundedQueue::new(1), BoundedQueue::<i32>::new(1));
    full.push(1).unwrap();
    let count = Arc::new(Count::default());
    let (mut push, mut pop) = (pin!(full.push_async(2)), pin!(empty.pop_async()));
    assert!(poll(push.as_mut(), &count).is_pending());
    assert!(poll(pop.as_mut(), &count).is_pending());
    full.close();
    empty.close();
    assert_eq!(count.seen(), 2);
    let Poll::Ready(Err(closed)) = poll(push.as_mut(), &count) else { panic!("closed") };
    assert_eq!(closed.into_inner(), 2);
    assert_eq!(poll(pop.as_mut(), &count), Poll::Ready(None));
}

#[test]
fn a_task_that_never_comes_does_not_keep_threads_asleep() {
    let queue = BoundedQueue::new(4);
    let count = Arc::new(Count::default());
    let mut lazy = pin!(queue.pop_async());
    assert!(poll(lazy.as_mut(), &count).is_pending());
    thread::scope(|s| {
        let thread = s.spawn(|| queue.pop());
        // Woken, and not polled again while the thread needs the second item.
        queue.push(1).unwrap();
        queue.push(2).unwrap();
        assert!(thread.join().unwrap().is_some());
    });
    assert!(matches!(poll(lazy.as_mut(), &count), Poll::Ready(Some(_))));
}

#[test]
fn tasks_and_threads_share_a_channel_and_lose_nothing() {
    const EACH: usize = 2000;
    for capacity in [1, 2, 64] {
        let (sender, receiver) = channel(capacity);
        let sum: usize = thread::scope(|s| {
            for id in 0..2 {
                let sender = sender.clone();
                s.spawn(move || {
                    let numbers = (0..EACH).map(|n| 2 * n + id);
                    if id == 0 {
                        numbers.for_each(|n| sender.send(n).unwrap());
                    } else {
                        block_on(async {
                            for n in numbers {
                                sender.send_async(n).await.unwrap();
                            }
                        });
                    }
                });
            }
            drop(sender);
            let mut consumers = vec![s.spawn(|| receiver.iter().sum())];
            consumers.extend((0..2).map(|_| {
                s.spawn(|| {
                    block_on(async {
                        let mut sum = 0;
                        loop {
                            // Most of these are given up while they wait.
                            let item = async { Some(receiver.recv_async().await) };
                            match either(item, async {
                                pass().await;
                                None
                            })
                            .await
                            {
                                Some(Some(n)) => sum += n,
                                Some(None) => return sum,
                                None => {}
                            }
                        }
                    })
                })
            }));
            consumers.into_iter().map(|consumer| consumer.join().unwrap()).sum()
        });
        assert_eq!(sum, (0..2 * EACH).sum());
    }
}

/// An executor that goes on with a task at once, on the thread that wakes it and inside of the wake-up.
#[test]
fn a_task_may_be_polled_from_within_its_wake_up() {
    type Popping = Pin<Box<dyn Future<Output = Option<u32>> + Send>>;
    struct Inline {
        future: Mutex<Option<Popping>>,
        got: Mutex<Option<u32>>,
    }
    impl Wake for Inline {
        fn wake(self: Arc<Self>) {
            let Some(mut future) = self.future.lock().unwrap().take() else { return };
            let waker = Arc::clone(&self).into();
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(item) => *self.got.lock().unwrap() = item,
                Poll::Pending => *self.future.lock().unwrap() = Some(future),
            }
        }
    }
    let queue = Arc::new(BoundedQueue::new(1));
    let popper = Arc::clone(&queue);
    let task = Arc::new(Inline {
        future: Mutex::new(Some(Box::pin(async move { popper.pop_async().await }))),
        got: Mutex::new(None),
    });
    Arc::clone(&task).wake();
    queue.push(7).unwrap();
    assert_eq!(*task.got.lock().unwrap(), Some(7));
}
