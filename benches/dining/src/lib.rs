//! What the benchmarks of `dining` share. The benchmarks are under `benches/`, the table of philosophers is `src/bin/philosophers.rs`.

#[cfg(scoped_lock)]
pub mod cpp;
mod locks;
mod sets;
pub mod table;

pub use locks::{LOCKS, Lockable, ROUNDS, nested, single};
pub use sets::{RESOURCES, SETS, sets};
