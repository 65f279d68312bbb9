//! CPU time of this process, all threads together.

use std::time::Duration;

/// User and system time of all threads of this process so far. Zero where the system has no such clock.
pub fn cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

/// User and system time of the calling thread so far. Zero where the system has no such clock.
pub fn thread_cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
    }
    #[cfg(not(unix))]
    Duration::ZERO
}
