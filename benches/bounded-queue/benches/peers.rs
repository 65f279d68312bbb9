//! `bounded-queue` against its peers.
fn main() {}
