//! What parent and worker say to each other: one datagram per message over a pair of `SOCK_SEQPACKET` sockets, so
//! that the kernel keeps the borders, and descriptors travel beside the bytes. Messages are small; what is large lies
//! in the shared areas of [`Link`](crate::link::Link) or in a memory file sent along. So no message ever waits for
//! the other side to read, and results larger than a pipe cannot block anybody.
//!
//! ```text
//! parent                                worker
//!   Hello {build, limits} + link  ──▶
//!                                 ◀──   Ready | Refused {why}
//!   Run {entry, count, bytes}     ──▶     arguments in the input area, or in a file sent along
//!                                 ◀──   Spill {first, count} + file     (the output area was full)
//!                                 ◀──   Done                            (the rest is in the output area)
//! ```

use rustix::cmsg_space;
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Descriptors in one message: a greeting has two, what is long travels as one.
const MAX_FDS: usize = 2;

/// The fixed part of a message: kind, flag, three numbers.
const HEAD: usize = 32;

/// The fixed part plus the longest text.
pub(crate) const MAX_MESSAGE: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    Hello = 1,
    Ready = 2,
    Refused = 3,
    Run = 4,
    Spill = 5,
    Done = 6,
}

/// One message, without its descriptors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: Kind,
    /// Whether the bytes meant are in a file, the first descriptor sent along, and not in a shared area.
    pub(crate) in_file: bool,
    /// `Run`: the entry. `Spill`: the index of its first item.
    pub(crate) at: u64,
    /// Items.
    pub(crate) count: u64,
    /// Bytes.
    pub(crate) bytes: u64,
    /// `Hello`: the build. `Refused`: why.
    pub(crate) text: Vec<u8>,
}

impl Message {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, in_file: false, at: 0, count: 0, bytes: 0, text: Vec::new() }
    }

    fn encode(&self) -> ([u8; MAX_MESSAGE], usize) {
        let mut out = [0; MAX_MESSAGE];
        out[0..4].copy_from_slice(&(self.kind as u32).to_ne_bytes());
        out[4..8].copy_from_slice(&u32::from(self.in_file).to_ne_bytes());
        out[8..16].copy_from_slice(&self.at.to_ne_bytes());
        out[16..24].copy_from_slice(&self.count.to_ne_bytes());
        out[24..32].copy_from_slice(&self.bytes.to_ne_bytes());
        let text = &self.text[..self.text.len().min(MAX_MESSAGE - HEAD)];
        out[HEAD..HEAD + text.len()].copy_from_slice(text);
        (out, HEAD + text.len())
    }

    /// Reads what came from the other side, which may be anything: a crashing task can scribble anywhere.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let word = |at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let kind = match word(0)? {
            1 => Kind::Hello,
            2 => Kind::Ready,
            3 => Kind::Refused,
            4 => Kind::Run,
            5 => Kind::Spill,
            6 => Kind::Done,
            _ => return None,
        };
        let in_file = match word(4)? {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some(Self {
            kind,
            in_file,
            at: number(8)?,
            count: number(16)?,
            bytes: number(24)?,
            text: bytes.get(HEAD..)?.to_vec(),
        })
    }
}

/// What a receive brought.
#[derive(Debug)]
pub(crate) enum Received {
    Message(Message, Vec<OwnedFd>),
    /// Nothing there now.
    Nothing,
    /// The other side is gone.
    Closed,
    /// Bytes that are no message.
    Garbage,
}

/// Sends one message. Never waits for room: the protocol keeps a handful of messages under way.
pub(crate) fn send(socket: BorrowedFd<'_>, message: &Message, fds: &[BorrowedFd<'_>]) -> Result<(), Errno> {
    let (bytes, len) = message.encode();
    loop {
        let sent = if fds.is_empty() {
            rustix::net::send(socket, &bytes[..len], SendFlags::NOSIGNAL)
        } else {
            let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_FDS))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            if !control.push(SendAncillaryMessage::ScmRights(fds)) {
                return Err(Errno::INVAL);
            }
            sendmsg(socket, &[IoSlice::new(&bytes[..len])], &mut control, SendFlags::NOSIGNAL)
        };
        match sent {
            Err(Errno::INTR) => {}
            other => return other.map(drop),
        }
    }
}

/// Receives one message; without `wait`, [`Received::Nothing`] if none is there.
pub(crate) fn receive(socket: BorrowedFd<'_>, wait: bool) -> Result<Received, Errno> {
    let mut bytes = [0; MAX_MESSAGE];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | if wait { RecvFlags::empty() } else { RecvFlags::DONTWAIT };
    let got = loop {
        match recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(Received::Nothing),
            Err(Errno::CONNRESET) => return Ok(Received::Closed),
            other => break other?,
        }
    };
    if got.bytes == 0 {
        return Ok(Received::Closed);
    }
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    if got.flags.contains(ReturnFlags::TRUNC) {
        return Ok(Received::Garbage);
    }
    Ok(Message::decode(&bytes[..got.bytes]).map_or(Received::Garbage, |message| Received::Message(message, fds)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_a_message_that_encodes_back_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Some(message) = Message::decode(&bytes) {
                let (out, len) = message.encode();
                prop_assert_eq!(&out[..len], &bytes[..]);
            }
        }

        #[test]
        fn a_message_survives(kind in 1_u32..=6, in_file: bool, at: u64, count: u64, bytes: u64, text in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut head = kind.to_ne_bytes().to_vec();
            head.resize(HEAD, 0);
            let kind = Message::decode(&head).unwrap().kind;
            let message = Message { kind, in_file, at, count, bytes, text };
            let (out, len) = message.encode();
            prop_assert_eq!(Message::decode(&out[..len]), Some(message));
        }
    }
}
