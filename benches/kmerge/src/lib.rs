//! What the benchmarks of `kmerge` share. The benchmarks are under `benches/`.
