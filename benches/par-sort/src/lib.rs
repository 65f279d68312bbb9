//! What the benchmarks of `par-sort` share: the inputs. The benchmarks are under `benches/`.

/// A small generator: the same input every time.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

/// `n` numbers over the whole range.
pub fn numbers(n: usize) -> Vec<u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    (0..n).map(|_| random(&mut state)).collect()
}

/// Strings of 16 characters in the order of the numbers.
pub fn strings(v: &[u64]) -> Vec<String> {
    v.iter().map(|x| format!("{x:016x}")).collect()
}

/// Every shape but random.
pub fn shapes(n: usize) -> Vec<(&'static str, Vec<u64>)> {
    let mut state = 77;
    let mut below = |n: usize| (random(&mut state) >> 11) as usize % n;
    let up: Vec<u64> = (0..n as u64).map(|i| i << 20).collect();
    let mut swapped = up.clone();
    for _ in 0..n / 200 {
        let (a, b) = (below(n), below(n));
        swapped.swap(a, b);
    }
    let mut tail = up.clone();
    for x in &mut tail[n - n / 10..] {
        *x = below(n << 20) as u64;
    }
    vec![
        ("sorted", up.clone()),
        ("reversed", up.iter().rev().copied().collect()),
        ("1% swaps", swapped),
        ("16 values", (0..n).map(|_| below(16) as u64).collect()),
        ("zipf", (0..n).map(|_| (n as f64).powf(below(1 << 30) as f64 / (1_u64 << 30) as f64) as u64).collect()),
        ("organ pipe", up.iter().map(|&x| x.min(((n as u64) << 20) - x)).collect()),
        ("random tail", tail),
        ("saw-tooth", up.iter().map(|x| x % ((n as u64 / 16) << 20)).collect()),
    ]
}
