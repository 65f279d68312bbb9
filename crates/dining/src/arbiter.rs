//! Who gets which resources, all or nothing, with a bound on overtaking. No thread blocks here: a request is granted at
//! once or waits under a number, and a release says who may go on.
//!
//! ```text
//! request(S):  if no resource of S is held or reserved: hold S, and everybody who waits for one of them is overtaken once more
//!              else: wait, with the next ticket
//! overtaken for the K-th time: the waiter's whole set is reserved
//! release(S):  for the waiters that S concerns, oldest first: if nothing of theirs is held, or reserved by an older one: hold it
//! ```
//!
//! **Bound.** A request is granted past a waiter W only if their sets meet, W is older and W's set is not reserved. Each such
//! grant counts for W, and the K-th reserves the set of W, after which no younger request that meets it is granted. So W is
//! overtaken at most K times. K = 0 reserves on arrival: first come, first served among those who conflict.
//!
//! **No starvation.** Nobody holds while waiting, so holders finish if what they do is finite. Reservations are respected by younger
//! requests only, so "waits because of a reservation" leads to older tickets. The oldest of those with a reservation therefore waits for holders
//! alone, and nobody can take from its set what they give back: it is granted after a finite time. By induction over tickets each
//! waiter with a reservation is; and a waiter without one is granted or collects its K.
//! The assumption "nobody holds while waiting" is the caller's. Whoever holds something already and asks for more passes reservations,
//! uncounted: to make it wait for one could close a circle. So the bound is one on requests of those who hold nothing.
//!
//! **Cost.** Resources are bits. Without waiters a request is two passes over the words of its set. Waiters are listed by
//! resource, so a release looks at those it concerns alone.
//!
//! Sources: the all-or-nothing monitor is Tanenbaum's; bounding the bypass instead of forbidding it is how fair locks were made
//! cheap ("eventual fairness" of WebKit's WTF::Lock, the bounded bypass of queue locks), here for sets.

use crate::set::Set;

/// Number of a waiter while it waits.
pub(crate) type WaiterId = usize;

#[derive(Debug)]
struct Waiter<W> {
    ticket: u64,
    set: Set,
    /// At most the arbiter's bound.
    overtaken: u32,
    /// `overtaken` has reached the bound: nobody younger takes anything of `set`.
    reserved: bool,
    /// Holds its set, and is in no queue any more.
    granted: bool,
    /// Holds something already; see [`Arbiter::request`].
    nested: bool,
    /// Number of the last grant that was counted in `overtaken`, so that one grant counts once however many resources meet.
    last_counted: u64,
    who: W,
}

/// 64 resources.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    held: u64,
    /// Somebody waits for it: exactly the bits whose queue is not empty.
    waited: u64,
    /// Somebody who waits for it has a reservation.
    reserved: u64,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) granted: u64,
    pub(crate) waited: u64,
    pub(crate) reserved: u64,
    pub(crate) most_overtaken: u32,
}

/// The books.
#[derive(Debug)]
pub(crate) struct Arbiter<W> {
    bound: u32,
    states: Vec<State>,
    /// For each resource who waits for it, oldest first.
    queues: Vec<Vec<WaiterId>>,
    waiters: Vec<Option<Waiter<W>>>,
    vacant: Vec<WaiterId>,
    next_ticket: u64,
    counts: Counts,
}

impl<W: Clone> Arbiter<W> {
    /// `bound` is K; `u32::MAX` never reserves.
    pub(crate) fn new(resources: usize, bound: u32) -> Self {
        let mut arbiter = Self {
            bound,
            states: Vec::new(),
            queues: Vec::new(),
            waiters: Vec::new(),
            vacant: Vec::new(),
            next_ticket: 0,
            counts: Counts::default(),
        };
        arbiter.grow(resources);
        arbiter
    }

    /// Makes resources below `resources` known.
    pub(crate) fn grow(&mut self, resources: usize) {
        if resources > self.queues.len() {
            self.queues.resize_with(resources, Vec::new);
            self.states.resize(resources.div_ceil(64), State::default());
        }
    }

    /// Grants a set that nobody holds or waits for. The usual case, and the only one a caller has to make fast.
    #[inline]
    pub(crate) fn try_quick(&mut self, set: &Set) -> bool {
        let words = set.words();
        let busy = words.iter().fold(0, |busy, word| {
            let state = &self.states[word.index as usize];
            busy | ((state.held | state.waited) & word.bits)
        });
        if busy != 0 {
            return false;
        }
        for word in words {
            self.states[word.index as usize].held |= word.bits;
        }
        self.counts.granted += 1;
        true
    }

