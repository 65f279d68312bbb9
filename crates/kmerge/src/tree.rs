//! The loser tree: which of K heads is the smallest, answered again after one of them was replaced.
//!
//! A tournament with the heads as players. Every inner node remembers who **lost** there, the champion stands on top.
//! When the champion's lane brings its next head, only the matches on the way from its leaf to the top are played again,
//! and at each of them the opponent is the loser stored there, since everybody else on that way had lost to the old
//! champion:
//!
//! ```text
//!                 champion 3 (lane 2)
//!                       |
//!                 [ 5, lane 0 ]             replace 3 by 6:  6 against 4 -> 4 goes on, 6 stays
//!               /               \                            4 against 5 -> 4 is the new champion
//!        [ 9, lane 1 ]     [ 4, lane 3 ]
//!         /        \         /        \
//!      lane 0    lane 1   lane 2    lane 3
//! ```
//!
//! That is at most ceil(log2 K) comparisons for each head, against up to twice as many in a binary heap (Knuth, *The Art
//! of Computer Programming* 3, 5.4.1). What makes it fast on a processor of today: heads lie *in* the nodes, so a match
//! reads one place; who goes on is chosen by conditional moves, not by a branch that cannot be predicted; and a lane
//! without a head is a bit of the lane number, so that no key has to play "infinity".
//!
//! Ties go to the lower lane, which makes the merge stable.
//!
//! A comparison that panics takes the tree apart into a list of heads; the next question puts it together again, so
//! nothing is lost.

use alloc::vec::Vec;
use core::mem::{ManuallyDrop, MaybeUninit};

/// The bit of [`Node::lane`] that says: no head here.
const DEAD: usize = 1 << (usize::BITS - 1);

/// A player.
pub(crate) struct Node<H> {
    /// Decides against a different word; equal words (always, for types without) ask the heads.
    word: u64,
    /// The lane that the head came from, or [`DEAD`].
    lane: usize,
    /// Initialised unless `lane` is dead.
    head: MaybeUninit<H>,
}

impl<H> Node<H> {
    pub(crate) fn new(lane: usize, word: u64, head: H) -> Self {
        Self { word, lane, head: MaybeUninit::new(head) }
    }

    const fn dead() -> Self {
        Self { word: 0, lane: DEAD, head: MaybeUninit::uninit() }
    }

    #[inline(always)]
    fn is_dead(&self) -> bool {
        self.lane & DEAD != 0
    }

    /// The head of a living node.
    #[inline(always)]
    fn head(&self) -> Option<&H> {
        // SAFETY: the head of a node that is not dead is initialised, by the field's invariant.
        (!self.is_dead()).then(|| unsafe { self.head.assume_init_ref() })
    }

    /// Takes the node away and leaves a dead one.
    #[inline(always)]
    fn take(&mut self) -> Option<(usize, H)> {
        if self.is_dead() {
            return None;
        }
        let lane = core::mem::replace(&mut self.lane, DEAD);
        // SAFETY: the node was alive, so its head is initialised; being dead from here on, it is not read again.
        Some((lane, unsafe { self.head.assume_init_read() }))
    }
}

/// How two players are compared.
pub(crate) trait Match<H> {
    /// Whether words say anything. When not, they are neither compared nor moved.
    fn has_word() -> bool;
    /// Whether `a` goes before `b`; `tie` is the answer for equals.
    fn wins(&mut self, a: &H, b: &H, tie: bool) -> bool;
}

/// A loser tree over lanes `0..`.
pub(crate) struct Tree<H> {
    /// Empty while the tree is taken apart. Else a power of two: the champion, then the losers; the children of node `i`
    /// are `2 i` and `2 i + 1`, and the leaf of lane `l`, which exists in thought only, is `nodes.len() + l`.
    nodes: Vec<Node<H>>,
    /// The heads while the tree is taken apart, else empty. All alive.
    loose: Vec<Node<H>>,
    /// While the champion's lane is on a run: the best of all others, else 0.
    rival: usize,
    /// How often in a row the champion came from the same lane.
    streak: u32,
}

/// After so many wins in a row of one lane its rival is found, and one comparison with it replaces the way up.
const RUN: u32 = 4;

impl<H> Tree<H> {
    pub(crate) const fn new() -> Self {
        Self { nodes: Vec::new(), loose: Vec::new(), rival: 0, streak: 0 }
    }

    /// Whether the tree stands; when not, [`stage`](Self::stage) and [`build`](Self::build) it.
    #[inline(always)]
    pub(crate) fn is_built(&self) -> bool {
        !self.nodes.is_empty()
    }

    /// Adds a player to a tree that does not stand.
    pub(crate) fn stage(&mut self, node: Node<H>) {
        debug_assert!(!self.is_built());
        self.loose.push(node);
    }

