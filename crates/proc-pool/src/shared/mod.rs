//! What processes share: locks, counters and queues in memory that all of them have mapped.
//!
//! Each of these is made in one process and goes to others as (part of) the argument of a task; a clone is another handle
//! to the same one. [`SharedValue`](crate::SharedValue) and [`SharedArray`](crate::SharedArray), at the top of the crate,
//! travel the same way.
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! use proc_pool::{ProcPool, shared::{Mutex, OwnerDied}};
//!
//! fn add(counter: Mutex<u64>) {
//!     for _ in 0..1000 {
//!         // Somebody who was killed while counting has counted or has not: there is nothing to repair.
//!         *counter.lock().unwrap_or_else(OwnerDied::into_inner) += 1;
//!     }
//! }
//!
//! proc_pool::init();
//! let pool = ProcPool::builder().workers(2).build()?;
//! let counter = Mutex::new(0)?;
//! pool.map(add, vec![counter.clone(); 4]);
//! assert_eq!(*counter.lock().unwrap(), 4000);
//! # Ok(())
//! # }
//! ```
//!
//! # Deaths
//! A process can be killed at any instruction. What the others then see:
//!
//! | | killed inside | killed while it waits |
//! |-|-|-|
//! | [`Mutex`] | the next owner gets [`OwnerDied`] with the guard | nobody notices |
//! | [`Queue`] | the item went in (out) or did not; the others go on | nobody notices |
//! | [`Semaphore`] | its permits are gone: a permit has no owner who could be found dead | nobody notices |
//! | [`Barrier`] | - | counts as arrived; one that never arrives has to be reported by [`abort`](Barrier::abort) |
//!
//! Every sleep ends after at most 16 ms for a look at the state of things, so that a wake-up which died with its process
//! is late and not lost. That is the price: who waits long uses a processor for some microseconds in every 16 ms.
//!
//! # Limits
//! The processes must see each other under the same process ids (one PID namespace), and a task must not `fork` without
//! `exec`. What is shared must be [`Pod`](bytemuck::Pod): plain bytes without padding, any of which are a value.

pub(crate) mod array;
mod barrier;
pub(crate) mod bell;
pub(crate) mod lock;
pub(crate) mod meeting;
pub(crate) mod memory;
mod mutex;
pub(crate) mod owner;
pub(crate) mod permits;
mod queue;
pub(crate) mod ring;
mod semaphore;
pub(crate) mod travel;
pub(crate) mod value;

pub use self::{
    barrier::{Barrier, Broken},
    mutex::{Guard, LockTimeoutError, Mutex, OwnerDied, TryLockError},
    queue::{Closed, Queue, TryPopError, TryPushError},
    semaphore::{Permit, Semaphore},
};
