//! Two sorted runs into one: the step that everything on slices is made of.
//!
//! A merge asks at every element which of two heads is smaller. On random data the answer cannot be predicted, so a
//! branch on it costs more than all the rest; without a branch, the next question has to wait until this answer has
//! moved a pointer. The kernel therefore has no branch and merges **four streams at once**: the output is cut by rank
//! into four parts, and while one stream waits for its pointers the other three keep the processor busy. How long all
//! four can go without a test for an end is known in advance: as many steps as the shortest run left has elements.
//!
//! ```text
//! cut the chunk by rank into 4 streams, each with a left and a right run and a place in the output
//! if at most of them one side goes on alone for long:  gallop, copying whole stretches
//! else repeat:  n = the shortest of the 8 runs left
//!               n times, for each stream:  out++ = right < left ? right++ : left++
//!      until n is small; then finish the streams one by one
//! ```
//!
//! Merging is stable: the right head goes first only when it is strictly less.
//!
//! What is safe: elements are compared where they lie and their bits copied to the output, which the caller makes valid
//! afterwards. Nothing is owned here, so a panic in `less` loses nothing. Each stream writes exactly as many elements as
//! its runs have, whatever `less` answers.

use crate::run::Run;
use crate::split::cut_two;
use core::cmp::min;

/// Outputs per chunk: small enough that its cuts are found in the cache, large enough that four streams get going.
const CHUNK: usize = 32 * 1024;
/// Below this a chunk is merged as one stream.
const SMALL: usize = 96;
/// When one side goes on alone for this many elements, copying the stretch beats the kernel.
const STRETCH: usize = 48;
/// Elements in a step along a stretch.
const STEP: usize = 16;
/// After so many elements of a stretch its end is sought by galloping.
const FAR: usize = 4096;

/// A left and a right run and where their merge goes.
struct Stream<T> {
    left: Run<T>,
    right: Run<T>,
    /// Valid for writes of `left.len + right.len` elements.
    out: *mut T,
}

impl<T> Stream<T> {
    /// Steps that need no test for an end.
    #[inline(always)]
    fn sure_steps(&self) -> usize {
        min(self.left.len, self.right.len)
    }

    /// Whether one side goes on alone for a [`STRETCH`] from here.
    ///
    /// # Safety
    /// The elements are alive.
    #[inline(always)]
    unsafe fn is_stretch(&self, less: &mut impl FnMut(&T, &T) -> bool) -> bool {
        let Self { left, right, .. } = self;
        if left.len == 0 || right.len == 0 {
            return true;
        }
        // SAFETY: both runs have a first element, and a STRETCH-th where it is asked for.
        unsafe {
            (left.len >= STRETCH && !less(right.get(0), left.get(STRETCH - 1)))
                || (right.len >= STRETCH && less(right.get(STRETCH - 1), left.get(0)))
        }
    }

    /// Merges what is left, one element at a time.
    ///
    /// # Safety
    /// The elements are alive, `out` is valid for them.
    #[inline(always)]
    unsafe fn finish(mut self, less: &mut impl FnMut(&T, &T) -> bool) {
        loop {
            let n = self.sure_steps();
            if n == 0 {
                break;
            }
            let mut hands = Hands::of(&self);
            for _ in 0..n {
                // SAFETY: `n` steps take at most `n` elements of either side, and both have that many.
                unsafe { hands.step(less) };
            }
            // SAFETY: the hands moved within the runs.
            unsafe { hands.back_to(&mut self) };
        }
        // SAFETY: one of the runs is empty, and `out` has room for the other.
        unsafe {
            self.left.copy_to(self.out);
            self.right.copy_to(self.out);
        }
    }
}

/// The moving part of a stream, small enough to live in registers.
struct Hands<T> {
    left: *const T,
    right: *const T,
    out: *mut T,
}

impl<T> Hands<T> {
    #[inline(always)]
    fn of(stream: &Stream<T>) -> Self {
        Self { left: stream.left.at, right: stream.right.at, out: stream.out }
    }

    /// Moves the smaller head to the output, without a branch.
    ///
    /// # Safety
    /// Both sides have an element and `out` has room.
    #[inline(always)]
    unsafe fn step(&mut self, less: &mut impl FnMut(&T, &T) -> bool) {
        // SAFETY: by the caller.
        unsafe {
            let right_first = less(&*self.right, &*self.left);
            let head = core::hint::select_unpredictable(right_first, self.right, self.left);
            core::ptr::copy_nonoverlapping(head, self.out, 1);
            self.right = self.right.add(usize::from(right_first));
            self.left = self.left.add(usize::from(!right_first));
            self.out = self.out.add(1);
        }
    }

    /// Gives the stream its new beginning.
    ///
    /// # Safety
    /// These are the hands of `stream`, moved by [`step`](Self::step) only. `T` is not zero-sized.
    #[inline(always)]
    unsafe fn back_to(self, stream: &mut Stream<T>) {
        // SAFETY: the hands came from the run's beginnings and moved forward within them.
        unsafe {
            stream.left = stream.left.skip(self.left.offset_from_unsigned(stream.left.at));
            stream.right = stream.right.skip(self.right.offset_from_unsigned(stream.right.at));
        }
        stream.out = self.out;
    }
}

