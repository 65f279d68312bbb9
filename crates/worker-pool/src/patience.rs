//! How long those who wait for a worker at work poll before they sleep.

use crate::sync::MODEL;
use sync_prims::{EventCount, WaitPolicy};

/// For how many times as long as somebody else has kept a processor that was offered, it is not offered again.
///
/// A waiter that yields to a stranger gets its processor back after some milliseconds; a worker that does so while it
/// still counts as alert is missing for as long, and whoever rings for it waits. So once that happened, everybody pauses
/// and then sleeps, from where the scheduler runs him as soon as he is woken. One call in some forty pays for knowing.
pub(crate) const REMEMBERED: u32 = if MODEL { 0 } else { 16 };

/// Where to wait for a worker that is at work.
///
/// It is often at work on the last piece, and being woken takes longer than most pieces, so waiters poll: some tens of
/// microseconds without giving up the processor, which they might not get back for milliseconds on a busy machine, then a
/// few more as long as nobody else needs it.
pub(crate) fn event_count() -> EventCount {
    let policy = WaitPolicy::new();
    EventCount::with_policy(if MODEL { policy } else { policy.pauses(32).yields(30).remembering(REMEMBERED) })
}
