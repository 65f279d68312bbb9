//! The lazy merge: sources, the heads read from them, and when to read the next one. `KMerge` and `TryKMerge` are two
//! faces of it.
//!
//! A source is read only when there is need: nothing at construction, one head from each at the first question, and
//! after that the successor of an item only when the *next* item is asked for, so a source that blocks never holds back
//! an item that is known. A source that has ended is never asked again.

use crate::order::Order;
use crate::tree::{MAX_LANES, Match, Tree};
use crate::word::Says;
use alloc::vec::Vec;
use core::marker::PhantomData;

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

/// Nobody is waiting to be read.
const NONE: usize = usize::MAX;

/// Matches of heads by an order.
struct ByOrder<'o, O, T>(&'o mut O, PhantomData<T>);

impl<T, O: Order<T>> Match<O::Head> for ByOrder<'_, O, T> {
    #[inline(always)]
    fn says() -> Says {
        match (O::has_word(), O::word_says_all()) {
            (false, _) => Says::Nothing,
            (true, false) => Says::First,
            (true, true) => Says::All,
        }
    }

    #[inline(always)]
    fn is_plain() -> bool {
        O::is_plain()
    }

    #[inline(always)]
    fn word(head: &O::Head, skip: usize) -> u64 {
        O::word(head, skip)
    }

    #[inline(always)]
    fn text(head: &O::Head) -> &[u8] {
        O::text(head)
    }

    #[inline(always)]
    fn wins(&mut self, a: &O::Head, b: &O::Head, tie: bool) -> bool {
        let order = self.0.compare(a, b);
        // Without a branch on `tie`, which nobody can predict.
        order.is_lt() | (order.is_eq() & tie)
    }
}

/// The state of a lazy merge. `R` says how sources are read.
pub(crate) struct Merger<I, O, T, H> {
    /// Sources that may have more, in order of their numbers; lane `l` of the tree is that of `sources[l]`.
    sources: Vec<I>,
    /// By lane, the number that callers know the source by.
    numbers: Vec<usize>,
    /// Sources that have ended, with their numbers.
    ended: Vec<(usize, I)>,
    /// One head of each source that has been read and has not ended, but for the hole.
    tree: Tree<H>,
    /// The lane whose head has been given out and whose next one has not been read, or [`NONE`]. The tree stands.
    hole: usize,
    /// The same while the tree does not stand.
    owed: usize,
    /// Lanes from here on have not been read yet.
    unread: usize,
    /// Lanes whose source has ended and that are still in `sources`, as they are removed many at a time.
    over: Vec<usize>,
    order: O,
    items: PhantomData<fn() -> T>,
}

impl<I, T, O: Order<T>> Merger<I, O, T, O::Head> {
    #[track_caller]
    pub(crate) fn new(sources: impl Iterator<Item = I>, order: O) -> Self {
        let sources: Vec<I> = sources.collect();
        assert!(sources.len() <= MAX_LANES, "there are {} sources; at most 2^31 can be merged", sources.len());
        let numbers = (0..sources.len()).collect();
        Self {
            sources,
            numbers,
            ended: Vec::new(),
            tree: Tree::new(),
            hole: NONE,
            owed: NONE,
            unread: 0,
            over: Vec::new(),
            order,
            items: PhantomData,
        }
    }

    /// Reads what has to be read for the next item to be known.
    ///
    /// An error leaves everything as it was, so the next call goes on with the same source.
    #[inline(always)]
    pub(crate) fn settle<R: Read<I, Item = T>>(&mut self) -> Result<(), R::Error> {
        let lane = self.hole;
        let Some(source) = self.sources.get_mut(lane) else {
            return if self.tree.is_built() { Ok(()) } else { self.assemble::<R>() };
        };
        match R::read(source).transpose()? {
            Some(item) => {
                let head = self.order.head(item);
                self.hole = NONE;
                self.tree.replace(lane, head, &mut ByOrder(&mut self.order, PhantomData));
                Ok(())
            }
            None => self.retire::<R>(lane),
        }
    }

    /// The source of the hole has ended.
    #[cold]
    #[inline(never)]
    fn retire<R: Read<I, Item = T>>(&mut self, lane: usize) -> Result<(), R::Error> {
        self.over.push(lane);
        self.hole = NONE;
        if 2 * (self.sources.len() - self.over.len()) <= self.tree.width() {
            // Half of the tree is empty: a smaller one asks less.
            self.tree.dismantle();
            return self.assemble::<R>();
        }
        self.tree.retire(lane, &mut ByOrder(&mut self.order, PhantomData));
        Ok(())
    }

    /// Reads all heads that are missing and builds the tree.
    #[cold]
    #[inline(never)]
    fn assemble<R: Read<I, Item = T>>(&mut self) -> Result<(), R::Error> {
        if let Some(source) = self.sources.get_mut(self.owed) {
            let read = R::read(source).transpose()?;
            self.take_in(self.owed, read);
            self.owed = NONE;
        }
        while self.unread < self.sources.len() {
            let read = R::read(&mut self.sources[self.unread]).transpose()?;
            self.take_in(self.unread, read);
            self.unread += 1;
        }
        self.remove_lanes_over();
        self.tree.build(self.sources.len(), &mut ByOrder(&mut self.order, PhantomData));
        Ok(())
    }

