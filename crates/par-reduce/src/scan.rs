//! Prefix sums, for any associative operation.
//!
//! The output is defined chunk by chunk: the prefix of chunk `k + 1` is `op(prefix of k, reduction of k)`, and within a
//! chunk the elements are added to its prefix one by one. So the bits do not depend on who computes which chunk.
//!
//! On several threads this is a single pass over memory, chained (Merrill and Garland, Single-pass Parallel Prefix Scan
//! with Decoupled Look-back, NVIDIA 2016, without the look-back):
//!
//! ```text
//! claim the next chunk k                  in increasing order
//! total  = reduce chunk k                 from memory; the chunk is now in the L2 cache
//! prefix = wait for the prefix of k
//! publish op(prefix, total) for k + 1     the next thread goes on while this one writes
//! write the outputs of chunk k            from the cache
//! ```
//!
//! Chunks are claimed in order, so the thread a waiter waits for is running or has finished: nobody waits for work that
//! nobody does. A panic publishes itself along the chain.
//!
//! Each element is read twice and combined twice, so two threads gain nothing over one that adds as it writes: with fewer
//! than [`THREADS`] threads the calling thread does it alone.

use crate::disjoint::Disjoint;
use crate::reducer::Reducer;
use parking_lot::{Condvar, Mutex};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use worker_pool::Chunk;
