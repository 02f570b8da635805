//! A snapshot that has something of everything, for tests of metrics, page and status.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use usagewarden_core::amount::Amount;
use usagewarden_core::audit::AuditLog;
use usagewarden_core::baseline::{HourUse, Usual};
use usagewarden_core::ledger::{Basis, Charge, Counted, Counters, Coverage, TokenSeries};
use usagewarden_core::period::{Calendar, PeriodKind};
use usagewarden_core::polling::Polling;
use usagewarden_core::reading::{Report, Tokens};
use usagewarden_core::roster::{
    Activity, Actor, ApiKey, Invite, Member, Profile, Quota, RateLimit, SpendLimit,
    SpendLimitScope, Workspace,
};
use usagewarden_core::snapshot::{Heard, HourSpend, MinuteUse, PeriodSpend, Roster, Snapshot};
use usagewarden_core::window::{Width, Window};

use super::OrganizationSettings;

mod judged;

pub(crate) use judged::{judged, rules};

pub(crate) fn at() -> Timestamp {
    "2026-11-21T14:05:03Z".parse().unwrap()
}

pub(crate) fn settings(name: &str, series_max: usize) -> OrganizationSettings {
    OrganizationSettings {
        name: name.into(),
        api: "admin",
        calendar: Calendar::utc().key(),
        series_max,
        key_spend: true,
        alerts_only: false,
        rules: rules().into(),
    }
}

pub(crate) fn dollars(text: &str) -> Amount {
    Amount::from_dollars(text.parse().unwrap())
}

pub(crate) fn charge(workspace: &str, model: Option<&str>, basis: Basis, amount: &str) -> Charge {
    Charge {
        workspace: workspace.into(),
        model: model.map(Into::into),
        key: if workspace == "default" { "none".into() } else { "apikey_1".into() },
        tier: "standard".into(),
        basis,
        amount: dollars(amount),
    }
}

/// One organization with data in every family.
pub(crate) fn full(name: &str) -> Snapshot {
    Snapshot {
        organization: name.into(),
        revision: 7,
        at: at(),
        roster: roster(),
        first_heard_at: None,
        heard: Report::ALL.into_iter().map(|report| (report, heard())).collect(),
        coverage: [((Report::Usage, Width::Day), coverage())].into(),
        counters: counters(),
        spends: spends(),
        price_discount: Some(Decimal::new(88, 2)),
        price_error: Some(Decimal::new(-125, 4)),
        unpriced: vec![("claude-next".into(), 1_234)],
        minutes: minutes(),
        hour: Some(hour()),
        windows: Vec::new(),
        alerts: Vec::new(),
        groups: Vec::new(),
        actions: Vec::new(),
        polling: Polling::default(),
    }
}

fn heard() -> Heard {
    let data_until = Some("2026-11-21T14:00:00Z".parse().unwrap());
    Heard { heard_at: "2026-11-21T14:05:00Z".parse().unwrap(), data_until, granted: true }
}

fn coverage() -> Coverage {
    let from = at() - SignedDuration::from_hours(24 * 90);
    let read = Window::new(from, at()).unwrap();
    Coverage { read, heard_at: at(), refreshed_at: None }
}

fn counted<T: Copy>(figure: T) -> Counted<T> {
    Counted { sum: figure, shown: figure }
}

fn counters() -> Counters {
    let series = |workspace: &str, model: &str, tier: &str| TokenSeries {
        workspace: workspace.into(),
        model: model.into(),
        tier: tier.into(),
    };
    let pair = || ("wrkspc_1".into(), "claude-opus-5-5".into());
    Counters {
        tokens: [
            (
                series("wrkspc_1", "claude-opus-5-5", "standard"),
                [100, 2_000, 30, 4, 500].map(counted),
            ),
            (series("wrkspc_1", "claude-opus-5-5", "batch"), [0; 5].map(counted)),
            (series("default", "claude-haiku-4-5", "standard"), [7, 0, 0, 0, 1].map(counted)),
        ]
        .into(),
        web_searches: [(pair(), counted(3))].into(),
        requests: [(pair(), counted(42))].into(),
        cost: [(pair(), counted(dollars("12.3450")))].into(),
        unpriced: [("claude-next".into(), counted(5_678))].into(),
    }
}

