//! One organization as it was committed last: what is judged, shown and scraped.
//!
//! A snapshot is made by the store in one read and then shared without locks. Page,
//! metrics and verdicts are all made from the same one, so they cannot disagree.

mod together;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::action::ActionRecord;
use crate::alert::AlertRecord;
use crate::amount::Amount;
use crate::audit::AuditLog;
use crate::baseline::{HourUse, Usual};
use crate::ledger::{Basis, Charge, Counters, Coverage};
use crate::period::PeriodKind;
use crate::polling::Polling;
use crate::reading::{Report, Tokens};
use crate::roster::{ApiKey, Invite, Member, Profile, Quota, RateLimit, SpendLimit, Workspace};
use crate::route::Group;
use crate::stretch::WindowUse;
use crate::subject::{ApiKeyId, ModelId, OrganizationName, WorkspaceId};
use crate::window::{Width, Window};

pub use together::together;

/// Everything that is known of one organization.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub organization: OrganizationName,
    /// Grows with every commit of this organization.
    pub revision: u64,
    /// The instant the figures are for.
    pub at: Timestamp,
    pub roster: Roster,
    /// When anything at all was first heard of the organization.
    pub first_heard_at: Option<Timestamp>,
    /// When each report was last heard, and to what end its data reach.
    pub heard: BTreeMap<Report, Heard>,
    pub coverage: BTreeMap<(Report, Width), Coverage>,
    pub counters: Counters,
    /// Current and previous day, week and month of every calendar, the day before the previous
    /// one, then the rolling periods
    /// that rules name.
    pub spends: Vec<PeriodSpend>,
    pub price_discount: Option<rust_decimal::Decimal>,
    pub price_error: Option<rust_decimal::Decimal>,
    /// Tokens without any price in the organization's current month, by model.
    pub unpriced: Vec<(ModelId, u64)>,
    /// Tokens a minute by workspace and model over the last closed minutes, oldest first.
    pub minutes: Vec<MinuteUse>,
    pub hour: Option<HourSpend>,
    /// The stretches that rules ask for, in the order of the settings.
    pub windows: Vec<WindowUse>,
    pub alerts: Vec<AlertRecord>,
    /// News that wait for their group, and when each group was last told.
    pub groups: Vec<Group>,
    /// What steps had done about them, newest first; at most two hundred.
    pub actions: Vec<ActionRecord>,
    /// How the polls are doing; not stored.
    pub polling: Polling,
}

/// The inventories, each as last heard.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub profile: Option<Arc<Profile>>,
    pub quota: Option<Arc<Quota>>,
    pub rate_limits: Option<Arc<Vec<RateLimit>>>,
    pub spend_limits: Option<Arc<Vec<SpendLimit>>>,
    pub workspaces: Option<Arc<Vec<Workspace>>>,
    pub keys: Option<Arc<Vec<ApiKey>>>,
    pub members: Option<Arc<Vec<Member>>>,
    pub invites: Option<Arc<Vec<Invite>>>,
    pub audit: Option<Arc<AuditLog>>,
}

/// How fresh one report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    pub heard_at: Timestamp,
    /// The newest closed data. For inventories, when they were heard.
    pub data_until: Option<Timestamp>,
    /// The report answered that it is not for this organization.
    pub granted: bool,
}

/// Money and tokens of one period so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodSpend {
    /// Key of the calendar: see `Calendar::key`.
    pub calendar: String,
    pub kind: PeriodKind,
    pub period: Window,
    /// Sorted, no two alike but for the amount.
    pub charges: Vec<Charge>,
    pub tokens: Tokens,
    /// The newest end of usage data in it.
    pub data_until: Option<Timestamp>,
}

/// Usage of one closed minute, for comparing with limits per minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinuteUse {
    pub from: Timestamp,
    pub rows: Vec<(WorkspaceId, ModelId, Tokens)>,
}

/// The newest closed hour, and what past weeks lead one to expect of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourSpend {
    pub hour: Window,
    pub used: HourUse,
    /// `None` while the same hour of no other week has settled.
    pub usual: Option<Usual>,
}

impl Roster {
    /// What a workspace is called; `None` while that is unknown.
    pub fn workspace_name(&self, id: &WorkspaceId) -> Option<&str> {
        let known = self.workspaces.as_ref()?.iter().find(|workspace| workspace.id == *id)?;
        Some(&known.name)
    }

    /// What a key is called; `None` while that is unknown.
    pub fn key_name(&self, id: &ApiKeyId) -> Option<&str> {
        Some(&self.keys.as_ref()?.iter().find(|key| key.id == *id)?.name)
    }
}

impl PeriodSpend {
    pub fn total(&self) -> Amount {
        self.charges.iter().map(|charge| charge.amount).sum()
    }

    /// Billed, estimated, or a mixture; `None` when nothing was spent.
    pub fn basis(&self) -> Option<Basis> {
        self.charges
            .iter()
            .map(|charge| charge.basis)
            .reduce(|one, other| if one == other { one } else { Basis::Mixed })
    }

    /// A period without a charge is known to be free only once its usage was heard of.
    pub const fn is_known(&self) -> bool {
        self.data_until.is_some() || !self.charges.is_empty()
    }
}

/// So long after the first contact money is told without a bill: twice what filling in the
/// past takes. Whose bill cannot be read must not wait for ever.
const BILL_AWAITED: SignedDuration = SignedDuration::from_mins(75);

impl Snapshot {
    /// Whether money cannot be told yet: it is estimated, and the bill that tells of
    /// discounts, or the days it is for, were not looked at once.
    ///
    /// Until then estimates are at list prices, and would tell steps that were not crossed.
    pub fn awaits_bill(&self, now: Timestamp) -> bool {
        let is_new =
            self.first_heard_at.is_some_and(|begun| now.duration_since(begun) < BILL_AWAITED);
        let read = |width| self.coverage.contains_key(&(Report::Usage, width));
        let is_estimated = read(Width::Minute) || read(Width::Hour);
        let looked_up = read(Width::Day) && self.heard.contains_key(&Report::Cost);
        is_new && is_estimated && !looked_up
    }

    /// The current period of `kind` in the calendar with this key.
    pub fn spend(&self, calendar: &str, kind: PeriodKind) -> Option<&PeriodSpend> {
        self.spends.iter().find(|spend| {
            spend.kind == kind && spend.calendar == calendar && spend.period.contains(self.at)
        })
    }
}
