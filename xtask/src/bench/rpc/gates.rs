//! The floors and goals of each case. They are never lowered; what was not measured does not hold.

use super::cases::{Case, Figure};
use super::cell::Cell;
use crate::bench::gate::Gate;

/// What must be of one figure of one case.
struct Rule {
    case: &'static str,
    figure: Figure,
    of: Of,
    floor: Option<Bound>,
    goal: Option<Bound>,
}

/// What our figure is divided by.
#[derive(Clone, Copy)]
enum Of {
    /// A contender's.
    Contender(&'static str),
    /// Nothing: it counts as it is, in the figure's unit.
    Itself,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    Most(f64),
    Least(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::Most(bound) => value <= bound,
            Self::Least(bound) => value >= bound,
        }
    }

    fn shown(self) -> String {
        let (sign, bound) = match self {
            Self::Most(bound) => ("≤", bound),
            Self::Least(bound) => ("≥", bound),
        };
        let digits = format!("{bound:.3}");
        format!("{sign} {}", digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

use Bound::{Least, Most};
use Figure::{ClientCpu, Memory, P99, Rate, RoundTrip, ServerCpu, Throughput};

const fn to(
    case: &'static str,
    figure: Figure,
    contender: &'static str,
    floor: Option<Bound>,
    goal: Option<Bound>,
) -> Rule {
    Rule { case, figure, of: Of::Contender(contender), floor, goal }
}

const fn itself(case: &'static str, figure: Figure, floor: Option<Bound>, goal: Option<Bound>) -> Rule {
    Rule { case, figure, of: Of::Itself, floor, goal }
}

/// One core, two cores or a thousand: only ratios in one run, and memory.
const RULES: &[Rule] = &[
    to("unary_1x100", ServerCpu, "tonic", Some(Most(1.0 / 5.0)), Some(Most(1.0 / 8.0))),
    to("unary_10x10", ServerCpu, "tonic", Some(Most(1.0 / 4.0)), Some(Most(1.0 / 5.5))),
    to("unary_10x10", ServerCpu, "limit", None, Some(Most(1.25))),
    to("unary_50x1", ServerCpu, "tonic", Some(Most(1.0 / 2.0)), Some(Most(0.43))),
    to("unary_50x1", ServerCpu, "limit", Some(Most(1.15)), Some(Most(1.05))),
    to("unary_1x1", ServerCpu, "tonic", Some(Most(0.77)), Some(Most(0.7))),
    to("unary_1x1", RoundTrip, "tonic", Some(Most(0.77)), Some(Most(0.7))),
    to("unary_1x1", RoundTrip, "raw TCP", None, Some(Most(1.2))),
    to("client_1x1", ClientCpu, "tonic", Some(Most(0.77)), Some(Most(0.7))),
    to("client_1x1", RoundTrip, "tonic", Some(Most(0.77)), Some(Most(0.7))),
    to("client_1x100", ClientCpu, "tonic", Some(Most(1.0 / 5.0)), Some(Most(1.0 / 8.0))),
    to("one_core", ServerCpu, "tonic", Some(Most(1.0 / 10.0)), Some(Most(1.0 / 16.0))),
    to("field_varies", ServerCpu, "tonic", Some(Most(1.0 / 5.0)), Some(Most(1.0 / 6.5))),
    to("fields_six", ServerCpu, "tonic", Some(Most(1.0 / 4.0)), Some(Most(1.0 / 5.0))),
    to("reply_1k", ServerCpu, "tonic", Some(Most(1.0 / 3.0)), Some(Most(1.0 / 5.0))),
    to("reply_16k", ServerCpu, "tonic", Some(Most(0.6)), None),
    to("reply_16k", ServerCpu, "limit", None, Some(Most(1.2))),
    to("awaits_once", ServerCpu, "tonic", Some(Most(1.0 / 3.0)), Some(Most(1.0 / 5.0))),
    to("spawned", ServerCpu, "tonic", Some(Most(1.0 / 4.0)), Some(Most(1.0 / 6.0))),
    to("spawned", ServerCpu, "tonic current-thread", Some(Most(1.0 / 4.0)), Some(Most(1.0 / 6.0))),
    to("handler_sleeps", Rate, "tonic", Some(Least(1.0)), Some(Least(2.0))),
    to("handler_sleeps", P99, "tonic", Some(Most(1.0)), Some(Most(0.5))),
    to("handler_burns", Rate, "tonic", Some(Least(1.0)), Some(Least(2.0))),
    to("handler_burns", P99, "tonic", Some(Most(1.0)), Some(Most(0.5))),
    to("threads_64x4", ServerCpu, "tonic", Some(Most(1.0 / 2.0)), Some(Most(1.0 / 4.0))),
    to("down_all", ServerCpu, "tonic", Some(Most(0.5)), None),
    itself("down_all", ServerCpu, None, Some(Most(0.05))),
    to("down_each", ServerCpu, "tonic", Some(Most(0.5)), None),
    itself("down_each", ServerCpu, None, Some(Most(0.1))),
    to("up", ServerCpu, "tonic", Some(Most(0.5)), None),
    itself("up", ServerCpu, None, Some(Most(0.1))),
    to("ping_pong", ServerCpu, "tonic", Some(Most(0.5)), None),
    to("ping_pong", RoundTrip, "raw TCP", None, Some(Most(1.2))),
    to("echo_1m", ServerCpu, "tonic", Some(Most(0.8)), None),
    to("echo_1m", ServerCpu, "raw TCP", Some(Most(1.3)), Some(Most(1.1))),
    to("bulk_0", Throughput, "raw TCP", Some(Least(0.8)), Some(Least(0.95))),
    to("bulk_10", Throughput, "raw TCP", Some(Least(0.8)), Some(Least(0.95))),
    to("bulk_80", Throughput, "raw TCP", Some(Least(0.8)), Some(Least(0.95))),
    to("bulk_0", Throughput, "go", Some(Least(1.0)), None),
    to("bulk_10", Throughput, "go", Some(Least(1.0)), None),
    to("bulk_80", Throughput, "go", Some(Least(1.0)), None),
    itself("idle_connection", Memory, Some(Most(8.0)), Some(Most(4.0))),
    itself("idle_stream", Memory, Some(Most(1.5)), Some(Most(1.0))),
];

/// Whether a floor or a goal hangs on this cell: then it is worth more rounds than one.
pub(super) fn judges(case: &str, contender: &str) -> bool {
    let mut rules = RULES.iter().filter(|rule| rule.case == case);
    contender == "ferrpc" || rules.any(|rule| matches!(rule.of, Of::Contender(name) if name == contender))
}

/// What is said at the end.
#[derive(Default)]
pub(super) struct Judgement {
    pub(super) gates: Vec<Gate>,
    /// Goals that have no floor: nothing fails if they are missed.
    pub(super) goals: Vec<String>,
}

impl Judgement {
    pub(super) fn lines(&self) -> String {
        let gates: String = self.gates.iter().map(|gate| format!("{gate}\n")).collect();
        gates + &self.goals.iter().map(|goal| format!("{goal}\n")).collect::<String>()
    }
}

/// A line for each rule.
pub(super) fn judge(results: &[(Case, Vec<Cell>)], all: bool) -> Judgement {
    let mut judgement = Judgement::default();
    for rule in RULES {
        let cells = results.iter().find(|(case, _)| case.name == rule.case).map(|(_, cells)| cells);
        let median = |contender: &str| {
            let cell = cells?.iter().find(|cell| cell.contender == contender)?;
            cell.figure(rule.figure).map(|spread| spread.median)
        };
        let value = match rule.of {
            Of::Itself => median("ferrpc"),
            Of::Contender(name) => median("ferrpc").zip(median(name)).map(|(ours, theirs)| ours / theirs),
        };
        if value.is_some() || all {
            let gate = rule.gate(value);
            if rule.floor.is_some() {
                judgement.gates.push(gate);
            } else {
                let Gate { name, held, figure } = gate;
                judgement
                    .goals
                    .push(format!("goal {name} {} {figure}", if held { "reached" } else { "missed" }));
            }
        }
    }
    judgement
}

impl Rule {
    fn gate(&self, value: Option<f64>) -> Gate {
        let (to, unit) = match self.of {
            Of::Itself => (String::new(), format!(" ({})", self.figure.title())),
            Of::Contender(name) => {
                (format!("_to_{}", name.replace([' ', '-'], "_").to_lowercase()), format!(" of {name}"))
            }
        };
        let bounds = [("floor", self.floor), ("goal", self.goal)];
        let said: Vec<String> = bounds
            .into_iter()
            .filter_map(|(name, bound)| {
                let bound = bound?;
                let reached = value.is_some_and(|value| bound.holds(value));
                let reached = if name == "goal" && self.floor.is_some() && reached { " reached" } else { "" };
                Some(format!("{name} {}{reached}", bound.shown()))
            })
            .collect();
        let figure = value.map_or_else(|| "not measured".to_owned(), |value| format!("{value:.3}{unit}"));
        Gate {
            name: format!("{}_{}{to}", self.case, self.figure.name()),
            held: value.is_some_and(|value| self.floor.or(self.goal).is_some_and(|bound| bound.holds(value))),
            figure: format!("{figure} ({})", said.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::rpc::cases;

    #[test]
    fn each_rule_is_of_figures_that_are_measured() {
        let cases = cases::all();
        for rule in RULES {
            let case = cases.iter().find(|case| case.name == rule.case);
            let case = case.unwrap_or_else(|| panic!("no case {}", rule.case));
            assert!(case.shown.contains(&rule.figure), "{} {:?}", rule.case, rule.figure);
            let has = |name| case.contenders.iter().any(|contender| contender.name == name);
            assert!(has("ferrpc"), "{}", rule.case);
            if let Of::Contender(name) = rule.of {
                assert!(has(name), "{} has no {name}", rule.case);
            }
        }
    }

    #[test]
    fn who_is_only_shown_is_not_judged() {
        assert!(judges("unary_1x100", "ferrpc") && judges("unary_1x100", "tonic") && judges("bulk_80", "go"));
        assert!(!judges("unary_1x100", "go") && !judges("unary_1x100", "raw TCP"));
    }

    #[test]
    fn a_gate_holds_by_its_floor_and_says_whether_the_goal_is_reached() {
        let rule = to("unary_1x100", ServerCpu, "tonic", Some(Most(0.2)), Some(Most(0.125)));
        let gate = |value| rule.gate(value).to_string();
        assert_eq!(
            gate(Some(0.11)),
            "gate unary_1x100_server_cpu_to_tonic held 0.110 of tonic (floor ≤ 0.2, goal ≤ 0.125 reached)"
        );
        assert_eq!(
            gate(Some(0.2)),
            "gate unary_1x100_server_cpu_to_tonic held 0.200 of tonic (floor ≤ 0.2, goal ≤ 0.125)"
        );
        assert!(gate(Some(0.21)).contains(" NOT HELD 0.210 "));
        assert!(gate(None).contains(" NOT HELD not measured "));
    }

    #[test]
    fn what_must_be_large_is_not_held_when_it_is_small() {
        let rule = to("bulk_0", Throughput, "raw TCP", Some(Least(0.8)), Some(Least(0.95)));
        assert!(rule.gate(Some(0.79)).to_string().contains("NOT HELD"));
        assert!(rule.gate(Some(0.96)).held);
    }
}