fn spends() -> Vec<PeriodSpend> {
    let calendar = Calendar::utc();
    let spend = |kind: PeriodKind, period: Window, charges: Vec<Charge>| PeriodSpend {
        calendar: calendar.key(),
        kind,
        period,
        charges,
        tokens: Tokens { uncached_input: 1_000, output: 200, ..Tokens::default() },
        data_until: Some("2026-11-21T14:00:00Z".parse().unwrap()),
    };
    let opus = Some("claude-opus-5-5");
    let today = vec![charge("wrkspc_1", opus, Basis::Estimated, "1.25")];
    let week = vec![
        charge("wrkspc_1", opus, Basis::Billed, "10"),
        charge("wrkspc_1", opus, Basis::Estimated, "1.25"),
        charge("wrkspc_1", None, Basis::Mixed, "0.05"),
    ];
    let month =
        [week.clone(), vec![charge("default", opus, Basis::Billed, "2990.000001")]].concat();
    let previous = calendar.previous(PeriodKind::Day, at());
    vec![
        spend(PeriodKind::Day, calendar.period(PeriodKind::Day, at()), today),
        spend(PeriodKind::Day, previous, vec![charge("wrkspc_2", opus, Basis::Billed, "4")]),
        spend(PeriodKind::Week, calendar.period(PeriodKind::Week, at()), week),
        spend(PeriodKind::Month, calendar.period(PeriodKind::Month, at()), month),
    ]
}

/// Two minutes: 600 + 1400 uncached, so a mean of 1000.
fn minutes() -> Vec<MinuteUse> {
    let minute = |from: &str, uncached_input| MinuteUse {
        from: from.parse().unwrap(),
        rows: vec![(
            "wrkspc_1".into(),
            "claude-opus-5-5".into(),
            Tokens { uncached_input, cache_read: 500, output: 100, ..Tokens::default() },
        )],
    };
    vec![minute("2026-11-21T13:58:00Z", 600), minute("2026-11-21T13:59:00Z", 1_400)]
}

fn hour() -> HourSpend {
    let used = |cost: &str| HourUse { tokens: 1_200, cost: dollars(cost) };
    HourSpend {
        hour: Width::Hour.bucket("2026-11-21T13:00:00Z".parse().unwrap()),
        used: used("0.75"),
        usual: Some(Usual { weeks: 6, total: used("0.5"), workspaces: BTreeMap::new() }),
    }
}

fn roster() -> Roster {
    Roster {
        profile: Some(Arc::new(profile())),
        quota: Some(Arc::new(Quota {
            used: 750,
            remaining: 250,
            limit: 1_000,
            resets_at: Some("2026-12-01T00:00:00Z".parse().unwrap()),
        })),
        rate_limits: Some(Arc::new(rate_limits())),
        spend_limits: Some(Arc::new(spend_limits())),
        workspaces: Some(Arc::new(vec![
            workspace("default", "wrkspc_real", "Default"),
            workspace("wrkspc_1", "wrkspc_1", "ingest \"prod\"\n"),
        ])),
        keys: Some(Arc::new(vec![key("apikey_1", Some("wrkspc_1")), key("apikey_2", None)])),
        members: Some(Arc::new(vec![member("admin"), member("owner")])),
        invites: Some(Arc::new(vec![invite("pending"), invite("accepted")])),
        audit: Some(Arc::new(audit())),
    }
}

