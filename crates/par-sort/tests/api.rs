//! Every public name as an outside program uses it: what compiles here is the contract.

use par_sort::{Float, ParSort, RadixKey, Sorter};
use std::cmp::Reverse;
use std::collections::HashMap;

fn sorted<T: Clone + PartialEq + std::fmt::Debug>(input: &[T], answer: &[T], sort: impl FnOnce(&mut [T])) {
    let mut v = input.to_vec();
    sort(&mut v);
    assert_eq!(v, answer);
}

#[test]
fn every_method_of_slices() {
    let (input, answer) = ([3_u64, 1, 2], [1, 2, 3]);
    sorted(&input, &answer, |v| v.par_sort());
    sorted(&input, &answer, |v| v.par_sort_by(|a, b| a.cmp(b)));
    sorted(&input, &answer, |v| v.par_sort_by(u64::cmp));
    sorted(&input, &answer, |v| v.par_sort_by_key(|&x| x));
    sorted(&input, &answer, |v| v.par_sort_by_cached_key(|x| x.to_string()));
    sorted(&input, &answer, |v| v.par_sort_unstable());
    sorted(&input, &answer, |v| v.par_sort_unstable_by(|a, b| a.cmp(b)));
    sorted(&input, &answer, |v| v.par_sort_unstable_by_key(|&x| x));
    sorted(&input, &answer, |v| v.par_sort_radix());
    sorted(&input, &answer, |v| v.par_sort_radix_by_key(|&x| x));
    sorted(&input, &[3, 2, 1], |v| v.par_sort_radix_by_key(|&x| Reverse(x)));
    sorted(&input, &answer, |v| v.par_partial_sort(3));
    sorted(&input, &answer, |v| v.par_partial_sort_by(3, |a, b| a.cmp(b)));
    sorted(&[2.5_f64, -1.0], &[-1.0, 2.5], |v| v.par_sort_floats());
    sorted(&[2.5_f32, -1.0], &[-1.0, 2.5], |v| v.par_sort_floats());
    let mut v = input;
    let (less, nth, greater): (&mut [u64], &mut u64, &mut [u64]) = v.par_select_nth_unstable(1);
    assert_eq!((less, nth, greater), (&mut [1][..], &mut 2, &mut [3][..]));
    assert_eq!(*v.par_select_nth_unstable_by(0, |a, b| b.cmp(a)).1, 3);
    assert_eq!(*v.par_select_nth_unstable_by_key(0, |&x| Reverse(x)).1, 3);
    let order: Vec<usize> = input.par_argsort();
    assert_eq!(order, [1, 2, 0]);
    assert_eq!(input.par_argsort_by(|a, b| b.cmp(a)), [0, 2, 1]);
    assert_eq!(input.par_argsort_by_key(|&x| Reverse(x)), [0, 2, 1]);
    assert!(!input.par_is_sorted() && answer.par_is_sorted());
    assert!(input[1..].par_is_sorted_by(|a, b| a.cmp(b)));
}

#[test]
fn elements_and_keys_that_borrow_and_are_no_copies() {
    let names = [String::from("b"), String::from("a")];
    let ages = HashMap::from([("a", 7_u32), ("b", 5)]);
    let mut v: Vec<&String> = names.iter().collect();
    v.par_sort_radix_by_key(|name| ages[name.as_str()]);
    assert_eq!(v, ["b", "a"]);
    v.par_sort_unstable_by_key(|name| std::cmp::Reverse(ages[name.as_str()]));
    assert_eq!(v, ["a", "b"]);
    let mut owned: Vec<(String, u8)> = vec![("x".into(), 2), ("y".into(), 1)];
    owned.par_sort_radix_by_key(|item| item.1);
    assert_eq!(owned[0].0, "y");
}

#[test]
fn every_key_that_has_digits() {
    fn check<K: RadixKey + Send + Clone + PartialOrd + std::fmt::Debug>(mut input: Vec<K>) {
        for _ in 0..9 {
            input.extend_from_within(..);
        }
        input.par_sort_radix();
        assert!(input.is_sorted(), "{input:?}");
    }
    fn is_float<F: Float>() {}
    check(vec![3_u8, 1, 2]);
    check(vec![300_u16, 1, 2]);
    check(vec![3_u32, 1, 2]);
    check(vec![3_u64, 1, u64::MAX]);
    check(vec![3_u128, 1, u128::MAX]);
    check(vec![3_usize, 1, 2]);
    check(vec![3_i8, -1, i8::MIN]);
    check(vec![3_i16, -1, i16::MIN]);
    check(vec![3_i32, -1, i32::MIN]);
    check(vec![3_i64, -1, i64::MIN]);
    check(vec![3_i128, -1, i128::MIN]);
    check(vec![3_isize, -1, 2]);
    check(vec![1.5_f32, -0.5, f32::NEG_INFINITY]);
    check(vec![1.5_f64, -0.5, f64::NEG_INFINITY]);
    check(vec![true, false]);
    check(vec!['z', 'a', '\u{10ffff}']);
    check(vec![[3_u8, 1, 9], [3, 1, 2], [0, 7, 7]]);
    check(vec![[u64::MAX, 1], [u64::MAX, 0], [0, 5]]);
    check(vec![(1_u8, 2_i64), (1, -2), (0, 9)]);
    check(vec![(1_u8, 2_i64, 'x'), (1, 2, 'a'), (0, 9, 'b')]);
    check(vec![(1_u128, true, 2_u8, [1_u16, 2]), (1, false, 2, [1, 1]), (0, true, 2, [1, 3])]);
    check(vec![(), ()]);
    is_float::<f32>();
    is_float::<f64>();
}

#[test]
fn every_setting_of_the_sorter() {
    let mut scratch: Vec<u64> = Vec::new();
    let sorter: Sorter = Sorter::new().threads(2).sequential_below(0).stable(false);
    sorted(&[3_u64, 1, 2], &[1, 2, 3], |v| sorter.sort(v));
    sorted(&[3_u64, 1, 2], &[1, 2, 3], |v| sorter.sort_by(v, |a, b| a.cmp(b)));
    sorted(&[3_u64, 1, 2], &[1, 2, 3], |v| sorter.sort_by_key(v, |&x| x));
    sorted(&[3_u64, 1, 2], &[1, 2, 3], |v| sorter.sort_by_cached_key(v, |&x| x));
    sorted(&[3_u64, 1, 2], &[1, 2, 3], |v| sorter.sort_radix(v));
    sorted(&[3_u64, 1, 2], &[1, 2, 3], |v| sorter.sort_radix_by_key(v, |&x| x));
    // In the order of the issue, and as a `Vec`.
    let mut v = vec![3_u64, 1, 2];
    Sorter::new().threads(2).sequential_below(0).stable(true).scratch(&mut scratch).sort_by(&mut v, |a, b| a.cmp(b));
    assert_eq!(v, [1, 2, 3]);
    Sorter::new().scratch(&mut scratch).threads(2).stable(false).sequential_below(0).sort_by(&mut v, |a, b| b.cmp(a));
    assert_eq!(v, [3, 2, 1]);
    Sorter::new().scratch(&mut scratch).sort(&mut v);
    Sorter::new().scratch(&mut scratch).sort_by_key(&mut v, |&x| x);
    assert_eq!((v.as_slice(), scratch.len()), (&[1, 2, 3][..], 0));
}
