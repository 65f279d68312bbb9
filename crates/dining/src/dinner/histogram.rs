//! Waiting times, counted in classes that are at most 3 % wide: any number of meals fits in a few kilobytes.

use std::time::Duration;

const SUB: u32 = 5;

/// Nanoseconds in classes: exact below 64, then 32 classes for each power of two.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

fn class(ns: u64) -> usize {
    let shift = (64 - ns.leading_zeros()).saturating_sub(SUB + 1);
    ((shift as usize) << SUB) + (ns >> shift) as usize
}

/// The largest value of a class.
fn top(class: usize) -> u64 {
    let shift = (class >> SUB).saturating_sub(1) as u32;
    let sub = (class - ((shift as usize) << SUB)) as u64;
    (((sub + 1) as u128) << shift).saturating_sub(1).min(u128::from(u64::MAX)) as u64
}

impl Histogram {
    pub(crate) fn add(&mut self, time: Duration) {
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let class = class(ns);
        if self.counts.len() <= class {
            self.counts.resize(class + 1, 0);
        }
        self.counts[class] += 1;
        self.total += 1;
        self.max = self.max.max(ns);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// A time that at least `share` of all are not above.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let rank = (share * self.total as f64).ceil() as u64;
        let mut below = 0;
        for (class, count) in self.counts.iter().enumerate() {
            below += count;
            if below >= rank.max(1) {
                return Duration::from_nanos(top(class).min(self.max));
            }
        }
        Duration::from_nanos(self.max)
    }

    pub(crate) fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_narrow_and_in_order() {
        let mut before = 0;
        for ns in (0..5000).chain([1 << 20, (1 << 40) + 7, u64::MAX - 1, u64::MAX]) {
            let class = class(ns);
            assert!(class >= before, "{ns}");
            assert!(top(class) >= ns, "{ns}: {}", top(class));
            assert!(top(class) as f64 <= ns as f64 * 1.04 + 1.0, "{ns}: {}", top(class));
            before = class;
        }
    }

    #[test]
    fn quantiles_of_a_known_set() {
        let mut all = Histogram::default();
        (1..=1000).for_each(|us| all.add(Duration::from_micros(us)));
        let p50 = all.quantile(0.5).as_micros();
        assert!((500..=520).contains(&p50), "{p50}");
        assert_eq!(all.max(), Duration::from_micros(1000));
        assert_eq!(all.quantile(1.0), Duration::from_micros(1000));
        assert_eq!(Histogram::default().quantile(0.99), Duration::ZERO);
    }
}
