//! nghttp2's load generator: somebody else's, that knows nothing of gRPC.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::output_of;
use crate::{Result, packages, paths, write};

/// What is called, and what must come.
pub(crate) struct Target<'a> {
    pub(crate) address: &'a str,
    pub(crate) path: &'a str,
}

/// Octets of the reply to `REQUEST` in its envelope: id 1, "John Doe", "john@example.com".
const REPLY_BYTES: u64 = 5 + 2 + 10 + 18;

/// Names what is missing.
pub(crate) fn needs() -> Result<()> {
    if paths::on_path("h2load").is_none() {
        return Err(format!(
            "h2load is not on PATH; run `cargo xtask setup`, or as root: {}",
            packages::H2LOAD
        ));
    }
    pinning()
}

/// Names what is missing to give server and generator a core each.
pub(crate) fn pinning() -> Result<()> {
    if paths::on_path("taskset").is_none() {
        return Err("taskset is not on PATH; it comes with util-linux".into());
    }
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() < 2) {
        return Err("two cores are needed: one for the server, one for the load generator".into());
    }
    Ok(())
}

/// Writes the request's body, `UserRequest { id: 1 }` in its envelope, to a file.
pub(crate) fn request() -> Result<PathBuf> {
    let file = paths::target().join("bench/user-request.bin");
    write(&file, [0, 0, 0, 0, 2, 0x08, 1])?;
    Ok(file)
}

/// Loads the server from core 1 and returns the calls per second; every call must have got a whole reply.
pub(crate) fn run(
    target: &Target<'_>,
    request: &Path,
    connections: u32,
    in_flight: u32,
    requests: u32,
) -> Result<f64> {
    let mut load = Command::new("taskset");
    load.args(["-c", "1", "h2load", "-t1"])
        .args([format!("-c{connections}"), format!("-m{in_flight}"), format!("-n{requests}")])
        .arg("-d")
        .arg(request)
        .args(["-H", "content-type: application/grpc", "-H", "te: trailers"])
        .arg(format!("http://{}{}", target.address, target.path));
    let output = output_of(&mut load)?;
    let (calls_per_second, data_bytes) =
        outcome(&output).ok_or_else(|| format!("h2load said something unexpected:\n{output}"))?;
    let wanted = u64::from(requests) * REPLY_BYTES;
    if data_bytes != wanted {
        return Err(format!(
            "{data_bytes} bytes of replies instead of {wanted}: calls have failed\n{output}"
        ));
    }
    Ok(calls_per_second)
}

/// Calls per second and bytes of DATA from what h2load prints.
fn outcome(output: &str) -> Option<(f64, u64)> {
    // finished in 4.25s, 141138.95 req/s, 9.02MB/s
    let finished = output.lines().find_map(|line| line.strip_prefix("finished in "))?;
    let rate = finished.split(", ").find_map(|part| part.strip_suffix(" req/s"))?;
    // traffic: 38.36MB (40225590) total, 6.87MB (7200288) headers (space savings 92.00%), 20.03MB (21000000) data
    let traffic = output.lines().find_map(|line| line.strip_prefix("traffic: "))?;
    let data = traffic.split(", ").find_map(|part| part.strip_suffix(" data"))?;
    let bytes = data.split(['(', ')']).nth(1)?;
    Some((rate.parse().ok()?, bytes.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_h2load_prints_is_understood() {
        let output = "finished in 4.25s, 141138.95 req/s, 9.02MB/s\n\
            requests: 600000 total, 600000 started, 600000 done, 600000 succeeded, 0 failed, 0 errored, 0 timeout\n\
            traffic: 38.36MB (40225590) total, 6.87MB (7200288) headers (space savings 92.00%), 20.03MB (21000000) data\n";
        assert_eq!(outcome(output), Some((141_138.95, 21_000_000)));
        assert_eq!(outcome("nothing"), None);
    }
}
