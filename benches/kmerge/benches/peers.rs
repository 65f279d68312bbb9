//! `kmerge` against its peers.
fn main() {}
