//! Memory that several processes have mapped: a memory file, sealed so that its size never changes, and what a process
//! may do with it without `unsafe`.
//!
//! # Safety
//! Everything here that is `unsafe` rests on four facts.
//! 1. *The mapping is there.* The file carries the seals against shrinking and growing before anybody maps it, and
//!    whoever opens it checks them and the size; so no other process can take a page away, and no access can fault.
//!    A [`Memory`] is unmapped when the last [`Arc`] of it goes; pointers into it are kept beside such an `Arc` only.
//! 2. *Every bit pattern is a value.* What is read is atomics ([`Plain`]) or [`Pod`], so whatever another process has
//!    written, were it a wild pointer's doing, is some value. No length, index or offset is ever taken from the memory
//!    without being cut to what was checked at the start.
//! 3. *No access races.* Every access through [`Cells`] is an atomic one, of one size for one type: the largest of 8,
//!    4, 2, 1 that the alignment allows. So processes and threads that use the same cell without a lock get old or new
//!    words, never undefined behaviour. On x86 and Arm these are plain moves.
//! 4. *References are guarded.* The one place that makes a `&mut T` of it is the guard of
//!    [`Mutex`](crate::shared::Mutex), whose lock says that no other guard exists in any process. A file says in its name
//!    for what it was made ([`Kind`]), and is opened as nothing else: no mutex's value is anybody's array.

use super::travel::Ticket;
use bytemuck::Pod;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create, readlink};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};
use std::fmt;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// From this size on, large pages save more in faults than they may waste.
const LARGE: usize = 4 << 20;

/// Structures of atomics, for which any bytes are a value and which may be shared.
///
/// # Safety
/// The type consists of atomics alone, and needs no more than 4096 bytes of alignment. (Under loom, whose atomics are
/// more than their bytes, no memory is ever made.)
pub(crate) unsafe trait Plain {}

/// What a memory file was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The type, without its parameter.
    pub(crate) what: &'static str,
    /// Size and alignment of its values: types that agree in both may stand for each other, as any bytes are a value.
    layout: (usize, usize),
}

impl Kind {
    pub(crate) const fn of<T>(what: &'static str) -> Self {
        Self { what, layout: (size_of::<T>(), align_of::<T>()) }
    }

    pub(crate) fn refusal(self) -> String {
        let Self { what, layout: (size, _) } = self;
        format!("it is no {what}, or none of values of {size} bytes")
    }

    /// Of the memory file.
    fn name(self) -> String {
        let Self { what, layout: (size, align) } = self;
        format!("proc-pool-shared-{what}-{size}-{align}")
    }
}

/// One mapping of one memory file.
pub(crate) struct Memory {
    base: NonNull<u8>,
    len: usize,
    kind: Kind,
    /// Where other processes find the file.
    ticket: Ticket,
    /// The file, in the process that made it: it is where the ticket leads.
    file: Option<OwnedFd>,
}

// SAFETY: the mapping belongs to no thread, and is unmapped by whoever comes last.
unsafe impl Send for Memory {}
// SAFETY: through `&Memory` only atomics are reached: fact 3 of the module.
unsafe impl Sync for Memory {}

impl Memory {
    /// New memory of `len` bytes, all zero, taken from the system as it is touched.
    pub(crate) fn create(kind: Kind, len: usize) -> io::Result<Arc<Self>> {
        if cfg!(loom) {
            return Err(io::Error::other("there is one process in a model"));
        }
        let len = len.max(1);
        let file = memfd_create(kind.name(), MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&file, u64::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        let stat = fstat(&file)?;
        let ticket =
            Ticket { process: std::process::id(), fd: file.as_raw_fd(), device: stat.st_dev, inode: stat.st_ino };
        Ok(Arc::new(Self { base: map(file.as_fd(), len)?, len, kind, ticket, file: Some(file) }))
    }

    /// The memory behind a descriptor that the ticket has led to.
    ///
    /// # Errors
    /// If it is not the file that the ticket means, is of another kind, or could shrink.
    pub(crate) fn open(file: BorrowedFd<'_>, ticket: Ticket, kind: Kind) -> io::Result<Arc<Self>> {
        let stat = fstat(file)?;
        if (stat.st_dev, stat.st_ino) != (ticket.device, ticket.inode) {
            return Err(io::Error::new(io::ErrorKind::NotFound, "its owner has dropped it"));
        }
        if !fcntl_get_seals(file)?.contains(SealFlags::SHRINK | SealFlags::GROW) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its size is not sealed"));
        }
        let link = readlink(format!("/proc/self/fd/{}", file.as_raw_fd()), Vec::new())?;
        if link.to_bytes() != format!("/memfd:{} (deleted)", kind.name()).as_bytes() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, kind.refusal()));
        }
        let len = usize::try_from(stat.st_size).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Arc::new(Self { base: map(file, len)?, len, kind, ticket, file: None }))
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Whether this process made it, so that it lives no longer than this process keeps it.
    pub(crate) fn is_own(&self) -> bool {
        self.file.is_some()
    }

    /// The structure at the start of the memory; `None` if it is too short.
    pub(crate) fn header<H: Plain>(self: &Arc<Self>) -> Option<Header<H>> {
        (size_of::<H>() <= self.len).then(|| Header { at: self.base.cast(), memory: Arc::clone(self) })
    }

    /// `len` values from byte `offset` on; `None` if the memory is too short.
    pub(crate) fn cells<T: Pod>(self: &Arc<Self>, offset: usize, len: usize) -> Option<Cells<T>> {
        const { assert!(size_of::<T>() > 0, "a type without bytes has nothing to share") };
        const { assert!(align_of::<T>() <= 4096, "the alignment is more than a page") };
        let end = len.checked_mul(size_of::<T>()).and_then(|bytes| bytes.checked_add(offset))?;
        if end > self.len || !offset.is_multiple_of(align_of::<T>()) {
            return None;
        }
        // SAFETY: `offset` is within the mapping by the test above.
        let first = unsafe { self.base.add(offset).cast() };
        Some(Cells { first, len, memory: Arc::clone(self) })
    }
}

