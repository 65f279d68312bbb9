//! Who am I: the parent, or a worker that the parent started from the same executable?
//!
//! A worker is recognised by its zeroth argument *and* by what its standard input is; neither the environment nor the
//! other arguments are touched, so a task sees both as its parent did, and a program that a task starts is no worker.

use crate::worker;
use rustix::net::SocketType;
use rustix::net::sockopt::socket_type;
use std::ffi::OsString;
use std::sync::OnceLock;

/// The zeroth argument of a worker, before its parent's process id.
const NAME: &str = "proc-pool-worker:";

/// How this executable is to be started so that it comes to [`init`] again.
#[derive(Debug)]
pub(crate) struct Way {
    /// All arguments but the zeroth.
    pub(crate) arguments: Vec<OsString>,
    /// Whether a test harness runs before `init`, and prints.
    pub(crate) through_harness: bool,
}

static WAY: OnceLock<Way> = OnceLock::new();

/// Turns this process into a worker if a pool started it as one, and then never returns; otherwise returns at once.
///
/// Call it as the first line of `main`: workers are this same executable started anew, and what comes before `init`
/// runs in every worker too. Without it [`build`](crate::ProcPoolBuilder::build) refuses to work, for a worker would run the
/// whole program again.
///
/// # In tests
/// `cargo test` owns `main`. There, call it as the first line of every test that uses this crate: a worker is then
/// the test executable, told to run just that test, and gets no further than `init`. This works because the harness
/// runs each test on a thread named after the test; tests with `harness = false` and doctests have a `main` of their own.
///
/// ```
/// # fn main() {
/// proc_pool::init();
/// let pool = proc_pool::ProcPool::builder().workers(1).build().unwrap();
/// assert_eq!(pool.apply(|n: u32| n + 1, 41).unwrap(), 42);
/// # }
/// ```
pub fn init() {
    if let Some(parent) = parent_of_worker() {
        worker::main(parent);
    }
    learn_way();
}

/// The parent's process id if this process was started as a worker and has not yet become one.
fn parent_of_worker() -> Option<i32> {
    let name = std::env::args_os().next()?;
    let parent = name.to_str()?.strip_prefix(NAME)?.parse().ok()?;
    let socket = socket_type(rustix::stdio::stdin()).ok()?;
    (socket == SocketType::SEQPACKET).then_some(parent)
}

/// Remembers how to come here again. In a worker as well: a task may have a pool of its own.
pub(crate) fn learn_way() {
    WAY.get_or_init(|| match std::thread::current().name() {
        Some(test) if test != "main" => {
            let only_it = ["--exact", "--nocapture", "--include-ignored", "--test-threads=1"];
            Way { arguments: std::iter::once(test).chain(only_it).map(OsString::from).collect(), through_harness: true }
        }
        _ => Way { arguments: std::env::args_os().skip(1).collect(), through_harness: false },
    });
}

/// How to start a worker; `None` before [`init`].
pub(crate) fn way() -> Option<&'static Way> {
    WAY.get()
}

/// The zeroth argument for a worker of this process.
pub(crate) fn worker_name() -> String {
    format!("{NAME}{}", std::process::id())
}
