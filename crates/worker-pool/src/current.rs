//! The current pool, and the verbs on it as free functions.

use crate::chunk::Chunk;
use crate::context::with_current;
use crate::handle::Handle;
use crate::pool::Pool;
use crate::scope::Scope;
use std::fmt;
use std::ops::{Deref, Range};

/// The pool that is current here, or any other that is shared: it has every verb of [`Pool`], and does not wait for the
/// workers when it is dropped.
///
/// When the pool itself is gone, the blocking verbs still work, on the caller alone, and tasks given to
/// [`apply_async`](Pool::apply_async) are cancelled.
pub struct PoolRef {
    pool: Pool,
}

/// The pool whose work this thread is doing, the [installed](Pool::install) one, or else the [global](Pool::global) one.
pub fn current() -> PoolRef {
    with_current(|pool| PoolRef { pool: pool.share() })
}

impl Deref for PoolRef {
    type Target = Pool;
    fn deref(&self) -> &Pool {
        &self.pool
    }
}

impl AsRef<Pool> for PoolRef {
    fn as_ref(&self) -> &Pool {
        &self.pool
    }
}

impl Clone for PoolRef {
    fn clone(&self) -> Self {
        Self { pool: self.pool.share() }
    }
}

impl PartialEq for PoolRef {
    fn eq(&self, other: &Self) -> bool {
        self.pool == other.pool
    }
}

impl Eq for PoolRef {}

impl fmt::Debug for PoolRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolRef").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

/// [`Pool::join`] on the [`current`] pool.
pub fn join<A, B, RA, RB>(a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA + Send,
    B: FnOnce() -> RB + Send,
    RA: Send,
    RB: Send,
{
    with_current(|pool| pool.join(a, b))
}

/// [`Pool::scope`] on the [`current`] pool.
pub fn scope<'env, F, R>(f: F) -> R
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
{
    with_current(|pool| pool.scope(f))
}

/// [`Pool::for_each_chunk`] on the [`current`] pool.
pub fn for_each_chunk(len: usize, chunk: Chunk, f: impl Fn(Range<usize>) + Sync) {
    with_current(|pool| pool.for_each_chunk(len, chunk, f));
}

/// [`Pool::for_each_mut`] on the [`current`] pool.
pub fn for_each_mut<T: Send>(xs: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
    with_current(|pool| pool.for_each_mut(xs, f));
}

/// [`Pool::for_each_chunk_mut`] on the [`current`] pool.
pub fn for_each_chunk_mut<T: Send>(xs: &mut [T], chunk: Chunk, f: impl Fn(usize, &mut [T]) + Sync) {
    with_current(|pool| pool.for_each_chunk_mut(xs, chunk, f));
}

/// [`Pool::map`] on the [`current`] pool.
pub fn map<T: Sync, R: Send>(xs: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    with_current(|pool| pool.map(xs, f))
}

/// [`Pool::map_chunked`] on the [`current`] pool.
pub fn map_chunked<T: Sync, R: Send>(xs: &[T], f: impl Fn(&T) -> R + Sync, chunk: Chunk) -> Vec<R> {
    with_current(|pool| pool.map_chunked(xs, f, chunk))
}

/// [`Pool::starmap`] on the [`current`] pool.
pub fn starmap<A: Sync, B: Sync, R: Send>(xs: &[(A, B)], f: impl Fn(&A, &B) -> R + Sync) -> Vec<R> {
    with_current(|pool| pool.starmap(xs, f))
}

/// [`Pool::apply`] on the [`current`] pool.
pub fn apply<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    with_current(|pool| pool.apply(f))
}

/// [`Pool::apply_async`] on the [`current`] pool.
pub fn apply_async<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> Handle<R> {
    with_current(|pool| pool.apply_async(f))
}

/// [`Pool::map_async`] on the [`current`] pool.
pub fn map_async<X, T, R, F>(xs: X, f: F) -> Handle<Vec<R>>
where
    X: AsRef<[T]> + Send + 'static,
    T: Sync + 'static,
    R: Send + 'static,
    F: Fn(&T) -> R + Send + Sync + 'static,
{
    with_current(|pool| pool.map_async(xs, f))
}

/// [`Pool::broadcast`] on the [`current`] pool.
pub fn broadcast<R: Send>(f: impl Fn(usize) -> R + Sync) -> Vec<R> {
    with_current(|pool| pool.broadcast(f))
}
