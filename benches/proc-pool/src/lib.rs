//! What the benchmarks of `proc-pool` share: the contenders that are processes of their own. The benchmarks are under
//! `benches/`.

mod echo;
mod python;
mod stream;

pub use echo::Echo;
pub use python::{Pooled, Python};
pub use stream::Stream;