    /// Takes the tree apart.
    #[cold]
    pub(crate) fn dismantle(&mut self) {
        (self.rival, self.streak) = (0, 0);
        self.loose.extend(self.nodes.drain(..).filter(|node| !node.is_dead()));
    }

    /// The number of leaves.
    pub(crate) fn width(&self) -> usize {
        self.nodes.len()
    }

    /// Changes the lane numbers of a tree that is taken apart.
    pub(crate) fn rename(&mut self, new: impl Fn(usize) -> usize) {
        for node in &mut self.loose {
            node.lane = new(node.lane);
        }
    }

    /// Puts the tree together for `lanes` lanes. K - 1 comparisons, none of which moves a head: one that panics leaves
    /// the list as it was.
    #[cold]
    pub(crate) fn build<M: Match<H>>(&mut self, lanes: usize, order: &mut M) {
        let width = lanes.max(1).next_power_of_two();
        // Winners, as places in `loose`, from the leaves up; `usize::MAX` where nobody plays.
        let mut winners = alloc::vec![usize::MAX; 2 * width];
        for (i, node) in self.loose.iter().enumerate() {
            winners[width + node.lane] = i;
        }
        let mut losers = alloc::vec![usize::MAX; width];
        for at in (1..width).rev() {
            let (a, b) = (winners[2 * at], winners[2 * at + 1]);
            let second = match (self.loose.get(a), self.loose.get(b)) {
                (Some(a), Some(b)) => beats(b, a, order),
                (a, _) => a.is_none(),
            };
            (winners[at], losers[at]) = if second { (b, a) } else { (a, b) };
        }
        losers[0] = winners[1];
        self.nodes.reserve(width);
        // No comparison and no allocation from here on.
        let mut loose: Vec<Option<Node<H>>> = Vec::with_capacity(self.loose.len());
        loose.extend(self.loose.drain(..).map(Some));
        self.nodes.extend(losers.into_iter().map(|i| loose.get_mut(i).and_then(Option::take).unwrap_or(Node::dead())));
        (self.rival, self.streak) = (0, 0);
    }

    /// The champion of a standing tree and its lane.
    #[inline(always)]
    pub(crate) fn champion(&self) -> Option<(usize, &H)> {
        let top = self.nodes.first()?;
        top.head().map(|head| (top.lane, head))
    }

    /// Takes the champion out. Until [`replace`](Self::replace) is called with its lane the tree has none.
    #[inline(always)]
    pub(crate) fn take_champion(&mut self) -> Option<(usize, H)> {
        self.nodes.first_mut()?.take()
    }

    /// Replaces the champion's head, already taken out, by the next one of its lane.
    #[inline(always)]
    pub(crate) fn replace<M: Match<H>>(&mut self, node: Node<H>, order: &mut M) {
        let lane = node.lane;
        let rival = self.rival;
        let mut hand = Hand { tree: self, node: ManuallyDrop::new(node) };
        if rival != 0 {
            if beats(&hand.node, &hand.tree.nodes[rival], order) {
                return hand.crown();
            }
            hand.tree.rival = 0;
        }
        hand.climb(lane, order);
        hand.crown();
        if self.nodes[0].lane == lane {
            self.streak += 1;
            if self.streak >= RUN {
                self.rival = self.find_rival(order).unwrap_or(0);
            }
        } else {
            self.streak = 0;
        }
    }

    /// Whether the champion's lane is on a run, so that [`pass`](Self::pass) may be asked.
    #[inline(always)]
    pub(crate) fn is_on_run(&self) -> bool {
        self.rival != 0
    }

    /// The next head of the champion's lane, which is on a run, comes straight back if it is the champion again. If not,
    /// the run is over and the tree has a champion.
    #[inline(always)]
    pub(crate) fn pass<M: Match<H>>(&mut self, node: Node<H>, order: &mut M) -> Option<H> {
        let lane = node.lane;
        let mut hand = Hand { tree: self, node: ManuallyDrop::new(node) };
        if beats(&hand.node, &hand.tree.nodes[hand.tree.rival], order) {
            let mut hand = ManuallyDrop::new(hand);
            return hand.node.take().map(|(_, head)| head);
        }
        (hand.tree.rival, hand.tree.streak) = (0, 0);
        hand.climb(lane, order);
        hand.crown();
        None
    }

    /// [`replace`](Self::replace) without a look for runs, for callers who have their own.
    #[inline(always)]
    pub(crate) fn replace_plainly<M: Match<H>>(&mut self, node: Node<H>, order: &mut M) {
        let lane = node.lane;
        let mut hand = Hand { tree: self, node: ManuallyDrop::new(node) };
        hand.climb(lane, order);
        hand.crown();
    }

    /// The champion's lane, its head already taken out, has no other: the rest play on.
    #[cold]
    pub(crate) fn retire<M: Match<H>>(&mut self, lane: usize, order: &mut M) {
        (self.rival, self.streak) = (0, 0);
        let mut hand = Hand { tree: self, node: ManuallyDrop::new(Node::dead()) };
        hand.climb(lane, order);
        hand.crown();
    }

