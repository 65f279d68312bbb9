//! What the benchmark of `kmerge` is made of: shapes of data, and the peer that needs a wrapping.

#[cfg(gnu_parallel)]
pub mod gnu;
pub mod shapes;
