#![doc = include_str!("../README.md")]

mod bed;
mod broadcast;
mod builder;
mod chunk;
mod collect;
mod context;
mod core;
mod current;
mod flat;
mod handle;
mod idle;
mod imap;
mod join;
mod panics;
mod patience;
mod pool;
mod queue;
mod scope;
#[cfg(loom)]
#[doc(hidden)]
pub mod shelf;
mod shutdown;
mod slices;
mod slot;
mod sync;
mod task;

pub use builder::{BuildError, PoolBuilder};
pub use chunk::Chunk;
pub use current::{
    PoolRef, apply, apply_async, broadcast, current, for_each_chunk, for_each_chunk_mut, for_each_mut, join, map,
    map_async, map_chunked, scope, starmap,
};
pub use handle::{Cancelled, Handle};
pub use imap::{IMap, IMapUnordered};
pub use pool::Pool;
pub use scope::{Scope, ScopedHandle};
pub use shutdown::{Shutdown, ShutdownError};

const _: () = {
    use std::cell::Cell;
    use std::panic::{RefUnwindSafe, UnwindSafe};
    const fn send<T: Send>() {}
    const fn sync<T: Sync>() {}
    const fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    send::<Pool>();
    sync::<Pool>();
    unwind_safe::<Pool>();
    send::<PoolRef>();
    sync::<PoolRef>();
    unwind_safe::<PoolRef>();
    send::<PoolBuilder>();
    sync::<PoolBuilder>();
    send::<BuildError>();
    sync::<BuildError>();
    send::<ShutdownError>();
    // A result moves to whoever joins and is never shared: Send is enough.
    send::<Handle<Cell<u8>>>();
    sync::<Handle<Cell<u8>>>();
    unwind_safe::<Handle<Cell<u8>>>();
    send::<ScopedHandle<'static, Cell<u8>>>();
    sync::<Scope<'static, 'static>>();
    send::<IMap<std::vec::IntoIter<Cell<u8>>, Cell<u8>, fn(Cell<u8>) -> Cell<u8>>>();
    send::<IMapUnordered<std::vec::IntoIter<Cell<u8>>, Cell<u8>, fn(Cell<u8>) -> Cell<u8>>>();
};
