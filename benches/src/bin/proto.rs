//! Protobuf codecs side by side: time per data set as interleaved medians, ratios, and a line per gate.
//!
//! `proto [--quick] [--json FILE] [--set NAME]… [--operation NAME]…`. Each library takes its turn in each of
//! many short rounds, so that what the machine does meanwhile hits all of them; only ratios from one run mean
//! something. Gates are judged when nothing is left out.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::time::Instant;

use ferrpc_benches::proto::data::{LEFT_OUT, names, sets};
use ferrpc_benches::proto::{Codec, LINES};

/// One operation on one data set.
struct Row {
    operation: &'static str,
    set: &'static str,
    copies: bool,
    bytes: usize,
    /// Nanoseconds for all payloads, ferrpc first.
    times: Vec<(&'static str, f64)>,
}

impl Row {
    /// How many times faster than the fastest peer.
    fn ratio(&self) -> f64 {
        let peers = self.times[1..].iter().map(|(_, time)| *time);
        peers.fold(f64::INFINITY, f64::min) / self.times[0].1
    }
}

fn main() -> std::io::Result<()> {
    let options = options().map_err(std::io::Error::other)?;
    let (rounds, round_ns) = if options.quick { (15, 0.5e6) } else { (75, 2e6) };

    for (set, why) in LEFT_OUT {
        println!("set {set} left out: {why}");
    }
    let mut rows = Vec::new();
    for mut set in sets(&options.sets) {
        for (operation, pick) in OPERATIONS {
            if !options.operations.is_empty() && !options.operations.iter().any(|name| name == operation) {
                continue;
            }
            let times = measure(&mut set.codecs, pick, rounds, round_ns);
            let row = Row { operation, set: set.name, copies: set.copies, bytes: set.bytes, times };
            println!("{}", line(&row));
            rows.push(row);
        }
    }
    if let Some(path) = options.json {
        std::fs::write(path, as_json(&rows))?;
    }
    if options.sets.is_empty() && options.operations.is_empty() {
        gates(&rows);
    }
    Ok(())
}

#[derive(Default)]
struct Options {
    quick: bool,
    json: Option<String>,
    sets: Vec<String>,
    operations: Vec<String>,
}

fn options() -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--json" => options.json = Some(value()?),
            "--set" => options.sets.push(known(value()?, names())?),
            "--operation" => options.operations.push(known(value()?, OPERATIONS.map(|(name, _)| name))?),
            other => return Err(format!("unknown argument {other:?}")),
        }
    }
    Ok(options)
}

fn known(name: String, names: impl IntoIterator<Item = &'static str>) -> Result<String, String> {
    let names: Vec<&str> = names.into_iter().collect();
    if names.contains(&&*name) {
        Ok(name)
    } else {
        Err(format!("no {name:?}; there are {}", names.join(", ")))
    }
}

type Pick = fn(&mut Codec) -> &mut dyn FnMut();

const OPERATIONS: [(&str, Pick); 2] =
    [("decode", |codec| &mut *codec.decode), ("encode", |codec| &mut *codec.encode)];

/// Each library's median, its rounds taken in turn with the others'.
fn measure(codecs: &mut [Codec], pick: Pick, rounds: usize, round_ns: f64) -> Vec<(&'static str, f64)> {
    let passes: Vec<u32> = codecs
        .iter_mut()
        .map(|codec| {
            let once = time(pick(codec), 1).max(time(pick(codec), 1).min(1e9));
            ((round_ns / once.max(1.0)) as u32).clamp(1, 1_000_000)
        })
        .collect();
    let mut samples = vec![Vec::new(); codecs.len()];
    for round in 0..rounds {
        for turn in 0..codecs.len() {
            // Another one begins each time: who follows whom must not matter either.
            let index = (turn + round) % codecs.len();
            samples[index].push(time(pick(&mut codecs[index]), passes[index]));
        }
    }
    let medians = samples.into_iter().map(|mut samples| {
        samples.sort_by(f64::total_cmp);
        samples[samples.len() / 2]
    });
    codecs.iter().map(|codec| codec.library).zip(medians).collect()
}