    /// The node of the best head besides the champion's: it lost to the champion, so it waits on its way.
    pub(crate) fn find_rival<M: Match<H>>(&self, order: &mut M) -> Option<usize> {
        let mut at = (self.nodes.len() + self.nodes[0].lane) / 2;
        let mut best = None;
        while at > 0 {
            if !self.nodes[at].is_dead()
                && best.is_none_or(|best: usize| beats(&self.nodes[at], &self.nodes[best], order))
            {
                best = Some(at);
            }
            at /= 2;
        }
        best
    }

    /// The head and lane of a node that is alive.
    pub(crate) fn player(&self, at: usize) -> Option<(usize, u64, &H)> {
        let node = self.nodes.get(at)?;
        node.head().map(|head| (node.lane, node.word, head))
    }

    /// All heads with their lanes, in no order.
    pub(crate) fn into_heads(mut self) -> Vec<(usize, H)> {
        self.dismantle();
        self.loose.iter_mut().filter_map(Node::take).collect()
    }

    /// All heads, in no order.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (usize, &H)> {
        self.nodes.iter().chain(&self.loose).filter_map(|node| node.head().map(|head| (node.lane, head)))
    }
}

impl<H> Drop for Tree<H> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<H>() {
            // A head whose drop panics must not keep the others from being dropped: they are in a vector of their own.
            let mut heads = Vec::with_capacity(self.nodes.len() + self.loose.len());
            heads.extend(self.nodes.iter_mut().chain(&mut self.loose).filter_map(Node::take));
        }
    }
}

/// Whether `a` goes before `b`: by word, by the heads, by lane. Both are alive.
#[inline(always)]
fn beats<H, M: Match<H>>(a: &Node<H>, b: &Node<H>, order: &mut M) -> bool {
    debug_assert!(!a.is_dead() && !b.is_dead());
    if M::has_word() && a.word != b.word {
        return a.word < b.word;
    }
    // SAFETY: both are alive, as every caller has found out or keeps by the tree's invariants.
    let (first, second) = unsafe { (a.head.assume_init_ref(), b.head.assume_init_ref()) };
    order.wins(first, second, a.lane < b.lane)
}

/// The player on its way up. Should a comparison panic, it and the whole tree go back to the list of heads.
struct Hand<'t, H> {
    tree: &'t mut Tree<H>,
    node: ManuallyDrop<Node<H>>,
}

impl<H> Hand<'_, H> {
    /// Plays the matches from the leaf of `lane` to the top.
    #[inline(always)]
    fn climb<M: Match<H>>(&mut self, lane: usize, order: &mut M) {
        let mut at = (self.tree.nodes.len() + lane) / 2;
        while at > 0 {
            let here = &mut self.tree.nodes[at];
            let lost = if (here.lane | self.node.lane) & DEAD != 0 {
                // Who is dead loses; that both are changes nothing.
                self.node.is_dead()
            } else {
                beats(here, &self.node, order)
            };
            exchange_if::<H, M>(lost, here, &mut self.node);
            at /= 2;
        }
    }

    /// Puts the player on top; nothing can panic any more.
    #[inline(always)]
    fn crown(self) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is forgotten, so the node is taken once.
        let node = unsafe { ManuallyDrop::take(&mut this.node) };
        // The old node is dead, so overwriting it loses nothing.
        this.tree.nodes[0] = node;
    }
}

impl<H> Drop for Hand<'_, H> {
    #[cold]
    fn drop(&mut self) {
        // Reached only by unwinding out of a comparison.
        self.tree.dismantle();
        // SAFETY: this drop runs once.
        let node = unsafe { ManuallyDrop::take(&mut self.node) };
        if !node.is_dead() {
            self.tree.loose.push(node);
        }
    }
}

/// Exchanges two nodes if `yes`, small ones without a branch.
#[inline(always)]
fn exchange_if<H, M: Match<H>>(yes: bool, a: &mut Node<H>, b: &mut Node<H>) {
    use core::hint::select_unpredictable as select;
    if size_of::<H>() > 16 {
        if yes {
            core::mem::swap(a, b);
        }
        return;
    }
    if M::has_word() {
        (a.word, b.word) = (select(yes, b.word, a.word), select(yes, a.word, b.word));
    }
    (a.lane, b.lane) = (select(yes, b.lane, a.lane), select(yes, a.lane, b.lane));
    // SAFETY: bits that may or may not be initialised are read and written back exchanged or as they were; each head is
    // in exactly one of the two places again before anything can look.
    unsafe {
        let (x, y) = (core::ptr::read(&a.head), core::ptr::read(&b.head));
        let (u, v) = (core::ptr::read(&a.head), core::ptr::read(&b.head));
        a.head = select(yes, y, x);
        b.head = select(yes, u, v);
    }
}
