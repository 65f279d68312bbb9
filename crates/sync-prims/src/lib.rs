#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod event_count;
mod sync;

pub use event_count::{EventCount, Listener};
