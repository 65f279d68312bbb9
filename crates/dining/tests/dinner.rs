//! The dinner: every strategy on many tables, deadlocks as values, no thread left behind.

use dining::{Activity, Dinner, DinnerError, Outcome, SpanKind, Stop, Strategy, Threads, Topology, Work};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

fn safe() -> impl Iterator<Item = Strategy> {
    Strategy::ALL.into_iter().filter(|&strategy| strategy != Strategy::Naive)
}

fn tables(n: usize) -> Vec<Topology> {
    let star = (1..n).map(|p| (0, p)).collect();
    vec![Topology::Ring, Topology::Complete, Topology::Grid, Topology::Random { degree: 4 }, Topology::Custom(star)]
}

/// No philosopher ate while a neighbour did, judged from the spans alone.
fn assert_neighbours_never_eat_together(spans: &[dining::Span], pairs: &[(usize, usize)]) {
    for &(a, b) in pairs {
        let eats = |p| spans.iter().filter(move |s| s.philosopher == p && s.kind == SpanKind::Eating);
        for mine in eats(a) {
            for theirs in eats(b) {
                assert!(mine.end <= theirs.start || theirs.end <= mine.start, "{mine:?} and {theirs:?}");
            }
        }
    }
}

#[test]
fn a_naive_dinner_that_begins_together_deadlocks_and_returns_the_whole_circle() {
    for threads in [Threads::PerPhilosopher, Threads::Pool(1), Threads::Pool(2)] {
        let report = Dinner::new(5).strategy(Strategy::Naive).threads(threads).begin_together(true).run().unwrap();
        let deadlock = report.deadlock().unwrap_or_else(|| panic!("{threads:?}: {:?}", report.outcome));
        let circle: Vec<(u64, u64, u64)> =
            deadlock.cycle.links.iter().map(|link| (link.party, link.holds.lock.id, link.wants.lock.id)).collect();
        assert_eq!(circle, [(0, 0, 1), (1, 1, 2), (2, 2, 3), (3, 3, 4), (4, 4, 0)]);
        assert_eq!(report.meals, [0; 5]);
        assert_eq!(deadlock.graph.parties.len(), 5);
    }
}

#[test]
fn the_report_names_philosophers_chopsticks_and_source_lines() {
    let report = Dinner::new(3).strategy(Strategy::Naive).begin_together(true).run().unwrap();
    let text = report.deadlock().unwrap().to_string();
    assert!(text.contains("Plato holds chopstick 0 and waits for chopstick 1, which Hypatia holds"), "{text}");
    assert!(text.contains("Confucius holds chopstick 2 and waits for chopstick 0, which Plato holds"), "{text}");
    let link = &report.deadlock().unwrap().cycle.links[0];
    assert!(
        link.holds.at.file().ends_with("one_by_one.rs") && link.wants.at.file().ends_with("one_by_one.rs"),
        "{text}"
    );
    assert_ne!(link.holds.at.line(), link.wants.at.line(), "taking and waiting are different lines: {text}");
}

#[test]
fn naive_deadlocks_by_itself_on_some_seed_and_always_returns() {
    let deadlocks = (0..200)
        .filter(|&seed| {
            let dinner =
                Dinner::new(3).strategy(Strategy::Naive).threads(Threads::Pool(1)).stop(Stop::Meals(20)).seed(seed);
            dinner.run().unwrap().deadlock().is_some()
        })
        .count();
    assert!(deadlocks > 0, "random schedules of three naive philosophers should meet in the circle sometimes");
}

#[test]
fn every_other_strategy_lives_through_beginning_together() {
    for strategy in safe() {
        for threads in [Threads::PerPhilosopher, Threads::Pool(2)] {
            let report = Dinner::new(5)
                .strategy(strategy)
                .threads(threads)
                .begin_together(true)
                .stop(Stop::Meals(50))
                .run()
                .unwrap();
            assert_eq!(report.outcome, Outcome::Done, "{strategy}");
            assert_eq!(report.meals, [50; 5], "{strategy}");
        }
    }
}

