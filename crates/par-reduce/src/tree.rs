//! The order in which partial results are combined: a balanced binary tree over the chunks, left to right, whose shape
//! depends on their number alone.
//!
//! It is built as a binary counter: the stack holds complete subtrees of 2^k chunks, one for each set bit of the number
//! of chunks seen. A new chunk is a subtree of one; while a subtree of the same size waits, the two are combined. The
//! end combines what is left, smallest first. Partial results thus need no array when they come one after the other,
//! and those that threads left in an array give the same tree.

/// Levels enough for 2^64 chunks.
const LEVELS: usize = usize::BITS as usize;

/// A tree in the making.
pub(crate) struct Tree<P, F> {
    /// `stack[k]` is a subtree of 2^k chunks exactly when bit k of `count` is set.
    stack: [Option<P>; LEVELS],
    /// Chunks seen.
    count: usize,
    combine: F,
}

impl<P, F: Fn(P, P) -> P> Tree<P, F> {
    pub(crate) fn new(combine: F) -> Self {
        Self { stack: [const { None }; LEVELS], count: 0, combine }
    }

    /// Adds the partial result of the next chunk.
    #[inline]
    pub(crate) fn push(&mut self, partial: P) {
        let mut subtree = partial;
        let full = self.count.trailing_ones() as usize;
        for slot in &mut self.stack[..full] {
            if let Some(left) = slot.take() {
                subtree = (self.combine)(left, subtree);
            }
        }
        self.stack[full] = Some(subtree);
        self.count += 1;
    }

    /// The whole, or `None` if there was no chunk.
    pub(crate) fn finish(mut self) -> Option<P> {
        let used = (usize::BITS - self.count.leading_zeros()) as usize;
        let mut whole = None;
        for slot in &mut self.stack[..used] {
            if let Some(left) = slot.take() {
                whole = Some(match whole {
                    Some(right) => (self.combine)(left, right),
                    None => left,
                });
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(n: usize) -> Option<String> {
        let mut tree = Tree::new(|a: String, b: String| format!("({a}{b})"));
        (0..n).for_each(|i| tree.push(i.to_string()));
        tree.finish()
    }

    #[test]
    fn the_shape_is_balanced_and_in_order() {
        assert_eq!(tree(0), None);
        assert_eq!(tree(1).unwrap(), "0");
        assert_eq!(tree(2).unwrap(), "(01)");
        assert_eq!(tree(3).unwrap(), "((01)2)");
        assert_eq!(tree(7).unwrap(), "(((01)(23))((45)6))");
    }
}
