//! Where the configuration comes from: a file, or nothing but the environment.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::Config;
use super::environment::Environment;
use super::file;
use super::organization::Organization;
use super::prices;
use super::problem::{Complaint, Notes, Problem, Problems};
use super::rule::defaults;
use super::server::{self, Http, Log, Store};

/// What to load.
#[derive(Clone, Debug)]
pub struct Request {
    /// The file named on the command line.
    path: Option<PathBuf>,
    environment: Environment,
    /// Where the package installs the file.
    installed: PathBuf,
}

/// A configuration that can be run.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// What works, but probably not as meant.
    pub warnings: Vec<Problem>,
    pub source: Source,
}

/// Where a configuration came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    /// Defaults around the key in `$ANTHROPIC_ADMIN_KEY`.
    Environment,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Environment => write!(f, "${KEY}, without a file"),
        }
    }
}

const KEY: &str = "ANTHROPIC_ADMIN_KEY";
const PATH: &str = "USAGEWARDEN_CONFIG";

impl Request {
    const INSTALLED: &str = "/etc/usagewarden/usagewarden.toml";

    /// `path` is what the command line named, if it named one.
    pub fn new(path: Option<PathBuf>, environment: Environment) -> Self {
        Self::new_for(path, environment, Self::INSTALLED)
    }

    /// As [`new`](Self::new), on a machine where packages install the file elsewhere.
    pub(super) fn new_for(
        path: Option<PathBuf>,
        environment: Environment,
        installed: impl Into<PathBuf>,
    ) -> Self {
        Self { path, environment, installed: installed.into() }
    }

    /// The file to read. A file that was named must exist; the installed one may not.
    fn file(&self) -> Option<PathBuf> {
        let named = self.path.clone().or_else(|| self.environment.path(PATH));
        // Only where there is none: a file that cannot be read is an error, not an absence.
        let is_absent = |path: &Path| {
            path.metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        };
        named.or_else(|| Some(self.installed.clone()).filter(|path| !is_absent(path)))
    }
}

/// Finds, reads and checks the configuration; all problems of all files at once.
pub fn load(request: &Request) -> Result<Loaded, Problems> {
    let notes = Notes::default();
    let (config, source) = match request.file() {
        Some(path) => (file::read(&path, &request.environment, &notes), Source::File(path)),
        None => (without_file(request, &notes), Source::Environment),
    };
    let warnings = notes.finish()?;
    // Nothing is wrong, so nothing is missing; if it were, this says so instead of panicking.
    let config = config.ok_or_else(Problems::unexplained)?;
    Ok(Loaded { config, warnings, source })
}

/// Defaults around the key in the environment.
fn without_file(request: &Request, notes: &Notes) -> Option<Config> {
    let environment = &request.environment;
    let Some(key) = environment.text(KEY) else {
        let shown = request.installed.display();
        let complaint = Complaint::new(format!("there is no configuration: no file {shown}, and ${KEY} is not set"))
            .hint(format!(
                "name a file with --config FILE or ${PATH}, write {shown}, or set {KEY} to start on defaults"
            ));
        notes.absence(None, complaint);
        return None;
    };
    let key = SecretString::from(key.trim_end());
    let organization = Organization::of_environment(key, environment, notes)?;
    let http = Http::read(None, environment);
    let default_rules = defaults::rules(std::slice::from_ref(&organization));
    let store = Store::read(None, environment);
    let config = Config {
        journal: server::read_journal(None, &store),
        external_url: http.own_url(),
        http,
        store,
        log: Log::read(None),
        organizations: vec![organization],
        companies: Vec::new(),
        prices: prices::read(None),
        emails: Vec::new(),
        routes: Vec::new(),
        webhooks: Vec::new(),
        heartbeat: None,
        actions: Vec::new(),
        rules: default_rules.iter().map(|default| default.rule.clone()).collect(),
        default_rules,
    };
    config.warn(notes);
    Some(config)
}
