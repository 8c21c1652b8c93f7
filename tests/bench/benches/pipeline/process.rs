//! What processes cost: CPU time and memory, from `/proc`.

use std::{fs, time::Duration};

use anyhow::Context;

/// CPU time that process `pid` has used, to the hundredth of a second.
pub(crate) fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let ticks =
        stat(pid)?.iter().skip(11).take(2).map(|field| field.parse::<u64>()).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(10 * ticks))
}

/// CPU time of the children of `parent` that run now; of PostgreSQL: of its sessions and helpers.
pub(crate) fn children_cpu_time(parent: u32) -> anyhow::Result<Duration> {
    let mut total = Duration::ZERO;
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end meanwhile.
        if stat(pid).is_ok_and(|fields| fields.get(1).is_some_and(|field| *field == parent.to_string())) {
            total += cpu_time(pid).unwrap_or_default();
        }
    }
    Ok(total)
}

/// Memory of process `pid` in megabytes: now, and at its highest.
pub(crate) fn memory_mb(pid: u32) -> anyhow::Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kilobytes = |name: &str| -> anyhow::Result<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
        Ok(line.trim_end_matches("kB").trim().parse::<f64>()? / 1_024.0)
    };
    Ok((kilobytes("VmRSS:")?, kilobytes("VmHWM:")?))
}

/// The fields of `/proc/PID/stat` after the name: state, parent, and so on.
fn stat(pid: u32) -> anyhow::Result<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat has no name")?;
    Ok(fields.split_whitespace().map(str::to_owned).collect())
}

/// Microseconds an event.
pub(crate) fn us_per_event(cpu: Duration, events: u64) -> f64 {
    rounded(cpu.as_secs_f64() * 1e6 / as_f64(events))
}

/// A number of events as a fraction wants it.
pub(crate) fn as_f64(number: u64) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// To the hundredth.
pub(crate) fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
