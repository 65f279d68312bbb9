//! A sorted run in memory, consumed from the front.

/// `len` initialised elements from `at` on, sorted if the caller kept the promise.
///
/// A run neither owns nor borrows: whoever makes one keeps the elements alive, in place and unchanged until the run is
/// gone. Everything here that moves data out is `unsafe` for that reason.
#[derive(Debug)]
pub(crate) struct Run<T> {
    /// Valid for reads of `len` elements.
    pub(crate) at: *const T,
    pub(crate) len: usize,
}

impl<T> Clone for Run<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Run<T> {}

impl<T> Run<T> {
    pub(crate) fn new(slice: &[T]) -> Self {
        Self { at: slice.as_ptr(), len: slice.len() }
    }

    /// The element at `i`.
    ///
    /// # Safety
    /// `i < len`, and the elements are alive for as long as the reference is used.
    #[inline(always)]
    pub(crate) unsafe fn get<'a>(&self, i: usize) -> &'a T {
        debug_assert!(i < self.len);
        // SAFETY: `at` is valid for reads of `len` elements and the caller keeps `i` below.
        unsafe { &*self.at.add(i) }
    }

    /// The run without its first `n` elements.
    ///
    /// # Safety
    /// `n <= len`.
    #[inline(always)]
    pub(crate) unsafe fn skip(&self, n: usize) -> Self {
        debug_assert!(n <= self.len);
        // SAFETY: at most one past the end, by the caller.
        Self { at: unsafe { self.at.add(n) }, len: self.len - n }
    }

    /// The first `n` elements.
    ///
    /// # Safety
    /// `n <= len`.
    #[inline(always)]
    pub(crate) unsafe fn first(&self, n: usize) -> Self {
        debug_assert!(n <= self.len);
        Self { at: self.at, len: n }
    }

    /// Copies the bits of the whole run to `out`.
    ///
    /// # Safety
    /// The elements are alive; `out` is valid for writes of `len` elements elsewhere.
    #[inline(always)]
    pub(crate) unsafe fn copy_to(&self, out: *mut T) {
        // SAFETY: readable by the type's promise, writable and apart by the caller's.
        unsafe { core::ptr::copy_nonoverlapping(self.at, out, self.len) }
    }

    /// How many elements from the front satisfy `before`, by doubling steps from the front and then bisection:
    /// O(log answer) calls.
    ///
    /// # Safety
    /// The elements are alive.
    #[inline]
    pub(crate) unsafe fn gallop(&self, mut before: impl FnMut(&T) -> bool) -> usize {
        let (mut known, mut step) = (0, 1);
        while known + step <= self.len {
            // SAFETY: `known + step - 1 < len` by the loop's condition.
            if !before(unsafe { self.get(known + step - 1) }) {
                break;
            }
            known += step;
            step *= 2;
        }
        // The answer is in `known .. known + step`: the element at its end, if there is one, was not before.
        let window = (step - 1).min(self.len - known);
        // SAFETY: `known <= len`, and the window fits what is left.
        known + unsafe { self.skip(known).first(window).count_before(before) }
    }

    /// How many elements from the front satisfy `before`, by bisection.
    ///
    /// # Safety
    /// The elements are alive.
    #[inline]
    pub(crate) unsafe fn count_before(&self, mut before: impl FnMut(&T) -> bool) -> usize {
        // SAFETY: `bisect` asks for indices below `len`.
        bisect(self.len, |i| before(unsafe { self.get(i) }))
    }
}

/// The length of the prefix of `0..len` for which `before` holds, by bisection; asks only for indices below `len`.
#[inline]
pub(crate) fn bisect(len: usize, mut before: impl FnMut(usize) -> bool) -> usize {
    let (mut low, mut size) = (0, len);
    while size > 0 {
        let half = size / 2;
        let skip = before(low + half);
        low = if skip { low + half + 1 } else { low };
        size = if skip { size - half - 1 } else { half };
    }
    low
}
