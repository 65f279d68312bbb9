//! Which build a process runs. A task travels as the place of its code inside the executable, so both ends must be
//! the same build; each computes this identity and the worker refuses a parent that is another.
//!
//! The identity is the linker's build id (the ELF note `NT_GNU_BUILD_ID`) where there is one. Where there is none it
//! is the file itself: device, inode, size and time of change.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::OnceLock;

/// Up to 32 bytes that two processes share exactly if they run the same build.
pub(crate) fn of_this_process() -> io::Result<&'static [u8]> {
    static IDENTITY: OnceLock<Vec<u8>> = OnceLock::new();
    if IDENTITY.get().is_none() {
        let identity = of(&File::open("/proc/self/exe")?)?;
        let _ = IDENTITY.set(identity);
    }
    Ok(IDENTITY.get().map_or(&[], Vec::as_slice))
}

fn of(exe: &File) -> io::Result<Vec<u8>> {
    if let Some(id) = build_id(exe) {
        return Ok(id);
    }
    let meta = exe.metadata()?;
    let mut id = Vec::with_capacity(32);
    for part in [meta.dev(), meta.ino(), meta.size(), meta.mtime_nsec() as u64 ^ (meta.mtime() as u64).rotate_left(32)]
    {
        id.extend_from_slice(&part.to_ne_bytes());
    }
    Ok(id)
}

/// The linker's build id. ELF64 in this machine's byte order only; anything else is `None`, as is a file without one.
fn build_id(exe: &File) -> Option<Vec<u8>> {
    const NOTE_SEGMENT: u32 = 4;
    let mut header = [0; 64];
    exe.read_exact_at(&mut header, 0).ok()?;
    if header[..5] != *b"\x7fELF\x02" {
        return None;
    }
    let (table, entry_size, entries) = (u64_at(&header, 32)?, u16_at(&header, 54)?, u16_at(&header, 56)?);
    for i in 0..u64::from(entries) {
        let mut segment = [0; 56];
        exe.read_exact_at(&mut segment, table.checked_add(i * u64::from(entry_size))?).ok()?;
        if u32_at(&segment, 0)? != NOTE_SEGMENT {
            continue;
        }
        let (offset, size) = (u64_at(&segment, 8)?, u64_at(&segment, 32)?);
        let mut notes = vec![0; usize::try_from(size.min(1 << 16)).ok()?];
        exe.read_exact_at(&mut notes, offset).ok()?;
        if let Some(id) = gnu_build_id(&notes) {
            return Some(id);
        }
    }
    None
}

/// Walks a note segment: name size, description size, type, then both texts, each padded to 4 bytes.
fn gnu_build_id(mut notes: &[u8]) -> Option<Vec<u8>> {
    const BUILD_ID: u32 = 3;
    loop {
        let (name, text, kind) = (u32_at(notes, 0)? as usize, u32_at(notes, 4)? as usize, u32_at(notes, 8)?);
        let text_at = 12 + name.checked_next_multiple_of(4)?;
        let end = text_at.checked_add(text)?;
        if kind == BUILD_ID && notes.get(12..16)? == b"GNU\0" {
            return Some(notes.get(text_at..end)?[..text.min(32)].to_vec());
        }
        notes = notes.get(end.checked_next_multiple_of(4)?..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_has_an_identity_and_keeps_it() {
        let identity = of_this_process().unwrap();
        assert!(identity.len() >= 8);
        assert_eq!(identity, of_this_process().unwrap());
    }

    #[test]
    fn a_cut_or_odd_note_segment_is_no_build_id_and_no_panic() {
        let good: Vec<u8> = [4_u32, 4, 3].iter().flat_map(|n| n.to_ne_bytes()).chain(*b"GNU\0abcd").collect();
        assert_eq!(gnu_build_id(&good).unwrap(), b"abcd");
        for cut in 0..good.len() {
            assert_eq!(gnu_build_id(&good[..cut]), None);
        }
        assert_eq!(gnu_build_id(&[0xff; 64]), None);
    }
}
