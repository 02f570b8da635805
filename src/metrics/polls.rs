//! What the polls of one organization came to.
//!
//! These lines change with every poll and not with commits, so they are a fragment of
//! their own. Fifty of them for each organization would cost a fleet hundreds of
//! megabytes in a registry, and seconds at each scrape.

use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;

use super::family::Family;
use super::fragment::{Fragment, Sheet};

/// The counts of one organization, as they stood together at one moment.
#[derive(Clone, Debug, Default)]
pub struct PollCounts {
    /// By report and outcome.
    pub polls: Vec<(Report, &'static str, u64)>,
    /// In seconds since the epoch.
    pub last_success: Vec<(Report, f64)>,
}

pub(super) fn render(organization: &OrganizationName, counts: &PollCounts) -> Fragment {
    let mut sheet = Sheet::new(organization);
    for (report, outcome, count) in &counts.polls {
        let labels = [("report", report.label()), ("outcome", outcome)];
        sheet.line(Family::Polls, &labels, count);
    }
    for (report, seconds) in &counts.last_success {
        sheet.line(Family::PollLastSuccess, &[("report", report.label())], seconds);
    }
    sheet.finish()
}
