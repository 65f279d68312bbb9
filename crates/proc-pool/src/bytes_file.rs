//! Bytes too many for a shared area travel as a memory file: written, sent as a descriptor, read, gone. Nothing ever
//! appears in a file system, and a receiver reads with `read`, so that not even a hostile file can hurt it.

use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;

/// A memory file with these bytes.
pub(crate) fn write(bytes: &[u8]) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create("proc-pool-bytes", MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    Ok(file.into())
}

/// The first `len` bytes of the file.
///
/// # Errors
/// If it has fewer, so that a `len` which makes no sense allocates nothing.
pub(crate) fn read(fd: &OwnedFd, len: u64) -> io::Result<Vec<u8>> {
    let file = File::from(fd.as_fd().try_clone_to_owned()?);
    if file.metadata()?.len() < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut bytes = vec![0; usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}
