//! The floors, and whether they hold. They are never lowered; what was not measured does not hold.

use super::super::gate::Gate;
use super::figures::{Figures, Footprint, Heap, Hostile, OURS, Row};

/// Of one operation: against whom, and how much faster at least.
struct Floors {
    operation: &'static str,
    /// One peer alone, or all.
    peer: Option<&'static str>,
    mean: f64,
    each: Option<f64>,
}

const FLOORS: [Floors; 4] = [
    Floors { operation: "decode", peer: None, mean: 1.5, each: Some(1.1) },
    Floors { operation: "view", peer: Some("buffa"), mean: 2.5, each: None },
    Floors { operation: "encode", peer: None, mean: 1.3, each: Some(1.1) },
    Floors { operation: "pooled", peer: None, mean: 1.7, each: Some(1.1) },
];
const COPIES_FLOOR: f64 = 1.0;
const HARD: [&str; 2] = ["shuffled", "wide_sparse"];

/// What is worth of an input of n bytes: n times this, or the least.
const HOSTILE_BYTES_PER_BYTE: u64 = 16;
const HOSTILE_BYTES_MIN: u64 = 64 << 20;
const HOSTILE_NS_PER_BYTE: f64 = 200.0;

pub(super) fn judge(figures: &Figures) -> Vec<Gate> {
    let mut gates = Vec::new();
    for floors in &FLOORS {
        times(floors, &figures.rows, &mut gates);
    }
    gates.push(less("allocations", &figures.heap, |heap| heap.boxes, |&(_, blocks, _)| blocks));
    gates.push(less("peak_bytes", &figures.heap, |_| 0, |&(_, _, peak)| peak));
    gates.push(lines(&figures.lines));
    gates.push(against_prost("compile_time", "CPU s", &figures.footprints, |f| Some(f.compile_seconds)));
    gates.push(against_prost("code_size", "bytes", &figures.footprints, |f| {
        f.sizes.iter().find(|(what, ..)| what == "decode,encode").map(|&(_, _, bytes)| float(bytes))
    }));
    gates.push(hostile("hostile_memory", &figures.hostile, |one| {
        float(one.peak_bytes) / float(HOSTILE_BYTES_MIN.max(HOSTILE_BYTES_PER_BYTE * one.octets))
    }));
    gates.push(hostile("hostile_time", &figures.hostile, |one| {
        one.ns / float(one.octets) / HOSTILE_NS_PER_BYTE
    }));
    gates
}

fn times(floors: &Floors, rows: &[Row], gates: &mut Vec<Gate>) {
    let Floors { operation, peer, mean, each } = floors;
    let ratio = |row: &Row| row.ratio(|library| peer.is_none_or(|peer| peer == library));
    let ratios = |wanted: &dyn Fn(&Row) -> bool| -> Vec<(String, f64)> {
        let rows = rows.iter().filter(|row| row.operation == *operation && wanted(row));
        rows.filter_map(|row| Some((row.set.clone(), ratio(row)?))).collect()
    };
    let shaped = ratios(&|row| !row.copies);
    gates.push(Gate::new(&format!("{operation}_mean"), geometric_mean(&shaped), *mean));
    if let Some(each) = each {
        gates.push(Gate::lowest(&format!("{operation}_each"), &shaped, *each));
        let hard = ratios(&|row| HARD.contains(&row.set.as_str()));
        gates.push(Gate::lowest(&format!("{operation}_shuffled_and_sparse"), &hard, *each));
    }
    gates.push(Gate::lowest(&format!("{operation}_memcpy_bound"), &ratios(&|row| row.copies), COPIES_FLOOR));
}

fn geometric_mean(ratios: &[(String, f64)]) -> Option<f64> {
    let logs: f64 = ratios.iter().map(|(_, ratio)| ratio.ln()).sum();
    (!ratios.is_empty()).then(|| (logs / float(ratios.len() as u64)).exp())
}

impl Gate {
    fn new(name: &str, value: Option<f64>, floor: f64) -> Self {
        match value {
            Some(value) => Self::judged(name, value >= floor, format!("{value:.2} (floor {floor})")),
            None => Self::unmeasured(name),
        }
    }

    /// The worst of several sets decides; how many are below is told as well.
    fn lowest(name: &str, ratios: &[(String, f64)], floor: f64) -> Self {
        let Some((set, worst)) = ratios.iter().min_by(|a, b| a.1.total_cmp(&b.1)) else {
            return Self::unmeasured(name);
        };
        let below = ratios.iter().filter(|(_, ratio)| *ratio < floor).count();
        let figure = format!("{worst:.2} in {set} (floor {floor}; {below} of {} below)", ratios.len());
        Self::judged(name, below == 0, figure)
    }

    fn judged(name: &str, held: bool, figure: String) -> Self {
        Self { name: name.to_owned(), held, figure }
    }

    fn unmeasured(name: &str) -> Self {
        Self::judged(name, false, "not measured".to_owned())
    }
}

/// Not more than any peer in any set.
fn less(
    name: &str,
    heap: &[Heap],
    exempt: impl Fn(&Heap) -> u64,
    count: impl Fn(&(String, u64, u64)) -> u64,
) -> Gate {
    let mut worse = Vec::new();
    let mut compared = 0;
    for set in heap {
        let Some(ours) = set.counts.iter().find(|(library, ..)| library == OURS).map(&count) else {
            continue;
        };
        let ours = ours.saturating_sub(exempt(set));
        for theirs in set.counts.iter().filter(|(library, ..)| library != OURS) {
            compared += 1;
            if ours > count(theirs) {
                worse.push(format!("{ours} to {}'s {} in {}", theirs.0, count(theirs), set.set));
            }
        }
    }
    let figure = match worse.as_slice() {
        _ if compared == 0 => return Gate::unmeasured(name),
        [] => format!("in no set more than any of the peers ({compared} comparisons)"),
        worse => format!("{} ({} of {compared} above)", worse.join("; "), worse.len()),
    };
    Gate::judged(name, worse.is_empty(), figure)
}

