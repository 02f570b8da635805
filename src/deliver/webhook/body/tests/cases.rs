//! One piece of news of each kind, with every field that it can have.

mod watched;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use usagewarden_core::action::{ActionId, ActionState};
use usagewarden_core::alert::EpisodeId;
use usagewarden_core::amount::Amount;
use usagewarden_core::ledger::Basis;
use usagewarden_core::notice::{
    Announced, Announcement, Contributor, Effect, Facts, Forecast, Kind, Matter, Names, News,
    NewsId,
};
use usagewarden_core::quantity::{Quantity, Unit};
use usagewarden_core::reading::Report;
use usagewarden_core::rule::{Metric, Severity};
use usagewarden_core::subject::Subject;
use usagewarden_core::window::Window;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn dollars(text: &str) -> Amount {
    Amount::from_dollars(Decimal::from_str_exact(text).unwrap())
}

fn news(effect: Effect, facts: Facts) -> News {
    News { id: NewsId("n".to_owned()), effect, facts, period_end: false, only: None }
}

/// What is told when nothing but the matter is known.
fn bare(kind: Kind, matter: Matter) -> Facts {
    Facts {
        episode: EpisodeId("month:acme:1".to_owned()),
        root: None,
        rule: "month".into(),
        kind,
        severity: Severity::Warning,
        subject: Subject::ORGANIZATION,
        names: Names::default(),
        matter,
        value: None,
        limit: None,
        basis: None,
        data_until: None,
        since: at("2026-11-21T14:05:03Z"),
        ended_at: None,
        period: None,
        zone_name: "UTC".to_owned(),
        forecast: None,
        contributors: Vec::new(),
        actions: Vec::new(),
    }
}

