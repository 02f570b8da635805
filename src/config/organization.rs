//! `[[organization]]`: whose spend is watched, through which API, with which key.

use std::path::PathBuf;

use reqwest::Url;
use secrecy::SecretString;
use usagewarden_core::period::Calendar;
use usagewarden_core::subject::OrganizationName;

use super::poll::Poll;

/// One organization that is watched.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Unique; the value of the label `organization`.
    pub name: OrganizationName,
    pub api: Api,
    /// Ends in a slash, so that paths can be joined to it.
    pub base_url: Url,
    pub key: SecretString,
    /// What the API must call the organization at first contact.
    pub expect_name: Option<String>,
    /// For the days, weeks and months of its rules, and for its cron expressions.
    pub calendar: Calendar,
    pub poll: Poll,
    /// Metric series; what is beyond is summed into `other`.
    pub series_max: usize,
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
