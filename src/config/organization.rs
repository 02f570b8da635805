//! `[[organization]]`: whose spend is watched, through which API, with which key.

use std::path::PathBuf;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use reqwest::Url;
use secrecy::SecretString;
use toml::de::DeValue;
use usagewarden_core::period::Calendar;
use usagewarden_core::subject::OrganizationName;

use super::environment::Environment;
use super::poll::{Poll, Written};
use super::problem::{Complaint, Notes};
use super::secret;
use super::table::{At, Table};
use super::value;

/// One organization that is watched.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Unique; the value of the label `organization`.
    pub name: OrganizationName,
    pub api: Api,
    /// Ends in a slash, so that paths can be joined to it.
    pub base_url: Url,
    pub key: SecretString,
    /// For commands that write and for actions; `key`, where none is written.
    pub write_key: SecretString,
    /// Whether steps of its rules may take actions.
    pub allow_actions: bool,
    /// What the API must call the organization at first contact.
    pub expect_name: Option<String>,
    /// For the days, weeks and months of its rules, and for its cron expressions.
    pub calendar: Calendar,
    pub poll: Poll,
    /// Metric series; what is beyond is summed into `other`.
    pub series_max: usize,
    /// Whether spend by API key is published: one series more for each key.
    pub key_spend: bool,
    /// Company API: which organization.
    pub id: Option<String>,
    /// A private CA, in addition to the system's.
    pub ca_file: Option<PathBuf>,
}

/// Which of the two APIs an organization answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// The published Admin API.
    Admin,
    /// The company endpoints, as gateways serve them.
    Company,
}

/// What an organization is called when nobody gave it a name.
const NAME_DEFAULT: &str = "default";
const BASE_URL_DEFAULT: &str = "https://api.anthropic.com/";
const SERIES_MAX_DEFAULT: usize = 10_000;
/// A page of metrics beyond it would be of use to nobody.
const SERIES_MAX_MOST: u64 = 1_000_000;

impl Organization {
    /// The organization of `table`; `None` when something it cannot do without is wrong.
    pub(super) fn read<'a>(
        table: &Table<'a>,
        general: &Written<'_>,
        environment: &Environment,
    ) -> Option<At<'a, Self>> {
        let name = table.required("name", "\"acme\"", value::name);
        let api = table.optional("api", Api::read).map_or(Api::Admin, |api| api.value);
        let base_url = read_base_url(table, environment);
        let key = secret::required(table, "key", "{ env = \"ANTHROPIC_ADMIN_KEY\" }", environment);
        let write_key = secret::optional(table, "write_key", environment);
        let allow_actions =
            table.optional("allow_actions", value::boolean).is_some_and(|on| on.value);
        let expect_name = table.optional("expect_name", value::text).map(|name| name.value);
        let calendar = read_calendar(table);
        let own = Written::read(table.table("poll").as_ref());
        let series_max = read_series_max(table);
        let key_spend = table.optional("key_spend", value::boolean).is_some_and(|on| on.value);
        let id = read_id(table, api);
        let ca_file = table.certificates("ca_file").map(|file| file.value);
        let base_url = base_url?;
        let is_loopback = value::is_loopback(base_url.host_str().unwrap_or_default());
        let poll = Poll::of_organization(own, general, is_loopback, table.notes);
        let (name, key) = (name?, key?.value);
        let position = name.position;
        let name = OrganizationName::new(name.value);
        let value = Self {
            name,
            api,
            base_url,
            write_key: write_key.map_or_else(|| key.clone(), |written| written.value),
            key,
            allow_actions,
            expect_name,
            calendar,
            poll,
            series_max,
            key_spend,
            id,
            ca_file,
        };
        Some(At { value, position })
    }

    /// What is watched when nothing is written but a key in the environment.
    pub(super) fn of_environment(
        key: SecretString,
        environment: &Environment,
        notes: &Notes,
    ) -> Option<Self> {
        Some(Self {
            name: OrganizationName::new(NAME_DEFAULT),
            api: Api::Admin,
            base_url: default_base_url(environment, notes)?,
            write_key: key.clone(),
            key,
            allow_actions: false,
            expect_name: None,
            calendar: Calendar::utc(),
            poll: Poll::defaults(),
            series_max: SERIES_MAX_DEFAULT,
            key_spend: false,
            id: None,
            ca_file: None,
        })
    }
}

impl Organization {
    /// Whether the API stands on this machine: a rehearsal, or a proxy.
    pub fn is_loopback(&self) -> bool {
        value::is_loopback(self.base_url.host_str().unwrap_or_default())
    }
}

impl Api {
    fn read(value: &DeValue<'_>) -> Result<Self, Complaint> {
        value::word(value, &[("admin", Self::Admin), ("company", Self::Company)])
    }
}

/// The address for which nothing is written: the one that other programs of this
/// API take from the environment, else the API's own. `None` when the former is wrong.
fn default_base_url(environment: &Environment, notes: &Notes) -> Option<Url> {
    const VARIABLE: &str = "ANTHROPIC_BASE_URL";
    let text = environment.text(VARIABLE).unwrap_or(BASE_URL_DEFAULT);
    let url = value::parse_url(text);
    url.map_err(|why| {
        let complaint = Complaint::new(format!("${VARIABLE} is no URL that can be used: {why}"))
            .hint("set it as in \"https://api.anthropic.com\", or unset it");
        notes.absence(None, complaint);
    })
    .ok()
}

/// `None` when what is written is refused: then nothing can be judged by it.
fn read_base_url(table: &Table<'_>, environment: &Environment) -> Option<Url> {
    let is_written = table.has("base_url");
    let Some(At { value: url, position }) = table.optional("base_url", value::service_url) else {
        return if is_written { None } else { default_base_url(environment, table.notes) };
    };
    if url.scheme() == "http" && !value::is_loopback(url.host_str().unwrap_or_default()) {
        let warning =
            Complaint::new("`base_url` is not encrypted: anyone on the way can read the key")
                .hint("use https://");
        table.notes.warning(Some(position.public()), warning);
    }
    Some(url)
}

fn read_calendar(table: &Table<'_>) -> Calendar {
    let zone = table.optional("time_zone", value::zone).map(|zone| zone.value);
    let (name, zone) = zone.unwrap_or_else(|| ("UTC".to_owned(), TimeZone::UTC));
    let week_start = table.optional("week_start", value::weekday);
    Calendar::new(zone, name, week_start.map_or(Weekday::Monday, |day| day.value))
}

fn read_series_max(table: &Table<'_>) -> usize {
    let read = |value: &DeValue<'_>| value::count(value, 1, SERIES_MAX_MOST);
    let written = table.optional("series_max", read).map(|count| count.value);
    written.and_then(|count| usize::try_from(count).ok()).unwrap_or(SERIES_MAX_DEFAULT)
}

fn read_id(table: &Table<'_>, api: Api) -> Option<String> {
    let At { value: id, position } = table.optional("id", value::text)?;
    match api {
        Api::Company => Some(id),
        Api::Admin => {
            let complaint = Complaint::new("`id` has no meaning with `api = \"admin\"`")
                .hint("an admin key belongs to one organization; leave `id` out, or set `api = \"company\"`");
            table.notes.error(position.public(), complaint);
            None
        }
    }
}
