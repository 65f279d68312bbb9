#![doc = include_str!("../README.md")]

#[cfg(not(target_os = "linux"))]
compile_error!("proc-pool needs Linux: process descriptors and sealed memory files");

mod batch;
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
mod pool;
mod process;
mod records;
mod spin;
mod sync;
mod task;
mod wire;
mod worker;

pub use builder::Builder;
pub use error::TaskError;
pub use handle::{Handle, MapHandle};
pub use imap::{Imap, ImapUnordered};
pub use init::init;
pub use pool::{ProcPool, Shutdown};
pub use process::Process;

const _: () = {
    use std::cell::Cell;
    use std::panic::{RefUnwindSafe, UnwindSafe};
    const fn send_sync<T: Send + Sync>() {}
    const fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    send_sync::<ProcPool>();
    send_sync::<Builder>();
    send_sync::<TaskError>();
    send_sync::<Handle<Cell<u8>>>();
    send_sync::<MapHandle<Cell<u8>>>();
    send_sync::<Process<Cell<u8>>>();
    unwind_safe::<Builder>();
};
