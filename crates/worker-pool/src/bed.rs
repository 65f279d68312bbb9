//! On which processors a worker sleeps, so that it wakes on another one than whoever wakes it.
//!
//! A thread that wakes another one to share its work would like to see it on a processor of its own. Linux mostly looks for
//! an idle one, but a processor that a hypervisor has halted does not count as idle, nor is any looked for where two that
//! share a cache were busy a moment ago: then the sleeper is pulled to the processor of its waker, which keeps it, and waits
//! there until the scheduler balances, some milliseconds later. Seen on virtual machines at *every* wake-up: a loop of two
//! halves ran on one processor beside an idle one. (`available_idle_cpu`, `wake_affine` and `SIS_UTIL` in the kernel's
//! `kernel/sched/fair.c`.)
//!
//! The scheduler chooses at the moment of waking, among the processors that the sleeper is allowed. So a worker takes the
//! processor of whoever rang last out of its own affinity while it sleeps, and puts it back when it gets up:
//!
//! ```text
//! worker   lie down: allowed = mine - ringer's    sleep        get up: allowed = mine
//! ringer                                          on another processor than last time? allowed = worker's - this one;  ring
//! ```
//!
//! In the common case the ringer pays for this a look at the number of its processor. Where nothing is left (after
//! `taskset -c 0`) nothing is changed. What others set while the worker sleeps
//! is kept, unless it is the very mask that the worker sleeps with.

#[cfg(not(all(target_os = "linux", not(any(loom, shuttle)))))]
pub(crate) use elsewhere::Bed;
#[cfg(all(target_os = "linux", not(any(loom, shuttle))))]
pub(crate) use linux::Bed;

#[cfg(all(target_os = "linux", not(any(loom, shuttle))))]
mod linux {
    use crate::sync::Mutex;
    use libc::{CPU_CLR, CPU_COUNT, CPU_EQUAL, CPU_ISSET, cpu_set_t, pid_t};
    use std::mem::size_of;
    use std::sync::atomic::{AtomicI32, Ordering};

    /// The bed of one worker.
    #[derive(Default)]
    pub(crate) struct Bed {
        /// The processor, plus 1, of whoever rang last; 0: nobody did.
        last: AtomicI32,
        /// Set while the worker lies in it.
        sleeper: Mutex<Option<Sleeper>>,
    }

    struct Sleeper {
        thread: pid_t,
        /// Where it may run when it is awake.
        own: Set,
        /// Where it may run now, if that is less.
        now: Option<Set>,
        /// The processor that is missing in `now`.
        away_from: usize,
    }

    impl Bed {
        pub(crate) fn new() -> Self {
            Self::default()
        }

        /// The calling thread is about to sleep.
        pub(crate) fn lie_down(&self) {
            // SAFETY: no preconditions.
            let thread = unsafe { libc::gettid() };
            let Some(own) = Set::of(thread) else { return };
            let mut sleeper = Sleeper { thread, own, now: None, away_from: usize::MAX };
            if let Ok(cpu) = usize::try_from(self.last.load(Ordering::Relaxed) - 1) {
                sleeper.keep_away_from(cpu);
            }
            *self.sleeper.lock() = Some(sleeper);
        }

        /// The calling thread is about to wake the sleeper.
        pub(crate) fn before_ringing(&self) {
            // SAFETY: no preconditions.
            let cpu = unsafe { libc::sched_getcpu() };
            self.last.store(cpu + 1, Ordering::Relaxed);
            if let (Ok(cpu), Some(sleeper)) = (usize::try_from(cpu), &mut *self.sleeper.lock()) {
                sleeper.keep_away_from(cpu);
            }
        }

        /// The calling thread has slept.
        pub(crate) fn get_up(&self) {
            let sleeper = self.sleeper.lock().take();
            if let Some(sleeper) = sleeper
                && sleeper.now.is_some()
                && sleeper.is_where_we_put_it()
            {
                sleeper.own.give_to(sleeper.thread);
            }
        }
    }

    impl Sleeper {
        fn keep_away_from(&mut self, cpu: usize) {
            if self.away_from != cpu
                && let Some(others) = self.own.without(cpu)
                && self.is_where_we_put_it()
                && others.give_to(self.thread)
            {
                self.now = Some(others);
                self.away_from = cpu;
            }
        }

        /// Nobody else has meanwhile said where it may run.
        fn is_where_we_put_it(&self) -> bool {
            Set::of(self.thread).is_some_and(|set| set.equals(self.now.as_ref().unwrap_or(&self.own)))
        }
    }

    /// A set of processors.
    struct Set(cpu_set_t);

    impl Set {
        /// Where `thread` may run.
        fn of(thread: pid_t) -> Option<Self> {
            // SAFETY: it is an array of integers, for which zeroes are valid.
            let mut set = unsafe { std::mem::zeroed() };
            // SAFETY: the kernel writes at most the given number of bytes, the size of `set`.
            let known = unsafe { libc::sched_getaffinity(thread, size_of::<cpu_set_t>(), &mut set) } == 0;
            known.then_some(Self(set))
        }

        /// The others, if `cpu` is in the set and not alone.
        fn without(&self, cpu: usize) -> Option<Self> {
            let mut others = self.0;
            // SAFETY: these touch the sets only, and `cpu` is compared with their size first.
            let some = unsafe {
                cpu < 8 * size_of::<cpu_set_t>() && CPU_ISSET(cpu, &self.0) && {
                    CPU_CLR(cpu, &mut others);
                    CPU_COUNT(&others) > 0
                }
            };
            some.then_some(Self(others))
        }

        fn equals(&self, other: &Self) -> bool {
            // SAFETY: no preconditions.
            unsafe { CPU_EQUAL(&self.0, &other.0) }
        }

        /// Lets `thread` run there, and nowhere else.
        fn give_to(&self, thread: pid_t) -> bool {
            // SAFETY: the kernel reads the given number of bytes, the size of the set.
            unsafe { libc::sched_setaffinity(thread, size_of::<cpu_set_t>(), &self.0) == 0 }
        }
    }
}

#[cfg(not(all(target_os = "linux", not(any(loom, shuttle)))))]
mod elsewhere {
    /// Nothing is known of processors here.
    pub(crate) struct Bed;

    impl Bed {
        pub(crate) fn new() -> Self {
            Self
        }

        pub(crate) fn lie_down(&self) {}

        pub(crate) fn before_ringing(&self) {}

        pub(crate) fn get_up(&self) {}
    }
}
