//! What the benchmarks of `dining` share. The benchmarks are under `benches/`.
