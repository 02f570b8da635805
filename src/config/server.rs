//! `[http]`, `[store]` and `[log]`: where the daemon listens, keeps and speaks.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use jiff::SignedDuration;
use reqwest::Url;
use toml::de::DeValue;

use super::environment::Environment;
use super::problem::Complaint;
use super::table::Table;
use super::token::Token;
use super::value::{self, Bounds};

/// `[http]`: who may ask, and who may change something by asking.
#[derive(Clone, Debug)]
pub struct Http {
    /// A loopback address, unless the operator allowed more in so many words.
    pub listen: SocketAddr,
    /// Names are unique.
    pub tokens: Vec<Token>,
}

/// `[store]`: where readings and alerts are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    pub path: PathBuf,
    pub keep: Keep,
}

/// How long buckets of each width are kept. Finer ones never longer than coarser ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    pub minutes: SignedDuration,
    pub hours: SignedDuration,
    pub days: SignedDuration,
}

/// `[log]`: how the daemon speaks to its operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    pub format: LogFormat,
    pub level: LogLevel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// The journal when stderr is connected to it, else text.
    Auto,
    Text,
    Json,
    Journald,
}

/// The least important lines that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Http {
    const LISTEN_DEFAULT: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9185);

    pub(super) fn read(table: Option<&Table<'_>>, environment: &Environment) -> Self {
        let (listen, tokens) = table.map_or((None, Vec::new()), |table| {
            (Self::read_listen(table), Token::read_all(table, environment))
        });
        Self { listen: listen.unwrap_or(Self::LISTEN_DEFAULT), tokens }
    }

    fn read_listen(table: &Table<'_>) -> Option<SocketAddr> {
        let listen = table.optional("listen", value::socket);
        let allow_public = table.optional("allow_public", value::boolean);
        let is_allowed = allow_public.is_some_and(|allowed| allowed.value);
        let listen = listen?;
        if !listen.value.ip().to_canonical().is_loopback() && !is_allowed {
            let complaint = Complaint::new("`listen` is a public address")
                .hint("anyone who reaches it could read spend and status; listen on 127.0.0.1, or add `allow_public = true`");
            table.notes.error(listen.position.public(), complaint);
        }
        Some(listen.value)
    }

    /// Where this machine's people reach it, for want of a better address.
    pub(super) fn own_url(&self) -> Url {
        let own = match self.listen.ip() {
            ip if ip.is_unspecified() => format!("http://localhost:{}/", self.listen.port()),
            _ => format!("http://{}/", self.listen),
        };
        Url::parse(&own).expect("an IP address and a port are an authority")
    }
}

impl Store {
    const FILE: &str = "usagewarden.db";

    pub(super) fn read(table: Option<&Table<'_>>, environment: &Environment) -> Self {
        let path = table.and_then(|table| table.path("path"));
        let keep = table.and_then(|table| table.table("keep"));
        Self {
            path: path.map_or_else(|| Self::default_path(environment), |path| path.value),
            keep: Keep::read(keep.as_ref()),
        }
    }

    /// In the directory that systemd prepared, else where the user's programs keep their state.
    fn default_path(environment: &Environment) -> PathBuf {
        // systemd separates several directories with colons; the first is ours.
        let prepared = environment
            .text("STATE_DIRECTORY")
            .and_then(|list| list.split(':').next())
            .map(PathBuf::from);
        let of_user = || environment.path("XDG_STATE_HOME").filter(|path| path.is_absolute());
        let of_home = || environment.path("HOME").map(|home| home.join(".local/state"));
        let directory = prepared
            .or_else(|| of_user().or_else(of_home).map(|state| state.join("usagewarden")))
            .unwrap_or_else(|| PathBuf::from("/var/lib/usagewarden"));
        directory.join(Self::FILE)
    }
}

/// `[journal]`: the file that every write to an API is noted in; beside the store, where
/// nothing is written.
pub(super) fn read_journal(table: Option<&Table<'_>>, store: &Store) -> PathBuf {
    const FILE: &str = "journal.jsonl";
    let written = table.and_then(|table| table.path("path"));
    written.map_or_else(|| store.path.with_file_name(FILE), |path| path.value)
}

impl Keep {
    const MINUTES_DEFAULT: SignedDuration = SignedDuration::from_hours(2 * 24);
    const HOURS_DEFAULT: SignedDuration = SignedDuration::from_hours(60 * 24);
    const DAYS_DEFAULT: SignedDuration = SignedDuration::from_hours(3 * 365 * 24);
    const MOST: SignedDuration = SignedDuration::from_hours(20 * 365 * 24);

    const MINUTES: Bounds = Bounds {
        least: SignedDuration::from_hours(25),
        most: Self::MOST,
        why: "each hour the last day is read again, and the last 24 hours end some minutes ago",
    };
    const HOURS: Bounds = Bounds {
        least: SignedDuration::from_hours(35 * 24),
        most: Self::MOST,
        why: "a month in any zone, and the days that bills still correct, are made of hours",
    };
    const DAYS: Bounds = Bounds {
        least: SignedDuration::from_hours(62 * 24),
        most: Self::MOST,
        why: "prices are learned from the last two months of billed days",
    };

    fn read(table: Option<&Table<'_>>) -> Self {
        let keep = |key, default, bounds| {
            let read = |value: &DeValue<'_>| value::duration(value, bounds);
            table.and_then(|table| table.optional(key, read)).map_or(default, |kept| kept.value)
        };
        let kept = Self {
            minutes: keep("minutes", Self::MINUTES_DEFAULT, Self::MINUTES),
            hours: keep("hours", Self::HOURS_DEFAULT, Self::HOURS),
            days: keep("days", Self::DAYS_DEFAULT, Self::DAYS),
        };
        if let Some(table) = table
            && !(kept.minutes <= kept.hours && kept.hours <= kept.days)
        {
            let complaint =
                Complaint::new("`keep` would keep fine figures longer than coarse ones")
                    .hint("minutes are kept no longer than hours, hours no longer than days");
            table.notes.error(table.position, complaint);
        }
        kept
    }
}

impl Log {
    pub(super) fn read(table: Option<&Table<'_>>) -> Self {
        let format = table.and_then(|table| table.optional("format", LogFormat::read));
        let level = table.and_then(|table| table.optional("level", LogLevel::read));
        Self {
            format: format.map_or(LogFormat::Auto, |format| format.value),
            level: level.map_or(LogLevel::Info, |level| level.value),
        }
    }
}

impl LogFormat {
    fn read(value: &DeValue<'_>) -> Result<Self, Complaint> {
        let words = [
            ("auto", Self::Auto),
            ("text", Self::Text),
            ("json", Self::Json),
            ("journald", Self::Journald),
        ];
        value::word(value, &words)
    }
}

impl LogLevel {
    const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// The word for it, also in the filters of `tracing`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    fn read(value: &DeValue<'_>) -> Result<Self, Complaint> {
        value::word(value, &Self::ALL.map(|level| (level.label(), level)))
    }
}