fn map(file: BorrowedFd<'_>, len: usize) -> io::Result<NonNull<u8>> {
    let base =
        // SAFETY: a fresh mapping at an address of the kernel's choice touches no memory of ours.
        unsafe { mmap(std::ptr::null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, file, 0)? };
    if len >= LARGE {
        // SAFETY: the advice concerns the mapping just made and changes no contents. Where it is refused, small pages do.
        let _ = unsafe { madvise(base, len, Advice::LinuxHugepage) };
    }
    NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mapped at address zero"))
}

impl Drop for Memory {
    fn drop(&mut self) {
        super::travel::forget(self.ticket);
        // SAFETY: mapped by `map` with this length; every pointer into it lay beside an `Arc`, and this was the last.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("len", &self.len).field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

/// A structure of atomics in shared memory.
pub(crate) struct Header<H> {
    /// Within the mapping of `memory`.
    at: NonNull<H>,
    memory: Arc<Memory>,
}

impl<H> Header<H> {
    pub(crate) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }
}

impl<H: Plain> std::ops::Deref for Header<H> {
    type Target = H;

    #[inline]
    fn deref(&self) -> &H {
        // SAFETY: within the mapping, which `memory` keeps, at its page-aligned start; any bytes are an `H`, and it is
        // made for sharing: facts 1 and 2 of the module.
        unsafe { self.at.as_ref() }
    }
}

impl<H> Clone for Header<H> {
    fn clone(&self) -> Self {
        Self { at: self.at, memory: Arc::clone(&self.memory) }
    }
}

// SAFETY: a pointer to atomics in a mapping that belongs to no thread.
unsafe impl<H: Plain> Send for Header<H> {}
// SAFETY: as above.
unsafe impl<H: Plain> Sync for Header<H> {}

/// Values in shared memory.
pub(crate) struct Cells<T> {
    /// Aligned, the first of `len` values within the mapping of `memory`.
    first: NonNull<T>,
    len: usize,
    memory: Arc<Memory>,
}

impl<T> Clone for Cells<T> {
    fn clone(&self) -> Self {
        Self { first: self.first, len: self.len, memory: Arc::clone(&self.memory) }
    }
}

// SAFETY: values are copied in and out, by whichever thread, so that they must be `Send`.
unsafe impl<T: Pod + Send> Send for Cells<T> {}
// SAFETY: all accesses are atomic; values come to other threads as copies, so that `Send` is enough.
unsafe impl<T: Pod + Send> Sync for Cells<T> {}

impl<T: Pod> Cells<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    pub(crate) fn as_ptr(&self) -> *mut T {
        self.first.as_ptr()
    }

    #[inline]
    #[track_caller]
    pub(crate) fn get(&self, index: usize) -> T {
        assert!(index < self.len, "index {index} is out of range for {} values", self.len);
        let mut value = T::zeroed();
        // SAFETY: `index` is in range, so the value is within the mapping, and aligned.
        unsafe { load(self.first.add(index).as_ptr(), std::slice::from_mut(&mut value)) };
        value
    }

    #[inline]
    #[track_caller]
    pub(crate) fn set(&self, index: usize, value: T) {
        assert!(index < self.len, "index {index} is out of range for {} values", self.len);
        // SAFETY: as in `get`.
        unsafe { store(std::slice::from_ref(&value), self.first.add(index).as_ptr()) };
    }