/// Three lines of two types, the second of which is new.
fn audit() -> AuditLog {
    let contact: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
    let line = |number: i32, kind: &str| Activity {
        id: format!("activity_{number}"),
        at: contact + SignedDuration::from_mins(number.into()),
        kind: kind.to_owned(),
        actor: Actor::default(),
        details: BTreeMap::new(),
    };
    let mut log = AuditLog::default();
    log.absorb(&[line(-1, "platform_api_key_created")], true, contact);
    let lines = [line(1, "platform_api_key_created"), line(2, "platform_api_key_created")];
    log.absorb(&lines, true, contact + SignedDuration::from_mins(3));
    log.absorb(&[line(4, "org_user_deleted")], true, contact + SignedDuration::from_mins(5));
    log
}

fn profile() -> Profile {
    Profile {
        id: "org_1".into(),
        name: "Acme \\ Corp".into(),
        plan: None,
        created_at: None,
        features: Vec::new(),
        requests_per_minute: None,
        tokens_per_minute: None,
    }
}

fn rate_limits() -> Vec<RateLimit> {
    let limit = |workspace: Option<&str>, limiter: &str, value, inherited| RateLimit {
        id: None,
        workspace: workspace.map(Into::into),
        group_type: "model_group".into(),
        group: "Claude Opus 5.x".into(),
        models: vec!["claude-opus-5-5".into()],
        limiter: limiter.into(),
        value,
        inherited,
    };
    vec![
        limit(None, "requests_per_minute", Some(5_000), false),
        limit(None, "input_tokens_per_minute_cache_aware", Some(4_000), false),
        limit(None, "output_tokens_per_minute", Some(3_000), false),
        limit(Some("wrkspc_1"), "input_tokens_per_minute_cache_aware", Some(2_000), false),
        limit(Some("wrkspc_1"), "output_tokens_per_minute", Some(3_000), true),
        limit(Some("wrkspc_2"), "output_tokens_per_minute", None, false),
    ]
}

fn spend_limits() -> Vec<SpendLimit> {
    let limit = |scope, amount: Option<&str>, enabled| SpendLimit {
        id: "sl_1".into(),
        scope,
        amount: amount.map(dollars),
        period: "monthly".into(),
        enabled,
    };
    vec![
        limit(SpendLimitScope::Organization, Some("5000"), true),
        limit(SpendLimitScope::Workspace("wrkspc_1".into()), Some("100.50"), true),
        limit(SpendLimitScope::Workspace("wrkspc_2".into()), Some("9"), false),
        limit(SpendLimitScope::UsageTier, None, true),
        limit(SpendLimitScope::Other("user".into()), Some("70"), true),
        limit(SpendLimitScope::Other("seat".into()), Some("60"), true),
    ]
}

fn workspace(id: &str, api_id: &str, name: &str) -> Workspace {
    Workspace { id: id.into(), api_id: api_id.into(), name: name.into(), archived: false }
}

fn key(id: &str, workspace: Option<&str>) -> ApiKey {
    ApiKey {
        id: id.into(),
        name: format!("name of {id}"),
        status: "active".into(),
        workspace: workspace.map(Into::into),
        hint: None,
        created_at: None,
        expires_at: None,
        last_used_at: None,
        created_by: None,
    }
}

fn member(role: &str) -> Member {
    Member {
        id: "user_1".into(),
        email: "someone@example.com".into(),
        name: None,
        role: role.into(),
        status: None,
        last_active_at: None,
    }
}

fn invite(status: &str) -> Invite {
    Invite {
        id: "invite_1".into(),
        email: "someone@example.com".into(),
        role: "user".into(),
        status: status.into(),
        invited_at: None,
        expires_at: None,
    }
}

/// Before anything was heard.
pub(crate) fn empty(name: &str) -> Snapshot {
    Snapshot {
        organization: name.into(),
        revision: 1,
        at: at(),
        roster: Roster::default(),
        first_heard_at: None,
        heard: BTreeMap::new(),
        coverage: BTreeMap::new(),
        counters: Counters::default(),
        spends: Vec::new(),
        price_discount: None,
        price_error: None,
        unpriced: Vec::new(),
        minutes: Vec::new(),
        hour: None,
        windows: Vec::new(),
        alerts: Vec::new(),
        groups: Vec::new(),
        actions: Vec::new(),
        polling: Polling::default(),
    }
}
