//! One organization's snapshot as metric lines.

use usagewarden_core::decide::Judged;
use usagewarden_core::roster::Profile;
use usagewarden_core::snapshot::Snapshot;

use super::cap::{Named, Room};
use super::exposition::OrganizationSettings;
use super::family::Family;
use super::fragment::{Fragment, Sheet};
use super::{alerts, audit, counters, headroom, limits, roster, spend};

/// Renders everything Prometheus may know of one organization.
///
/// The order below is the order in which the cap is used up: what people are alerted
/// on comes first, and names for joining come last.
pub(super) fn render(
    settings: &OrganizationSettings,
    judged: &Judged,
    named: &mut Named,
) -> Fragment {
    let snapshot = &judged.snapshot;
    let mut sheet = Sheet::new(&settings.name);
    let mut room = Room::new(settings.series_max);
    alerts::counts(&mut sheet, &mut room, settings, &judged.standings);
    alerts::budgets(&mut sheet, &mut room, &judged.standings);
    if settings.alerts_only {
        sheet.line(Family::SeriesFolded, &[], room.folded());
        return sheet.finish();
    }
    if let Some(profile) = &snapshot.roster.profile {
        identity(&mut sheet, settings, profile);
    }
    freshness(&mut sheet, snapshot);
    limits::quota(&mut sheet, snapshot);
    spend::periods(&mut sheet, &mut room, &settings.calendar, snapshot);
    counters::write(&mut sheet, &mut room, named, snapshot);
    limits::spend_limits(&mut sheet, &mut room, snapshot);
    limits::rate_limits(&mut sheet, &mut room, snapshot);
    headroom::write(&mut sheet, &mut room, snapshot);
    roster::people(&mut sheet, &mut room, snapshot);
    roster::keys(&mut sheet, &mut room, snapshot);
    audit::write(&mut sheet, &mut room, named, snapshot);
    if settings.key_spend {
        spend::keys(&mut sheet, &mut room, &settings.calendar, snapshot);
    }
    roster::names(&mut sheet, &mut room, snapshot);
    sheet.line(Family::SeriesFolded, &[], room.folded());
    sheet.finish()
}

/// What can be said before anything was judged: that no alert is pending or firing.
pub(super) fn unjudged(settings: &OrganizationSettings) -> Fragment {
    let mut sheet = Sheet::new(&settings.name);
    alerts::counts(&mut sheet, &mut Room::new(settings.series_max), settings, &[]);
    sheet.finish()
}

fn identity(sheet: &mut Sheet, settings: &OrganizationSettings, profile: &Profile) {
    let labels = [
        ("id", profile.id.as_str()),
        ("name", profile.name.as_str()),
        // To Prometheus an empty label is none: a plan that nobody told us of.
        ("plan", profile.plan.as_deref().unwrap_or_default()),
        ("api", settings.api),
    ];
    sheet.line(Family::OrganizationInfo, &labels, 1);
}

fn freshness(sheet: &mut Sheet, snapshot: &Snapshot) {
    for (report, heard) in &snapshot.heard {
        if let Some(until) = heard.data_until {
            let labels = [("report", report.label())];
            sheet.line(Family::DataTimestamp, &labels, until.as_second());
        }
    }
    if let Some(error) = snapshot.price_error {
        sheet.line(Family::PriceError, &[], error.normalize());
    }
}
