//! Dining philosophers: a deadlock as a value, and the strategies that avoid it.

#[path = "demo/live.rs"]
mod live;

use demo_kit::{Cell, Demo};
use dining::{DeadlockReport, Dinner, Outcome, Report, Span, SpanKind, Stop, Strategy, Threads, Topology, Work};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let mut demo = Demo::new(
        "dining",
        "everybody needs two chopsticks, each is shared by two: who takes what, and in which order?",
    )
    .size("philosophers", 5)
    .option("time", "MS", "how long each strategy is served in the table, in milliseconds (default: 150)")
    .option("gantt", "FILE", "write the last evening as a Gantt chart (SVG)")
    .option("trace", "FILE", "write the last evening for Perfetto or chrome://tracing (JSON)")
    .option("dot", "FILE", "write the deadlock for Graphviz (DOT)")
    .flag("live", "look at the table in the terminal; space pauses, left and right change the strategy, q ends")
    .start();
    let n = demo.size();
    if n < 2 {
        demo.refuse("--size must be at least 2: one philosopher shares no chopstick");
    }
    let time = match demo.value("time").map(str::parse) {
        None => Duration::from_millis(150),
        Some(Ok(ms)) if ms > 0 => Duration::from_millis(ms),
        Some(_) => demo.refuse("--time takes a whole number of milliseconds, at least 1"),
    };
    if demo.has("live") {
        match live::is_possible() {
            true => {
                let looked = demo.accept(live::run(n, demo.seed()));
                demo.section("Live");
                looked.iter().for_each(|line| demo.say(line));
                demo.check("every dinner that was looked at came back with a report", !looked.is_empty());
                return demo.finish();
            }
            false => demo.say("--live needs a terminal for its picture and its keys; here is the demo as text"),
        }
    }
    naive(&mut demo, n);
    dijkstra(&mut demo, n);
    strategies(&mut demo, n, time);
    many(&mut demo);
    evening(&mut demo, n);
    demo.finish()
}

/// A dinner that was accepted or, where the command line asked for the impossible (a million threads), refused.
fn serve(demo: &Demo, dinner: &Dinner) -> Report {
    demo.accept(dinner.run())
}

fn naive(demo: &mut Demo, n: usize) {
    demo.section("Naive: left chopstick first, then right, keeping what is held");
    demo.say(format!("{n} philosophers reach for the left chopstick at the same moment."));
    let report = serve(demo, &Dinner::new(n).strategy(Strategy::Naive).begin_together(true));
    let Some(deadlock) = report.deadlock() else {
        demo.check("the naive dinner deadlocks", false);
        return;
    };
    demo.say("Nobody will ever eat. The dinner noticed, said who waits for whom, and came back:");
    demo.table(&["philosopher", "holds", "since line", "waits for", "at line", "which is held by"]);
    let links = &deadlock.cycle.links;
    for (i, link) in links.iter().enumerate().take(12) {
        let line = |at: &std::panic::Location<'_>| {
            format!("{}:{}", at.file().rsplit('/').next().unwrap_or_default(), at.line())
        };
        let (holds, wants) = (line(link.holds.at), line(link.wants.at));
        let next = links[(i + 1) % links.len()].name.as_str();
        let row = [link.name.as_str(), &link.holds.lock.name, &holds, &link.wants.lock.name, &wants, next];
        demo.row(row.map(Cell::from));
    }
    if links.len() > 12 {
        demo.say(format!("... and {} more, back to {}", links.len() - 12, links[0].name));
    }
    demo.check(
        &format!("the circle is real: all {n} hold what the one before wants, and nobody ate"),
        is_circle(deadlock, n, &report),
    );
    if let Some(path) = demo.value("dot") {
        write(demo, path, &deadlock.graph.to_dot());
    }
}

/// By hand, from the rules of the table: philosopher i holds chopstick i and wants chopstick i + 1.
fn is_circle(deadlock: &DeadlockReport, n: usize, report: &Report) -> bool {
    let links = &deadlock.cycle.links;
    let fits = |i: usize| {
        let link = &links[i];
        link.party == i as u64 && link.holds.lock.id == i as u64 && link.wants.lock.id == ((i + 1) % n) as u64
    };
    links.len() == n && (0..n).all(fits) && report.meals.iter().all(|&meals| meals == 0)
}

fn dijkstra(demo: &mut Demo, n: usize) {
    demo.section("Dijkstra: the same beginning, but the lower number first");
    demo.say("Waiting now always leads to a higher number; a circle would have to come down again somewhere.");
    let dinner = Dinner::new(n).strategy(Strategy::Ordered).begin_together(true).stop(Stop::Meals(1000)).trace(true);
    let report = serve(demo, &dinner);
    let all = report.outcome == Outcome::Done && report.meals == vec![1000; n];
    demo.check(&format!("everybody ate 1000 times, {:.0} meals a second", report.meals_per_second()), all);
    demo.check("no two neighbours ever ate at the same time", neighbours_apart(&report.spans, n));
}

