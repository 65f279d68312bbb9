#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod event_count;
mod parker;
mod sync;
mod wait_policy;

pub use event_count::{EventCount, Listener};
pub use wait_policy::{Polling, WaitPolicy};
