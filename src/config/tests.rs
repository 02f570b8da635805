//! Whole files: what is accepted, what is refused, and in which words.

mod actions;
mod channels;
mod example;
mod loading;
mod refusals;
mod routes;
mod secrets;
mod tokens;
mod watching;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Config, Environment, Loaded, Problems, Request, load};

/// What every file here needs; one line, so that cases can count theirs from two.
const ORGANIZATION: &str = "organization = [{ name = \"acme\", key = { env = \"KEY\" } }]\n";

/// A directory of configuration files, seen by nobody else.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.mode(name, content, 0o600)
    }

    fn mode(self, name: &str, content: impl AsRef<[u8]>, mode: u32) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self) -> Result<Loaded, Problems> {
        self.load_in([])
    }

    fn load_in<const N: usize>(&self, more: [(&str, &str); N]) -> Result<Loaded, Problems> {
        load(&Request::new(Some(self.path("main.toml")), environment(more)))
    }

    /// What is shown, without the name of this directory.
    fn shown(&self, text: impl ToString) -> String {
        text.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn environment<const N: usize>(more: [(&str, &str); N]) -> Environment {
    [("KEY", "sk-ant-admin01-test"), ("HOME", "/home/warden")].into_iter().chain(more).collect()
}

/// The configuration in `source`, which must be right.
#[track_caller]
fn accepted(source: &str) -> Config {
    let files = Files::new().with("main.toml", source);
    files.load().unwrap_or_else(|problems| panic!("{source}\nis refused:\n{problems}")).config
}

/// What is said of `source`, which must be wrong.
#[track_caller]
fn refused(source: impl AsRef<[u8]>) -> String {
    let files = Files::new().with("main.toml", source);
    files.shown(files.load().expect_err("this is wrong"))
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