    /// Grants `set` if that overtakes nobody who may not be overtaken.
    pub(crate) fn try_request(&mut self, set: &Set, nested: bool) -> bool {
        let free = self.is_free(set) && (nested || !self.meets_reserved(set));
        if free {
            self.grant(set, u64::MAX, nested);
        }
        free
    }

    /// A place in time: smaller is older.
    pub(crate) fn draw_ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket - 1
    }

    /// Grants `set` or makes the caller a waiter. Whoever holds something already is `nested`: to make it wait for a reservation
    /// could close a circle, so it passes reservations, and the bound of others does not count it.
    pub(crate) fn request(&mut self, set: &Set, nested: bool, who: W) -> Result<(), WaiterId> {
        if self.try_request(set, nested) {
            return Ok(());
        }
        let ticket = self.draw_ticket();
        Err(self.enqueue(set, nested, ticket, who))
    }

    /// Makes the caller a waiter with a ticket drawn now or earlier; it is for the caller to have asked first. With an earlier ticket it may
    /// be older than those whose reservations refused it: see [`try_serve`](Self::try_serve).
    pub(crate) fn enqueue(&mut self, set: &Set, nested: bool, ticket: u64, who: W) -> WaiterId {
        self.counts.waited += 1;
        let waiter = Waiter {
            ticket,
            set: set.clone(),
            overtaken: 0,
            reserved: false,
            granted: false,
            nested,
            last_counted: 0,
            who,
        };
        let id = self.vacant.pop().unwrap_or(self.waiters.len());
        if id == self.waiters.len() {
            self.waiters.push(None);
        }
        self.waiters[id] = Some(waiter);
        for resource in set.iter() {
            let place = self.queues[resource].partition_point(|&other| self.peek(other).ticket < ticket);
            self.queues[resource].insert(place, id);
        }
        for word in set.words() {
            self.states[word.index as usize].waited |= word.bits;
        }
        if self.bound == 0 {
            self.reserve(id);
        }
        id
    }

    /// Whether the waiter has got its set; if so it is a waiter no more.
    pub(crate) fn poll(&mut self, id: WaiterId) -> bool {
        let granted = self.waiter(id).granted;
        if granted {
            self.forget(id);
        }
        granted
    }

    /// A waiter gives up. `call` is told who may go on instead. If the set has been granted in the meantime it is given back.
    pub(crate) fn withdraw(&mut self, id: WaiterId, call: impl FnMut(&W)) {
        let set = self.waiter(id).set.clone();
        if self.waiter(id).granted {
            self.forget(id);
            self.release(&set, call);
        } else {
            self.leave(id);
            self.forget(id);
            self.call_those_concerned(&set, call);
        }
    }

    /// Gives `set` back. `call` is told who may go on.
    #[inline]
    pub(crate) fn release(&mut self, set: &Set, call: impl FnMut(&W)) {
        let mut waited = 0;
        for word in set.words() {
            let state = &mut self.states[word.index as usize];
            debug_assert_eq!(state.held & word.bits, word.bits, "only what is held is given back");
            state.held &= !word.bits;
            waited |= state.waited & word.bits;
        }
        if waited != 0 {
            self.call_those_concerned(set, call);
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Who waits now and has been granted nothing.
    pub(crate) fn asleep(&self) -> usize {
        self.waiters.iter().flatten().filter(|waiter| !waiter.granted).count()
    }

    /// Who waits now, or has not noticed yet that it is over.
    pub(crate) fn waiting(&self) -> usize {
        self.waiters.len() - self.vacant.len()
    }

    /// Whether somebody waits for this resource.
    pub(crate) fn is_waited(&self, resource: usize) -> bool {
        self.states[resource / 64].waited >> (resource % 64) & 1 != 0
    }

    /// Whether somebody holds this resource.
    pub(crate) fn is_held(&self, resource: usize) -> bool {
        self.states[resource / 64].held >> (resource % 64) & 1 != 0
    }

    /// For a resource that is not always in these books: what became of it meanwhile. Nobody waits for it.
    pub(crate) fn set_held(&mut self, resource: usize, held: bool) {
        debug_assert!(!self.is_waited(resource), "a resource in the books changes hands in the books");
        let (state, bit) = (&mut self.states[resource / 64], 1 << (resource % 64));
        state.held = if held { state.held | bit } else { state.held & !bit };
    }

    /// Somebody has taken this resource, which nobody held, outside of these books.
    pub(crate) fn note_held(&mut self, resource: usize) {
        debug_assert!(!self.is_held(resource), "taken twice");
        self.states[resource / 64].held |= 1 << (resource % 64);
    }

    fn is_free(&self, set: &Set) -> bool {
        set.words().iter().all(|word| self.states[word.index as usize].held & word.bits == 0)
    }

    fn meets_reserved(&self, set: &Set) -> bool {
        set.words().iter().any(|word| self.states[word.index as usize].reserved & word.bits != 0)
    }

    fn waiter(&mut self, id: WaiterId) -> &mut Waiter<W> {
        self.waiters[id].as_mut().expect("a waiter keeps its number until it is granted or gives up")
    }

    /// Who waits under this number.
    pub(crate) fn who(&self, id: WaiterId) -> &W {
        &self.peek(id).who
    }

    fn peek(&self, id: WaiterId) -> &Waiter<W> {
        self.waiters[id].as_ref().expect("queues hold waiters only")
    }

    /// Whether nothing of the waiter's set is held, or reserved by an older one.
    fn may_go(&self, id: WaiterId) -> bool {
        let waiter = self.peek(id);
        let behind = |resource: usize| {
            let older = self.queues[resource].iter().take_while(|&&other| other != id);
            older.into_iter().any(|&other| self.peek(other).reserved)
        };
        self.is_free(&waiter.set)
            && (waiter.nested || !self.meets_reserved(&waiter.set) || !waiter.set.iter().any(behind))
    }

    /// Holds `set` for a request with this ticket and counts who is overtaken by it.
    fn grant(&mut self, set: &Set, ticket: u64, nested: bool) {
        self.counts.granted += 1;
        let mut waited = 0;
        for word in set.words() {
            let state = &mut self.states[word.index as usize];
            state.held |= word.bits;
            waited |= state.waited & word.bits;
        }
        if waited != 0 && !nested {
            self.count_overtaken(set, ticket);
        }
    }

    fn count_overtaken(&mut self, set: &Set, ticket: u64) {
        let grant = self.counts.granted;
        for resource in set.iter() {
            for place in 0..self.queues[resource].len() {
                let id = self.queues[resource][place];
                let bound = self.bound;
                let waiter = self.waiter(id);
                if waiter.ticket > ticket {
                    break;
                }
                if waiter.last_counted == grant {
                    continue;
                }
                waiter.last_counted = grant;
                waiter.overtaken += 1;
                debug_assert!(waiter.overtaken <= bound, "whoever reached the bound has a reservation");
                let (overtaken, reserve) = (waiter.overtaken, waiter.overtaken == bound && bound != u32::MAX);
                self.counts.most_overtaken = self.counts.most_overtaken.max(overtaken);
                if reserve {
                    self.reserve(id);
                }
            }
        }
    }

    fn reserve(&mut self, id: WaiterId) {
        self.counts.reserved += 1;
        let waiter = self.waiter(id);
        waiter.reserved = true;
        let set = waiter.set.clone();
        for word in set.words() {
            self.states[word.index as usize].reserved |= word.bits;
        }
    }

    /// Takes a waiter out of the queues; it keeps its number.
    fn leave(&mut self, id: WaiterId) {
        let set = self.waiter(id).set.clone();
        for resource in set.iter() {
            self.queues[resource].retain(|&other| other != id);
            let reserved = self.queues[resource].iter().any(|&other| self.peek(other).reserved);
            let (waited, bit) = (!self.queues[resource].is_empty(), 1 << (resource % 64));
            let state = &mut self.states[resource / 64];
            state.waited = if waited { state.waited } else { state.waited & !bit };
            state.reserved = if reserved { state.reserved } else { state.reserved & !bit };
        }
    }

    fn forget(&mut self, id: WaiterId) {
        self.waiters[id] = None;
        self.vacant.push(id);
    }

    /// Oldest first. Who may go is given the set here and now and then called: measured against letting the called one ask again,
    /// the longest wait of 64 philosophers is a third shorter and nothing is lost in throughput.
    #[cold]
    fn call_those_concerned(&mut self, set: &Set, mut call: impl FnMut(&W)) {
        let mut concerned: Vec<(u64, WaiterId)> = Vec::new();
        for resource in set.iter() {
            concerned.extend(self.queues[resource].iter().map(|&id| (self.peek(id).ticket, id)));
        }
        concerned.sort_unstable();
        concerned.dedup();
        for (_, id) in concerned {
            if self.try_serve(id) {
                let who = self.who(id).clone();
                call(&who);
            }
        }
    }

    /// Grants a waiter its set if nothing of it is held, or reserved by an older one.
    pub(crate) fn try_serve(&mut self, id: WaiterId) -> bool {
        if !self.may_go(id) {
            return false;
        }
        let waiter = self.waiter(id);
        waiter.granted = true;
        let (set, ticket, nested) = (waiter.set.clone(), waiter.ticket, waiter.nested);
        self.leave(id);
        self.grant(&set, ticket, nested);
        true
    }
}
