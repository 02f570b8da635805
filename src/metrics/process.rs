//! The daemon as the system sees it: the metrics every Prometheus client has.
//!
//! Read from `/proc/self`, which is memory and not disk. What cannot be read is left out;
//! under `ProcSubset=pid` that is the start time.

use std::fmt::{Display, Write};
use std::fs;

/// Where `/proc/self/auxv` has the size of a tick of the clock (`AT_CLKTCK`).
const AT_CLKTCK: usize = 17;

/// Appends every metric that the system tells.
pub(super) fn write(out: &mut String) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let ticks = Ticks::of(&stat, fs::read("/proc/self/auxv").ok());
    let boot = fs::read_to_string("/proc/stat").ok().as_deref().and_then(booted_at);
    let started = ticks.as_ref().zip(boot).map(|(ticks, boot)| boot as f64 + ticks.started_after);
    let fds = fs::read_dir("/proc/self/fd").ok().map(Iterator::count);

    counter(
        out,
        "cpu_seconds_total",
        "Seconds of processor time, user and system.",
        ticks.map(|t| t.busy),
    );
    // Listing them opens one more.
    gauge(out, "open_fds", "Open file descriptors.", fds.map(|count| count.saturating_sub(1)));
    gauge(out, "max_fds", "File descriptors that may be open.", max_fds(&limits));
    gauge(out, "virtual_memory_bytes", "Virtual memory.", kibibytes(&status, "VmSize:"));
    gauge(out, "resident_memory_bytes", "Resident memory.", kibibytes(&status, "VmRSS:"));
    gauge(
        out,
        "start_time_seconds",
        "When the process started, in seconds since the epoch.",
        started,
    );
    gauge(out, "threads", "Threads.", field(&status, "Threads:"));
}

fn counter(out: &mut String, name: &str, help: &str, value: Option<impl Display>) {
    family(out, "counter", name, help, value);
}

fn gauge(out: &mut String, name: &str, help: &str, value: Option<impl Display>) {
    family(out, "gauge", name, help, value);
}

fn family(out: &mut String, kind: &str, name: &str, help: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "# HELP process_{name} {help}\n# TYPE process_{name} {kind}\nprocess_{name} {value}"
        );
    }
}

/// The figures of `stat`, in seconds.
struct Ticks {
    busy: f64,
    started_after: f64,
}

impl Ticks {
    fn of(stat: &str, auxv: Option<Vec<u8>>) -> Option<Self> {
        let per_second = ticks_per_second(&auxv?)? as f64;
        // The second field is the name in parentheses and may hold anything; count from its end.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let ticks = |place: usize| fields.get(place - 3)?.parse::<u64>().ok();
        let busy = (ticks(14)? + ticks(15)?) as f64 / per_second;
        Some(Self { busy, started_after: ticks(22)? as f64 / per_second })
    }
}

/// The vector is pairs of machine words: a key and its value.
fn ticks_per_second(auxv: &[u8]) -> Option<usize> {
    let words: Vec<usize> = auxv
        .chunks_exact(size_of::<usize>())
        .filter_map(|word| word.try_into().ok().map(usize::from_ne_bytes))
        .collect();
    words.chunks_exact(2).find(|pair| pair[0] == AT_CLKTCK).map(|pair| pair[1]).filter(|&t| t > 0)
}

fn booted_at(stat: &str) -> Option<u64> {
    field(stat, "btime ")
}

fn kibibytes(status: &str, name: &str) -> Option<u64> {
    field(status, name).map(|kibibytes| kibibytes * 1024)
}

/// The number after `name` at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

/// The soft limit. `unlimited` is not a number, so it is not published.
fn max_fds(limits: &str) -> Option<u64> {
    field(limits, "Max open files")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_move_the_fields() {
        let mut words = Vec::new();
        for word in [6_usize, 4096, AT_CLKTCK, 100, 0, 0] {
            words.extend(word.to_ne_bytes());
        }
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0 20 0 3 0 4200 0";
        let ticks = Ticks::of(stat, Some(words)).unwrap();
        assert_eq!(
            (ticks.busy.to_string(), ticks.started_after.to_string()),
            ("4".into(), "42".into())
        );
    }

    #[test]
    fn this_process_has_all_seven() {
        let mut text = String::new();
        write(&mut text);
        assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 7, "{text}");
    }
}
