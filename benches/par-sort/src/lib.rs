//! What the benchmarks of `par-sort` share. The benchmarks are under `benches/`.