/// Merges `left` and `right` into `out`, stably. `less(b, a)` says whether `b`, of the right, goes before `a`.
///
/// # Safety
/// The elements are alive and stay so; `out` is valid for writes of `left.len + right.len` elements and apart from both.
/// `T` is not zero-sized.
pub(crate) unsafe fn merge_two<T>(
    mut left: Run<T>,
    mut right: Run<T>,
    mut out: *mut T,
    less: &mut impl FnMut(&T, &T) -> bool,
) {
    // Whether the last chunk was merged by stretches.
    let mut in_stretches = false;
    while left.len > 0 && right.len > 0 {
        let n = min(left.len + right.len, CHUNK);
        if n < SMALL {
            // SAFETY: by the caller.
            return unsafe { Stream { left, right, out }.finish(less) };
        }
        // SAFETY: by the caller; the cuts of `cut_two` are within both runs whatever `less` says.
        unsafe {
            let streams = four_streams(left, right, out, n, less);
            let taken = streams.iter().map(|stream| stream.left.len).sum();
            (left, right, out) = (left.skip(taken), right.skip(n - taken), out.add(n));
            let mut stretches = u32::from(in_stretches);
            for stream in &streams {
                stretches += u32::from(stream.is_stretch(less));
            }
            in_stretches = stretches >= 3;
            if in_stretches {
                for stream in streams {
                    merge_by_stretches(stream, less);
                }
            } else {
                merge_four(streams, less);
            }
        }
    }
    // SAFETY: by the caller; one of the two is empty.
    unsafe {
        left.copy_to(out);
        right.copy_to(out);
    }
}

/// Cuts the first `n` outputs into four streams.
///
/// # Safety
/// As [`merge_two`]; `n <= left.len + right.len`.
#[inline(always)]
unsafe fn four_streams<T>(
    mut left: Run<T>,
    mut right: Run<T>,
    mut out: *mut T,
    n: usize,
    less: &mut impl FnMut(&T, &T) -> bool,
) -> [Stream<T>; 4] {
    // SAFETY: the last cut is at `n`, within both runs.
    unsafe {
        let taken = cut_two(n, left, right, less);
        (left, right) = (left.first(taken), right.first(n - taken));
    }
    core::array::from_fn(|i| {
        let share = n / 4 + usize::from(i < n % 4);
        // SAFETY: the shares add up to `n`, which is what both runs have; `cut_two` cuts within what is left of them.
        unsafe {
            let taken = cut_two(share, left, right, less);
            let stream = Stream { left: left.first(taken), right: right.first(share - taken), out };
            (left, right, out) = (left.skip(taken), right.skip(share - taken), out.add(share));
            stream
        }
    })
}

/// Merges four streams side by side.
///
/// # Safety
/// As [`Stream::finish`] for each.
#[inline(always)]
unsafe fn merge_four<T>(mut streams: [Stream<T>; 4], less: &mut impl FnMut(&T, &T) -> bool) {
    loop {
        let n = streams.iter().map(Stream::sure_steps).min().unwrap_or(0);
        if n < 8 {
            break;
        }
        let [mut a, mut b, mut c, mut d] = [0, 1, 2, 3].map(|i: usize| Hands::of(&streams[i]));
        for _ in 0..n {
            // SAFETY: `n` steps take at most `n` elements of either side of a stream, and all have that many.
            unsafe {
                a.step(less);
                b.step(less);
                c.step(less);
                d.step(less);
            }
        }
        for (hands, stream) in [a, b, c, d].into_iter().zip(&mut streams) {
            // SAFETY: the hands of this stream.
            unsafe { hands.back_to(stream) };
        }
    }
    for stream in streams {
        // SAFETY: by the caller.
        unsafe { stream.finish(less) };
    }
}

/// Merges by copying whole stretches; turns to single steps when the stretches are short after all.
///
/// # Safety
/// As [`Stream::finish`].
unsafe fn merge_by_stretches<T>(mut stream: Stream<T>, less: &mut impl FnMut(&T, &T) -> bool) {
    let mut short = 0;
    while stream.left.len > 0 && stream.right.len > 0 && short < 8 {
        let before = stream.left.len + stream.right.len;
        // SAFETY: neither run is empty where its head is looked at; `out` has room for both.
        unsafe {
            let head = stream.right.get(0);
            stream.out = copy_stretch(&mut stream.left, stream.out, |x| !less(head, x));
            if stream.left.len == 0 {
                break;
            }
            let head = stream.left.get(0);
            stream.out = copy_stretch(&mut stream.right, stream.out, |x| less(x, head));
        }
        let moved = before - stream.left.len - stream.right.len;
        short = if moved < 2 * STRETCH { short + 1 } else { 0 };
    }
    // SAFETY: by the caller.
    unsafe { stream.finish(less) };
}

/// Moves the elements from the front of `run` that satisfy `before` to `out`, and returns where they end. The first ones
/// are passed in even steps, which a processor foresees and fetches; a stretch still longer is worth a gallop.
///
/// # Safety
/// The elements are alive, `out` is valid for writes of all of the run.
#[inline(always)]
unsafe fn copy_stretch<T>(run: &mut Run<T>, mut out: *mut T, mut before: impl FnMut(&T) -> bool) -> *mut T {
    // SAFETY: steps are within the run, and `out` keeps up with them.
    unsafe {
        let mut passed = 0;
        while run.len >= STEP && passed < FAR && before(run.get(STEP - 1)) {
            core::ptr::copy_nonoverlapping(run.at, out, STEP);
            (*run, out) = (run.skip(STEP), out.add(STEP));
            passed += STEP;
        }
        let n = if passed < FAR { run.first(min(STEP, run.len)).count_before(before) } else { run.gallop(before) };
        run.first(n).copy_to(out);
        *run = run.skip(n);
        out.add(n)
    }
}
