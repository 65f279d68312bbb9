//! A process that sends back what it is sent, over `ipc-channel`: what a message costs there, without any pool.

use ipc_channel::ipc::{self, IpcOneShotServer, IpcReceiver, IpcSender};
use std::io;
use std::process::{Child, Command};

/// Marks the command line of the process that echoes; the name of the parent's server follows.
const FLAG: &str = "--proc-pool-bench-echo";

/// What the child sends first: where to send to it and where to hear from it.
type Ends = (IpcSender<u64>, IpcReceiver<u64>);

/// The parent's side.
#[derive(Debug)]
pub struct Echo {
    child: Child,
    to: Option<IpcSender<u64>>,
    from: IpcReceiver<u64>,
}

impl Echo {
    /// Turns this process into the echo if it was started as one; returns only if it was not.
    pub fn init() {
        let mut arguments = std::env::args().skip(1);
        if arguments.next().as_deref() == Some(FLAG) {
            let server = arguments.next().expect("the name of a server follows the flag");
            echo(server);
            std::process::exit(0);
        }
    }

    /// Starts the process that echoes, which is this executable.
    ///
    /// # Errors
    /// If it cannot be started or does not answer.
    pub fn start() -> io::Result<Self> {
        let (server, name) = IpcOneShotServer::<Ends>::new()?;
        let child = Command::new(std::env::current_exe()?).args([FLAG, &name]).spawn()?;
        let (_, (to, from)) = server.accept().map_err(io::Error::other)?;
        Ok(Self { child, to: Some(to), from })
    }

    /// There and back.
    ///
    /// # Panics
    /// If the other process has gone.
    pub fn ask(&self, n: u64) -> u64 {
        self.to.as_ref().expect("set until the drop").send(n).expect("the echo listens");
        self.from.recv().expect("the echo answers")
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.to = None;
        let _ = self.child.wait();
    }
}

fn echo(server: String) {
    let (to_child, requests) = ipc::channel::<u64>().expect("a channel");
    let (answers, from_child) = ipc::channel::<u64>().expect("a channel");
    let parent = IpcSender::connect(server).expect("the parent's server");
    parent.send((to_child, from_child)).expect("the parent listens");
    while let Ok(n) = requests.recv() {
        answers.send(n).expect("the parent listens");
    }
}
