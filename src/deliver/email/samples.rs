//! Notices of every kind, as they are decided in earnest; for tests.

mod watched;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use secrecy::SecretString;
use usagewarden_core::alert::EpisodeId;
use usagewarden_core::amount::Amount;
use usagewarden_core::ledger::Basis;
use usagewarden_core::notice::{
    Contributor, Effect, Facts, Forecast, Kind, LaneId, Matter, Names, News, NewsId, Notice,
    NoticeId, NoticeRef,
};
use usagewarden_core::quantity::{Quantity, Unit};
use usagewarden_core::reading::Report;
use usagewarden_core::rule::{Metric, Severity};
use usagewarden_core::subject::Subject;
use usagewarden_core::window::Window;

use super::{ATTEMPT_TIMEOUT, Login, Settings, Tls};

mod acting;

use acting::{acted, acting};
use usagewarden_core::action::ActionState;

pub(super) fn settings() -> Settings {
    Settings {
        name: "finops".into(),
        host: "smtp.example.com".to_owned(),
        port: 587,
        tls: Tls::StartTls,
        login: Some(Login {
            username: "warden".to_owned(),
            password: SecretString::from("correct horse".to_owned()),
        }),
        from: "UsageWarden <warden@example.com>".parse().unwrap(),
        to: vec![
            "Fin Ops <finops@example.com>".parse().unwrap(),
            "cto@example.com".parse().unwrap(),
        ],
        ca_file: None,
        give_up_after: jiff::SignedDuration::from_hours(72),
        external_url: "https://warden.example.com/".to_owned(),
        attempt_timeout: ATTEMPT_TIMEOUT,
    }
}

pub(super) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

pub(super) fn usd(dollars: &str) -> Option<Quantity> {
    Some(Quantity::new(Decimal::from_str_exact(dollars).unwrap(), Unit::Usd))
}

fn count(number: i64, unit: Unit) -> Option<Quantity> {
    Some(Quantity::new(number.into(), unit))
}

pub(super) fn step(percent: i64, forecast: bool, next: Option<i64>, late: bool) -> Matter {
    let share = |percent: i64| Decimal::new(percent, 2).normalize();
    let next_step = next.map(share);
    Matter::Step { step: share(percent), forecast, next_step, late, api_limit: false }
}

fn contributor(workspace: &str, key: &str, cents: i64, share: i64) -> Contributor {
    Contributor {
        workspace: workspace.to_owned(),
        model: Some("claude-opus-5-5".to_owned()),
        api_key: key.to_owned(),
        value: Amount::from_cents(cents.into()),
        share: Decimal::new(share, 2),
        change: None,
    }
}

