//! The unit under the eyes of systemd's own tools, and what an operator relies on in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The unit, starting the program that was built instead of an installed one.
fn unit(directory: &Path) -> PathBuf {
    let path = directory.join("usagewarden.service");
    let text = shipped().replace("/usr/bin/usagewarden", env!("CARGO_BIN_EXE_usagewarden"));
    fs::write(&path, text).unwrap();
    path
}

fn shipped() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/usagewarden.service");
    fs::read_to_string(path).unwrap()
}

/// What `systemd-analyze` says of the unit when asked with `arguments`; `None` where it is
/// not installed.
fn analyzed(arguments: &[&str]) -> Option<(bool, String)> {
    let directory = tempfile::tempdir().unwrap();
    let output =
        Command::new("systemd-analyze").args(arguments).arg(unit(directory.path())).output();
    let Ok(output) = output else {
        #[expect(clippy::print_stderr, reason = "says why nothing was checked")]
        {
            eprintln!(
                "skipped: systemd-analyze is not installed (Debian: apt-get install systemd)"
            );
        }
        return None;
    };
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn systemd_has_nothing_to_say_against_the_unit() {
    // Without the option an unknown value is a warning, and the exit status 0.
    let Some((is_good, said)) = analyzed(&["verify", "--recursive-errors=yes"]) else { return };
    assert!(is_good && said.is_empty(), "{said}");
}

#[test]
fn the_unit_is_as_tight_as_a_network_daemon_can_be() {
    let arguments = ["security", "--offline=true", "--threshold=11", "--no-pager"];
    let Some((is_good, said)) = analyzed(&arguments) else { return };
    assert!(is_good, "{said}");
}

#[test]
fn what_does_not_get_better_by_trying_is_not_tried_again() {
    let unit = shipped();
    for line in ["Type=notify", "Restart=always", "RestartPreventExitStatus=64 78 243"] {
        assert!(unit.lines().any(|known| known == line), "{line} is missing");
    }
    // Its failure would be tried for ever, and the type is unknown to systemd 252.
    for word in ["ExecStartPre", "notify-reload"] {
        assert!(!unit.contains(word), "{word}");
    }
}
