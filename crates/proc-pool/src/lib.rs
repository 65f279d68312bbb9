#![doc = include_str!("../README.md")]

#[cfg(not(target_os = "linux"))]
compile_error!("proc-pool needs Linux: process descriptors and sealed memory files");

mod batch;
mod bounded;
mod builder;
mod bytes_file;
mod child;
mod chunks;
mod clock;
mod codec;
mod crew;
mod drive;
mod error;
mod handle;
mod identity;
mod imap;
mod init;
mod last_words;
mod link;
#[cfg(loom)]
#[doc(hidden)]
pub mod model;
mod pool;
mod process;
mod records;
pub mod shared;
mod spin;
mod sync;
mod task;
mod wire;
mod worker;

pub use builder::ProcPoolBuilder;
pub use error::TaskError;
pub use handle::{Handle, MapHandle};
pub use imap::{IMap, IMapUnordered};
pub use init::init;
pub use pool::{ProcPool, Shutdown};
pub use process::Process;
pub use shared::array::SharedArray;
pub use shared::value::SharedValue;

const _: () = {
    use std::cell::Cell;
    use std::panic::{RefUnwindSafe, UnwindSafe};
    const fn send_sync<T: Send + Sync>() {}
    const fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    send_sync::<ProcPool>();
    send_sync::<ProcPoolBuilder>();
    send_sync::<TaskError>();
    send_sync::<Handle<Cell<u8>>>();
    send_sync::<MapHandle<Cell<u8>>>();
    send_sync::<Process<Cell<u8>>>();
    unwind_safe::<ProcPoolBuilder>();
    send_sync::<SharedValue<u64>>();
    send_sync::<SharedArray<u64>>();
    send_sync::<shared::Mutex<u64>>();
    send_sync::<shared::Guard<'_, u64>>();
    send_sync::<shared::Semaphore>();
    send_sync::<shared::Barrier>();
    send_sync::<shared::Queue<u64>>();
};
