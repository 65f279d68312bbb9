//! Python's pools, in a Python process that does what it is told line by line and prints the answer, a number. The way
//! there and back is two pipes, which is small beside a run of many calls.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

/// A Python process with a `multiprocessing.Pool` and a `ProcessPoolExecutor`.
#[derive(Debug)]
pub struct Python {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// Starts it with pools of `workers` processes.
    ///
    /// # Errors
    /// If there is no `python3` or it does not say that it is ready.
    pub fn start(workers: usize) -> io::Result<Self> {
        let mut child = Command::new("python3")
            .args(["-c", include_str!("pools.py"), &workers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?);
        let mut python = Self { child, orders, answers };
        python.answer()?;
        Ok(python)
    }

    /// Tells it to do something and waits for the answer.
    ///
    /// # Panics
    /// If Python has gone or prints something else.
    pub fn tell(&mut self, order: &str, n: u64) -> u64 {
        let orders = self.orders.as_mut().expect("set until the drop");
        writeln!(orders, "{order} {n}").expect("Python listens");
        self.answer().expect("Python answers with a number")
    }

    fn answer(&mut self) -> io::Result<u64> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        line.trim().parse().map_err(io::Error::other)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.child.wait();
    }
}

/// A pool started inside Python by the order `start`, ended there when this is dropped.
#[derive(Debug)]
pub struct Pooled(pub Rc<RefCell<Python>>);

impl Drop for Pooled {
    fn drop(&mut self) {
        self.0.borrow_mut().tell("end", 0);
    }
}
