//! What the benchmarks of `proc-pool` share. The benchmarks are under `benches/`.
