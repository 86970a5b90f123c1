//! What the load generators print: as a table, as one line for programs, as JSON.

use std::fmt::Write as _;

use super::clock::Tally;
use super::load::Bulk;
use super::meter::Stretch;

/// Names and numbers, in the order in which they are printed.
pub struct Figures {
    numbers: Vec<(&'static str, f64)>,
    /// Operations that failed or brought something wrong.
    pub failed: u64,
    /// The first of them, in words.
    pub first_failure: Option<String>,
}

const QUANTILES: [(&str, f64); 5] =
    [("p50_ns", 0.5), ("p90_ns", 0.9), ("p99_ns", 0.99), ("p999_ns", 0.999), ("max_ns", 1.0)];

impl Figures {
    /// Of many operations.
    pub fn of_operations(tally: &Tally, stretch: &Stretch) -> Self {
        let mut numbers = vec![("operations", tally.times.len() as f64)];
        numbers.extend(of_stretch(stretch));
        for (name, quantile) in QUANTILES {
            numbers.push((name, tally.times.value_at_quantile(quantile) as f64));
        }
        Self { numbers, failed: tally.failed, first_failure: tally.first_failure.clone() }
    }

    /// Of one upload.
    pub fn of_bulk(bulk: &Bulk) -> Self {
        Self::of_octets(bulk.payload_bytes, &bulk.stretch)
    }

    /// Of octets that went over.
    pub fn of_octets(octets: u64, stretch: &Stretch) -> Self {
        let mut numbers = vec![("payload_bytes", octets as f64)];
        numbers.extend(of_stretch(stretch));
        Self { numbers, failed: 0, first_failure: None }
    }

    /// `figures NAME NUMBER NAME NUMBER …`
    pub fn line(&self) -> String {
        let mut line = "figures".to_owned();
        for (name, number) in &self.numbers {
            let _ = write!(line, " {name} {number}");
        }
        line + &format!(" failed {}", self.failed)
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for (name, number) in &self.numbers {
            let _ = match name.strip_suffix("_ns") {
                Some(name) => writeln!(table, "{name:<16} {:>14.1} µs", number / 1e3),
                None => writeln!(table, "{name:<16} {number:>14.3}"),
            };
        }
        table + &format!("{:<16} {:>10}\n", "failed", self.failed)
    }

    /// One object.
    pub fn json(&self) -> String {
        let numbers: Vec<String> =
            self.numbers.iter().map(|(name, number)| format!("\"{name}\": {number}")).collect();
        format!("{{{}, \"failed\": {}}}\n", numbers.join(", "), self.failed)
    }
}

fn of_stretch(stretch: &Stretch) -> Vec<(&'static str, f64)> {
    let messages = stretch.messages.max(1) as f64;
    let mut numbers = vec![
        ("seconds", stretch.seconds),
        ("messages", stretch.messages as f64),
        ("messages_per_second", stretch.messages as f64 / stretch.seconds),
    ];
    // Per message, each way.
    numbers.extend(stretch.server_cpu_ns.map(|ns| ("server_cpu_ns", ns as f64 / messages)));
    numbers.push(("client_cpu_ns", stretch.own_cpu_ns as f64 / messages));
    numbers
}
