//! `worker-pool` against its peers.
fn main() {}
