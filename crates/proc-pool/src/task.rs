//! How a function travels to another process: not at all. Both processes run the same executable, so its code is
//! there already; what travels is the place of an [`Entry`], counted from [`ANCHOR`], which the linker has put at the
//! same distance in both, wherever the executable was loaded.
//!
//! # Safety
//! Two facts carry the `unsafe` blocks here. (1) The distance comes from the parent over a private socket after both
//! sides have compared their build identities, so it leads to an `Entry` of this very executable; its magic number is
//! compared once more before its function is called. (2) A task `F` is `Copy` and has size zero, so a value of it has
//! no bytes and cannot own anything; the parent had such a value in its hand, so one exists.

use crate::worker::Frame;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

const MAGIC: u64 = 0x7072_6f63_2d70_6f6f;

/// What the worker needs to know of a task: the loop that reads its arguments, calls it and writes its results.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Entry {
    magic: u64,
    run: fn(&mut Frame<'_>),
}

/// The landmark that places are counted from. A static, so it has exactly one address.
static ANCHOR: Entry = Entry { magic: MAGIC, run: |_| {} };

struct EntryOf<F, A, R>(PhantomData<fn(F, A) -> R>);

impl<F, A, R> EntryOf<F, A, R>
where
    F: Fn(A) -> R + Copy + 'static,
    A: DeserializeOwned,
    R: Serialize,
{
    const ENTRY: &'static Entry = &Entry { magic: MAGIC, run: run::<F, A, R> };
}

/// The place of the task `F`. Does not compile for what has a size: a closure that captures, a function pointer.
pub(crate) fn place_of<F, A, R>(_: F) -> u64
where
    F: Fn(A) -> R + Copy + 'static,
    A: DeserializeOwned,
    R: Serialize,
{
    const { assert_captures_nothing::<F>() };
    let entry: *const Entry = EntryOf::<F, A, R>::ENTRY;
    (entry.addr()).wrapping_sub((&raw const ANCHOR).addr()) as u64
}

const fn assert_captures_nothing<F>() {
    assert!(
        size_of::<F>() == 0,
        "a task must be a function or a closure that captures nothing, because only its place in the executable is \
         sent to the worker: pass what it needs as part of the argument, and functions by name rather than as `fn` pointers"
    );
}

/// The function at a place that the parent sent; `None` if nothing is there.
pub(crate) fn at(place: u64) -> Option<fn(&mut Frame<'_>)> {
    let entry = std::ptr::with_exposed_provenance::<Entry>((&raw const ANCHOR).addr().wrapping_add(place as usize));
    if !entry.is_aligned() {
        return None;
    }
    // SAFETY: the place is that of an `Entry` in this executable: fact (1) of the module.
    let entry = unsafe { entry.read() };
    (entry.magic == MAGIC).then_some(entry.run)
}

/// A value of the task's type.
fn conjure<F: Copy>() -> F {
    const { assert_captures_nothing::<F>() };
    // SAFETY: reading a value without bytes from a dangling, aligned pointer is valid, and the type has a value that
    // may be copied: fact (2) of the module.
    unsafe { NonNull::<F>::dangling().read() }
}

/// Runs every item of the frame. One protection from panics serves for all items up to the first that panics: it would
/// cost more than a small item's coding.
fn run<F, A, R>(frame: &mut Frame<'_>)
where
    F: Fn(A) -> R + Copy + 'static,
    A: DeserializeOwned,
    R: Serialize,
{
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| run_until_panic::<F, A, R>(frame))) {
        frame.end_panicked(panic);
    }
}

fn run_until_panic<F, A, R>(frame: &mut Frame<'_>)
where
    F: Fn(A) -> R + Copy + 'static,
    A: DeserializeOwned,
    R: Serialize,
{
    let f = conjure::<F>();
    while let Some(argument) = frame.begin() {
        // The result is dropped before the item ends: should that panic, the item has.
        let outcome = Frame::read(argument).and_then(|argument: A| frame.write(&f(argument)));
        frame.end(outcome);
    }
}
