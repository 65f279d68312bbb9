//! The memory that a worker shares with its parent: a page of control words, an area for arguments and an area for
//! results. It is what makes a crash cheap: the worker publishes each result as it comes, so that whatever ends it,
//! the parent finds every finished result and knows which item was running.
//!
//! ```text
//! control | input area: arguments, parent writes | output area: results, worker writes
//! ```
//!
//! # Safety
//! The mapping is a memory file sealed against shrinking, so touching it can never fault. The control words are only
//! touched as atomics. The areas are handed over by messages, whose system calls order the accesses: the parent
//! writes the input before `Run`, the worker reads it until `Done`; the worker writes the output before it stores
//! `committed`, the parent reads it after `Done` or after the worker's end. A worker that a wild pointer has driven mad
//! may write at any time; the parent copies the bytes first and believes nothing that they say.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const CONTROL: usize = 4096;

/// Bytes of the input area and of the output area.
pub(crate) const AREA: usize = 1 << 20;

const LEN: usize = CONTROL + 2 * AREA;

/// The control words. Indices count items of one `Run`; bytes count from the start of the output area.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Control {
    /// Items begun. The last of them was running when the worker ended, unless its result is there.
    pub(crate) started: AtomicU64,
    /// When the last of them began, in nanoseconds of the monotonic clock; kept only under a time limit.
    pub(crate) started_at: AtomicU64,
    /// Bytes of complete records in the output area.
    pub(crate) committed: AtomicU64,
    /// The index of the item whose record comes first in the output area.
    pub(crate) base: AtomicU64,
    /// Whether the worker was aborted by a failed allocation.
    pub(crate) out_of_memory: AtomicU32,
    /// Bytes of the last panic's message, see [`Link::note`].
    note: AtomicU32,
}

/// A mapping of the shared memory; unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Link {
    base: NonNull<u8>,
}

// SAFETY: the mapping belongs to no thread; who may touch which part when is the module's protocol.
unsafe impl Send for Link {}
// SAFETY: through `&Link` only the atomics and the areas are reached, the latter by `unsafe` methods or copies.
unsafe impl Sync for Link {}

impl Link {
    const NOTE: usize = 256;

    /// New memory, and the descriptor by which the worker gets it.
    pub(crate) fn create() -> io::Result<(Self, OwnedFd)> {
        let fd = memfd_create("proc-pool-link", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&fd, LEN as u64)?;
        fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok((Self::map(fd.as_fd())?, fd))
    }

    /// The memory behind a descriptor that came with `Hello`.
    pub(crate) fn open(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let sealed = fcntl_get_seals(fd)?.contains(SealFlags::SHRINK);
        if !sealed || fstat(fd)?.st_size != LEN as i64 {
            return Err(io::Error::other("the memory shared with the parent has the wrong size or no seal"));
        }
        Self::map(fd)
    }

    fn map(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let base =
            // SAFETY: a fresh mapping at an address of the kernel's choice touches no memory of ours.
            unsafe { mmap(std::ptr::null_mut(), LEN, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, fd, 0)? };
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mapped at address zero"))?;
        Ok(Self { base })
    }

    pub(crate) fn control(&self) -> &Control {
        // SAFETY: the mapping is at least a page, page-aligned, lives as long as `self`, and zero bytes are valid atomics.
        unsafe { self.base.cast().as_ref() }
    }

    /// Parent, before `Run`: forgets the run before.
    pub(crate) fn reset(&self) {
        let control = self.control();
        control.started.store(0, Ordering::Relaxed);
        control.committed.store(0, Ordering::Relaxed);
        control.base.store(0, Ordering::Relaxed);
        control.note.store(0, Ordering::Relaxed);
    }

    /// Parent, before `Run`: puts `bytes`, at most [`AREA`], into the input area.
    pub(crate) fn write_input(&self, bytes: &[u8]) {
        assert!(bytes.len() <= AREA, "the input area is too small");
        // SAFETY: within the mapping by the assertion; the worker is idle, so nobody else touches the input area.
        unsafe { self.base.as_ptr().add(CONTROL).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) }
    }

    /// Worker, between `Run` and `Done`: the first `len` bytes of the input area, at most [`AREA`].
    ///
    /// # Safety
    /// The slice must not be used after `Done` was sent.
    pub(crate) unsafe fn input(&self, len: usize) -> &[u8] {
        // SAFETY: within the mapping; the parent does not write before `Done`, which the caller has not sent yet.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr().add(CONTROL), len.min(AREA)) }
    }

    /// Worker, between `Run` and `Done`: the output area.
    ///
    /// # Safety
    /// The slice must be the only one to the area, and not be used after `Done` was sent.
    #[expect(
        clippy::mut_from_ref,
        reason = "the area is disjoint from what `&self` reaches; the caller vouches for the rest"
    )]
    pub(crate) unsafe fn output(&self) -> &mut [u8] {
        // SAFETY: within the mapping; the parent reads the area only after `Done` or after this process has ended.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr().add(CONTROL + AREA), AREA) }
    }

    /// Parent, after `Done` or the worker's end: the index of the first item with a record, and all complete records.
    pub(crate) fn take_output(&self) -> (u64, Vec<u8>) {
        let control = self.control();
        let len = usize::try_from(control.committed.load(Ordering::Acquire)).map_or(AREA, |len| len.min(AREA));
        let mut bytes = Vec::with_capacity(len);
        // SAFETY: `len` bytes are within the mapping and within the capacity just reserved; the copy initialises them.
        unsafe {
            self.base.as_ptr().add(CONTROL + AREA).copy_to_nonoverlapping(bytes.as_mut_ptr(), len);
            bytes.set_len(len);
        }
        (control.base.load(Ordering::Acquire), bytes)
    }

    /// Worker: leaves the text of a panic where the parent finds it, should the panic end the process.
    pub(crate) fn leave_note(&self, text: &[u8]) {
        let len = text.len().min(CONTROL - Self::NOTE);
        // SAFETY: within the control page, behind the control words; only this worker's panic hook writes here.
        unsafe { self.base.as_ptr().add(Self::NOTE).copy_from_nonoverlapping(text.as_ptr(), len) }
        self.control().note.store(len as u32, Ordering::Release);
    }

    /// Parent, after the worker's end: the text that was left.
    pub(crate) fn note(&self) -> Option<Vec<u8>> {
        let len = (self.control().note.load(Ordering::Acquire) as usize).min(CONTROL - Self::NOTE);
        let mut text = vec![0; len];
        // SAFETY: within the control page and within `text`.
        unsafe { self.base.as_ptr().add(Self::NOTE).copy_to_nonoverlapping(text.as_mut_ptr(), len) }
        (len > 0).then_some(text)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // SAFETY: mapped by `map` with this length; every borrow of it ended with `self`.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), LEN) };
    }
}
