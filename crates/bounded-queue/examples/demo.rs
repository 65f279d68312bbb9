//! Producers read files, consumers count words: the bounded queue between them, and the textbook's queue beside it.

use bounded_queue::{BoundedQueue, Rendezvous, TaskQueue, channel};
use demo_kit::{Cell, Demo, text, time};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[path = "textbook/mod.rs"]
mod textbook;

/// How often each word occurs.
type Words = HashMap<String, u64>;

/// A line on its way: who read it, its number there, its text.
type Line = (usize, u64, String);

fn main() -> ExitCode {
    let mut demo =
        Demo::new("bounded-queue", "producers and consumers with a bounded first-in first-out queue between them.")
            .size("slots of the queue", 64)
            .option("path", "DIR", "read the text files below DIR (default: this workspace's own sources)")
            .start();
    let root = demo.value("path").map_or_else(text::workspace_root, PathBuf::from);
    let files = demo.accept(text::files(&root));
    let texts: Vec<String> = files.iter().map(|file| demo.accept(text::read(file))).collect();

    producer_consumer(&mut demo, &texts);
    close_and_drain(&mut demo);
    tasks(&mut demo);
    rendezvous(&mut demo);
    demo.finish()
}

/// What the threads of a pump found out.
#[derive(Default)]
struct Found {
    words: Words,
    /// Whether the lines of each producer came in the order in which it read them.
    in_order: bool,
}

fn producer_consumer(demo: &mut Demo, texts: &[String]) {
    let (threads, capacity) = (demo.threads(), demo.size());
    demo.section("Words of real text");
    let lines: usize = texts.iter().map(|text| text.lines().count()).sum();
    demo.say(format!(
        "{} files, {lines} lines, {threads} producers, {threads} consumers, {capacity} slots.",
        texts.len()
    ));
    demo.say("Producers read lines and push them; a full queue makes them wait (back-pressure).");
    demo.say("Consumers pop lines and count words; an empty queue makes them wait.");

    let (expected, sequential) = time(|| count_sequentially(texts));
    let queue = BoundedQueue::new(capacity);
    let fullest = AtomicUsize::new(0);
    let push = |line: Line| {
        let looks = line.1.is_multiple_of(64);
        queue.push(line).expect("nobody closes the queue before the producers are through");
        if looks {
            fullest.fetch_max(queue.len(), Ordering::Relaxed);
        }
    };
    let (ours, parallel) = time(|| pump(texts, threads, push, || queue.pop(), || assert!(queue.close())));
    let book = textbook::Queue::new(capacity);
    let (theirs, by_the_book) =
        time(|| pump(texts, threads, |line| book.push(line), || book.pop(), || book.end(threads)));

    demo.compare("BoundedQueue", sequential, parallel, ours.words == expected);
    demo.compare("the textbook's: 2 semaphores, a lock", sequential, by_the_book, theirs.words == expected);
    demo.say("Counting words is little work per line, so the table shows what handing a line over costs.");
    demo.check("each producer's lines arrived in its order (first in, first out)", ours.in_order && theirs.in_order);
    let fullest = fullest.into_inner();
    demo.check(
        &format!("back-pressure held: never more than {capacity} lines queued (seen: {fullest})"),
        fullest <= capacity,
    );
    most_frequent(demo, &expected);
}

fn count_sequentially(texts: &[String]) -> Words {
    let mut words = Words::new();
    texts.iter().flat_map(|text| text.lines()).for_each(|line| count(&mut words, line));
    words
}

fn count(words: &mut Words, line: &str) {
    for word in text::words(line) {
        match words.get_mut(word) {
            Some(count) => *count += 1,
            None => drop(words.insert(word.to_owned(), 1)),
        }
    }
}

/// `threads` producers share the files, as many consumers share the lines; `end` tells the consumers that no more come.
fn pump(
    texts: &[String],
    threads: usize,
    push: impl Fn(Line) + Sync,
    pop: impl Fn() -> Option<Line> + Sync,
    end: impl FnOnce(),
) -> Found {
    let (push, pop) = (&push, &pop);
    thread::scope(|s| {
        let consumers: Vec<_> = (0..threads).map(|_| s.spawn(move || consume(pop))).collect();
        let producers: Vec<_> = (0..threads).map(|id| s.spawn(move || produce(texts, id, threads, push))).collect();
        for producer in producers {
            producer.join().expect("producers do not panic");
        }
        end();
        let mut total = Found { words: Words::new(), in_order: true };
        for consumer in consumers {
            let found = consumer.join().expect("consumers do not panic");
            total.in_order &= found.in_order;
            found.words.into_iter().for_each(|(word, n)| *total.words.entry(word).or_default() += n);
        }
        total
    })
}