fn lines(lines: &[(String, u64)]) -> Gate {
    let of = |library| lines.iter().find(|(name, _)| name == library).map(|&(_, lines)| lines);
    match (of(OURS), of("buffa")) {
        (Some(ours), Some(theirs)) => {
            let figure =
                format!("{ours} to buffa's {theirs}: {:.2} (ceiling 0.33)", float(ours) / float(theirs));
            Gate::judged("generated_lines", ours * 3 <= theirs, figure)
        }
        _ => Gate::unmeasured("generated_lines"),
    }
}

fn against_prost(
    name: &str,
    unit: &str,
    footprints: &[Footprint],
    value: impl Fn(&Footprint) -> Option<f64>,
) -> Gate {
    let of = |library: &str| footprints.iter().find(|one| one.library == library).and_then(&value);
    match (of(OURS), of("prost")) {
        (Some(ours), Some(theirs)) => {
            let digits = usize::from(ours < 1e3) * 2;
            let figure = format!(
                "{ours:.digits$} to prost's {theirs:.digits$} {unit}: {:.2} (ceiling 1)",
                ours / theirs
            );
            Gate::judged(name, ours <= theirs, figure)
        }
        _ => Gate::unmeasured(name),
    }
}

/// The worst input decides, as a share of what is allowed.
fn hostile(name: &str, inputs: &[Hostile], share: impl Fn(&Hostile) -> f64) -> Gate {
    let Some(worst) = inputs.iter().max_by(|a, b| share(a).total_cmp(&share(b))) else {
        return Gate::unmeasured(name);
    };
    let over = inputs.iter().filter(|one| share(one) > 1.0).count();
    let figure = format!(
        "at most {:.2} of what is allowed, by {}: {} bytes take {} bytes and {:.1} ns a byte ({over} of {} over)",
        share(worst),
        worst.name,
        worst.octets,
        worst.peak_bytes,
        worst.ns / float(worst.octets),
        inputs.len()
    );
    Gate::judged(name, over == 0, figure)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2⁵²")]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::super::figures;
    use super::*;

    fn gate<'a>(gates: &'a [Gate], name: &str) -> &'a Gate {
        gates.iter().find(|gate| gate.name == name).unwrap()
    }

    #[test]
    fn what_was_not_measured_does_not_hold() {
        for gate in judge(&Figures::default()) {
            assert_eq!(gate.to_string(), format!("gate {} NOT HELD not measured", gate.name));
        }
    }

    #[test]
    fn one_slow_set_breaks_the_gate_on_each_and_not_that_on_the_mean() {
        let rows = [
            "time a shaped decode 9 ferrpc 1 prost 4 upb 8",
            "time b shaped decode 9 ferrpc 1 prost 1",
            "time c copies decode 9 ferrpc 2 prost 1",
        ];
        let rows = rows.map(|line| figures::row(line).unwrap()).to_vec();
        let gates = judge(&Figures { rows, ..Figures::default() });
        assert_eq!(gate(&gates, "decode_mean").to_string(), "gate decode_mean held 2.00 (floor 1.5)");
        let each = "gate decode_each NOT HELD 1.00 in b (floor 1.1; 1 of 2 below)";
        assert_eq!(gate(&gates, "decode_each").to_string(), each);
        let copies = "gate decode_memcpy_bound NOT HELD 0.50 in c (floor 1; 1 of 1 below)";
        assert_eq!(gate(&gates, "decode_memcpy_bound").to_string(), copies);
    }

    #[test]
    fn boxes_are_left_out_of_our_allocations_alone() {
        let heap = vec![figures::heap("heap a 2 ferrpc 5 100 prost 3 100").unwrap()];
        let gates = judge(&Figures { heap, ..Figures::default() });
        assert!(gate(&gates, "allocations").held);
        let heap = vec![figures::heap("heap a 1 ferrpc 5 101 prost 3 100").unwrap()];
        let gates = judge(&Figures { heap, ..Figures::default() });
        let text = "gate allocations NOT HELD 4 to prost's 3 in a (1 of 1 above)";
        assert_eq!(gate(&gates, "allocations").to_string(), text);
        assert!(!gate(&gates, "peak_bytes").held);
    }

    #[test]
    fn an_input_may_take_sixteen_times_its_size_or_64_mib() {
        let one = |octets, peak_bytes, ns| Hostile {
            name: "lists".to_owned(),
            octets,
            peak_bytes,
            ns,
            outcome: "refused".to_owned(),
        };
        let judged = |hostile| judge(&Figures { hostile: vec![hostile], ..Figures::default() });
        let gates = judged(one(1000, 64 << 20, 200_000.0));
        assert!(gate(&gates, "hostile_memory").held && gate(&gates, "hostile_time").held);
        let gates = judged(one(1000, (64 << 20) + 1, 200_001.0));
        assert!(!gate(&gates, "hostile_memory").held && !gate(&gates, "hostile_time").held);
        assert!(gate(&judged(one(8 << 20, 128 << 20, 0.0)), "hostile_memory").held);
    }
}