/// A budget's step in the third week of November.
pub(super) fn facts() -> Facts {
    let root = "month:acme:organization:20261101T000000Z:0:80";
    let decided_at = at("2026-11-21T14:07:11Z");
    Facts {
        episode: EpisodeId(root.to_owned()),
        root: Some(NoticeRef { id: NoticeId(root.to_owned()), decided_at }),
        rule: "month".into(),
        kind: Kind::Budget,
        severity: Severity::Warning,
        subject: Subject::ORGANIZATION,
        names: Names::default(),
        matter: step(80, false, Some(100), false),
        value: usd("4012.55"),
        limit: usd("5000"),
        basis: Some(Basis::Mixed),
        data_until: Some(at("2026-11-21T14:05:00Z")),
        since: decided_at,
        ended_at: None,
        period: Window::new(at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")),
        zone_name: "UTC".to_owned(),
        forecast: None,
        contributors: vec![
            contributor("ingest-prod", "ci-runner", 244_766, 61),
            contributor("Default", "none", 96_301, 24),
            contributor("research & development", "notebook-7", 60_188, 15),
        ],
        actions: Vec::new(),
    }
}

/// Facts about no period, without figures.
fn bare(rule: &str, kind: Kind, severity: Severity, matter: Matter) -> Facts {
    let (rule, contributors) = (rule.into(), Vec::new());
    let (value, limit, basis, period) = (None, None, None, None);
    let data_until = None;
    Facts {
        rule,
        kind,
        severity,
        matter,
        value,
        limit,
        basis,
        data_until,
        period,
        contributors,
        actions: Vec::new(),
        ..facts()
    }
}

pub(super) fn news(effect: Effect, facts: Facts) -> News {
    let id = NewsId(facts.episode.0.clone());
    News { id, effect, facts, period_end: false, only: None }
}

pub(super) fn notice_of(decided_at: &str, news: Vec<News>) -> Notice {
    Notice {
        id: NoticeId(news[0].id.0.clone()),
        organization: "acme".into(),
        decided_at: at(decided_at),
        lane: LaneId("acme/0/acme".to_owned()),
        news,
    }
}

pub(super) fn notice() -> Notice {
    notice_of("2026-11-21T14:07:11Z", vec![news(Effect::Fired, facts())])
}

fn resolved(mut facts: Facts, ended_at: &str) -> News {
    (facts.ended_at, facts.contributors) = (Some(at(ended_at)), Vec::new());
    news(Effect::Resolved, facts)
}

pub(super) fn forecast() -> Facts {
    let mut facts = facts();
    facts.matter = step(100, true, None, false);
    facts.forecast = Some(Forecast {
        value: 6_120.into(),
        low: 5_700.into(),
        high: 6_500.into(),
        exhausted_at: Some(at("2026-11-26T09:00:00Z")),
    });
    facts.contributors[0].change = Some(Decimal::new(324, 2));
    facts.zone_name = "Europe/Berlin".to_owned();
    facts.period = Window::new(at("2026-10-31T23:00:00Z"), at("2026-11-30T23:00:00Z"));
    facts
}

pub(super) fn exceeded() -> Facts {
    let mut facts = facts();
    (facts.severity, facts.value) = (Severity::Critical, usd("5123"));
    facts.matter = step(100, false, None, false);
    facts
}

pub(super) fn quota() -> Facts {
    let mut facts = facts();
    (facts.rule, facts.kind) = ("tokens".into(), Kind::Quota);
    facts.value = count(8_012_000, Unit::Tokens);
    facts.limit = count(10_000_000, Unit::Tokens);
    (facts.basis, facts.contributors) = (None, Vec::new());
    facts
}

/// Counted by the API since who knows when.
pub(super) fn api_quota() -> Facts {
    let mut facts = quota();
    facts.rule = "token-quota".into();
    facts.matter = of_api(facts.matter);
    facts.zone_name = "Europe/Berlin".to_owned();
    facts.period = Window::new(at("2026-11-21T13:59:00Z"), at("2026-12-01T00:00:00Z"));
    facts
}

pub(super) fn api_budget() -> Facts {
    let mut facts = exceeded();
    (facts.rule, facts.matter) = ("cap".into(), of_api(facts.matter));
    facts
}

fn of_api(mut matter: Matter) -> Matter {
    if let Matter::Step { api_limit, .. } = &mut matter {
        *api_limit = true;
    }
    matter
}

pub(super) fn threshold() -> Facts {
    let window = SignedDuration::from_hours(1);
    let matter = Matter::Bound { metric: Metric::OutputTokens, above: true, window };
    let mut facts = bare("output-burst", Kind::Threshold, Severity::Warning, matter);
    facts.data_until = Some(at("2026-11-21T14:05:00Z"));
    facts.value = count(12_345_678, Unit::Tokens);
    facts.limit = count(10_000_000, Unit::Tokens);
    facts.subject.workspace = Some("wrkspc_01Ingest".into());
    facts.names.workspace = Some("ingest-prod".to_owned());
    facts
}

pub(super) fn rate_limit() -> Facts {
    let matter = Matter::RateLimit {
        group: "Claude Sonnet 5.x".to_owned(),
        limiter: "input_tokens_per_minute_cache_aware".to_owned(),
        over: SignedDuration::from_mins(5),
    };
    let mut facts = bare("headroom", Kind::RateLimit, Severity::Warning, matter);
    facts.data_until = Some(at("2026-11-21T14:05:00Z"));
    facts.value = count(1_840_000, Unit::TokensPerMinute);
    facts.limit = count(2_000_000, Unit::TokensPerMinute);
    facts
}

pub(super) fn refused_key() -> Facts {
    let matter = Matter::Stale {
        report: Report::Usage,
        refused: true,
        cause: Some(
            "the key sk-ant-...QwEr is wrong, expired or revoked (invalid x-api-key)".to_owned(),
        ),
        fix: Some("Create a new key (for `api = \"admin\"` an Admin key, `sk-ant-admin01-…`), store it where `key` of this organization points, and restart".to_owned()),
    };
    bare("blind", Kind::Freshness, Severity::Critical, matter)
}

pub(super) fn stale() -> Facts {
    let matter = Matter::Stale { report: Report::Cost, refused: false, cause: None, fix: None };
    let mut facts = bare("blind", Kind::Freshness, Severity::Warning, matter);
    (facts.value, facts.limit) = (count(151_200, Unit::Seconds), count(129_600, Unit::Seconds));
    facts.data_until = Some(at("2026-11-20T00:00:00Z"));
    facts
}

pub(super) fn change() -> Facts {
    let matter = Matter::Changed {
        what: "spend limit of the organization".to_owned(),
        before: Some("$5,000.00".to_owned()),
        after: Some("$2,500.00".to_owned()),
    };
    bare("limits", Kind::Change, Severity::Warning, matter)
}

pub(super) fn stranger() -> Facts {
    let matter = Matter::Stranger {
        expected: "org_01Acme".to_owned(),
        heard: "Other Corp (org_02Other)".to_owned(),
        fix:
            "Give it the key of the organization it was, or configure the new one under a new name"
                .to_owned(),
    };
    bare("identity", Kind::Identity, Severity::Critical, matter)
}

pub(super) fn undelivered() -> Facts {
    let matter = Matter::Undelivered {
        channel: "ops".to_owned(),
        recipient: "o…@example.com".to_owned(),
        error: "smtp.example.com:587 refused the mail for good: 550 5.1.1 no such user".to_owned(),
    };
    bare("delivery", Kind::Delivery, Severity::Critical, matter)
}

pub(super) fn test() -> Facts {
    bare("test", Kind::Test, Severity::Info, Matter::Test)
}

/// A mail of each kind, and of several.
pub(super) fn gallery() -> Vec<(&'static str, Notice)> {
    let now = "2026-11-21T14:07:11Z";
    let one = |effect, facts| notice_of(now, vec![news(effect, facts)]);
    let late = || {
        let mut late = exceeded();
        (late.matter, late.contributors) = (step(100, false, None, true), Vec::new());
        late
    };
    let later = |effect, facts| notice_of("2026-11-21T18:07:11Z", vec![news(effect, facts)]);
    let over =
        |facts| notice_of("2026-11-21T17:12:00Z", vec![resolved(facts, "2026-11-21T17:12:00Z")]);
    let calm = Facts { value: count(7_900_000, Unit::Tokens), ..threshold() };
    let mut ended = resolved(exceeded(), "2026-12-01T00:00:00Z");
    ended.period_end = true;
    let group = vec![
        news(Effect::Fired, exceeded()),
        news(Effect::Fired, rate_limit()),
        news(Effect::Reminded, stale()),
        resolved(calm.clone(), now),
    ];
    let mut all = vec![
        ("budget", notice()),
        ("forecast", one(Effect::Fired, forecast())),
        ("late", notice_of("2026-12-01T06:00:00Z", vec![news(Effect::Fired, late())])),
        ("reminder", later(Effect::Reminded, exceeded())),
        ("period end", notice_of("2026-12-01T00:00:30Z", vec![ended])),
        ("quota", one(Effect::Fired, quota())),
        ("quota of the API", one(Effect::Fired, api_quota())),
        ("cap of the API", one(Effect::Fired, api_budget())),
        ("threshold", one(Effect::Fired, threshold())),
        ("threshold over", over(calm)),
        ("rate limit", one(Effect::Fired, rate_limit())),
        ("stale", one(Effect::Fired, stale())),
        ("refused key", one(Effect::Fired, refused_key())),
        ("refused key over", over(refused_key())),
        ("change", one(Effect::Fired, change())),
        ("stranger", one(Effect::Fired, stranger())),
        ("undelivered", one(Effect::Fired, undelivered())),
        ("test", one(Effect::Test, test())),
        ("actions", one(Effect::Fired, acting())),
        ("action done", one(Effect::Fired, acted(ActionState::Done))),
        ("action refused", one(Effect::Fired, acted(ActionState::Refused))),
        ("action undone", one(Effect::Fired, acted(ActionState::Undone))),
        ("group", notice_of(now, group)),
    ];
    all.extend(watched::gallery());
    all
}
