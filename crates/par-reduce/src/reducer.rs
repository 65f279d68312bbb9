//! [`Reducer`]: how a reduction is cut and when it goes parallel, and the loop that all of them share.

use crate::disjoint::Disjoint;
use crate::isa::{Isa, Level};
use crate::shares::share_out;
use crate::tree::Tree;
use std::cell::Cell;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::{Duration, Instant};
use worker_pool::Chunk;

/// Bytes of input in a chunk of a kernel whose cost is known, at least and at most, and how many chunks there are in
/// between: two of the largest fit into the L2 cache of any processor of the last ten years, and the smallest takes long
/// enough (half a microsecond) to hide what claiming it costs.
const CHUNK_BYTES: (usize, usize) = (32 * 1024, 128 * 1024);
const CHUNKS: usize = 32;

/// Bytes that a kernel of known cost reads and writes before a second thread is worth asking for help, if one is likely to
/// be awake.
const PARALLEL_BYTES: usize = 256 * 1024;

/// Bytes that are worth waking a thread that sleeps: that takes some microseconds of the caller's own time, in which it
/// reads hundreds of kilobytes itself.
const WAKING_BYTES: usize = 2 * 1024 * 1024;

/// Workers that had something to do this long ago are likely to be awake: a pool's worker looks for more work for about 20
/// microseconds before it sleeps.
const ALERT: Duration = Duration::from_micros(15);

thread_local! {
    /// When this thread's last loop that was worth sharing ended.
    static LAST_SHARED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Elements in a chunk when the cost of the caller's closure is not known: at most this many, and about 128 chunks.
const LEAF_MAX: usize = 4096;
const LEAVES: usize = 128;

/// Work left over, by the clock, that is worth waking other threads for.
const WORTH_WAKING: Duration = Duration::from_micros(20);

/// The operations of this crate with the knobs exposed, for the rare case; the free functions are the methods of
/// `Reducer::new()`.
///
/// A reduction is cut into chunks by its length and the type of its elements. Threads claim chunks, the partial results
/// are combined in a fixed tree, and a reduction that stays on one thread walks the same chunks and the same tree.
/// So [`sequential_below`](Self::sequential_below), [`isa`](Self::isa), the number of threads and the load of the machine
/// change the time and never the result. [`chunk`](Self::chunk) changes the tree, and with it the last bits of float
/// sums.
///
/// ```
/// use par_reduce::Reducer;
///
/// let heavy = Reducer::new().chunk(1).sequential_below(0);
/// let total = heavy.map_reduce(&[1_u64, 2, 3, 4], |&n| (1..=n).product::<u64>(), || 0, |a, b| a + b);
/// assert_eq!(total, 1 + 2 + 6 + 24);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "a reducer does nothing until one of its operations is called"]
pub struct Reducer {
    /// Elements in a chunk; `None`: by length and type.
    chunk: Option<NonZeroUsize>,
    /// Lengths below this stay on the calling thread; `None`: by bytes, or by the clock where a closure is called.
    sequential_below: Option<usize>,
    isa: Isa,
}

/// What is known about the cost of a loop before it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cost {
    /// Bound by memory; this many bytes for each element.
    Bytes(usize),
    /// A closure of the caller: the clock tells.
    Unknown,
}

impl Cost {
    /// Whether a loop over `len` elements is worth more than one thread, if waking costs nothing.
    fn is_worth_sharing(self, len: usize) -> bool {
        matches!(self, Self::Bytes(bytes) if len.saturating_mul(bytes) >= PARALLEL_BYTES)
    }
}

fn helpers_are_alert() -> bool {
    LAST_SHARED.get().is_some_and(|end| end.elapsed() < ALERT)
}

/// The end of a loop, however it ends; the next one wants to know when it was, if this one was worth sharing.
struct End(bool);

impl Drop for End {
    fn drop(&mut self) {
        if self.0 {
            LAST_SHARED.set(Some(Instant::now()));
        }
    }
}

impl Reducer {
    /// The defaults, which the free functions use.
    pub const fn new() -> Self {
        Self { chunk: None, sequential_below: None, isa: Isa::Native }
    }

    /// Cuts the input into chunks of `elements` (rows, where the input is a matrix). One result may depend on it: the
    /// last bits of float sums.
    ///
    /// # Panics
    /// If `elements` is 0.
    #[track_caller]
    pub const fn chunk(mut self, elements: usize) -> Self {
        let Some(elements) = NonZeroUsize::new(elements) else { panic!("a chunk must have at least 1 element") };
        self.chunk = Some(elements);
        self
    }

    /// Keeps inputs of fewer than `elements` on the calling thread; 0 goes parallel whenever there are two chunks and
    /// two threads, `usize::MAX` never. The default decides by the bytes that are touched and whether the workers are
    /// likely to be awake, or where the cost of a closure is not known by timing its first chunks.
    pub const fn sequential_below(mut self, elements: usize) -> Self {
        self.sequential_below = Some(elements);
        self
    }

    /// Uses no wider vector instructions than `bound`; for tests and measurements, results do not depend on it.
    pub const fn isa(mut self, bound: Isa) -> Self {
        self.isa = bound;
        self
    }

    #[inline]
    pub(crate) fn level(&self) -> Level {
        Level::at_most(self.isa)
    }

    /// The caller's word on when to stay on one thread.
    pub(crate) fn sequential_bound(&self) -> Option<usize> {
        self.sequential_below
    }

    /// As `self`, with the chunks that length and type give.
    pub(crate) fn default_chunks(&self) -> Self {
        Self { chunk: None, ..*self }
    }

