//! The lazy merge: sources, the heads read from them, and when to read the next one. `KMerge` and `TryKMerge` are two
//! faces of it.
//!
//! A source is read only when there is need: nothing at construction, one head from each at the first question, and
//! after that the successor of an item only when the *next* item is asked for, so a source that blocks never holds back
//! an item that is known. A source that has ended is never asked again.

use crate::order::Order;
use crate::tree::{Match, Node, Tree};
use alloc::vec::Vec;

/// How an item is read from a source.
pub(crate) trait Read<I> {
    type Item;
    type Error;
    fn read(source: &mut I) -> Option<Result<Self::Item, Self::Error>>;
}

/// Sources that yield items.
#[derive(Debug)]
pub(crate) struct Plain;

impl<I: Iterator> Read<I> for Plain {
    type Item = I::Item;
    type Error = core::convert::Infallible;

    #[inline(always)]
    fn read(source: &mut I) -> Option<Result<I::Item, Self::Error>> {
        source.next().map(Ok)
    }
}

/// Sources that yield items or errors.
#[derive(Debug)]
pub(crate) struct Fallible;

impl<T, E, I: Iterator<Item = Result<T, E>>> Read<I> for Fallible {
    type Item = T;
    type Error = E;

    #[inline(always)]
    fn read(source: &mut I) -> Option<Result<T, E>> {
        source.next()
    }
}

/// A source and the number that callers know it by.
struct Lane<I> {
    source: I,
    number: usize,
}

/// Nobody is waiting to be read.
const NONE: usize = usize::MAX;

/// Matches of heads by an order.
struct ByOrder<'o, O, T>(&'o mut O, core::marker::PhantomData<T>);

impl<T, O: Order<T>> Match<O::Head> for ByOrder<'_, O, T> {
    #[inline(always)]
    fn has_word() -> bool {
        O::has_word()
    }

    #[inline(always)]
    fn wins(&mut self, a: &O::Head, b: &O::Head, tie: bool) -> bool {
        match self.0.compare(a, b) {
            core::cmp::Ordering::Less => true,
            core::cmp::Ordering::Equal => tie,
            core::cmp::Ordering::Greater => false,
        }
    }
}

/// The state of a lazy merge. `R` says how sources are read.
pub(crate) struct Merger<I, O, T, H> {
    /// Sources that may have more, in order of their numbers; the tree's lane `l` is `lanes[l]`.
    lanes: Vec<Lane<I>>,
    /// Sources that have ended.
    ended: Vec<Lane<I>>,
    /// One head of each source that has been read and has not ended, but for the hole.
    tree: Tree<H>,
    /// The lane whose head has been given out and whose next one has not been read, or [`NONE`].
    hole: usize,
    /// Lanes from here on have not been read yet.
    unread: usize,
    /// Sources taken in so far: the next one's number.
    numbers: usize,
    /// Lanes whose source has ended and that are still in `lanes`, as they are removed many at a time.
    over: Vec<usize>,
    order: O,
    items: core::marker::PhantomData<fn() -> T>,
}

impl<I, T, O: Order<T>> Merger<I, O, T, O::Head> {
    pub(crate) fn new(sources: impl Iterator<Item = I>, order: O) -> Self {
        let lanes: Vec<Lane<I>> = sources.enumerate().map(|(number, source)| Lane { source, number }).collect();
        let numbers = lanes.len();
        Self {
            lanes,
            ended: Vec::new(),
            tree: Tree::new(),
            hole: NONE,
            unread: 0,
            numbers,
            over: Vec::new(),
            order,
            items: core::marker::PhantomData,
        }
    }

    /// Reads what has to be read for the next item to be known.
    ///
    /// An error leaves everything as it was, so the next call goes on with the same source.
    #[inline(always)]
    pub(crate) fn settle<R: Read<I, Item = T>>(&mut self) -> Result<(), R::Error> {
        if !self.tree.is_built() {
            return self.assemble::<R>();
        }
        let lane = self.hole;
        if lane == NONE {
            return Ok(());
        }
        match R::read(&mut self.lanes[lane].source).transpose()? {
            Some(item) => {
                let node = player(lane, item, &mut self.order);
                self.hole = NONE;
                self.tree.replace(node, &mut ByOrder(&mut self.order, core::marker::PhantomData));
                Ok(())
            }
            None => self.retire::<R>(lane),
        }
    }

    /// The source of the hole has ended.
    #[cold]
    fn retire<R: Read<I, Item = T>>(&mut self, lane: usize) -> Result<(), R::Error> {
        self.over.push(lane);
        self.hole = NONE;
        if 2 * (self.lanes.len() - self.over.len()) <= self.tree.width() {
            // Half of the tree is empty: a smaller one asks less.
            self.tree.dismantle();
            return self.assemble::<R>();
        }
        self.tree.retire(lane, &mut ByOrder(&mut self.order, core::marker::PhantomData));
        Ok(())
    }

    /// Reads all heads that are missing and builds the tree.
    #[cold]
    #[inline(never)]
    fn assemble<R: Read<I, Item = T>>(&mut self) -> Result<(), R::Error> {
        if self.hole != NONE {
            let read = R::read(&mut self.lanes[self.hole].source).transpose()?;
            self.take_in(self.hole, read);
            self.hole = NONE;
        }
        while self.unread < self.lanes.len() {
            let read = R::read(&mut self.lanes[self.unread].source).transpose()?;
            self.take_in(self.unread, read);
            self.unread += 1;
        }
        self.remove_lanes_over();
        self.tree.build(self.lanes.len(), &mut ByOrder(&mut self.order, core::marker::PhantomData));
        Ok(())
    }

