//! What the benchmarks of `worker-pool` share. The benchmarks are under `benches/`.
