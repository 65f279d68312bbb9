//! Scratch that threads take while they work and leave for the next block.

use crate::plan::room;
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use std::sync::{Mutex, PoisonError};

/// Buffers of one length: never more than there are threads at work.
#[derive(Debug)]
pub(crate) struct Stash<T> {
    len: usize,
    /// Those that nobody uses now. The lock is held for a push or a pop only.
    free: Mutex<Vec<Vec<MaybeUninit<T>>>>,
}

impl<T> Stash<T> {
    pub(crate) const fn new(len: usize) -> Self {
        Self { len, free: Mutex::new(Vec::new()) }
    }

    /// Calls `work` with a buffer, a new one if all are in use.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut [MaybeUninit<T>]) -> R) -> R {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut buffer = free.unwrap_or_else(|| room(self.len));
        let result = work(&mut buffer);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        result
    }
}
