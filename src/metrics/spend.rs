//! Money of the current day, week and month.

use std::collections::{BTreeMap, BTreeSet};

use usagewarden_core::amount::Amount;
use usagewarden_core::ledger::Basis;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::reading::Report;
use usagewarden_core::snapshot::{PeriodSpend, Snapshot};
use usagewarden_core::subject::WorkspaceId;

use super::cap::{OTHER, Room};
use super::family::Family;
use super::fragment::Sheet;

/// The parts of one workspace's figure; together they are the figure.
#[derive(Clone, Copy, Default)]
struct Parts {
    billed: Amount,
    estimated: Amount,
}

impl Parts {
    fn add(&mut self, basis: Basis, amount: Amount) {
        match basis {
            Basis::Billed => self.billed += amount,
            // A bill that was shared out by an estimate is only as good as the estimate.
            Basis::Estimated | Basis::Mixed => self.estimated += amount,
        }
    }
}

/// Rolling periods belong to budgets, which have families of their own.
const fn family(kind: PeriodKind) -> Option<Family> {
    match kind {
        PeriodKind::Day => Some(Family::SpendDay),
        PeriodKind::Week => Some(Family::SpendWeek),
        PeriodKind::Month => Some(Family::SpendMonth),
        PeriodKind::Rolling(_) => None,
    }
}

/// Spend of the organization's own calendar by workspace.
///
/// A workspace that has spent keeps both parts of all periods, at zero when the period has
/// just begun; so does the default workspace, so that an idle organization shows a zero.
/// Before any money was heard of, nothing is known and nothing is published.
pub(super) fn periods(sheet: &mut Sheet, room: &mut Room, calendar: &str, snapshot: &Snapshot) {
    if !money_was_heard(snapshot) {
        return;
    }
    let periods: Vec<&PeriodSpend> =
        PeriodKind::ALL.into_iter().filter_map(|kind| snapshot.spend(calendar, kind)).collect();
    let mut sums: Vec<BTreeMap<&str, Parts>> =
        periods.iter().map(|period| by_workspace(period)).collect();
    let named = fitting(room, 2 * periods.len(), spenders(calendar, snapshot), sums.last());
    for (period, sums) in periods.iter().zip(&mut sums) {
        fold(sums, &named);
        let Some(family) = family(period.kind) else { continue };
        for workspace in named.iter().copied().chain(sums.contains_key(OTHER).then_some(OTHER)) {
            write(sheet, family, workspace, sums.get(workspace).copied());
        }
    }
}

fn money_was_heard(snapshot: &Snapshot) -> bool {
    [Report::Usage, Report::Cost, Report::Analytics]
        .iter()
        .any(|report| snapshot.heard.get(report).is_some_and(|heard| heard.granted))
}

fn by_workspace(period: &PeriodSpend) -> BTreeMap<&str, Parts> {
    let mut sums: BTreeMap<&str, Parts> = BTreeMap::new();
    for charge in &period.charges {
        sums.entry(charge.workspace.as_str()).or_default().add(charge.basis, charge.amount);
    }
    sums
}

/// Every workspace that is known to have spent.
fn spenders<'a>(calendar: &str, snapshot: &'a Snapshot) -> BTreeSet<&'a str> {
    let charged = snapshot.spends.iter().filter(|spend| spend.calendar == calendar);
    let charged = charged.flat_map(|spend| &spend.charges).map(|charge| charge.workspace.as_str());
    let counted = snapshot.counters.cost.keys().map(|(workspace, _)| workspace.as_str());
    charged.chain(counted).chain([WorkspaceId::DEFAULT]).collect()
}

/// Those that find a place; when not all do, the largest of the longest period.
fn fitting<'a>(
    room: &mut Room,
    lines_each: usize,
    all: BTreeSet<&'a str>,
    longest: Option<&BTreeMap<&str, Parts>>,
) -> BTreeSet<&'a str> {
    let mut ranked: Vec<&str> = all.into_iter().collect();
    if !room.has(lines_each * ranked.len()) {
        let size = |workspace: &str| {
            longest.and_then(|sums| sums.get(workspace)).map(|parts| parts.billed + parts.estimated)
        };
        ranked.sort_by_key(|workspace| std::cmp::Reverse(size(workspace)));
    }
    ranked.into_iter().filter(|_| room.take(lines_each)).collect()
}

/// Moves what has no series of its own into `other`.
fn fold(sums: &mut BTreeMap<&str, Parts>, named: &BTreeSet<&str>) {
    let beyond: Vec<Parts> =
        sums.extract_if(.., |workspace, _| !named.contains(workspace)).map(|(_, p)| p).collect();
    for parts in beyond {
        let other = sums.entry(OTHER).or_default();
        other.billed += parts.billed;
        other.estimated += parts.estimated;
    }
}

fn write(sheet: &mut Sheet, family: Family, workspace: &str, parts: Option<Parts>) {
    let parts = parts.unwrap_or_default();
    for (basis, amount) in [(Basis::Billed, parts.billed), (Basis::Estimated, parts.estimated)] {
        let labels = [("workspace_id", workspace), ("basis", basis.label())];
        sheet.line(family, &labels, amount.dollars().normalize());
    }
}

/// Spend of the current month by API key.
pub(super) fn keys(sheet: &mut Sheet, room: &mut Room, calendar: &str, snapshot: &Snapshot) {
    let Some(month) = snapshot.spend(calendar, PeriodKind::Month) else { return };
    let mut sums: BTreeMap<&str, Amount> = BTreeMap::new();
    for charge in &month.charges {
        *sums.entry(charge.key.as_str()).or_default() += charge.amount;
    }
    let mut ranked: Vec<(&str, Amount)> = sums.into_iter().collect();
    if !room.has(ranked.len()) {
        ranked.sort_by_key(|(_, amount)| std::cmp::Reverse(*amount));
    }
    let (named, beyond): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|_| room.take(1));
    let other = (!beyond.is_empty()).then(|| (OTHER, beyond.iter().map(|(_, sum)| *sum).sum()));
    for (key, amount) in named.into_iter().chain(other) {
        let labels = [("api_key_id", key)];
        sheet.line(Family::ApiKeySpendMonth, &labels, amount.dollars().normalize());
    }
}
