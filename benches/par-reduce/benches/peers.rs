//! `par-reduce` against its peers.
fn main() {}
