//! Faults on purpose: a model that cannot fail proves nothing.
//!
//! A library under a model checker knows some faults by name; an environment variable says which one is planted. Each
//! fault is named here together with a model (a test of the calling test binary) that must come to grief over it. The
//! models run in processes of their own, because a model checker that finds a deadlock aborts, and under a time limit,
//! because some faults make a model run for ever.
//!
//! ```no_run
//! # // In `tests/loom.rs` of a crate, as a test of its own:
//! model_kit::every_fault_is_noticed("MY_CRATE_MUTANT", &[("notify without the lock", "queue::a_push_wakes_a_pop")]);
//! ```

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long one model may run before it counts as one that never ends.
const LIMIT: Duration = Duration::from_secs(120);

/// Plants each fault of `(fault, model)` by setting `variable`, and runs that model of this test binary.
///
/// # Panics
/// If a model fails without a fault, or if one passes with its fault; the message lists the survivors.
#[track_caller]
pub fn every_fault_is_noticed(variable: &str, faults: &[(&str, &str)]) {
    let models: BTreeSet<&str> = faults.iter().map(|(_, model)| *model).collect();
    for model in models {
        assert!(passes(variable, "none", model), "the model {model} fails without a planted fault");
    }
    let survivors: Vec<_> = faults.iter().filter(|(fault, model)| passes(variable, fault, model)).collect();
    assert!(survivors.is_empty(), "no model noticed {survivors:?}");
}

/// Whether `model` ends well with `fault` planted.
fn passes(variable: &str, fault: &str, model: &str) -> bool {
    let this = std::env::current_exe().expect("a test knows its own program");
    let child = Command::new(this)
        .args([model, "--exact"])
        .env(variable, fault)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a test can start its own program");
    ends_well(child)
}

fn ends_well(mut child: Child) -> bool {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be asked whether it has ended") {
            return status.success();
        }
        if start.elapsed() > LIMIT {
            // Both fail only if it has ended in this moment.
            let _ = child.kill();
            let _ = child.wait();
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
