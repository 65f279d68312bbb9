//! What the benchmarks of `par-sort` share: the inputs, and the sorts of C++. `benches/peers.rs` is criterion's part;
//! `src/bin/cells.rs` measures chosen cells of the whole table with all contenders in turn.

pub mod contenders;
pub mod cpp;

/// A record of 16 bytes, sorted by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Pair {
    /// What it is sorted by.
    pub key: u64,
    /// What it carries: where it stood.
    pub value: u64,
}

/// Records with the numbers as keys.
pub fn pairs(v: &[u64]) -> Vec<Pair> {
    v.iter().enumerate().map(|(i, &key)| Pair { key, value: i as u64 }).collect()
}

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

/// Floats in the order of the numbers, negative ones among them; as different as the numbers where these have up to 53 bits.
pub fn floats(v: &[u64]) -> Vec<f64> {
    let bits = 64 - v.iter().fold(0, |all, x| all | x).leading_zeros();
    let half = 2_f64.powi(bits.min(53) as i32 - 1);
    v.iter().map(|&x| ((x >> bits.saturating_sub(53)) as f64 - half) / 1024.0).collect()
}

/// The highest bits that matter, as 32-bit numbers.
pub fn narrow(v: &[u64]) -> Vec<u32> {
    let bits = 64 - v.iter().fold(0, |all, x| all | x).leading_zeros();
    v.iter().map(|x| (x >> bits.saturating_sub(32)) as u32).collect()
}

/// Every shape by name, random first.
pub fn inputs(n: usize) -> Vec<(&'static str, Vec<u64>)> {
    let mut inputs = vec![("random", numbers(n))];
    inputs.extend(shapes(n));
    inputs
}

fn shapes(n: usize) -> Vec<(&'static str, Vec<u64>)> {
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
