//! `[http]`, `[store]` and `[log]`: where the daemon listens, keeps and speaks.

use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::SignedDuration;

/// `[http]`: who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Http {
    /// A loopback address, unless the operator allowed more in so many words.
    pub listen: SocketAddr,
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
