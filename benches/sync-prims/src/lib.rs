//! The contenders of the benchmarks and the work they are put to. The benchmarks are under `benches/`.

pub mod foreign;
mod hog;
mod lockstep;
mod passing;
mod permits;

pub use hog::hog_and_victim;
pub use lockstep::{AdaptiveParty, HurdlesParty, Lockstep, OurParty, Party, StdParty, barrier_rounds};
pub use passing::{Crowd, Hands, contended, ping_pong};
pub use permits::{CondvarSemaphore, Permits, barging};
