//! What the benchmarks of `sync-prims` share. The benchmarks are under `benches/`.