#[test]
fn every_strategy_serves_every_table_and_neighbours_never_eat_together() {
    for n in [1, 2, 3, 4, 7, 10] {
        for topology in tables(n) {
            for strategy in safe().filter(|s| topology == Topology::Ring || !s.needs_ring()) {
                for threads in [Threads::PerPhilosopher, Threads::Pool(2)] {
                    let dinner = Dinner::new(n).topology(topology.clone()).strategy(strategy).threads(threads);
                    let report = dinner.stop(Stop::Meals(5)).trace(true).run().unwrap();
                    assert_eq!(report.meals, vec![5; n], "{strategy} on {topology:?}");
                    let pairs: Vec<(usize, usize)> = match &topology {
                        Topology::Ring if n > 1 => (0..n).map(|p| (p, (p + 1) % n)).collect(),
                        Topology::Complete => (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect(),
                        Topology::Custom(pairs) => pairs.clone(),
                        _ => Vec::new(),
                    };
                    assert_neighbours_never_eat_together(&report.spans, &pairs);
                }
            }
        }
    }
}

#[test]
fn one_worker_plays_the_same_evening_for_the_same_seed() {
    for strategy in Strategy::ALL.into_iter().filter(|&s| s != Strategy::TryBackoff) {
        let evening = |seed| {
            let dinner = Dinner::new(6).strategy(strategy).threads(Threads::Pool(1)).stop(Stop::Meals(30)).seed(seed);
            let report = dinner.run().unwrap();
            (report.meals.clone(), report.max_overtaking, report.outcome)
        };
        for seed in 0..10 {
            assert_eq!(evening(seed), evening(seed), "{strategy}, seed {seed}");
        }
    }
}

#[test]
fn time_ends_a_dinner() {
    for strategy in safe() {
        for threads in [Threads::PerPhilosopher, Threads::Pool(2)] {
            let dinner = Dinner::new(4).strategy(strategy).threads(threads).stop(Stop::Time(Duration::from_millis(5)));
            let report = dinner.run().unwrap();
            assert!(report.deadlock().is_none(), "{strategy}");
            assert_eq!(report.meals.len(), 4, "{strategy}");
        }
    }
}

#[test]
fn sleepers_on_two_workers_eat_side_by_side() {
    let work = Work::Sleep(Duration::from_millis(2));
    let report = Dinner::new(40)
        .strategy(Strategy::Monitor)
        .threads(Threads::Pool(2))
        .eat(work)
        .stop(Stop::Meals(3))
        .run()
        .unwrap();
    assert_eq!(report.meals, [3; 40]);
    assert!(
        report.mean_concurrency() > 2.0,
        "workers do not sleep with the philosophers: {}",
        report.mean_concurrency()
    );
}

#[test]
fn a_running_dinner_can_be_seen_and_ended() {
    for threads in [Threads::PerPhilosopher, Threads::Pool(2)] {
        let dinner = Dinner::new(5).strategy(Strategy::Ordered).threads(threads).stop(Stop::Time(Duration::MAX));
        let running = dinner.start().unwrap();
        while running.snapshot().meals.iter().sum::<u64>() < 10 {
            thread::yield_now();
        }
        assert_eq!(running.snapshot().holders.len(), 5);
        running.stop();
        assert!(running.wait().total_meals() >= 10);
        // Dropping without waiting ends the dinner too.
        drop(dinner.start().unwrap());
    }
}

/// Turns a hang into a failure.
fn in_time<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, outcome) = mpsc::channel();
    thread::spawn(move || done.send(work()));
    outcome.recv_timeout(Duration::from_secs(60)).expect("ends, and without a panic")
}

