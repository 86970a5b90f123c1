//! A cell of a table: the figures of one contender in one case, as its runs printed them.

use super::cases::Figure;
use crate::bench::spread::Spread;

/// What the runs of a contender in a case have shown.
pub(super) struct Cell {
    pub(super) contender: &'static str,
    pub(super) samples: Vec<Sample>,
    /// Why there are no more.
    pub(super) failure: Option<String>,
}

/// Names and numbers of one run.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sample(Vec<(String, f64)>);

impl Cell {
    pub(super) fn figure(&self, figure: Figure) -> Option<Spread> {
        if self.failure.is_some() {
            return None;
        }
        let values: Option<Vec<f64>> = self.samples.iter().map(|sample| sample.figure(figure)).collect();
        values.filter(|values| !values.is_empty()).map(|values| Spread::of(values.into_iter()))
    }
}

impl Sample {
    /// `figures NAME NUMBER …`
    pub(super) fn parse(printed: &str) -> Option<Self> {
        let words: Vec<&str> =
            printed.lines().find_map(|line| line.strip_prefix("figures "))?.split(' ').collect();
        let pairs = words.chunks(2).map(|pair| {
            let [name, number] = pair else { return None };
            Some(((*name).to_owned(), number.parse().ok()?))
        });
        pairs.collect::<Option<Vec<_>>>().map(Self)
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(it, _)| it == name).map(|(_, number)| *number)
    }

    pub(super) fn figure(&self, figure: Figure) -> Option<f64> {
        let us = |name| self.number(name).map(|ns| ns / 1e3);
        match figure {
            Figure::ServerCpu => us("server_cpu_ns"),
            Figure::ClientCpu => us("client_cpu_ns"),
            Figure::RoundTrip => us("p50_ns"),
            Figure::P99 => us("p99_ns"),
            Figure::Rate => self.number("messages_per_second"),
            Figure::Throughput => {
                Some(self.number("payload_bytes")? / self.number("seconds")? / f64::from(1 << 20))
            }
            Figure::Memory => self.number("kib"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_the_generators_line() {
        let sample =
            Sample::parse("noise\nfigures seconds 2 payload_bytes 4194304 server_cpu_ns 1500 failed 0\n");
        let sample = sample.expect("there is a line");
        assert_eq!(sample.figure(Figure::ServerCpu), Some(1.5));
        assert_eq!(sample.figure(Figure::Throughput), Some(2.0));
        assert_eq!(sample.figure(Figure::Memory), None);
        assert_eq!(Sample::parse("figures seconds"), None);
        assert_eq!(Sample::parse("nothing"), None);
    }

    #[test]
    fn a_contender_that_failed_has_no_figures() {
        let sample = || Sample(vec![("kib".to_owned(), 3.0)]);
        let mut cell = Cell { contender: "ferrpc", samples: vec![sample()], failure: None };
        assert_eq!(cell.figure(Figure::Memory).map(|spread| spread.median), Some(3.0));
        assert!(cell.figure(Figure::Rate).is_none());
        cell.failure = Some("hung".to_owned());
        assert!(cell.figure(Figure::Memory).is_none());
    }
}
