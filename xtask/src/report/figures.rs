//! Numbers as people read them.

/// Nanoseconds.
pub(crate) fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        _ if ns >= 1e9 => (ns / 1e9, "s"),
        _ if ns >= 1e6 => (ns / 1e6, "ms"),
        _ if ns >= 1e3 => (ns / 1e3, "us"),
        _ => (ns, "ns"),
    };
    format!("{} {unit}", three_digits(value))
}

/// Elements a second.
pub(crate) fn rate(elements: u64, ns: f64) -> String {
    let per_second = elements as f64 / ns * 1e9;
    let (value, unit) = match per_second {
        _ if per_second >= 1e9 => (per_second / 1e9, "G/s"),
        _ if per_second >= 1e6 => (per_second / 1e6, "M/s"),
        _ if per_second >= 1e3 => (per_second / 1e3, "k/s"),
        _ => (per_second, "/s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// A ratio.
pub(crate) fn ratio(ratio: f64) -> String {
    format!("{}x", three_digits(ratio))
}

fn three_digits(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_fitting_unit() {
        assert_eq!(time(1234.0), "1.23 us");
        assert_eq!(time(0.5), "0.50 ns");
        assert_eq!(rate(1000, 1e6), "1.00 M/s");
        assert_eq!(ratio(12.345), "12.3x");
    }
}
