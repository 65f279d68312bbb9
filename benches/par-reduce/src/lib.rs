//! What the benchmarks of `par-reduce` share. The benchmarks are under `benches/`.
