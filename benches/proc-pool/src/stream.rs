//! A process that sends numbers when told how many, over `ipc-channel`.

use ipc_channel::ipc::{self, IpcOneShotServer, IpcReceiver, IpcSender};
use std::io;
use std::process::{Child, Command};

/// Marks the command line of the process that sends; the name of the parent's server follows.
const FLAG: &str = "--proc-pool-bench-stream";

/// What the child sends first: where to order from it and where to hear from it.
type Ends = (IpcSender<u64>, IpcReceiver<u64>);

/// The parent's side.
#[derive(Debug)]
pub struct Stream {
    child: Child,
    orders: Option<IpcSender<u64>>,
    items: IpcReceiver<u64>,
}

impl Stream {
    /// Turns this process into the sender if it was started as one; returns only if it was not.
    pub fn init() {
        let mut arguments = std::env::args().skip(1);
        if arguments.next().as_deref() == Some(FLAG) {
            let server = arguments.next().expect("the name of a server follows the flag");
            send(server);
            std::process::exit(0);
        }
    }

    /// Starts the process that sends, which is this executable.
    ///
    /// # Errors
    /// If it cannot be started or does not answer.
    pub fn start() -> io::Result<Self> {
        let (server, name) = IpcOneShotServer::<Ends>::new()?;
        let child = Command::new(std::env::current_exe()?).args([FLAG, &name]).spawn()?;
        let (_, (orders, items)) = server.accept().map_err(io::Error::other)?;
        Ok(Self { child, orders: Some(orders), items })
    }

    /// Has the numbers below `n` sent, and adds them.
    ///
    /// # Panics
    /// If the other process has gone.
    pub fn sum(&self, n: u64) -> u64 {
        self.orders.as_ref().expect("set until the drop").send(n).expect("the sender listens");
        (0..n).map(|_| self.items.recv().expect("an item")).sum()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.child.wait();
    }
}

fn send(server: String) {
    let (to_child, orders) = ipc::channel::<u64>().expect("a channel");
    let (items, from_child) = ipc::channel::<u64>().expect("a channel");
    let parent = IpcSender::connect(server).expect("the parent's server");
    parent.send((to_child, from_child)).expect("the parent listens");
    while let Ok(n) = orders.recv() {
        (0..n).for_each(|n| items.send(n).expect("the parent listens"));
    }
}
