//! What rules came to: something of every kind and state, beside the full snapshot.

use usagewarden_core::alert::{AlertRecord, AlertState, Episode, EpisodeId, StepMemory};
use usagewarden_core::decide::{Judged, Standing, Unknown};
use usagewarden_core::notice::{
    Contributor, Facts, Forecast, Kind, Matter, Names, NoticeId, NoticeRef,
};
use usagewarden_core::quantity::{Quantity, Unit};
use usagewarden_core::reading::Report;
use usagewarden_core::rule::{Metric, Severity};
use usagewarden_core::subject::{RuleName, Subject};

use super::*;

/// The rules behind [`judged`], as exposition and configuration know them.
pub(crate) fn rules() -> Vec<(RuleName, Vec<Severity>)> {
    use Severity::{Critical, Info, Warning};
    [
        ("month", vec![Info, Warning, Critical]),
        ("teams", vec![Warning]),
        ("tokens", vec![Warning]),
        ("output-burst", vec![Warning]),
        ("headroom", vec![Warning]),
        ("blind", vec![Warning, Critical]),
    ]
    .map(|(name, severities)| (name.into(), severities))
    .into()
}

/// The full snapshot, judged: two alerts fire, one is pending, one budget is unknown.
pub(crate) fn judged(name: &str) -> Judged {
    let mut snapshot = full(name);
    let standings =
        vec![month(), team("wrkspc_1"), unread_team(), quota(), burst(), headroom(), refused()];
    snapshot.alerts = standings.iter().filter_map(record).collect();
    Judged { snapshot, standings }
}

