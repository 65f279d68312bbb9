//! `par-sort` against its peers.
fn main() {}
