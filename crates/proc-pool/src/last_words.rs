//! What a worker can still say of its own end: the text of a panic, and that an abort came of a failed allocation.

use crate::link::Link;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicPtr, Ordering};

thread_local! {
    /// Whether this thread is running a task, whose panics are reported to the parent rather than printed.
    static IN_TASK: Cell<bool> = const { Cell::new(false) };
    /// Message and location of this thread's last panic.
    static LAST: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

/// Where the abort handler leaves its word.
static LINK: AtomicPtr<Link> = AtomicPtr::new(std::ptr::null_mut());

/// Installs the panic hook and, under a memory limit, the handler for aborts.
pub(crate) fn prepare(link: &'static Link, limited: bool) {
    LINK.store(std::ptr::from_ref(link).cast_mut(), Ordering::Release);
    let print = std::panic::take_hook();
    let backtraces = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
    std::panic::set_hook(Box::new(move |info| {
        let in_task = IN_TASK.get();
        if in_task {
            keep(info, link);
        }
        if !in_task || backtraces {
            print(info);
        }
    }));
    if limited {
        handle_aborts();
    }
}

/// Tasks begin on this thread.
#[inline]
pub(crate) fn enter() {
    IN_TASK.set(true);
}

/// The tasks have ended.
#[inline]
pub(crate) fn leave() {
    IN_TASK.set(false);
}

fn keep(info: &PanicHookInfo<'_>, link: &Link) {
    let message = info.payload_as_str().unwrap_or("a payload that is no text").to_owned();
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    if cfg!(panic = "abort") {
        link.leave_note(format!("{location}\n{message}").as_bytes());
    }
    LAST.set((message, location));
}

/// Message and location of the panic that was caught.
pub(crate) fn of(panic: &(dyn Any + Send)) -> (String, String) {
    let (message, location) = LAST.take();
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    match text {
        // Raised without the hook, by `resume_unwind`: what the hook has kept is from another panic.
        Some(text) if text != message => (text.to_owned(), String::new()),
        _ => (message, location),
    }
}

/// An allocation that fails leaves `ENOMEM` in `errno` and then aborts the process; a task's own abort finds there
/// what the task did last. So the error is cleared before each item, and looked at when an abort comes.
#[inline]
pub(crate) fn forget_errors() {
    // SAFETY: glibc and musl give the address of the calling thread's `errno`, valid as long as the thread.
    unsafe { *libc::__errno_location() = 0 }
}

extern "C" fn on_abort(_: libc::c_int) {
    // Only what is allowed in a signal handler: read `errno`, write a word of shared memory.
    if io::Error::last_os_error().raw_os_error() == Some(libc::ENOMEM) {
        // SAFETY: null or the leaked link of this worker.
        if let Some(link) = unsafe { LINK.load(Ordering::Acquire).as_ref() } {
            link.control().out_of_memory.store(1, Ordering::Release);
        }
    }
    // The default action is back in place (`SA_RESETHAND`): the signal comes again as soon as this handler returns.
    // SAFETY: `raise` may be called in a handler.
    unsafe { libc::raise(libc::SIGABRT) };
}

fn handle_aborts() {
    // SAFETY: `action` is a plain C structure for which zero is valid; the handler does only what handlers may, and
    // runs on the alternative stack, where a stack overflow aborts.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_abort as extern "C" fn(libc::c_int) as usize;
        action.sa_flags = libc::SA_ONSTACK | libc::SA_RESETHAND;
        libc::sigaction(libc::SIGABRT, &action, std::ptr::null_mut());
    }
}