    /// As `self`, for the elements of rows that lie side by side.
    pub(crate) fn chunks_of_rows(&self, cols: usize) -> Self {
        let of_rows = |rows: NonZeroUsize| NonZeroUsize::new(rows.get().saturating_mul(cols));
        Self { chunk: self.chunk.and_then(of_rows), ..*self }
    }

    /// The caller's word on the rows of a chunk.
    pub(crate) fn chunk_rows(&self) -> Option<usize> {
        self.chunk.map(NonZeroUsize::get)
    }

    /// Elements of a chunk of a kernel that reads `bytes` for each of `len` elements.
    #[inline]
    pub(crate) fn chunk_by_bytes(&self, len: usize, bytes: usize) -> usize {
        self.chunk.map_or_else(
            || {
                let all = len.saturating_mul(bytes);
                ((all / CHUNKS).clamp(CHUNK_BYTES.0, CHUNK_BYTES.1).next_multiple_of(4096) / bytes.max(1)).max(1)
            },
            NonZeroUsize::get,
        )
    }

    /// Elements of a chunk of a loop over `len` elements that calls a closure.
    #[inline]
    pub(crate) fn chunk_by_len(&self, len: usize) -> usize {
        self.chunk.map_or_else(|| len.div_ceil(LEAVES).clamp(1, LEAF_MAX), NonZeroUsize::get)
    }

    /// Combines the partial results of the chunks of `0..len`, `chunk` elements each, in the fixed tree. `None` if `len`
    /// is 0.
    pub(crate) fn reduce<P: Send>(
        &self,
        len: usize,
        chunk: usize,
        cost: Cost,
        partial: impl Fn(Range<usize>) -> P + Sync,
        combine: impl Fn(P, P) -> P,
    ) -> Option<P> {
        if len <= chunk {
            return (len > 0).then(|| partial(0..len));
        }
        let cut = Cut { len, chunk };
        let _end = End(cost.is_worth_sharing(len));
        let mut tree = Tree::new(combine);
        let alone = self.run_alone(cut, cost, |i| tree.push(partial(cut.range(i))));
        if alone < cut.chunks() {
            let mut slots: Vec<Option<P>> = Vec::new();
            slots.resize_with(cut.chunks() - alone, || None);
            let (cells, partial) = (Disjoint::new(&mut slots), &partial);
            // What a worker reads first lies in the caches of this processor: the fewer places it is in the better, so
            // closures on the way to it hold values and not references.
            together(alone..cut.chunks(), cost, move |i| {
                let value = partial(cut.range(i));
                // SAFETY: chunk `i` has slot `i - alone` to itself, and `together` visits each chunk once.
                let slot = unsafe { cells.part(i - alone..i - alone + 1) };
                slot[0] = Some(value);
            });
            slots.into_iter().flatten().for_each(|value| tree.push(value));
        }
        tree.finish()
    }

    /// Visits the chunks of `0..len`, `chunk` elements each, each once.
    pub(crate) fn for_each(&self, len: usize, chunk: usize, cost: Cost, body: impl Fn(Range<usize>) + Sync) {
        let cut = Cut { len, chunk };
        let _end = End(cost.is_worth_sharing(len));
        let alone = self.run_alone(cut, cost, |i| body(cut.range(i)));
        if alone < cut.chunks() {
            let body = &body;
            together(alone..cut.chunks(), cost, move |i| body(cut.range(i)));
        }
    }

    /// Visits chunks from the first one on, on this thread, until there is reason to wake others; says how many.
    fn run_alone(&self, cut: Cut, cost: Cost, mut visit: impl FnMut(usize)) -> usize {
        let chunks = cut.chunks();
        let sequential = match (self.sequential_below, cost) {
            (Some(bound), _) => Some(cut.len < bound),
            (None, Cost::Bytes(bytes)) if cost.is_worth_sharing(cut.len) => {
                Some(cut.len.saturating_mul(bytes) < WAKING_BYTES && !helpers_are_alert())
            }
            (None, Cost::Bytes(_)) => Some(true),
            (None, Cost::Unknown) => None,
        };
        if chunks <= 1 || sequential == Some(true) || worker_pool::current().threads() <= 1 {
            (0..chunks).for_each(visit);
            return chunks;
        }
        if sequential == Some(false) {
            return 0;
        }
        let start = Instant::now();
        for i in 0..chunks {
            visit(i);
            let done = i + 1;
            // The clock is read after 1, 2, 4, 8 … chunks, so that short loops hardly pay for it.
            if done.is_power_of_two() && done < chunks {
                let left = start.elapsed().as_secs_f64() * (chunks - done) as f64 / done as f64;
                if left > WORTH_WAKING.as_secs_f64() {
                    return done;
                }
            }
        }
        chunks
    }
}

/// `0..len` in chunks of `chunk`, the last one shorter.
#[derive(Clone, Copy, Debug)]
struct Cut {
    len: usize,
    chunk: usize,
}

impl Cut {
    #[inline]
    fn chunks(self) -> usize {
        self.len.div_ceil(self.chunk)
    }

    #[inline]
    fn range(self, i: usize) -> Range<usize> {
        let start = i * self.chunk;
        start..self.len.min(start.saturating_add(self.chunk))
    }
}

/// Visits each of `chunks` once, on the threads of the current pool. Closures of unknown cost are claimed one by one, in
/// increasing order; chunks that are alike are shared out.
fn together(chunks: Range<usize>, cost: Cost, visit: impl Fn(usize) + Sync) {
    let (start, chunks) = (chunks.start, chunks.len());
    let visit = move |i: usize| visit(start + i);
    match cost {
        Cost::Bytes(_) => share_out(chunks, visit),
        Cost::Unknown => {
            worker_pool::for_each_chunk(chunks, Chunk::Size(NonZeroUsize::MIN), |range| range.for_each(&visit))
        }
    }
}
