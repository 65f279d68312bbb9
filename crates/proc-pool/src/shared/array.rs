//! An array that processes share.

use super::memory::{Cells, Kind, Memory};
use super::travel::{self, pack, unpack};
use bytemuck::Pod;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::ops::{Bound, Range, RangeBounds};

/// An array in memory that processes share without copying; Python's `multiprocessing.Array`, `shared_memory` and the
/// NumPy arrays over it.
///
/// Goes to other processes as the argument of a task; a clone is another handle to the same array, and sending one costs
/// some twenty bytes, whatever the length. The memory is taken from the system as it is touched and given back when the
/// last process has dropped its last handle; nothing appears in `/dev/shm`. Its size is sealed: no process can shrink
/// the file and so kill the others when they touch what is gone.
///
/// Elements are copied in and out; there is no `&[T]`, because another process could write meanwhile. Reading what
/// another process is writing gives old or new elements (of larger ones, old or new words), never undefined behaviour.
/// What a task has written is there when its outcome is; for order within tasks use a
/// [`shared::Mutex`](crate::shared::Mutex) or [`Barrier`](crate::shared::Barrier). Words are moved in the size of the
/// element's alignment, so `u64` and `f64` go fastest and bytes one by one.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use proc_pool::{ProcPool, SharedArray};
/// use std::ops::Range;
///
/// fn squares((array, block): (SharedArray<u64>, Range<usize>)) {
///     array.fill_with(block, |i| (i * i) as u64);
/// }
///
/// proc_pool::init();
/// let pool = ProcPool::builder().workers(2).build()?;
/// let array = SharedArray::zeroed(1000)?;
/// pool.map(squares, [0..500, 500..1000].map(|block| (array.clone(), block)));
/// assert_eq!(array.get(31), 961);
/// assert_eq!(array.iter(..3).collect::<Vec<_>>(), [0, 1, 4]);
/// # Ok(())
/// # }
/// ```
pub struct SharedArray<T> {
    cells: Cells<T>,
}

impl<T: Pod> SharedArray<T> {
    const KIND: Kind = Kind::of::<T>("array");

    /// An array of `len` elements, every byte of them zero.
    ///
    /// # Errors
    /// If the system has no memory or no descriptor left, or the length makes no sense.
    pub fn zeroed(len: usize) -> io::Result<Self> {
        let bytes = len.checked_mul(size_of::<T>()).ok_or(io::ErrorKind::OutOfMemory)?;
        let memory = Memory::create(Self::KIND, bytes)?;
        travel::register(&memory);
        Ok(Self { cells: memory.cells(0, len).ok_or(io::ErrorKind::OutOfMemory)? })
    }

    /// An array with these elements.
    ///
    /// # Errors
    /// As [`zeroed`](Self::zeroed).
    pub fn from_slice(elements: &[T]) -> io::Result<Self> {
        let this = Self::zeroed(elements.len())?;
        this.write(0, elements);
        Ok(this)
    }

    /// How many elements there are; it never changes.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of the element.
    ///
    /// # Panics
    /// If `index` is out of range.
    #[inline]
    #[track_caller]
    pub fn get(&self, index: usize) -> T {
        self.cells.get(index)
    }

    /// Replaces the element.
    ///
    /// # Panics
    /// If `index` is out of range.
    #[inline]
    #[track_caller]
    pub fn set(&self, index: usize, element: T) {
        self.cells.set(index, element);
    }

    /// Copies the elements from `at` on into all of `out`.
    ///
    /// # Panics
    /// If there are too few.
    #[track_caller]
    pub fn read(&self, at: usize, out: &mut [T]) {
        self.cells.read(at, out);
    }

    /// Copies `elements` to the places from `at` on.
    ///
    /// # Panics
    /// If there are too few places.
    #[track_caller]
    pub fn write(&self, at: usize, elements: &[T]) {
        self.cells.write(at, elements);
    }

    /// Copies of the elements of the range, one after the other.
    ///
    /// # Panics
    /// If the range is out of range.
    #[track_caller]
    pub fn iter(&self, range: impl RangeBounds<usize>) -> impl ExactSizeIterator<Item = T> {
        let range = self.range(range);
        range.map(|index| self.cells.get(index))
    }

    /// Sets every element of the range to `element(index)`.
    ///
    /// # Panics
    /// If the range is out of range.
    #[track_caller]
    pub fn fill_with(&self, range: impl RangeBounds<usize>, element: impl FnMut(usize) -> T) {
        self.cells.fill(self.range(range), element);
    }

    /// A copy of all elements.
    pub fn to_vec(&self) -> Vec<T> {
        let mut all = vec![T::zeroed(); self.len()];
        self.read(0, &mut all);
        all
    }

    /// Where the elements lie in this process, valid as long as this handle: for code that needs a slice or hands it to
    /// other languages, and vouches itself that no process writes meanwhile.
    pub fn as_ptr(&self) -> *mut T {
        self.cells.as_ptr()
    }

    #[track_caller]
    fn range(&self, range: impl RangeBounds<usize>) -> Range<usize> {
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&last) => last.saturating_add(1),
            Bound::Excluded(&end) => end,
            Bound::Unbounded => self.len(),
        };
        assert!(start <= end && end <= self.len(), "range {start}..{end} is out of range for {} elements", self.len());
        start..end
    }
}

impl<T> Clone for SharedArray<T> {
    fn clone(&self) -> Self {
        Self { cells: self.cells.clone() }
    }
}

impl<T: Pod> fmt::Debug for SharedArray<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedArray").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<T: Pod> Serialize for SharedArray<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pack(self.cells.memory(), self.len(), serializer)
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<'de, T: Pod> Deserialize<'de> for SharedArray<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (memory, len) = unpack(deserializer, Self::KIND)?;
        let cells =
            memory.cells(0, len).ok_or_else(|| travel::de_error("the shared memory is too short for the array"))?;
        Ok(Self { cells })
    }
}
