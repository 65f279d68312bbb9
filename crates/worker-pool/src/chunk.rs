//! How a loop is cut into chunks.

use std::num::NonZeroUsize;
use std::ops::Range;

/// A loop that is cut by its length alone has at most this many chunks: enough to even out chunks of unequal cost on
/// dozens of threads, few enough that handing them out costs nothing against a body of some microseconds.
const AUTO_CHUNKS: usize = 128;

/// How a loop is cut. The cut depends on the length and on this alone, never on the number of threads, so that a result
/// which depends on the chunks (a float sum, say) is the same everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Chunk {
    /// By the length alone: at most 128 chunks of equal length, the last one shorter. Threads claim several neighbouring
    /// chunks at once while many are left, and single ones towards the end.
    #[default]
    Auto,
    /// This many indices in each chunk, the last one shorter. Threads claim one chunk at a time, in increasing order.
    Size(NonZeroUsize),
}

impl Chunk {
    /// Chunks of `size` indices.
    ///
    /// # Panics
    /// If `size` is zero.
    #[track_caller]
    pub const fn size(size: usize) -> Self {
        match NonZeroUsize::new(size) {
            Some(size) => Self::Size(size),
            None => panic!("a chunk needs at least 1 index; for the default cut use Chunk::Auto"),
        }
    }

    /// The chunks of `0..len`.
    pub(crate) fn cut(self, len: usize) -> Cut {
        let size = match self {
            Self::Auto => len.div_ceil(AUTO_CHUNKS).max(1),
            Self::Size(size) => size.get(),
        };
        Cut { len, size, count: len.div_ceil(size), batched: self == Self::Auto }
    }
}

/// `0..len`, cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    len: usize,
    /// Indices in each chunk but the last, at least 1.
    size: usize,
    /// Number of chunks.
    pub(crate) count: usize,
    /// Whether several chunks may be claimed at once.
    pub(crate) batched: bool,
}

impl Cut {
    /// The indices of chunk `i`, which must be less than `count`.
    pub(crate) fn bounds(self, i: usize) -> Range<usize> {
        let start = i * self.size;
        start..self.len.min(start.saturating_add(self.size))
    }

    /// Which chunk begins at the index `start`.
    pub(crate) fn index_of(self, start: usize) -> usize {
        start / self.size
    }
}
