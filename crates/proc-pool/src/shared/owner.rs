//! Who holds a lock: a process, named so that no later process can be taken for it.
//!
//! The name is the process id together with the moment of its start (field 22 of `/proc/<id>/stat`, in clock ticks
//! since the system's start). An id is given again only after all others were used, which takes far longer than a tick.
//!
//! Who is taken for dead loses the lock, so only what is certain counts: a process that cannot be asked about (no `/proc`
//! here, no descriptor left to read it with) is dead only if the system knows no such id.

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::io;
use std::sync::OnceLock;

/// A process: its id in the low 31 bits, its start in the high 32 bits; bit 31 is free for the lock's use. Never with a
/// low half of zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(pub(crate) u64);

/// The start of a process that could not find it out; it is told from a later one of the same id no more.
const UNKNOWN: u32 = 0;

/// Who am I, and who is dead.
pub(crate) trait Census {
    fn me(&self) -> Owner;
    fn is_dead(&self, owner: Owner) -> bool;
}

/// The processes of this system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processes;

impl Census for Processes {
    #[inline]
    fn me(&self) -> Owner {
        static ME: OnceLock<Owner> = OnceLock::new();
        *ME.get_or_init(|| {
            let id = std::process::id();
            owner(id, stat(id).map_or(UNKNOWN, |stat| stat.start))
        })
    }

    fn is_dead(&self, owner: Owner) -> bool {
        let (id, start) = (owner.0 as u32 & 0x7fff_ffff, (owner.0 >> 32) as u32);
        match stat(id) {
            Ok(stat) => stat.ended || start != UNKNOWN && stat.start != start,
            Err(_) => Pid::from_raw(id as i32).is_none_or(|id| test_kill_process(id) == Err(Errno::SRCH)),
        }
    }
}

fn owner(id: u32, start: u32) -> Owner {
    Owner(u64::from(start) << 32 | u64::from(id))
}

struct Stat {
    /// A zombie all of whose threads have ended: nothing in it will ever run again.
    ended: bool,
    /// The low half of the clock ticks.
    start: u32,
}

fn stat(id: u32) -> io::Result<Stat> {
    let file = open(format!("/proc/{id}/stat"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut bytes = [0; 1024];
    let len = rustix::io::read(&file, &mut bytes)?;
    parse(&bytes[..len]).ok_or_else(|| io::Error::other("/proc has another form than expected"))
}

/// `id (name, which may have spaces and brackets) state ...`; the name is field 2, the state field 3.
fn parse(stat: &[u8]) -> Option<Stat> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&stat[after_name..]).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    // Field 20: a process whose first thread has ended is shown as a zombie while others of its threads live.
    let threads: u32 = fields.nth(16)?.parse().ok()?;
    let start: u64 = fields.nth(1)?.parse().ok()?;
    let ended = matches!(state, "X" | "x") || state == "Z" && threads <= 1;
    Some(Stat { ended, start: start as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i_live_and_who_started_at_another_time_does_not() {
        let me = Processes.me();
        assert!(!Processes.is_dead(me));
        assert!(Processes.is_dead(Owner(me.0 + (1 << 32))));
        // It could not find out when it started: no `/proc`, or no descriptor left for the file.
        assert!(!Processes.is_dead(owner(std::process::id(), 0)));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let start = stat(child.id()).unwrap().start;
        let child_owner = owner(child.id(), start);
        child.wait().unwrap();
        assert!(Processes.is_dead(child_owner));
    }

    #[test]
    fn a_zombie_is_dead() {
        let mut child = std::process::Command::new("true").stdout(std::process::Stdio::piped()).spawn().unwrap();
        let child_owner = owner(child.id(), stat(child.id()).unwrap().start);
        rustix::process::waitid(
            rustix::process::WaitId::Pid(rustix::process::Pid::from_child(&child)),
            rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT,
        )
        .unwrap();
        assert!(Processes.is_dead(child_owner));
        child.wait().unwrap();
    }

    #[test]
    fn names_may_have_brackets_and_zombies_may_have_threads() {
        let line = |name: &str, state: &str, threads: u32| {
            format!("7 ({name}) {state} 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 {threads} 0 123456789012 0 0")
        };
        for name in ["sh", ") Z 1 (", "a b c"] {
            let stat = parse(line(name, "S", 3).as_bytes()).unwrap();
            assert!(!stat.ended);
            assert_eq!(stat.start, 123_456_789_012_u64 as u32);
        }
        assert!(parse(line("sh", "Z", 1).as_bytes()).unwrap().ended);
        assert!(!parse(line("sh", "Z", 2).as_bytes()).unwrap().ended);
        assert!(parse(b"7 (sh) S 1 2").is_none());
        assert!(parse(b"").is_none());
    }
}
