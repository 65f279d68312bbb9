//! How far a waiter may be overtaken.

/// Whether newcomers may pass those who wait for some of the same resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// Always. The highest throughput, and no bound on how long somebody waits.
    Barging,
    /// Up to this many times for each waiter; then its whole set is reserved, and served oldest first. 0 is [`Fifo`](Self::Fifo).
    BoundedBypass(u32),
    /// Never: first come, first served among those who conflict. Sets that do not touch still do not wait for each other, but
    /// long chains of conflicts form.
    Fifo,
}

impl Policy {
    pub(crate) fn bound(self) -> u32 {
        match self {
            Self::Barging => u32::MAX,
            // The largest number means "never reserve" below; one less is as good as never, too.
            Self::BoundedBypass(k) => k.min(u32::MAX - 1),
            Self::Fifo => 0,
        }
    }
}

impl Default for Policy {
    /// `BoundedBypass(16)`: measured, it costs a few percent of the throughput of barging and bounds the longest wait.
    fn default() -> Self {
        Self::BoundedBypass(16)
    }
}