/// Looks at the written record alone: sorted by time, no meal of a philosopher overlaps one of a neighbour.
fn neighbours_apart(spans: &[Span], n: usize) -> bool {
    let mut meals: Vec<Vec<&Span>> = vec![Vec::new(); n];
    spans.iter().filter(|span| span.kind == SpanKind::Eating).for_each(|span| meals[span.philosopher].push(span));
    (0..n).all(|p| {
        let mut both: Vec<&Span> = meals[p].iter().chain(&meals[(p + 1) % n]).copied().collect();
        both.sort_by_key(|span| (span.start, span.end));
        both.windows(2).all(|pair| pair[0].end <= pair[1].start)
    })
}

fn strategies(demo: &mut Demo, n: usize, time: Duration) {
    demo.section("Strategies: each is served for the same time, a meal takes 1 ms");
    demo.say(format!(
        "{} can eat at once. Jain's index is 1 when all ate alike and falls towards 1/{n} when one ate everything.",
        n / 2
    ));
    demo.table(&[
        "strategy",
        "meals",
        "meals/s",
        "at once",
        "fewest",
        "most",
        "longest wait",
        "overtaken",
        "Jain",
        "end",
        "apart",
    ]);
    for strategy in Strategy::ALL {
        let dinner = Dinner::new(n).strategy(strategy).seed(demo.seed()).eat(Work::Sleep(Duration::from_millis(1)));
        let naive = strategy == Strategy::Naive;
        let report = serve(demo, &dinner.stop(Stop::Time(time)).trace(true).begin_together(naive));
        let end = match &report.outcome {
            Outcome::Done => "done".to_owned(),
            Outcome::Deadlock(_) => "DEADLOCK".to_owned(),
            Outcome::Starved(who) => format!("{} starved", who.len()),
            other => format!("{other:?}"),
        };
        let sound = neighbours_apart(&report.spans, n) && report.deadlock().is_some() == naive;
        demo.row([
            strategy.to_string().into(),
            report.total_meals().into(),
            report.meals_per_second().round().into(),
            report.mean_concurrency().into(),
            report.meals.iter().min().copied().unwrap_or(0).into(),
            report.meals.iter().max().copied().unwrap_or(0).into(),
            report.waits.max.into(),
            report.max_overtaking.into(),
            report.jain_index().into(),
            end.into(),
            sound.into(),
        ]);
    }
}

fn many(demo: &mut Demo) {
    let workers = demo.threads();
    demo.section(&format!("Hundreds of philosophers, thousands of chopsticks, threads: {workers}"));
    demo.say("Philosophers who wait or sleep occupy no thread.");
    let dinner = Dinner::new(1000).topology(Topology::Random { degree: 20 }).threads(Threads::Pool(workers));
    demo.say("(Trying and backing off is left out: with twenty chopsticks around a plate it hardly ever succeeds.)");
    demo.table(&["strategy", "philosophers", "chopsticks", "meals", "time", "longest wait", "everybody ate"]);
    let fit = |s: &Strategy| !matches!(s, Strategy::Naive | Strategy::TryBackoff) && !s.needs_ring();
    for strategy in Strategy::ALL.into_iter().filter(fit) {
        let report = serve(demo, &dinner.clone().strategy(strategy).seed(demo.seed()).stop(Stop::Meals(10)));
        demo.row([
            strategy.to_string().into(),
            1000_u64.into(),
            10_000_u64.into(),
            report.total_meals().into(),
            report.elapsed.into(),
            report.waits.max.into(),
            (report.meals == vec![10; 1000]).into(),
        ]);
    }
}

fn evening(demo: &mut Demo, n: usize) {
    let n = n.min(12);
    demo.section("An evening: # eating, . hungry, blank thinking");
    let ms = |ms| Work::Sleep(Duration::from_millis(ms));
    let dinner = Dinner::new(n).strategy(Strategy::Monitor).eat(ms(3)).think(ms(2)).stop(Stop::Meals(10)).trace(true);
    let report = serve(demo, &dinner.seed(demo.seed()));
    for (p, line) in report.timeline(90).into_iter().enumerate() {
        demo.say(format!("{:>10} |{line}|", Report::philosopher_name(p)));
    }
    demo.check("everybody ate ten times, and never two neighbours at once", {
        report.meals == vec![10; n] && neighbours_apart(&report.spans, n)
    });
    if let Some(path) = demo.value("gantt") {
        write(demo, path, &report.gantt_svg());
    }
    if let Some(path) = demo.value("trace") {
        write(demo, path, &report.chrome_trace_json());
    }
}

fn write(demo: &Demo, path: &str, text: &str) {
    demo.accept(std::fs::write(path, text).map_err(|error| format!("{path}: {error}")));
}