/// The example of the design.
pub(super) fn budget() -> News {
    let step = Decimal::new(8, 1);
    let (forecast, late) = (false, false);
    let matter =
        Matter::Step { step, forecast, next_step: Some(Decimal::ONE), late, api_limit: false };
    let facts = Facts {
        subject: Subject {
            workspace: Some("wrkspc_01Ab".into()),
            model: None,
            key: None,
            detail: None,
        },
        names: Names { workspace: Some("ingest-prod".to_owned()), api_key: None },
        value: Some(Quantity::money(dollars("4012.55"))),
        limit: Some(Quantity::money(dollars("5000"))),
        basis: Some(Basis::Mixed),
        data_until: Some(at("2026-11-21T14:04:00Z")),
        period: Window::new(at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")),
        forecast: Some(Forecast {
            value: Decimal::from(6_120),
            low: Decimal::from(5_800),
            high: Decimal::new(64_405, 1),
            exhausted_at: Some(at("2026-11-25T09:00:00Z")),
        }),
        contributors: vec![Contributor {
            workspace: "ingest-prod".to_owned(),
            model: Some("claude-opus-5-5".to_owned()),
            api_key: "ci-runner".to_owned(),
            value: dollars("2447.66"),
            share: Decimal::new(61, 2),
            change: Some(Decimal::new(32, 1)),
        }],
        ..bare(Kind::Budget, matter)
    };
    news(Effect::Fired, facts)
}

pub(super) fn test() -> News {
    news(Effect::Test, bare(Kind::Test, Matter::Test))
}

/// A late step that only the forecast reached, of a quota, over with its period.
fn quota() -> News {
    let step = Decimal::new(995, 3);
    let matter =
        Matter::Step { step, forecast: true, next_step: None, late: true, api_limit: false };
    let facts = Facts {
        subject: Subject {
            workspace: None,
            model: Some("claude-opus-5-5".into()),
            key: Some("apikey_1".into()),
            detail: None,
        },
        names: Names { workspace: None, api_key: Some("ci-runner".to_owned()) },
        value: Some(Quantity::tokens(995_000)),
        limit: Some(Quantity::tokens(1_000_000)),
        ended_at: Some(at("2026-12-01T00:00:00Z")),
        ..bare(Kind::Quota, matter)
    };
    News { period_end: true, ..news(Effect::Resolved, facts) }
}

/// A step that takes actions, each with another verdict.
fn acting() -> News {
    let id = || ActionId("month:acme:organization:stop:20261101T000000Z".to_owned());
    let why = "no key of the workspace ingest-prod matches".to_owned();
    let verdicts = [
        Announcement::Ordered(id()),
        Announcement::DryRun(id()),
        Announcement::Already { id: id(), state: Some(ActionState::Done) },
        Announcement::NotAllowed,
        Announcement::NothingToDo { id: id(), why },
    ];
    let does = "disable the key batch-worker of workspace ingest-prod".to_owned();
    let announced = |verdict| Announced { action: "stop".into(), does: does.clone(), verdict };
    let mut news = budget();
    news.facts.actions = verdicts.map(announced).into();
    news
}

fn acted() -> News {
    let matter = Matter::Acted {
        action: "stop".into(),
        id: ActionId("month:acme:organization:stop:20261101T000000Z".to_owned()),
        does: "disable the key batch-worker of workspace ingest-prod".to_owned(),
        state: ActionState::GivenUp,
        error: Some("the API could not be reached".to_owned()),
        no_undo: None,
    };
    let facts = Facts { severity: Severity::Critical, ..bare(Kind::Action, matter) };
    news(Effect::Fired, facts)
}

fn threshold() -> News {
    let (metric, window) = (Metric::CacheHitRatio, SignedDuration::from_hours(1));
    let share = |hundredths| Some(Quantity::new(Decimal::new(hundredths, 2), Unit::Share));
    let facts = Facts {
        value: share(42),
        limit: share(60),
        ..bare(Kind::Threshold, Matter::Bound { metric, above: false, window })
    };
    news(Effect::Reminded, facts)
}

fn rate_limit() -> News {
    let (group, limiter) = ("Opus".to_owned(), "input_tokens_per_minute".to_owned());
    let over = SignedDuration::from_mins(5);
    let rate = |count: u32| Some(Quantity::new(count.into(), Unit::TokensPerMinute));
    let facts = Facts {
        subject: Subject::detail("input_tokens_per_minute of Opus"),
        value: rate(1_900_000),
        limit: rate(2_000_000),
        ..bare(Kind::RateLimit, Matter::RateLimit { group, limiter, over })
    };
    news(Effect::Fired, facts)
}

fn stale() -> News {
    let matter = Matter::Stale {
        report: Report::Usage,
        refused: true,
        cause: Some("the key was refused".to_owned()),
        fix: Some("Put a key that works into `key`".to_owned()),
    };
    news(Effect::Fired, bare(Kind::Freshness, matter))
}

fn changed() -> News {
    let (before, after) = (Some("Acme Corp".to_owned()), Some("Acme Labs".to_owned()));
    let matter = Matter::Changed { what: "name".to_owned(), before, after };
    news(Effect::Fired, bare(Kind::Change, matter))
}

fn stranger() -> News {
    let matter = Matter::Stranger {
        expected: "Acme Corp".to_owned(),
        heard: "Evil Corp (org_2)".to_owned(),
        fix: "Use the key of the organization you mean".to_owned(),
    };
    let facts = Facts { severity: Severity::Critical, ..bare(Kind::Identity, matter) };
    news(Effect::Fired, facts)
}

fn undelivered() -> News {
    let matter = Matter::Undelivered {
        channel: "finops".to_owned(),
        recipient: "f…@example.com".to_owned(),
        error: "smtp.example.com:587 could not be reached".to_owned(),
    };
    news(Effect::Fired, bare(Kind::Delivery, matter))
}

pub(super) fn all() -> Vec<News> {
    let mut all = vec![
        budget(),
        acting(),
        acted(),
        quota(),
        threshold(),
        rate_limit(),
        stale(),
        changed(),
        stranger(),
        undelivered(),
        test(),
    ];
    all.extend(watched::watched());
    all
}
