//! What the benchmarks of `bounded-queue` share: the pump, the contenders, the two states of the machine.

pub mod batches;
pub mod contenders;
mod load;
mod pump;
pub mod textbook;

pub use load::Load;
pub use pump::{Item, Sample, Shape, pump};
