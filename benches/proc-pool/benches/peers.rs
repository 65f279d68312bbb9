//! `proc-pool` against its peers.
fn main() {}
