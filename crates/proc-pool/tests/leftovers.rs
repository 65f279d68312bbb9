//! What a pool leaves behind: nothing. One after the other in a `main` of its own, because they count what this
//! process has: descriptors, children, files in /dev/shm.

use proc_pool::shared::{Mutex, Queue};
use proc_pool::{ProcPool, Process, SharedArray, TaskError};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, getrlimit, kill_process, setrlimit, waitid,
};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    proc_pool::init();
    if std::env::args().any(|argument| argument == "--victim") {
        victim();
    }
    if std::env::args().any(|argument| argument == "--talker") {
        return talker();
    }
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let before = (descriptors(), shm());
    let tests: [(&str, fn()); 7] = [
        ("a_thousand_pools", a_thousand_pools),
        ("a_hundred_thousand_tasks_under_64_descriptors", a_hundred_thousand_tasks_under_64_descriptors),
        ("a_killed_parent_takes_busy_workers_along", || parent_dies(Signal::KILL)),
        ("ctrl_c_ends_parent_and_workers", ctrl_c),
        ("lines_stay_whole", lines_stay_whole),
        ("processes_and_crashes", processes_and_crashes),
        ("shared_memory_goes_with_its_handles", shared_memory_goes_with_its_handles),
    ];
    for (name, test) in tests {
        test();
        assert_eq!((descriptors(), shm()), before, "{name} left something behind");
        let child = waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT);
        assert_eq!(child.unwrap_err(), rustix::io::Errno::CHILD, "{name} left a child behind");
        println!("test {name} ... ok");
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn shm() -> BTreeSet<std::ffi::OsString> {
    let Ok(files) = std::fs::read_dir("/dev/shm") else { return BTreeSet::new() };
    files.map(|file| file.unwrap().file_name()).filter(|name| name.to_string_lossy().contains("proc-pool")).collect()
}

fn a_thousand_pools() {
    for n in 0..1000_u32 {
        let pool = ProcPool::builder().workers(1).build().unwrap();
        if n % 4 > 0 {
            assert_eq!(pool.apply(|n: u32| n + 1, n).unwrap(), n + 1);
        }
        if n % 4 == 2 {
            drop(pool.map_async(|n: u32| n, 0..10));
        }
    }
}

fn a_hundred_thousand_tasks_under_64_descriptors() {
    let usual = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..usual }).unwrap();
    let pool = ProcPool::builder().workers(2).build().unwrap();
    let with_pool = descriptors();
    let handles: Vec<_> = (0..20_000_u64).map(|n| pool.apply_async(|n: u64| n * 2, n)).collect();
    let queued = descriptors();
    assert!(queued <= with_pool + 2, "{queued} descriptors with tasks queued, {with_pool} without");
    for (n, handle) in handles.into_iter().enumerate() {
        assert_eq!(handle.join().unwrap(), n as u64 * 2);
    }
    let doubled = pool.try_map(|n: u64| n * 2, 0..80_000).unwrap();
    assert!(doubled.into_iter().eq((0..80_000).map(|n| n * 2)));
    drop(pool);
    setrlimit(Resource::Nofile, usual).unwrap();
}

/// Runs in a process of its own: keeps its workers busy and waits for its end.
fn victim() -> ! {
    let pool = ProcPool::builder().workers(2).build().unwrap();
    let forever = |()| -> () {
        loop {
            std::hint::spin_loop();
        }
    };
    // The thread that started the workers ends: with PR_SET_PDEATHSIG that alone would be their end.
    let handles: Vec<_> = (0..2).map(|_| pool.apply_async(forever, ())).collect();
    println!("{}", pool.worker_ids().iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    handles.into_iter().for_each(|handle| drop(handle.join()));
    unreachable!("the workers never finish");
}

/// A program that ignores SIGINT passes that on to its children, and shells make background jobs do so.
fn ctrl_c_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap().trim();
    u64::from_str_radix(ignored, 16).unwrap() & 1 << (Signal::INT.as_raw() - 1) != 0
}

fn ctrl_c() {
    if ctrl_c_is_ignored() {
        return println!("skipped: whoever started this test made it ignore Ctrl-C");
    }
    parent_dies(Signal::INT);
}

fn parent_dies(how: Signal) {
    let mut victim = Command::new("/proc/self/exe");
    victim.arg("--victim").stdout(Stdio::piped()).process_group(0);
    let mut victim = victim.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(victim.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let workers: Vec<i32> = line.split_whitespace().map(|id| id.parse().unwrap()).collect();
    assert_eq!(workers.len(), 2, "{line:?}");
    let group = Pid::from_child(&victim);
    rustix::process::kill_process_group(group, how).unwrap();
    let status = victim.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(how.as_raw()));
    let start = Instant::now();
    while workers.iter().any(|worker| lives(*worker)) {
        if start.elapsed() > Duration::from_secs(1) {
            // They would spin for ever.
            for worker in workers {
                let _ = kill_process(Pid::from_raw(worker).unwrap(), Signal::KILL);
            }
            panic!("a worker outlived its parent by a second");
        }
        std::thread::yield_now();
    }
}

/// Whether the process exists and is no zombie: who adopts orphans here may never reap them.
fn lives(id: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['Z', 'X'])))
}

fn talker() {
    let pool = ProcPool::builder().workers(2).build().unwrap();
    let talk = |n: u32| (0..50).for_each(|i| println!("{}", format!("<{n}.{i}>").repeat(60)));
    pool.try_map(talk, 0..40).unwrap();
}

