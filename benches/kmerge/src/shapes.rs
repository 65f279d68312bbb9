//! Sorted lists of several shapes. All are made of numbers, the same on every run.

/// Sorted lists.
pub type Lists = Vec<Vec<u64>>;

/// The names that [`shaped`] knows.
pub const SHAPES: [&str; 7] = ["uniform", "disjoint", "duplicates", "clustered", "short runs", "skewed", "giant"];

/// `n` numbers in `k` lists of a shape.
///
/// # Panics
/// If there is no such shape.
pub fn shaped(shape: &str, k: usize, n: usize) -> Lists {
    match shape {
        "uniform" => deal(k, n, mix, |i| i % k),
        // Each list a range of its own, the greatest first.
        "disjoint" => deal(k, n, |i| i as u64, |i| k - 1 - i * k / n),
        "duplicates" => deal(k, n, |i| mix(i) % 100, |i| i % k),
        // Neighbours in the output come from one list 200 times in a row.
        "clustered" => deal(k, n, |i| i as u64, |i| mix(i / 200) as usize % k),
        // The same, 6 times.
        "short runs" => deal(k, n, |i| i as u64, |i| mix(i / 6) as usize % k),
        // List `i` is about half as long as the one before.
        "skewed" => deal(k, n, mix, |i| (mix(!i).trailing_zeros() as usize).min(k - 1)),
        // One list has all but a thousandth.
        "giant" => deal(k, n, mix, |i| if mix(!i).is_multiple_of(1000) { i % k } else { k / 2 }),
        _ => panic!("no shape {shape}"),
    }
}

/// A number that looks random.
pub fn mix(i: usize) -> u64 {
    let mut x = i as u64;
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn deal(k: usize, n: usize, value: impl Fn(usize) -> u64, list: impl Fn(usize) -> usize) -> Lists {
    let mut lists = vec![Vec::new(); k];
    (0..n).for_each(|i| lists[list(i)].push(value(i)));
    lists.iter_mut().for_each(|list| list.sort_unstable());
    lists
}

/// The same lists of something else that is in the same order.
pub fn mapped<T>(lists: &Lists, to: impl Fn(u64) -> T) -> Vec<Vec<T>> {
    lists.iter().map(|list| list.iter().map(|&x| to(x)).collect()).collect()
}
