//! What can go wrong, one enum per operation. Whoever hands over a value gets it back.

use std::error::Error;
use std::fmt;
use std::iter::Chain;

/// A queue cannot be made with this capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CapacityError {
    /// A queue needs at least one slot; to hand over directly use [`Rendezvous`](crate::Rendezvous).
    Zero,
    /// The slots need more memory than there is.
    TooLarge,
}

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zero => "capacity must be at least 1; to hand over directly use Rendezvous",
            Self::TooLarge => "capacity needs more memory than there is",
        })
    }
}

impl Error for CapacityError {}

/// The queue is closed; here is the value that was to go in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Closed<T>(pub T);

/// Why [`try_push`](crate::BoundedQueue::try_push) did not take the value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TryPushError<T> {
    /// No room now; a later try may succeed.
    Full(T),
    /// Closed: no push will ever succeed again.
    Closed(T),
}

/// Why a push with a time limit did not take the value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PushTimeoutError<T> {
    /// There was no room until the time was over.
    TimedOut(T),
    /// Closed: no push will ever succeed again.
    Closed(T),
}

/// Why [`try_pop`](crate::BoundedQueue::try_pop) has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryPopError {
    /// Nothing there now; a later try may succeed.
    Empty,
    /// Closed and drained: there will never be a value again.
    Closed,
}

/// Why a pop with a time limit has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PopTimeoutError {
    /// Nothing came until the time was over.
    TimedOut,
    /// Closed and drained: there will never be a value again.
    Closed,
}

/// The queue was closed before [`push_many`](crate::BoundedQueue::push_many) was through. Iterating gives the values that
/// did not go in, in order.
#[must_use = "it has the values that did not go in"]
pub struct PushManyError<I: Iterator> {
    pushed: usize,
    /// Taken from `items` and not pushed.
    taken: std::vec::IntoIter<I::Item>,
    items: I,
}

impl<I: Iterator> PushManyError<I> {
    pub(crate) fn new(pushed: usize, taken: Vec<I::Item>, items: I) -> Self {
        Self { pushed, taken: taken.into_iter(), items }
    }

    /// How many values went in before the queue was closed.
    pub fn pushed(&self) -> usize {
        self.pushed
    }

    /// The values that did not go in: those already taken from the iterator, then the iterator.
    pub fn into_inner(self) -> Chain<std::vec::IntoIter<I::Item>, I> {
        self.taken.chain(self.items)
    }
}

impl<I: Iterator> IntoIterator for PushManyError<I> {
    type Item = I::Item;
    type IntoIter = Chain<std::vec::IntoIter<I::Item>, I>;
    fn into_iter(self) -> Self::IntoIter {
        self.into_inner()
    }
}

impl<I: Iterator> fmt::Debug for PushManyError<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushManyError").field("pushed", &self.pushed).finish_non_exhaustive()
    }
}

impl<I: Iterator> fmt::Display for PushManyError<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "queue is closed; {} went in before", self.pushed)
    }
}

impl<I: Iterator> Error for PushManyError<I> {}

impl<T> Closed<T> {
    /// The value that did not go in.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// `into_inner` for a two-variant enum, `Debug` without `T: Debug`, `Display` and `Error`.
macro_rules! gives_back {
    ($name:ident, $($variant:ident: $text:literal),+) => {
        impl<T> $name<T> {
            /// The value that did not go in.
            pub fn into_inner(self) -> T {
                let ($(Self::$variant(value))|+) = self;
                value
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant(_) => concat!(stringify!($variant), "(..)")),+ })
            }
        }

        impl<T> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant(_) => $text),+ })
            }
        }

        impl<T> Error for $name<T> {}
    };
}

gives_back!(TryPushError, Full: "queue is full", Closed: "queue is closed");
gives_back!(PushTimeoutError, TimedOut: "timed out: queue is full", Closed: "queue is closed");

impl<T> TryPushError<T> {
    /// Whether a later try may succeed.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

impl<T> PushTimeoutError<T> {
    /// Whether the time was over.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, Self::TimedOut(_))
    }

    /// Whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

impl<T> From<Closed<T>> for TryPushError<T> {
    fn from(Closed(value): Closed<T>) -> Self {
        Self::Closed(value)
    }
}

impl<T> From<Closed<T>> for PushTimeoutError<T> {
    fn from(Closed(value): Closed<T>) -> Self {
        Self::Closed(value)
    }
}

impl<T> fmt::Debug for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closed(..)")
    }
}

impl<T> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("queue is closed")
    }
}

impl<T> Error for Closed<T> {}

impl fmt::Display for TryPopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "queue is empty",
            Self::Closed => "queue is closed and drained",
        })
    }
}

impl Error for TryPopError {}

impl fmt::Display for PopTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "timed out: queue is empty",
            Self::Closed => "queue is closed and drained",
        })
    }
}

impl Error for PopTimeoutError {}
