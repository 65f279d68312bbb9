#![doc = include_str!("../README.md")]

mod channel;
mod error;
mod queue;
mod rendezvous;
mod ring;
mod sync;
mod task_queue;

pub use channel::{Receiver, ReceiverIntoIter, Sender, WeakSender, channel};
pub use error::{CapacityError, Closed, PopTimeoutError, PushManyError, PushTimeoutError, TryPopError, TryPushError};
pub use queue::{BoundedQueue, Drain, IntoIter, Iter, TryIter};
pub use rendezvous::Rendezvous;
pub use task_queue::{Task, TaskQueue};

/// Values move between threads and are never shared, so `Send` is all that is asked of them: `Cell` is `Send`, not `Sync`.
#[cfg(not(loom))]
const _: () = {
    use std::cell::Cell;
    use std::panic::{RefUnwindSafe, UnwindSafe};
    const fn shared<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    const fn unpinned<T: Unpin>() {}
    shared::<BoundedQueue<Cell<u8>>>();
    shared::<TaskQueue<Cell<u8>>>();
    shared::<Rendezvous<Cell<u8>>>();
    shared::<Sender<Cell<u8>>>();
    shared::<Receiver<Cell<u8>>>();
    shared::<WeakSender<Cell<u8>>>();
    unpinned::<BoundedQueue<std::marker::PhantomPinned>>();
};

/// A queue of what must stay on its thread cannot be shared.
///
/// ```
/// fn shared<T: Sync>() {}
/// shared::<bounded_queue::BoundedQueue<u8>>();
/// ```
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<bounded_queue::BoundedQueue<std::rc::Rc<u8>>>();
/// ```
mod items_must_be_send {}
