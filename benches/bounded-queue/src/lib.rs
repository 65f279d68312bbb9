//! What the benchmarks of `bounded-queue` share. The benchmarks are under `benches/`.
