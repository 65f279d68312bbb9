//! One value that processes share.

use super::memory::{Cells, Kind, Memory};
use super::travel::{self, pack, unpack};
use crate::sync::{Ordering, fence};
use bytemuck::Pod;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;

/// One value in memory that processes share without copying; Python's `multiprocessing.Value` without its lock.
///
/// Goes to other processes as the argument of a task; a clone is another handle to the same value. `get` and `set` are
/// an acquiring load and a releasing store: who sees a value that was set sees what was written before it was set. A
/// value of up to 8 bytes that is aligned to its size is never seen half written; a larger one may be, and wants a
/// [`shared::Mutex`](crate::shared::Mutex).
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use proc_pool::{ProcPool, SharedValue};
///
/// proc_pool::init();
/// let pool = ProcPool::builder().workers(2).build()?;
/// let hits = SharedValue::new(0_u64)?;
/// pool.map(|(hits, n): (SharedValue<u64>, u64)| hits.update(|h| h + n), (1..=100).map(|n| (hits.clone(), n)));
/// assert_eq!(hits.get(), 5050);
/// # Ok(())
/// # }
/// ```
pub struct SharedValue<T> {
    cells: Cells<T>,
}

impl<T: Pod> SharedValue<T> {
    const KIND: Kind = Kind::of::<T>("value");

    /// A new value.
    ///
    /// # Errors
    /// If the system has no memory or no descriptor left. Each value takes one descriptor in the process that made it, and
    /// a page.
    pub fn new(value: T) -> io::Result<Self> {
        let memory = Memory::create(Self::KIND, size_of::<T>())?;
        travel::register(&memory);
        let this = Self { cells: memory.cells(0, 1).ok_or(io::ErrorKind::OutOfMemory)? };
        this.set(value);
        Ok(this)
    }

    /// A copy of the value as it is now.
    pub fn get(&self) -> T {
        let value = self.cells.get(0);
        fence(Ordering::Acquire);
        value
    }

    /// Replaces the value.
    pub fn set(&self, value: T) {
        fence(Ordering::Release);
        self.cells.set(0, value);
    }

    /// Replaces the value by `change` of it, as one step: no other process can come between. Gives the value before.
    /// `change` is called again when another process was faster.
    ///
    /// Compiles only for types of 1, 2, 4 or 8 bytes that are aligned to their size: all integers up to 64 bits and floats.
    ///
    /// ```compile_fail
    /// let value = proc_pool::SharedValue::new([0_u64; 2]).unwrap();
    /// value.update(|[a, b]| [b, a]);
    /// ```
    pub fn update(&self, mut change: impl FnMut(T) -> T) -> T {
        let mut old = self.get();
        loop {
            match self.cells.exchange(old, change(old)) {
                Ok(()) => return old,
                Err(now) => old = now,
            }
        }
    }
}

impl<T> Clone for SharedValue<T> {
    fn clone(&self) -> Self {
        Self { cells: self.cells.clone() }
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for SharedValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedValue").field(&self.get()).finish()
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<T: Pod> Serialize for SharedValue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pack(self.cells.memory(), 1, serializer)
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<'de, T: Pod> Deserialize<'de> for SharedValue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (memory, _) = unpack(deserializer, Self::KIND)?;
        let cells =
            memory.cells(0, 1).ok_or_else(|| travel::de_error("the shared memory is too short for the value"))?;
        Ok(Self { cells })
    }
}
