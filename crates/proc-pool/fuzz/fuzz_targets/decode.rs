//! What a process that has gone mad may send: messages, records, values, and ways to shared memory. Any bytes are a value
//! or an error; nothing panics, and the outcomes of a piece are as many as its tasks.
//!
//! The crate does not show these functions, so its modules are taken in here.
#![no_main]
#![allow(dead_code, unreachable_pub, unused_imports, reason = "the target uses a part of the modules")]

#[path = "../../src/batch.rs"]
mod batch;
#[path = "../../src/bounded.rs"]
mod bounded;
#[path = "../../src/clock.rs"]
mod clock;
#[path = "../../src/codec.rs"]
mod codec;
#[path = "../../src/error.rs"]
mod error;
#[path = "../../src/records.rs"]
mod records;
#[path = "../../src/shared/mod.rs"]
pub mod shared;
#[path = "../../src/spin.rs"]
mod spin;
#[path = "../../src/sync.rs"]
mod sync;
#[path = "../../src/wire.rs"]
mod wire;

use batch::{Outcome, Piece};
use error::TaskError;
use libfuzzer_sys::fuzz_target;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::array::SharedArray;
use shared::travel::Way;
use shared::value::SharedValue;
use shared::{Barrier, Mutex, Queue, Semaphore};
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Debug, Deserialize)]
enum Any {
    Unit,
    Number(i128),
    Text(String, char),
    List { list: Vec<Any>, map: BTreeMap<u16, Option<f32>> },
    Widthless(Vec<()>, BTreeMap<(), [u8; 0]>),
    Deep(Box<Any>),
}

#[derive(Deserialize)]
struct Shared {
    _array: SharedArray<u64>,
    _value: SharedValue<[u8; 3]>,
    _lock: Mutex<u128>,
    _queue: Queue<[u32; 5]>,
    _barrier: Barrier,
    _semaphore: Semaphore,
}

fuzz_target!(|data: &[u8]| {
    if let Some(message) = wire::Message::decode(data) {
        assert!(message.text.len() <= data.len());
    }
    open::<u64>(data);
    open::<String>(data);
    open::<Any>(data);
    drop(codec::read::<Any>(data, Way::UnpackArgument));
    drop(codec::read::<Vec<SharedArray<u16>>>(data, Way::UnpackResult));
    drop(codec::read::<Shared>(data, Way::UnpackResult));
    if let Some((count, _)) = data.split_first_chunk() {
        known_memory(u64::from_ne_bytes(*count));
    }
});

/// The outcomes of as many tasks as the first byte says.
fn open<R: DeserializeOwned>(data: &[u8]) {
    let Some((&count, bytes)) = data.split_first() else { return };
    let piece = Piece { first: 0, count: count.into(), outcome: Outcome::Records(bytes.to_vec()) };
    let mut outcomes = 0;
    piece.open::<R>(|_: Result<R, TaskError>| outcomes += 1);
    assert_eq!(outcomes, usize::from(count));
}

/// The way to memory that is there, with a length that nobody has vouched for.
fn known_memory(count: u64) {
    static ARRAY: OnceLock<(SharedArray<u64>, Vec<u8>)> = OnceLock::new();
    let (_, ticket) = ARRAY.get_or_init(|| {
        let array = SharedArray::from_slice(&[7_u64; 100]).expect("memory");
        let mut bytes = Vec::new();
        let head = &mut records::Head::default();
        codec::append(&array, records::Tag::Value, Way::PackArgument, head, &mut bytes).expect("an argument");
        let (_, ticket) = records::Records::new(&bytes).next().expect("a record");
        (array, ticket.to_vec())
    });
    let mut ticket = ticket.clone();
    let at = ticket.len() - 8;
    ticket[at..].copy_from_slice(&count.to_ne_bytes());
    if let Ok(array) = codec::read::<SharedArray<u64>>(&ticket, Way::UnpackResult) {
        assert!(array.len() <= 100 && array.iter(..).all(|n| n == 7));
    }
    if let Ok(queue) = codec::read::<Queue<u32>>(&ticket, Way::UnpackResult) {
        assert!(queue.len() <= queue.capacity() && queue.capacity() * 4 <= 800);
    }
    if let Ok(barrier) = codec::read::<Barrier>(&ticket, Way::UnpackResult) {
        assert!(barrier.parties() as u64 == count);
    }
}
