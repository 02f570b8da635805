//! `[heartbeat]`: who notices when nothing is heard of us any more.

use std::path::PathBuf;

use jiff::SignedDuration;

use super::endpoint::Endpoint;
use super::environment::Environment;
use super::problem::Complaint;
use super::table::{At, Table};
use super::value::{self, Bounds};

/// A service that expects to be pinged, and tells people when it is not.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    pub url: Endpoint,
    pub every: SignedDuration,
    /// A private CA, in addition to the system's.
    pub ca_file: Option<PathBuf>,
}

const URL_EXAMPLE: &str = "{ credential = \"heartbeat-url\" }";
const EVERY_DEFAULT: SignedDuration = SignedDuration::from_mins(1);
/// Services drop pings that come more often than a few times a minute.
const EVERY_LEAST: SignedDuration = SignedDuration::from_mins(1);
const EVERY: Bounds = Bounds {
    least: SignedDuration::from_millis(100),
    most: SignedDuration::from_hours(24),
    why: "a silence that is noticed a day later is not noticed",
};

impl Heartbeat {
    pub(super) fn read(table: Option<Table<'_>>, environment: &Environment) -> Option<Self> {
        let table = table?;
        let every = table.optional("every", |value| value::duration(value, EVERY));
        let ca_file = table.certificates("ca_file").map(|file| file.value);
        let url = Endpoint::read(&table, URL_EXAMPLE, environment)?;
        if let Some(At { value, position }) = &every
            && *value < EVERY_LEAST
            && !url.is_loopback()
        {
            let complaint = Complaint::new("`every` must be at least 1m");
            let hint = "such services drop pings that come more often; only against a loopback address the floor is 100ms";
            table.notes.error(position.public(), complaint.hint(hint));
        }
        let every = every.map_or(EVERY_DEFAULT, |every| every.value);
        Some(Self { url, every, ca_file })
    }
}
