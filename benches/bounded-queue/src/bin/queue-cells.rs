//! Every cell, both states: interleaved rounds, medians of wall and CPU time per item, ratios to the peers.
//!
//! `queue-cells [rounds] [milliseconds per sample] [filter]`; the filter is matched against `rest 1x1 cap 64 u64`.

use bounded_queue_bench::contenders::{Contender, contenders};
use bounded_queue_bench::{Item, Load, Shape};
use std::collections::BTreeMap;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rounds = args.first().map_or(5, |a| a.parse().expect("rounds"));
    let millis = args.get(1).map_or(10.0, |a| a.parse().expect("milliseconds"));
    let filter = args.get(2).cloned().unwrap_or_default();
    let only: Vec<String> = args.get(3).map(|s| s.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let mut ratios = BTreeMap::<(String, &'static str), Vec<(f64, f64)>>::new();
    for busy in [false, true] {
        let state = if busy { "busy" } else { "rest" };
        for capacity in [1, 64, 1024, 4096] {
            for (producers, consumers) in [(1, 1), (4, 1), (1, 4), (2, 2), (4, 4)] {
                let shape = Shape { producers, consumers, capacity, items: 0 };
                cell::<u64>(state, "u64", shape, rounds, millis, &filter, &only, &mut ratios);
                cell::<[u64; 8]>(state, "64B", shape, rounds, millis, &filter, &only, &mut ratios);
            }
        }
    }
    println!("\ngeometric means against ours (above 1: ours is faster), wall / cpu, worst cell");
    for ((state, name), all) in &ratios {
        let mean = |f: fn(&(f64, f64)) -> f64| (all.iter().map(|r| f(r).ln()).sum::<f64>() / all.len() as f64).exp();
        let worst = all.iter().map(|r| r.0).fold(f64::INFINITY, f64::min);
        println!(
            "{state:5} {name:20} {:.2} / {:.2}   worst {worst:.2}   cells {}",
            mean(|r| r.0),
            mean(|r| r.1),
            all.len()
        );
    }
}

#[expect(clippy::too_many_arguments, reason = "a command line in one call")]
fn cell<T: Item>(
    state: &str,
    kind: &str,
    shape: Shape,
    rounds: usize,
    millis: f64,
    filter: &str,
    only: &[String],
    ratios: &mut BTreeMap<(String, &'static str), Vec<(f64, f64)>>,
) {
    let title = format!("{state} {shape} {kind}");
    if !filter.split('&').all(|part| title.contains(part)) {
        return;
    }
    let load = (state == "busy").then(|| Load::start(2));
    let who: Vec<Contender> = contenders::<T>(shape)
        .into_iter()
        .filter(|(name, _)| {
            only.is_empty() || *name == "bounded-queue" || only.iter().any(|o| name.contains(o.as_str()))
        })
        .collect();
    // Each contender gets as many items as it moves in the given time.
    let mut items = Vec::new();
    for (name, run) in &who {
        let mut n = 400;
        loop {
            let sample = run(Shape { items: n, ..shape });
            assert_eq!(sample.sum, Shape { items: n, ..shape }.answer(), "{name} gives a wrong answer at {title}");
            let took = sample.wall.as_secs_f64() * 1e3;
            if took > millis / 4.0 || n > 10_000_000 {
                items.push(((n as f64 * millis / took) as u64 / 4 + 1) * 4);
                break;
            }
            n *= 4;
        }
    }
    let mut walls = vec![Vec::new(); who.len()];
    let mut cpus = vec![Vec::new(); who.len()];
    for _ in 0..rounds {
        for (i, (_, run)) in who.iter().enumerate() {
            let sample = run(Shape { items: items[i], ..shape });
            walls[i].push(sample.wall.as_secs_f64() * 1e9 / items[i] as f64);
            cpus[i].push(sample.cpu.as_secs_f64() * 1e9 / items[i] as f64);
        }
    }
    drop(load);
    let median = |v: &mut Vec<f64>| {
        v.sort_by(f64::total_cmp);
        v[v.len() / 2]
    };
    let mut line = format!("{title:24}");
    let mut ours = (0.0, 0.0);
    for (i, (name, _)) in who.iter().enumerate() {
        let (wall, cpu) = (median(&mut walls[i]), median(&mut cpus[i]));
        if i == 0 {
            ours = (wall, cpu);
        } else {
            let state = state.to_owned();
            ratios.entry((state, name)).or_default().push((wall / ours.0, cpu / ours.1));
        }
        let short: String = name.chars().take(10).collect();
        if std::env::var_os("SPREAD").is_some() {
            line += &format!(
                " | {short} {:.0}..{:.0}..{wall:.0}..{:.0}/{cpu:.0}",
                walls[i][0],
                walls[i][rounds / 4],
                walls[i][rounds * 3 / 4]
            );
            continue;
        }
        line += &format!(" | {short} {wall:.0}/{cpu:.0}");
    }
    println!("{line}");
}
