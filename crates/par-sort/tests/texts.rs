//! Text and bytes, which are sorted eight bytes at a time: against std's stable sort, told apart by their addresses.

mod oracle;

use oracle::Rng;
use par_sort::ParSort;
use proptest::prelude::*;

/// Lists that differ early, late, in zeros, in length, or not at all.
fn lists(n: usize) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let mut rng = Rng::new(n as u64);
    let mut make = |f: &dyn Fn(&mut Rng) -> Vec<u8>| (0..n).map(|_| f(&mut rng)).collect::<Vec<_>>();
    vec![
        ("hex", make(&|rng| format!("{:016x}", rng.next()).into_bytes())),
        ("words", make(&|rng| format!("{}", rng.below(5000)).into_bytes())),
        ("one beginning", make(&|rng| format!("https://example.org/{}/{}", rng.below(3), rng.below(900)).into_bytes())),
        ("late", make(&|rng| format!("{}{:03}", "x".repeat(100), rng.below(1000)).into_bytes())),
        ("zeros", make(&|rng| vec![0; rng.below(20)])),
        ("nearly zeros", make(&|rng| (0..rng.below(20)).map(|_| u8::from(rng.below(20) == 0)).collect())),
        ("lengths", make(&|rng| vec![b'a'; rng.below(300)])),
        ("equal", make(&|_| b"the same for all, and longer than a word".to_vec())),
        ("four", make(&|rng| format!("this is one of four: {}", rng.below(4)).into_bytes())),
        ("empty", make(&|_| Vec::new())),
        ("wide", make(&|rng| (0..9).map(|_| rng.next() as u8).collect())),
    ]
}

#[test]
fn bytes_are_sorted_stably() {
    for n in [0, 1, 2, 47, 511, 512, 3000, if cfg!(debug_assertions) { 20_000 } else { 200_000 }] {
        for (name, list) in lists(n) {
            let borrowed: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
            let mut answer = borrowed.clone();
            answer.sort();
            let place = |v: &[&[u8]]| v.iter().map(|text| text.as_ptr()).collect::<Vec<_>>();
            let mut v = borrowed.clone();
            v.par_sort();
            assert!(v == answer && place(&v) == place(&answer), "{name}, {n}");
            let mut v = borrowed.clone();
            v.par_sort_by(Ord::cmp);
            assert!(place(&v) == place(&answer), "by cmp: {name}, {n}");
            let mut v = borrowed;
            v.par_sort_unstable();
            assert!(v == answer, "unstable: {name}, {n}");
            let mut v = list.clone();
            v.par_sort();
            assert!(v == answer, "vectors: {name}, {n}");
            let mut v: Vec<Box<[u8]>> = list.iter().map(|text| text.clone().into()).collect();
            v.par_sort();
            assert!(v.iter().map(|text| &**text).eq(answer.iter().copied()), "boxes: {name}, {n}");
        }
    }
}

#[test]
fn strings_are_sorted_in_every_shape() {
    for n in [600, 30_000] {
        for (name, keys) in oracle::shapes(n, 4) {
            let mut v: Vec<String> = keys.iter().map(|key| format!("{key:08}")).collect();
            let mut answer = v.clone();
            answer.sort();
            let mut borrowed: Vec<&str> = v.iter().map(String::as_str).collect();
            borrowed.par_sort();
            assert!(borrowed == answer, "{name}, {n}");
            v.par_sort();
            assert!(v == answer, "{name}, {n}");
        }
    }
}

#[test]
fn long_texts_that_agree_do_not_deepen_the_stack() {
    let text = "y".repeat(400_000);
    let mut v: Vec<String> = (0..600).map(|i| text[..text.len() - i * 37 % 600].to_owned()).collect();
    let mut answer = v.clone();
    answer.sort();
    v.par_sort();
    assert!(v == answer);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_sorted_as_std_does(
        list in proptest::collection::vec(proptest::collection::vec(0_u8..3, 0..30), 512..1500),
    ) {
        let mut answer = list.clone();
        answer.sort();
        let mut v = list;
        v.par_sort();
        prop_assert_eq!(v, answer);
    }
}
