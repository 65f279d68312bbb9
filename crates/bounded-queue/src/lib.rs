#![doc = include_str!("../README.md")]

mod error;
mod queue;
mod ring;
mod sync;

pub use error::{CapacityError, Closed, PopTimeoutError, PushManyError, PushTimeoutError, TryPopError, TryPushError};
pub use queue::{BoundedQueue, Drain, IntoIter, Iter, TryIter};