    /// Sets each value of the range to what `value` makes of its index.
    #[inline]
    #[track_caller]
    pub(crate) fn fill(&self, range: Range<usize>, mut value: impl FnMut(usize) -> T) {
        self.assert_range(range.start, range.len());
        for index in range {
            // SAFETY: in range by the assertion, so within the mapping, and aligned.
            unsafe { store(std::slice::from_ref(&value(index)), self.first.add(index).as_ptr()) };
        }
    }

    /// Copies as many values as `out` has room for, from `at` on.
    #[track_caller]
    pub(crate) fn read(&self, at: usize, out: &mut [T]) {
        self.assert_range(at, out.len());
        // SAFETY: the range is within the mapping by the assertion, and aligned.
        unsafe { load(self.first.add(at).as_ptr(), out) };
    }

    /// Copies `values` to where `at` says.
    #[track_caller]
    pub(crate) fn write(&self, at: usize, values: &[T]) {
        self.assert_range(at, values.len());
        // SAFETY: as in `read`.
        unsafe { store(values, self.first.add(at).as_ptr()) };
    }

    /// Replaces the first value if it is `old`; gives what is there if it is not.
    #[inline]
    pub(crate) fn exchange(&self, old: T, new: T) -> Result<(), T> {
        const {
            assert!(
                size_of::<T>() == align_of::<T>() && size_of::<T>() <= 8,
                "only a value of 1, 2, 4 or 8 bytes that is aligned to its size can be replaced at once; use `shared::Mutex`"
            );
        }
        assert!(self.len > 0, "there is no value");
        let at = self.first.as_ptr();
        macro_rules! exchange {
            ($word:ty, $atomic:ty) => {{
                let [old, new]: [$word; 2] = [bytemuck::cast(old), bytemuck::cast(new)];
                // SAFETY: aligned to its size, within the mapping; every access to it is an atomic of this size.
                let cell = unsafe { <$atomic>::from_ptr(at.cast()) };
                match cell.compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => Ok(()),
                    Err(now) => Err(bytemuck::cast(now)),
                }
            }};
        }
        match size_of::<T>() {
            8 => exchange!(u64, AtomicU64),
            4 => exchange!(u32, AtomicU32),
            2 => exchange!(u16, AtomicU16),
            _ => exchange!(u8, AtomicU8),
        }
    }

    #[track_caller]
    fn assert_range(&self, at: usize, len: usize) {
        assert!(
            at.checked_add(len).is_some_and(|end| end <= self.len),
            "range {at}..{at}+{len} is out of range for {} values",
            self.len
        );
    }
}

macro_rules! words {
    ($from:expr, $to:expr, $bytes:expr, $word:ty, $atomic:ty, $copy:expr) => {{
        let (from, to) = ($from.cast::<$word>(), $to.cast::<$word>());
        for i in 0..$bytes / size_of::<$word>() {
            // SAFETY: both sides have `bytes` bytes and an alignment of at least the word's, which the caller vouches for.
            unsafe { $copy(from.add(i), to.add(i)) };
        }
    }};
}

/// Copies out of shared memory.
///
/// # Safety
/// As many values as `to` has lie at `from`, aligned, in a mapping.
#[inline]
unsafe fn load<T: Pod>(from: *mut T, to: &mut [T]) {
    let (bytes, to) = (size_of_val(to), to.as_mut_ptr());
    macro_rules! load {
        ($word:ty, $atomic:ty) => {
            words!(from, to, bytes, $word, $atomic, |from: *mut $word, to: *mut $word| {
                to.write(<$atomic>::from_ptr(from).load(Ordering::Relaxed))
            })
        };
    }
    match align_of::<T>() {
        1 => load!(u8, AtomicU8),
        2 => load!(u16, AtomicU16),
        4 => load!(u32, AtomicU32),
        _ => load!(u64, AtomicU64),
    }
}

/// Copies into shared memory.
///
/// # Safety
/// There is room for as many values as `from` has at `to`, aligned, in a mapping.
#[inline]
unsafe fn store<T: Pod>(from: &[T], to: *mut T) {
    let (bytes, from) = (size_of_val(from), from.as_ptr().cast_mut());
    macro_rules! store {
        ($word:ty, $atomic:ty) => {
            words!(from, to, bytes, $word, $atomic, |from: *mut $word, to: *mut $word| {
                <$atomic>::from_ptr(to).store(from.read(), Ordering::Relaxed)
            })
        };
    }
    match align_of::<T>() {
        1 => store!(u8, AtomicU8),
        2 => store!(u16, AtomicU16),
        4 => store!(u32, AtomicU32),
        _ => store!(u64, AtomicU64),
    }
}