fn lines_stay_whole() {
    let mut talker = Command::new("/proc/self/exe");
    talker.arg("--talker").stdout(Stdio::piped());
    let mut talker = talker.spawn().unwrap();
    let mut text = String::new();
    talker.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(talker.wait().unwrap().success());
    let lines: BTreeSet<&str> = text.lines().collect();
    let expected: Vec<String> = (0..40).flat_map(|n| (0..50).map(move |i| format!("<{n}.{i}>").repeat(60))).collect();
    assert_eq!(lines, expected.iter().map(String::as_str).collect());
}

fn processes_and_crashes() {
    let big = Process::spawn(|n: usize| "x".repeat(n), 10 << 20).unwrap();
    // The lecture's trap: wait for the process first and fetch the result then. Here the result is fetched meanwhile.
    while big.is_alive() {
        std::thread::yield_now();
    }
    assert_eq!(big.join().unwrap().len(), 10 << 20);
    let mut stuck = Process::spawn(
        |()| -> u8 {
            loop {
                std::thread::park();
            }
        },
        (),
    )
    .unwrap();
    assert!(stuck.join_timeout(Duration::from_millis(20)).is_none());
    assert!(stuck.is_alive());
    stuck.kill();
    assert!(matches!(stuck.join(), Err(TaskError::Signal(9))));
    let exits = Process::spawn(|code: i32| -> u8 { std::process::exit(code) }, 3).unwrap();
    assert!(matches!(exits.join(), Err(TaskError::Exit(3))));
    drop(Process::spawn(|()| std::thread::park(), ()).unwrap());

    // What a task has left running ends with its worker, and does not keep the pool waiting.
    let pool = ProcPool::builder().workers(1).task_timeout(Duration::from_millis(200)).build().unwrap();
    let grandchild = pool.apply(|()| Command::new("sleep").arg("1000").spawn().unwrap().id(), ()).unwrap();
    let late = pool.apply(|()| std::thread::park_timeout(Duration::MAX), ());
    assert!(matches!(late, Err(TaskError::Timeout)));
    let start = Instant::now();
    while lives(grandchild as i32) {
        if start.elapsed() > Duration::from_secs(5) {
            let _ = kill_process(Pid::from_raw(grandchild as i32).unwrap(), Signal::KILL);
            panic!("a task's child outlived its worker");
        }
        std::thread::yield_now();
    }
    for id in pool.worker_ids() {
        kill_process(Pid::from_raw(id as i32).unwrap(), Signal::KILL).unwrap();
    }
}

/// Whether the process has shared memory of ours mapped.
fn maps_shared_memory(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/maps")).unwrap().contains("proc-pool-shared")
}

fn shared_memory_goes_with_its_handles() {
    let pool = ProcPool::builder().workers(2).build().unwrap();
    let with_pool = descriptors();
    let (array, lock, queue) =
        (SharedArray::from_slice(&[1_u64; 1000]).unwrap(), Mutex::new(0_u64).unwrap(), Queue::new(4).unwrap());
    assert_eq!(descriptors(), with_pool + 3);
    let sum = |(array, lock, queue): (SharedArray<u64>, Mutex<u64>, Queue<u64>)| {
        *lock.lock().unwrap() += array.iter(..).sum::<u64>();
        queue.try_push(1).is_ok()
    };
    let tasks = || (array.clone(), lock.clone(), queue.clone());
    let handles: Vec<_> = (0..2000).map(|_| pool.apply_async(sum, tasks())).collect();
    assert!(descriptors() <= with_pool + 5, "queued tasks hold descriptors");
    assert_eq!(handles.into_iter().filter(|handle| handle.wait_timeout(Duration::MAX)).count(), 2000);
    assert_eq!((*lock.lock().unwrap(), queue.len()), (2_000_000, 4));
    assert_eq!(descriptors(), with_pool + 3);
    drop((array, lock, queue));
    // The thread that has just delivered the last outcome may be about to let go of its argument.
    let start = Instant::now();
    while descriptors() != with_pool {
        assert!(start.elapsed() < Duration::from_secs(10), "shared memory outlives its last handle");
        std::thread::yield_now();
    }
    assert!(!maps_shared_memory(std::process::id()));
    // Workers keep it for a moment in case more comes.
    let start = Instant::now();
    while pool.worker_ids().into_iter().any(maps_shared_memory) {
        assert!(start.elapsed() < Duration::from_secs(10), "an idle worker keeps shared memory");
        std::thread::yield_now();
    }
    // Nor does a busy one keep what was dropped here.
    let mapped = |array: SharedArray<u64>| {
        array.set(0, 1);
        std::fs::read_to_string("/proc/self/maps").unwrap().matches("proc-pool-shared").count()
    };
    for _ in 0..20 {
        let count = pool.apply(mapped, SharedArray::zeroed(10).unwrap()).unwrap();
        assert!(count <= 2, "a worker has {count} arrays mapped, of which one is in use");
    }
    // Killed in the middle, with everything in its hands, a process leaves nothing either.
    let (array, lock) = (SharedArray::from_slice(&[1_u64; 1000]).unwrap(), Mutex::new(0_u64).unwrap());
    let die = |(array, lock): (SharedArray<u64>, Mutex<u64>)| {
        let _guard = lock.lock();
        array.set(0, 2);
        std::process::abort()
    };
    let died = pool.apply::<_, _, ()>(die, (array.clone(), lock.clone()));
    assert!(matches!(died, Err(TaskError::Signal(6))));
    assert!(lock.lock().is_err());
}
