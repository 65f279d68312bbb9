//! Chosen cells of the table, all contenders in turn: every round runs each contender once on a fresh copy of the same
//! input, and answers are asserted before anything is timed. Prints medians (and minima) in microseconds, CPU time, and how
//! many times the first one's median each takes. Contenders are chosen by how their names begin.
//!
//! ```text
//! cells u64,pair random,sorted 1000000 stable,unstable,keys [rounds] [contenders]
//! ```

use bench_kit::cpu_time;
use par_sort_bench::contenders::{Element, PROMISES};
use par_sort_bench::{floats, inputs, narrow, pairs, strings};
use std::time::{Duration, Instant};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let list = |i: usize, default: &str| -> Vec<String> {
        args.get(i).map_or(default, |s| s).split(',').map(str::to_owned).collect()
    };
    let (types, wanted, promises) =
        (list(0, "u64,u32,f64,pair,string"), list(1, "random"), list(3, &PROMISES.join(",")));
    let rounds = args.get(4).map_or(9, |s| s.parse().expect("the number of rounds"));
    let names = list(5, "");
    for n in list(2, "1000000").iter().map(|s| s.parse::<usize>().expect("a length")) {
        for (shape, v) in inputs(n).iter().filter(|(name, _)| wanted.iter().any(|w| w == name || w == "all")) {
            for (kind, promise) in types.iter().flat_map(|kind| promises.iter().map(move |promise| (kind, promise))) {
                let title = format!("{kind} {shape} {n} {promise}");
                match kind.as_str() {
                    "u64" => cell(&title, v, promise, rounds, &names),
                    "u32" => cell(&title, &narrow(v), promise, rounds, &names),
                    "f64" => cell(&title, &floats(v), promise, rounds, &names),
                    "pair" => cell(&title, &pairs(v), promise, rounds, &names),
                    "string" => cell(&title, &strings(v), promise, rounds, &names),
                    other => panic!("no type {other}"),
                }
            }
        }
    }
}

fn cell<T: Element>(title: &str, input: &[T], promise: &str, rounds: usize, names: &[String]) {
    let mut contenders = T::contenders(promise);
    contenders.retain(|(name, _)| names.iter().any(|wanted| name.starts_with(wanted)));
    let mut answer: Option<Vec<T>> = None;
    for (name, sort) in &contenders {
        let mut v = input.to_vec();
        sort(&mut v);
        let answer = answer.get_or_insert_with(|| v.clone());
        let right = answer.iter().zip(&v).all(|(a, b)| a.same(b, promise == "stable"));
        assert!(right, "{title}: {name} gives a wrong answer");
    }
    let mut times: Vec<Vec<(Duration, Duration)>> = vec![Vec::new(); contenders.len()];
    // Short inputs: many copies sorted in one stretch of time.
    let copies = (20_000 / input.len().max(1)).max(1);
    for _ in 0..rounds {
        for ((_, sort), times) in contenders.iter().zip(&mut times) {
            let mut v: Vec<Vec<T>> = vec![input.to_vec(); copies];
            // Until the threads of the one before sleep: OpenMP's spin for milliseconds and would take a core from the next.
            std::thread::sleep(Duration::from_millis(20));
            let (cpu, start) = (cpu_time(), Instant::now());
            v.iter_mut().for_each(|v| sort(v));
            let (wall, cpu) = (start.elapsed(), cpu_time().saturating_sub(cpu));
            times.push((wall / copies as u32, cpu / copies as u32));
        }
    }
    println!("{title}");
    let mut first = None;
    for ((name, _), times) in contenders.iter().zip(&mut times) {
        let mut cpu: Vec<Duration> = times.iter().map(|t| t.1).collect();
        times.sort();
        cpu.sort();
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let (middle, least) = (us(times[times.len() / 2].0), us(times[0].0));
        let ratio = middle / *first.get_or_insert(middle);
        println!("    {name:20} {middle:11.1} ({least:11.1})  cpu {:11.1}  {ratio:6.2}", us(cpu[cpu.len() / 2]));
    }
}
