//! `dining` against its peers.
fn main() {}
