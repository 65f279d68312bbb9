//! Descriptors that travel beside a value. Shared memory is a descriptor; while a value that holds some is encoded, the
//! descriptor is put into a table and its place in the table into the bytes. The table goes along with the message.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::sync::Arc;

type Table = Vec<Arc<OwnedFd>>;

thread_local! {
    /// The table of the value being encoded on this thread, if one is.
    static OUTGOING: RefCell<Option<Table>> = const { RefCell::new(None) };
    /// The table of the value being decoded on this thread, if one is.
    static INCOMING: RefCell<Option<Table>> = const { RefCell::new(None) };
}

/// Gives the thread's table back as it was, also when the code in between panics.
struct Restore<'a>(&'static std::thread::LocalKey<RefCell<Option<Table>>>, &'a mut Option<Table>);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        let before = self.1.take();
        *self.1 = self.0.with(|slot| slot.replace(before));
    }
}

fn with<R>(
    key: &'static std::thread::LocalKey<RefCell<Option<Table>>>,
    table: Table,
    f: impl FnOnce() -> R,
) -> (R, Table) {
    let mut other = key.with(|slot| slot.replace(Some(table)));
    let restore = Restore(key, &mut other);
    let result = f();
    drop(restore);
    (result, other.unwrap_or_default())
}

/// Runs `f`, which encodes values, and gives the descriptors they need.
pub(crate) fn collecting<R>(f: impl FnOnce() -> R) -> (R, Vec<Arc<OwnedFd>>) {
    with(&OUTGOING, Vec::new(), f)
}

/// Descriptors collected on this thread since [`collecting`] began or since they were last taken.
pub(crate) fn collected() -> usize {
    OUTGOING.with_borrow(|table| table.as_ref().map_or(0, Vec::len))
}

/// Takes what was collected so far.
pub(crate) fn take_collected() -> Vec<Arc<OwnedFd>> {
    OUTGOING.with_borrow_mut(|table| table.as_mut().map(std::mem::take).unwrap_or_default())
}

/// Runs `f`, which decodes values whose descriptors are `table`.
pub(crate) fn offering<R>(table: Vec<Arc<OwnedFd>>, f: impl FnOnce() -> R) -> R {
    with(&INCOMING, table, f).0
}

/// Puts `fd` into the table of the value being encoded; `None` if no value is being encoded for a worker here.
#[expect(dead_code, reason = "shared memory comes with the next step")]
pub(crate) fn attach(fd: &Arc<OwnedFd>) -> Option<u32> {
    OUTGOING.with_borrow_mut(|table| {
        let table = table.as_mut()?;
        let place = table.iter().position(|other| Arc::ptr_eq(other, fd)).unwrap_or_else(|| {
            table.push(Arc::clone(fd));
            table.len() - 1
        });
        u32::try_from(place).ok()
    })
}

/// The descriptor at `place` in the table of the value being decoded.
#[expect(dead_code, reason = "shared memory comes with the next step")]
pub(crate) fn detach(place: u32) -> Option<Arc<OwnedFd>> {
    INCOMING.with_borrow(|table| table.as_ref()?.get(place as usize).cloned())
}