/// Nanoseconds per pass.
fn time(run: &mut dyn FnMut(), passes: u32) -> f64 {
    let started = Instant::now();
    for _ in 0..passes {
        run();
    }
    started.elapsed().as_nanos() as f64 / f64::from(passes)
}

fn line(row: &Row) -> String {
    let Row { operation, set, bytes, times, .. } = row;
    let mut line = format!("{operation} {set:16} {bytes:9} B ");
    for (library, time) in times {
        let _ = write!(line, " {library} {:8.0} MiB/s", *bytes as f64 / time * 1e9 / f64::from(1 << 20));
    }
    let _ = write!(line, "  ratio {:.2}", row.ratio());
    line
}

/// The floors, and whether they hold. They are never lowered.
fn gates(rows: &[Row]) {
    for (operation, mean_min) in [("decode", 1.5), ("encode", 1.3)] {
        let shaped: Vec<&Row> = rows.iter().filter(|row| row.operation == operation && !row.copies).collect();
        let logs: f64 = shaped.iter().map(|row| row.ratio().ln()).sum();
        let mean = (logs / shaped.len() as f64).exp();
        gate(&format!("{operation}_mean"), mean >= mean_min, &format!("{mean:.2} (floor {mean_min})"));
        lowest(&format!("{operation}_each"), shaped.into_iter(), 1.1);
        let copies = rows.iter().filter(|row| row.operation == operation && row.copies);
        lowest(&format!("{operation}_memcpy_bound"), copies, 1.0);
        let hard = rows.iter().filter(|row| row.operation == operation);
        lowest(
            &format!("{operation}_shuffled_and_sparse"),
            hard.filter(|row| matches!(row.set, "shuffled" | "wide_sparse")),
            1.1,
        );
    }
    let lines = |library| LINES.iter().find(|(name, _)| *name == library).map(|(_, lines)| *lines);
    match (lines("ferrpc"), lines("buffa")) {
        (Some(ours), Some(buffa)) => {
            gate(
                "generated_lines",
                ours * 3 <= buffa,
                &format!("{ours} to buffa's {buffa}, both without views"),
            );
        }
        _ => gate("generated_lines", false, "not measured: buffa is left out"),
    }
    for name in ["view_decode", "encode_pooled"] {
        gate(name, false, "not measured: ferrpc-proto does not offer it yet");
    }
    for name in ["compile_time", "code_size", "hostile_input"] {
        gate(name, false, "not measured yet");
    }
}

/// The worst of several sets decides.
fn lowest<'a>(name: &str, rows: impl Iterator<Item = &'a Row>, floor: f64) {
    let worst = rows.min_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    match worst {
        Some(row) => {
            let figure = format!("{:.2} in {} (floor {floor})", row.ratio(), row.set);
            gate(name, row.ratio() >= floor, &figure);
        }
        None => gate(name, false, "not measured: no such set"),
    }
}

fn gate(name: &str, held: bool, figure: &str) {
    println!("gate {name} {} {figure}", if held { "held" } else { "NOT HELD" });
}

fn as_json(rows: &[Row]) -> String {
    let row = |row: &Row| {
        let times = row.times.iter().map(|(library, time)| format!("\"{library}\": {time:.1}"));
        format!(
            "  {{\"operation\": \"{}\", \"set\": \"{}\", \"bytes\": {}, \"ratio\": {:.3}, \"ns\": {{{}}}}}",
            row.operation,
            row.set,
            row.bytes,
            row.ratio(),
            times.collect::<Vec<_>>().join(", ")
        )
    };
    format!("[\n{}\n]\n", rows.iter().map(row).collect::<Vec<_>>().join(",\n"))
}