fn produce(texts: &[String], id: usize, step: usize, push: impl Fn(Line)) {
    let lines = texts.iter().skip(id).step_by(step).flat_map(|text| text.lines());
    for (number, line) in (0..).zip(lines) {
        push((id, number, line.to_owned()));
    }
}

fn consume(pop: impl Fn() -> Option<Line>) -> Found {
    let mut found = Found { words: Words::new(), in_order: true };
    let mut last = HashMap::new();
    while let Some((producer, number, line)) = pop() {
        found.in_order &= last.insert(producer, number).is_none_or(|before| before < number);
        count(&mut found.words, &line);
    }
    found
}

fn most_frequent(demo: &mut Demo, words: &Words) {
    let total: u64 = words.values().sum();
    // Sorted by count, then by word, so that the same text gives the same line.
    let ranked: BTreeMap<_, _> = words.iter().map(|(word, n)| ((u64::MAX - n, word), n)).collect();
    let first: Vec<String> = ranked.iter().take(5).map(|((_, word), n)| format!("{word} {n}")).collect();
    demo.say(format!("{total} words, {} different; most frequent: {}", words.len(), first.join(", ")));
}

fn close_and_drain(demo: &mut Demo) {
    demo.section("Closing lets consumers drain");
    let (sender, receiver) = channel(8);
    let sent = sender.send_many(0..5).unwrap_or_else(|error| error.pushed());
    sender.close();
    let refused = sender.send(5).map_err(bounded_queue::Closed::into_inner);
    demo.say(format!("{sent} items sent, then closed; one more is refused and comes back: {refused:?}"));
    let drained: Vec<i32> = receiver.iter().collect();
    demo.check("after the close the five items are still received, in order", drained == [0, 1, 2, 3, 4]);
    demo.check("the refused item came back to its sender", refused == Err(5));
    let latest = BoundedQueue::new(3);
    let displaced: Vec<i32> = (0..6).filter_map(|n| latest.force_push(n).ok().flatten()).collect();
    let kept: Vec<i32> = latest.drain().collect();
    demo.check(
        "force_push keeps the latest three and gives back what it displaced",
        (displaced, kept) == (vec![0, 1, 2], vec![3, 4, 5]),
    );
}

fn tasks(demo: &mut Demo) {
    demo.section("Task accounting (Python's queue.Queue)");
    demo.say("join() waits until every item has been worked on, not only taken out.");
    let (queue, squares) = (TaskQueue::new(4), AtomicUsize::new(0));
    let threads = demo.threads();
    let at_join = thread::scope(|s| {
        for _ in 0..threads {
            s.spawn(|| {
                while let Some(number) = queue.pop() {
                    squares.fetch_add(*number * *number, Ordering::Relaxed);
                }
            });
        }
        (1..=100_usize).for_each(|n| queue.push(n).expect("open until joined"));
        queue.join();
        let at_join = squares.load(Ordering::Relaxed);
        queue.close();
        at_join
    });
    demo.table(&["tasks", "workers", "sum of squares at join", "check"]);
    demo.row([100_usize.into(), threads.into(), at_join.into(), Cell::Check(at_join == 338_350)]);
}

fn rendezvous(demo: &mut Demo) {
    demo.section("Rendezvous: capacity zero");
    demo.say("A push returns when a consumer has the item: nothing is ever stored.");
    let (meeting, handed) = (Rendezvous::new(), AtomicUsize::new(0));
    let early = thread::scope(|s| {
        s.spawn(|| {
            for n in 0..1000 {
                meeting.push(n).expect("open until the consumer has them all");
                handed.store(n + 1, Ordering::SeqCst);
            }
        });
        (0..1000)
            .filter(|_| {
                let before = handed.load(Ordering::SeqCst);
                meeting.pop().is_none_or(|n| before > n)
            })
            .count()
    });
    demo.check("of 1000 pushes none returned before its item was taken", early == 0);
}
