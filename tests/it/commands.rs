//! What people read: help, checks, status, and why something refuses to run.

mod asking;
mod audit;
mod daemon;
mod deliveries;
mod distrust;
mod help;
pub(crate) mod keys;
mod limits;
mod members;
mod organization;
mod rehearsal;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::process::usagewarden;

/// A port that nothing listens on: only the system may.
const CLOSED: &str = "http://127.0.0.1:1";

const WRONG_KEY: &str = "sk-ant-admin01-wrong";

/// What a command came to.
struct Said {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs a command to its end.
fn run(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
}

/// The program with these arguments, and with a configuration if one is named.
fn with(config: Option<&Path>, arguments: &[&str]) -> Command {
    let mut command = usagewarden();
    command.args(config.into_iter().flat_map(|path| [Path::new("--config"), path]));
    command.args(arguments);
    command
}

impl Said {
    /// As it is kept in a snapshot: what `volatile` names is replaced.
    fn kept(&self, volatile: &[(&str, &str)]) -> String {
        let mut text = format!("exit {}\n", self.code);
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                text.push_str(&format!("--- {name}\n{stream}"));
            }
        }
        for (from, to) in volatile {
            text = text.replace(from, to);
        }
        text
    }

    /// Nowhere, not even in part.
    fn never_shows(&self, secret: &str) {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(!all.contains(secret), "{secret} is shown: {all}");
    }
}

/// Numbers as `#`: figures of today are not those of tomorrow.
fn without_numbers(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let before_digit = letters.peek().is_some_and(char::is_ascii_digit);
        let within = masked.ends_with('#')
            && (letter.is_ascii_digit() || (matches!(letter, ',' | '.') && before_digit));
        if !within {
            masked.push(if letter.is_ascii_digit() { '#' } else { letter });
        }
    }
    masked
}

/// Tables without the width of their columns, which follows the figures.
fn narrow(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words: Vec<&str> = line.split("  ").map(str::trim).filter(|w| !w.is_empty()).collect();
        words.join(" | ")
    });
    lines.collect::<Vec<_>>().join("\n")
}