    /// Stages what has been read from a lane.
    fn take_in(&mut self, lane: usize, item: Option<T>) {
        match item {
            Some(item) => self.tree.stage(lane, self.order.head(item)),
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
        let is_over = |lane: usize| over.binary_search(&lane).is_ok();
        self.tree.close_gaps(is_over);
        let lanes = core::mem::take(&mut self.sources).into_iter().zip(core::mem::take(&mut self.numbers));
        for (lane, (source, number)) in lanes.enumerate() {
            if is_over(lane) {
                self.ended.push((number, source));
            } else {
                self.sources.push(source);
                self.numbers.push(number);
            }
        }
        self.unread = self.sources.len();
    }

    /// The next item and its source's number; to be called after [`settle`](Self::settle).
    #[inline(always)]
    pub(crate) fn first(&self) -> Option<(usize, &O::Head)> {
        self.tree.champion().map(|(lane, head)| (self.numbers[lane], head))
    }

    /// Takes the next item; to be called after [`settle`](Self::settle).
    #[inline(always)]
    fn take(&mut self) -> Option<(usize, O::Head)> {
        let (lane, head) = self.tree.take_champion()?;
        self.hole = lane;
        Some((lane, head))
    }

    /// Takes the next item with its lane.
    #[inline(always)]
    fn next_of_lane<R: Read<I, Item = T>>(&mut self) -> Result<Option<(usize, O::Head)>, R::Error> {
        let lane = self.hole;
        let Some(source) = self.sources.get_mut(lane) else { return self.settle_and_take::<R>() };
        match R::read(source).transpose()? {
            Some(item) => {
                let head = self.order.head(item);
                // Should a comparison panic, the item is in the tree.
                self.hole = NONE;
                let next = self.tree.exchange(lane, head, &mut ByOrder(&mut self.order, PhantomData));
                self.hole = next.0;
                Ok(Some(next))
            }
            None => {
                self.retire::<R>(lane)?;
                Ok(self.take())
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_and_take<R: Read<I, Item = T>>(&mut self) -> Result<Option<(usize, O::Head)>, R::Error> {
        self.settle::<R>()?;
        Ok(self.take())
    }

    /// Takes the next item.
    #[inline(always)]
    pub(crate) fn next<R: Read<I, Item = T>>(&mut self) -> Result<Option<O::Head>, R::Error> {
        Ok(self.next_of_lane::<R>()?.map(|(_, head)| head))
    }

    /// Takes the next item with the number of its source.
    #[inline(always)]
    pub(crate) fn next_numbered<R: Read<I, Item = T>>(&mut self) -> Result<Option<(usize, O::Head)>, R::Error> {
        Ok(self.next_of_lane::<R>()?.map(|(lane, head)| (self.numbers[lane], head)))
    }

    /// Takes the next item if it is equal to `head`; to be called after [`settle`](Self::settle).
    pub(crate) fn take_if_like(&mut self, head: &O::Head) -> Option<(usize, O::Head)> {
        let (_, next) = self.tree.champion()?;
        if !self.order.compare(head, next).is_eq() {
            return None;
        }
        self.take().map(|(lane, head)| (self.numbers[lane], head))
    }

    /// Adds a source, the last one in the order of sources.
    #[track_caller]
    pub(crate) fn push(&mut self, source: I) {
        assert!(self.sources.len() < MAX_LANES, "there are 2^31 sources already, and more cannot be merged");
        self.dismantle();
        self.numbers.push(self.count_sources());
        self.sources.push(source);
    }

    fn dismantle(&mut self) {
        self.tree.dismantle();
        if self.hole != NONE {
            self.owed = core::mem::replace(&mut self.hole, NONE);
        }
    }

    /// How many sources there have been.
    pub(crate) fn count_sources(&self) -> usize {
        self.sources.len() + self.ended.len()
    }

    /// Each source with the item read from it and not given out, in the order of the sources.
    pub(crate) fn into_parts(self) -> Vec<(I, Option<T>)> {
        let mut heads: Vec<Option<T>> = Vec::new();
        heads.resize_with(self.sources.len(), || None);
        for (lane, head) in self.tree.into_heads() {
            heads[lane] = Some(O::into_item(head));
        }
        let open = self.numbers.into_iter().zip(self.sources.into_iter().zip(heads));
        let ended = self.ended.into_iter().map(|(number, source)| (number, (source, None)));
        let mut parts: Vec<(usize, (I, Option<T>))> = open.chain(ended).collect();
        parts.sort_by_key(|part| part.0);
        parts.into_iter().map(|(_, part)| part).collect()
    }

    /// The same merge by another order with the same kind of heads.
    pub(crate) fn reorder<P: Order<T, Head = O::Head>>(mut self, new: impl FnOnce(O) -> P) -> Merger<I, P, T, P::Head> {
        self.dismantle();
        let mut tree = Tree::new();
        for (lane, head) in self.tree.into_heads() {
            tree.stage(lane, head);
        }
        Merger {
            sources: self.sources,
            numbers: self.numbers,
            ended: self.ended,
            tree,
            hole: NONE,
            owed: self.owed,
            unread: self.unread,
            over: self.over,
            order: new(self.order),
            items: PhantomData,
        }
    }
}

impl<I: Iterator, O, T, H> Merger<I, O, T, H> {
    /// What is known of how many items are left.
    pub(crate) fn size_hint(&self) -> (usize, Option<usize>) {
        let heads = self.tree.count();
        let open = self.sources.iter().enumerate().filter(|(i, _)| !self.over.contains(i));
        open.fold((heads, Some(heads)), |(low, high), (_, source)| {
            let (l, h) = source.size_hint();
            (low.saturating_add(l), high.and_then(|high| high.checked_add(h?)))
        })
    }
}

impl<I, O, T, H> Merger<I, O, T, H> {
    /// For `Debug` of the faces: how many sources are open, and how many have ended.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.sources.len() - self.over.len(), self.ended.len() + self.over.len())
    }
}