    /// Stages what has been read from a lane.
    fn take_in(&mut self, lane: usize, item: Option<T>) {
        match item {
            Some(item) => self.tree.stage(player(lane, item, &mut self.order)),
            None => self.over.push(lane),
        }
    }

    /// Closes the gaps that ended sources have left; the tree is taken apart.
    fn remove_lanes_over(&mut self) {
        if self.over.is_empty() {
            return;
        }
        let mut over = core::mem::take(&mut self.over);
        over.sort_unstable();
        self.tree.rename(|lane| lane - over.partition_point(|&over| over < lane));
        let lanes = core::mem::take(&mut self.lanes);
        for (i, lane) in lanes.into_iter().enumerate() {
            let to = if over.binary_search(&i).is_ok() { &mut self.ended } else { &mut self.lanes };
            to.push(lane);
        }
        self.unread = self.lanes.len();
    }

    /// The next item and its source's number; to be called after [`settle`](Self::settle).
    #[inline(always)]
    pub(crate) fn first(&self) -> Option<(usize, &O::Head)> {
        self.tree.champion().map(|(lane, head)| (self.lanes[lane].number, head))
    }

    /// Takes the next item; to be called after [`settle`](Self::settle).
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<(usize, O::Head)> {
        let (lane, head) = self.tree.take_champion()?;
        self.hole = lane;
        Some((self.lanes[lane].number, head))
    }

    /// [`settle`](Self::settle) and [`take`](Self::take) at once: within a run, items do not go through the tree.
    #[inline(always)]
    pub(crate) fn next<R: Read<I, Item = T>>(&mut self) -> Result<Option<(usize, O::Head)>, R::Error> {
        let lane = self.hole;
        if lane == NONE || !self.tree.is_on_run() {
            self.settle::<R>()?;
            return Ok(self.take());
        }
        let from = &mut self.lanes[lane];
        let number = from.number;
        match R::read(&mut from.source).transpose()? {
            Some(item) => {
                let node = player(lane, item, &mut self.order);
                // Should the comparison panic, the item is in the tree.
                self.hole = NONE;
                let passed = self.tree.pass(node, &mut ByOrder(&mut self.order, core::marker::PhantomData));
                if let Some(head) = passed {
                    self.hole = lane;
                    return Ok(Some((number, head)));
                }
            }
            None => self.retire::<R>(lane)?,
        }
        Ok(self.take())
    }

    /// Whether the next item is equal to `head`; to be called after [`settle`](Self::settle).
    pub(crate) fn is_next(&mut self, head: &O::Head) -> bool {
        match self.tree.champion() {
            Some((_, next)) => self.order.compare(head, next).is_eq(),
            None => false,
        }
    }

    /// Adds a source, the last one in the order of sources.
    pub(crate) fn push(&mut self, source: I) {
        self.tree.dismantle();
        self.lanes.push(Lane { source, number: self.numbers });
        self.numbers += 1;
    }

    /// How many sources there have been.
    pub(crate) fn sources(&self) -> usize {
        self.numbers
    }

    /// Each source with the item read from it and not given out, in the order of the sources.
    pub(crate) fn into_parts(self) -> Vec<(I, Option<T>)> {
        let mut heads: Vec<Option<T>> = Vec::new();
        heads.resize_with(self.lanes.len(), || None);
        for (lane, head) in self.tree.into_heads() {
            heads[lane] = Some(O::into_item(head));
        }
        let open = self.lanes.into_iter().zip(heads);
        let ended = self.ended.into_iter().map(|lane| (lane, None));
        let mut parts: Vec<(Lane<I>, Option<T>)> = open.chain(ended).collect();
        parts.sort_by_key(|(lane, _)| lane.number);
        parts.into_iter().map(|(lane, head)| (lane.source, head)).collect()
    }

    /// The same merge by another order with the same kind of heads.
    pub(crate) fn reorder<P: Order<T, Head = O::Head>>(self, new: impl FnOnce(O) -> P) -> Merger<I, P, T, P::Head> {
        let mut tree = Tree::new();
        for (lane, head) in self.tree.into_heads() {
            tree.stage(Node::new(lane, P::word(&head), head));
        }
        Merger {
            lanes: self.lanes,
            ended: self.ended,
            tree,
            hole: self.hole,
            unread: self.unread,
            numbers: self.numbers,
            over: self.over,
            order: new(self.order),
            items: core::marker::PhantomData,
        }
    }
}

impl<I: Iterator, O, T, H> Merger<I, O, T, H> {
    /// What is known of how many items are left.
    pub(crate) fn size_hint(&self) -> (usize, Option<usize>) {
        let heads = self.tree.heads().count();
        let open = self.lanes.iter().enumerate().filter(|(i, _)| !self.over.contains(i));
        open.fold((heads, Some(heads)), |(low, high), (_, lane)| {
            let (l, h) = lane.source.size_hint();
            (low.saturating_add(l), high.and_then(|high| high.checked_add(h?)))
        })
    }
}

impl<I, O, T, H> Merger<I, O, T, H> {
    /// For `Debug` of the faces: how many sources are open, and how many have ended.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.lanes.len() - self.over.len(), self.ended.len() + self.over.len())
    }
}

/// An item of a lane as a player of the tree.
#[inline(always)]
fn player<T, O: Order<T>>(lane: usize, item: T, order: &mut O) -> Node<O::Head> {
    let head = order.head(item);
    let word = if O::has_word() { O::word(&head) } else { 0 };
    Node::new(lane, word, head)
}
