//! A small use of every kernel, for the address and thread sanitizers and valgrind.
fn lists<T>(k: usize, n: usize, make: impl Fn(usize) -> T) -> Vec<Vec<T>>
where
    T: Ord,
{
    let list = |source: usize| {
        let mut list: Vec<T> = (0..n / k).map(|i| make((i * 7919 + source * 104_729) % 10_007)).collect();
        list.sort();
        list
    };
    (0..k).map(list).collect()
}

fn main() {
    for k in [1, 2, 3, 16] {
        let numbers = lists(k, 40_000, |n| n);
        let strings = lists(k, 4_000, |n| n.to_string());
        let slices: Vec<&[usize]> = numbers.iter().map(Vec::as_slice).collect();
        let mut sorted = numbers.concat();
        sorted.sort();
        assert_eq!(kmerge::merge(&slices), sorted);
        assert_eq!(kmerge::par_merge(&slices), sorted);
        assert!(kmerge::kmerge(numbers.clone()).eq(sorted.iter().copied()));
        assert!(kmerge::kmerge_by(numbers.clone(), usize::cmp).eq(sorted.iter().copied()));
        let texts: Vec<&[String]> = strings.iter().map(Vec::as_slice).collect();
        assert!(kmerge::merge(&texts).is_sorted());
        assert!(kmerge::par_merge(&texts).is_sorted());
        let boxes = lists(k, 40_000, Box::new);
        let boxes: Vec<&[Box<usize>]> = boxes.iter().map(Vec::as_slice).collect();
        assert!(kmerge::merge(&boxes).is_sorted());
        assert!(kmerge::par_merge(&boxes).is_sorted());
        assert!(kmerge::merge_vecs(strings.clone()).is_sorted());
        assert!(kmerge::par_merge_rounds(strings.clone()).is_sorted());
        let mut runs = strings.concat();
        let ends: Vec<usize> = (1..=k).map(|i| i * (4_000 / k)).collect();
        kmerge::par_merge_runs(&mut runs, &ends);
        assert!(runs.is_sorted());
        // A comparison that panics: nothing is lost, nothing is dropped twice.
        let mut calls = 0;
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            kmerge::merge_vecs_by(strings.clone(), |a: &String, b: &String| {
                calls += 1;
                assert!(calls < 1000, "on purpose");
                a.cmp(b)
            })
        }));
        assert!(k == 1 || panicked.is_err());
    }
}