/// As it is stored: by then the route has said who is told.
fn record(standing: &Standing) -> Option<AlertRecord> {
    let episode = standing.state.episode()?.clone();
    let told = Episode { channels: vec!["finops".into(), "ops".into()], ..episode };
    Some(AlertRecord {
        rule: standing.facts.rule.clone(),
        subject: standing.facts.subject.clone(),
        state: AlertState::Firing(told),
        memory: StepMemory::default(),
        ended: Vec::new(),
        seen: None,
    })
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn workspace(id: &str) -> Subject {
    Subject { workspace: Some(id.into()), ..Subject::ORGANIZATION }
}

fn usd(text: &str) -> Option<Quantity> {
    Some(Quantity::money(dollars(text)))
}

/// Nothing to say yet, of nothing in particular.
fn facts(rule: &str, kind: Kind, matter: Matter) -> Facts {
    Facts {
        episode: EpisodeId(String::new()),
        root: None,
        rule: rule.into(),
        kind,
        severity: Severity::Warning,
        subject: Subject::ORGANIZATION,
        names: Names::default(),
        matter,
        value: None,
        limit: None,
        basis: None,
        data_until: Some(time("2026-11-21T14:00:00Z")),
        since: at(),
        ended_at: None,
        period: None,
        zone_name: "UTC".to_owned(),
        forecast: None,
        contributors: Vec::new(),
        actions: Vec::new(),
    }
}

fn step(told: &str, next: Option<&str>) -> Matter {
    let number = |text: &str| text.parse().unwrap();
    let next_step = next.map(number);
    Matter::Step { step: number(told), forecast: false, next_step, late: false, api_limit: false }
}

fn of_month(rule: &str, kind: Kind, matter: Matter) -> Facts {
    let period = Window::new(time("2026-11-01T00:00:00Z"), time("2026-12-01T00:00:00Z"));
    Facts { period, ..facts(rule, kind, matter) }
}

fn quiet(facts: Facts) -> Standing {
    Standing { state: AlertState::Quiet, facts, unknown: None }
}

fn firing(facts: Facts, id: &str, severity: Severity, since: &str) -> Standing {
    let since = time(since);
    let root = Some(NoticeRef { id: NoticeId(format!("{id}-root")), decided_at: since });
    let episode = Episode {
        id: EpisodeId(id.to_owned()),
        severity,
        since,
        told_at: since,
        root: None,
        channels: Vec::new(),
    };
    let facts = Facts { episode: episode.id.clone(), root, severity, since, ..facts };
    Standing { state: AlertState::Firing(episode), facts, unknown: None }
}

fn month() -> Standing {
    let number = |text: &str| text.parse().unwrap();
    let forecast = Forecast {
        value: number("4310.504"),
        low: number("4100"),
        high: number("4600"),
        exhausted_at: Some(time("2026-11-27T09:00:00Z")),
    };
    let spender = Contributor {
        workspace: "Default".to_owned(),
        model: Some("claude-opus-5-5".to_owned()),
        api_key: "none".to_owned(),
        value: dollars("2990.000001"),
        share: number("0.996235"),
        change: Some(number("3.2")),
    };
    let facts = Facts {
        value: usd("3001.300001"),
        limit: usd("3750"),
        basis: Some(Basis::Mixed),
        forecast: Some(forecast),
        contributors: vec![spender],
        ..of_month("month", Kind::Budget, step("0.8", Some("1")))
    };
    let id = "month:acme:organization:20261101T000000Z:0:50";
    firing(facts, id, Severity::Warning, "2026-11-16T08:30:00Z")
}

fn team(id: &str) -> Standing {
    quiet(Facts {
        subject: workspace(id),
        names: Names { workspace: Some("ingest \"prod\"\n".to_owned()), api_key: None },
        value: usd("11.30"),
        limit: usd("100"),
        basis: Some(Basis::Estimated),
        ..of_month("teams", Kind::Budget, step("0", Some("0.8")))
    })
}

/// Its limit is known, and nothing of its use.
fn unread_team() -> Standing {
    let facts = Facts {
        subject: workspace("wrkspc_2"),
        limit: usd("100"),
        data_until: None,
        ..of_month("teams", Kind::Budget, step("0", Some("0.8")))
    };
    Standing { unknown: Some(Unknown::NoData), ..quiet(facts) }
}

fn quota() -> Standing {
    quiet(Facts {
        value: Some(Quantity::tokens(750)),
        limit: Some(Quantity::tokens(1_000)),
        ..of_month("tokens", Kind::Quota, step("0", Some("0.8")))
    })
}

fn burst() -> Standing {
    let window = SignedDuration::from_hours(1);
    let matter = Matter::Bound { metric: Metric::OutputTokens, above: true, window };
    let facts = Facts {
        subject: Subject {
            model: Some("claude-opus-5-5".into()),
            key: Some("apikey_2".into()),
            ..workspace("<script>alert(1)</script>")
        },
        names: Names {
            workspace: Some("<b>bold</b> & \"co\"".to_owned()),
            api_key: Some("name of apikey_2".to_owned()),
        },
        value: Some(Quantity::tokens(12_000_000)),
        limit: Some(Quantity::tokens(10_000_000)),
        ..facts("output-burst", Kind::Threshold, matter)
    };
    let since = time("2026-11-21T14:03:00Z");
    Standing { state: AlertState::Pending { since }, facts, unknown: None }
}

fn headroom() -> Standing {
    let (group, limiter) = ("Claude Opus 5.x".to_owned(), "output_tokens_per_minute".to_owned());
    let detail = format!("{group}/{limiter}");
    let matter = Matter::RateLimit { group, limiter, over: SignedDuration::from_mins(5) };
    let rate = |number| Some(Quantity::new(Decimal::from(number), Unit::TokensPerMinute));
    quiet(Facts {
        subject: Subject::detail(detail),
        value: rate(1_860),
        limit: rate(3_000),
        ..facts("headroom", Kind::RateLimit, matter)
    })
}

fn refused() -> Standing {
    let matter = Matter::Stale {
        report: Report::Cost,
        refused: true,
        cause: Some("the key was refused <b>".to_owned()),
        fix: Some("make a new one".to_owned()),
    };
    let facts =
        Facts { subject: Subject::detail("cost"), ..facts("blind", Kind::Freshness, matter) };
    let id = "blind:acme:cost:20261121T135500Z";
    firing(facts, id, Severity::Critical, "2026-11-21T13:55:00Z")
}
