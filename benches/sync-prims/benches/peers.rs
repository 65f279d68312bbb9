//! `sync-prims` against its peers.
fn main() {}
