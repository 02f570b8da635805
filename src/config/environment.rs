//! The process's environment, read once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

/// A snapshot of environment variables. Has no `Debug` of its values: some are secrets.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Who uses this program, as far as anybody says: behind `sudo` the one before it.
    pub fn person(&self) -> String {
        let said = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| self.text(name));
        said.unwrap_or("somebody").to_owned()
    }

    /// What the process was started with.
    pub fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The variable, unless it is unset, empty or not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(OsStr::new(name))
            .and_then(|value| value.to_str())
            .filter(|text| !text.is_empty())
    }

    /// The variable as a path, unless it is unset or empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(OsStr::new(name)).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// Whether the variable is set, to whatever.
    pub fn holds(&self, name: &str) -> bool {
        self.0.contains_key(OsStr::new(name))
    }

    /// Where commands find the running daemon: `$USAGEWARDEN_URL`.
    pub fn daemon_url(&self) -> Option<&str> {
        self.text("USAGEWARDEN_URL")
    }

    /// Where what is soon forgotten is kept: `$TMPDIR`.
    pub fn temporary(&self) -> PathBuf {
        self.path("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"))
    }

    /// Whether what is written is read as UTF-8, as the locale says.
    pub fn is_utf8(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.text(name));
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    }

    /// Whether stderr leads to the journal: systemd says so in `$JOURNAL_STREAM`.
    pub fn journal(&self) -> bool {
        self.holds("JOURNAL_STREAM")
    }

    /// Whether color is unwelcome: `$NO_COLOR` is set to something.
    pub fn no_color(&self) -> bool {
        self.text("NO_COLOR").is_some()
    }

    /// What commands show the running daemon: `$USAGEWARDEN_TOKEN`.
    pub fn daemon_token(&self) -> Option<&str> {
        self.text("USAGEWARDEN_TOKEN")
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        let environment = Environment::from_iter([("USAGEWARDEN_URL", ""), ("A", "b")]);
        assert_eq!(environment.daemon_url(), None);
        assert_eq!(environment.text("A"), Some("b"));
        assert!(environment.holds("USAGEWARDEN_URL"));
    }

    #[test]
    fn values_never_show() {
        let environment = Environment::from_iter([("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-x")]);
        assert_eq!(format!("{environment:?}"), r#"["ANTHROPIC_ADMIN_KEY"]"#);
    }
}