#[test]
fn work_without_limit_lasts_until_the_dinner_is_ended() {
    for work in [Work::Spin(Duration::MAX), Work::Sleep(Duration::MAX)] {
        for threads in [Threads::PerPhilosopher, Threads::Pool(2)] {
            for (eat, think) in [(work, Work::None), (Work::None, work)] {
                let dinner = Dinner::new(4).threads(threads).eat(eat).think(think).stop(Stop::Meals(1));
                let meals = in_time(move || {
                    let running = dinner.start().unwrap();
                    let eats = || running.snapshot().activities.contains(&Activity::Eating);
                    while eat == work && !eats() && !running.is_over() {
                        thread::yield_now();
                    }
                    assert!(!running.is_over(), "who eats or thinks without end does not leave");
                    running.stop();
                    running.wait().total_meals()
                });
                // Two of four can be at it when the dinner is ended, and nobody begins afterwards.
                let most = if eat == work { 2 } else { 0 };
                assert!(meals <= most, "{work:?} on {threads:?}: {meals} meals");
            }
        }
    }
}

#[test]
fn a_random_table_of_any_degree_has_no_more_chopsticks_than_pairs() {
    let dinner = Dinner::new(5).topology(Topology::Random { degree: usize::MAX }).stop(Stop::Meals(1));
    assert_eq!(dinner.start().unwrap().snapshot().holders.len(), 10);
}

#[test]
fn a_paused_dinner_stands_still_and_goes_on_where_it_was() {
    for threads in [Threads::PerPhilosopher, Threads::Pool(2)] {
        let dinner = Dinner::new(5).threads(threads).stop(Stop::Meals(200));
        let running = dinner.start().unwrap();
        running.pause(true);
        // Whoever was in the middle of a step ends it; two looks that agree are a table that stands still.
        let meals = || running.snapshot().meals;
        let mut before = meals();
        let mut same = 0;
        while same < 20 {
            thread::sleep(Duration::from_millis(1));
            let now = meals();
            same = if now == before { same + 1 } else { 0 };
            before = now;
        }
        running.pause(false);
        assert_eq!(running.wait().meals, [200; 5]);
        // The end of a paused dinner is not held up.
        let running = dinner.clone().stop(Stop::Time(Duration::MAX)).start().unwrap();
        running.pause(true);
        running.stop();
        running.wait();
    }
}

#[test]
fn bad_dinners_are_refused_with_a_reason() {
    let refused = |dinner: Dinner| dinner.run().map(|report| report.meals).unwrap_err();
    assert_eq!(refused(Dinner::new(0)), DinnerError::NoPhilosophers);
    assert_eq!(refused(Dinner::new(3).threads(Threads::Pool(0))), DinnerError::NoWorkers);
    let edge = refused(Dinner::new(3).topology(Topology::Custom(vec![(0, 1), (1, 3)])));
    assert_eq!(edge, DinnerError::BadEdge { edge: (1, 3), philosophers: 3 });
    let same = refused(Dinner::new(3).topology(Topology::Custom(vec![(1, 1)])));
    assert_eq!(same, DinnerError::BadEdge { edge: (1, 1), philosophers: 3 });
    for strategy in Strategy::ALL.into_iter().filter(|s| s.needs_ring()) {
        assert_eq!(
            refused(Dinner::new(4).topology(Topology::Grid).strategy(strategy)),
            DinnerError::NeedsRing(strategy)
        );
    }
}

#[test]
fn a_large_random_table_runs_on_two_workers() {
    let dinner =
        Dinner::new(1000).topology(Topology::Random { degree: 20 }).threads(Threads::Pool(2)).stop(Stop::Meals(2));
    let fit =
        [Strategy::Ordered, Strategy::Monitor, Strategy::ChandyMisra, Strategy::BoundedBypass(16), Strategy::LockAll];
    for strategy in fit {
        let report = dinner.clone().strategy(strategy).run().unwrap();
        assert_eq!(report.meals, vec![2; 1000], "{strategy}");
    }
}
