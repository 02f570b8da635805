//! Tells the program what it was built from, for `usagewarden_build_info`.
//!
//! A source tarball has no history; its revision is `unknown`.

use std::path::Path;
use std::process::Command;

fn main() {
    let history = Path::new(env!("CARGO_MANIFEST_DIR")).join(".git");
    // Without this test, git would look upward and find somebody else's repository.
    let revision =
        history.exists().then(|| first_line("git", &["rev-parse", "--short=12", "HEAD"]));
    let rustc = first_line(&compiler(), &["--version"]);
    println!("cargo::rustc-env=USAGEWARDEN_REVISION={}", known(revision.flatten()));
    println!("cargo::rustc-env=USAGEWARDEN_RUSTC={}", known(rustc));
    println!("cargo::rerun-if-changed=build.rs");
    let log = history.join("logs/HEAD");
    if log.exists() {
        println!("cargo::rerun-if-changed={}", log.display());
    }
}

#[expect(clippy::disallowed_methods, reason = "cargo names the compiler this way only")]
fn compiler() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
    text.lines().next().map(str::to_owned)
}

fn known(text: Option<String>) -> String {
    text.unwrap_or_else(|| "unknown".to_owned())
}
