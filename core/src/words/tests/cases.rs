//! One piece of news of each kind and effect.

mod watched;

use jiff::SignedDuration;
use rust_decimal::Decimal;

use crate::alert::EpisodeId;
use crate::amount::Amount;
use crate::notice::{Contributor, Effect, Facts, Forecast, Kind, Matter, Names, News, NewsId};
use crate::quantity::{Quantity, Unit};
use crate::reading::Report;
use crate::rule::{Metric, Severity};
use crate::subject::{OrganizationName, Subject};

use Effect::{Fired, Reminded, Resolved, Test};

pub(super) fn acme() -> OrganizationName {
    "acme".into()
}

pub(super) fn usd(dollars: &str) -> Quantity {
    Quantity::new(Decimal::from_str_exact(dollars).unwrap(), Unit::Usd)
}

fn count(number: i64, unit: Unit) -> Option<Quantity> {
    Some(Quantity::new(number.into(), unit))
}

/// `tenths` of the limit.
pub(super) fn step(tenths: i64, forecast: bool, late: bool) -> Matter {
    Matter::Step {
        step: Decimal::new(tenths, 1),
        forecast,
        next_step: None,
        late,
        api_limit: false,
    }
}

/// Of a limit that is the API's own.
fn of_api(mut matter: Matter) -> Matter {
    if let Matter::Step { api_limit, .. } = &mut matter {
        *api_limit = true;
    }
    matter
}

pub(super) fn facts(matter: Matter) -> Facts {
    Facts {
        episode: EpisodeId("month:acme".to_owned()),
        root: None,
        rule: "month".into(),
        kind: Kind::Budget,
        severity: Severity::Warning,
        subject: Subject::ORGANIZATION,
        names: Names::default(),
        matter,
        value: Some(usd("4012.55")),
        limit: Some(usd("5000")),
        basis: None,
        data_until: None,
        since: "2026-11-21T14:07:11Z".parse().unwrap(),
        ended_at: None,
        period: None,
        zone_name: "UTC".to_owned(),
        forecast: None,
        contributors: Vec::new(),
        actions: Vec::new(),
    }
}

pub(super) fn news(effect: Effect, mut facts: Facts) -> News {
    facts.ended_at = (effect == Resolved).then_some(facts.since);
    News { id: NewsId("n".to_owned()), effect, facts, period_end: false, only: None }
}

fn of(rule: &str, kind: Kind, matter: Matter) -> Facts {
    Facts { rule: rule.into(), kind, value: None, limit: None, ..facts(matter) }
}

pub(super) fn cases() -> Vec<(&'static str, News)> {
    let mut all = Vec::new();
    all.extend(budgets());
    all.extend(quotas());
    all.extend(thresholds());
    all.extend(rate_limits());
    all.extend(data());
    all.extend(changes());
    all.extend(watched::watched());
    all.extend(the_rest());
    all
}

fn in_workspace(mut facts: Facts) -> Facts {
    facts.subject.workspace = Some("wrkspc_1".into());
    facts.names.workspace = Some("ingest-prod".to_owned());
    facts
}

fn contributor() -> Contributor {
    Contributor {
        workspace: "ingest-prod".to_owned(),
        model: Some("claude-opus-5-5".to_owned()),
        api_key: "ci-runner".to_owned(),
        value: Amount::from_cents(244_766.into()),
        share: Decimal::new(61, 2),
        change: None,
    }
}

fn ahead(mut facts: Facts, dollars: i64) -> Facts {
    let value = Decimal::from(dollars);
    facts.forecast = Some(Forecast { value, low: value, high: value, exhausted_at: None });
    facts
}

fn budgets() -> Vec<(&'static str, News)> {
    let plain = || facts(step(8, false, false));
    let past = || Facts { value: Some(usd("5123")), ..facts(step(10, false, false)) };
    let blind = || Facts { value: None, ..plain() };
    let coming = || ahead(facts(step(10, true, false)), 6_120);
    let ended = || News { period_end: true, ..news(Resolved, past()) };
    let mut asked = plain();
    asked.contributors = vec![contributor()];
    vec![
        ("a budget's step", news(Fired, asked)),
        ("of one workspace", news(Fired, in_workspace(plain()))),
        ("past the limit", news(Fired, past())),
        ("past the limit, reminded", news(Reminded, past())),
        ("reminded, of one workspace", news(Reminded, in_workspace(past()))),
        ("late", news(Fired, Facts { value: Some(usd("5123")), ..facts(step(10, false, true)) })),
        ("at the period's end", ended()),
        (
            "of a raised limit, resolved",
            news(Resolved, Facts { value: Some(usd("3100")), ..plain() }),
        ),
        ("forecast", news(Fired, coming())),
        ("forecast, of one workspace", news(Fired, in_workspace(coming()))),
        ("forecast, reminded", news(Reminded, coming())),
        ("forecast, resolved", news(Resolved, ahead(facts(step(10, true, false)), 4_500))),
        ("no figure is known", news(Fired, blind())),
        ("no figure is known, reminded", news(Reminded, blind())),
        ("no figure is known, resolved", news(Resolved, blind())),
        ("no figure is known, at the end", News { period_end: true, ..news(Resolved, blind()) }),
        ("no forecast is known", news(Fired, facts(step(10, true, false)))),
    ]
}

fn quotas() -> Vec<(&'static str, News)> {
    let tokens = |used: u64, matter: Matter| Facts {
        value: Some(Quantity::tokens(used)),
        limit: Some(Quantity::tokens(10_000_000)),
        ..of("tokens", Kind::Quota, matter)
    };
    let eighty = || tokens(8_012_000, step(8, false, false));
    let of_api = tokens(8_012_000, of_api(step(8, false, false)));
    vec![
        ("a quota's step", news(Fired, eighty())),
        ("of the API's quota", news(Fired, of_api)),
        ("reminded", news(Reminded, eighty())),
        ("late", news(Fired, tokens(10_200_000, step(10, false, true)))),
        ("at the period's end", News { period_end: true, ..news(Resolved, eighty()) }),
        ("resolved", news(Resolved, tokens(6_000_000, step(8, false, false)))),
    ]
}

fn bound(metric: Metric, above: bool, value: Option<Quantity>, limit: Quantity) -> Facts {
    let matter = Matter::Bound { metric, above, window: SignedDuration::from_hours(1) };
    Facts { value, limit: Some(limit), ..of("burst", Kind::Threshold, matter) }
}

fn thresholds() -> Vec<(&'static str, News)> {
    let tokens = |used: i64| {
        let limit = Quantity::tokens(10_000_000);
        bound(Metric::OutputTokens, true, count(used, Unit::Tokens), limit)
    };
    let cost = || bound(Metric::Cost, true, Some(usd("412")), usd("100"));
    let requests = |above, sent: i64| {
        let limit = Quantity::new(10.into(), Unit::Requests);
        bound(Metric::Requests, above, count(sent, Unit::Requests), limit)
    };
    let searches = Quantity::new(500.into(), Unit::Searches);
    let hits = |tenths: i64| {
        let share = |number| Quantity::new(Decimal::new(number, 3), Unit::Share);
        bound(Metric::CacheHitRatio, false, Some(share(tenths)), share(600))
    };
    let mut of_model = cost();
    of_model.subject.model = Some("claude-opus-5-5".into());
    vec![
        ("a threshold of output tokens", news(Fired, tokens(12_345_678))),
        ("reminded", news(Reminded, tokens(12_345_678))),
        ("resolved", news(Resolved, tokens(7_900_000))),
        (
            "not known any more, resolved",
            news(Resolved, bound(Metric::Cost, true, None, usd("100"))),
        ),
        ("cost", news(Fired, cost())),
        ("cost of one workspace", news(Fired, in_workspace(cost()))),
        ("cost of one workspace, reminded", news(Reminded, in_workspace(cost()))),
        ("cost of one workspace, resolved", news(Resolved, in_workspace(cost()))),
        ("cost of one model in it", news(Fired, in_workspace(of_model))),
        ("a hair above", news(Fired, bound(Metric::Cost, true, Some(usd("100.001")), usd("100")))),
        ("too few requests", news(Fired, requests(false, 1))),
        ("too many requests", news(Fired, requests(true, 12_000))),
        (
            "cache reads",
            news(
                Fired,
                bound(
                    Metric::CacheReadTokens,
                    true,
                    count(9_000, Unit::Tokens),
                    Quantity::tokens(100),
                ),
            ),
        ),
        (
            "cache writes",
            news(
                Fired,
                bound(
                    Metric::CacheWriteTokens,
                    true,
                    count(9_000, Unit::Tokens),
                    Quantity::tokens(100),
                ),
            ),
        ),
        (
            "uncached input",
            news(
                Fired,
                bound(
                    Metric::UncachedInputTokens,
                    true,
                    count(9_000, Unit::Tokens),
                    Quantity::tokens(100),
                ),
            ),
        ),
        (
            "all tokens",
            news(
                Fired,
                bound(Metric::TotalTokens, true, count(9_000, Unit::Tokens), Quantity::tokens(100)),
            ),
        ),
        (
            "web searches",
            news(Fired, bound(Metric::WebSearches, true, count(1_200, Unit::Searches), searches)),
        ),
        ("cache hits", news(Fired, hits(412))),
        ("cache hits, reminded", news(Reminded, hits(412))),
        ("cache hits, resolved", news(Resolved, hits(650))),
    ]
}

fn rate_limits() -> Vec<(&'static str, News)> {
    let limit = |limiter: &str, used: i64, most: i64, unit: Unit| {
        let matter = Matter::RateLimit {
            group: "Claude Sonnet 5.x".to_owned(),
            limiter: limiter.to_owned(),
            over: SignedDuration::from_mins(5),
        };
        Facts {
            value: count(used, unit),
            limit: count(most, unit),
            ..of("headroom", Kind::RateLimit, matter)
        }
    };
    let input = |used| limit("input_tokens_per_minute", used, 2_000_000, Unit::TokensPerMinute);
    let aware = || {
        limit("input_tokens_per_minute_cache_aware", 1_840_000, 2_000_000, Unit::TokensPerMinute)
    };
    let blind = || Facts { value: None, ..input(0) };
    vec![
        ("a rate limit", news(Fired, input(1_840_000))),
        ("cache aware, of one workspace", news(Fired, in_workspace(aware()))),
        (
            "requests",
            news(Fired, limit("requests_per_minute", 4_300, 5_000, Unit::RequestsPerMinute)),
        ),
        (
            "a limiter the API added",
            news(Fired, limit("fast_otpm", 86, 100, Unit::TokensPerMinute)),
        ),
        ("reminded", news(Reminded, input(1_840_000))),
        ("resolved", news(Resolved, input(820_000))),
        ("no figure is known", news(Fired, blind())),
        ("no figure is known, resolved", news(Resolved, blind())),
    ]
}

fn data() -> Vec<(&'static str, News)> {
    let stale = |report, refused, cause: Option<&str>, fix: Option<&str>| {
        let (cause, fix) = (cause.map(ToOwned::to_owned), fix.map(ToOwned::to_owned));
        of("blind", Kind::Freshness, Matter::Stale { report, refused, cause, fix })
    };
    let old = |report| Facts {
        value: count(3_900, Unit::Seconds),
        limit: count(1_800, Unit::Seconds),
        ..stale(report, false, None, None)
    };
    let refused = || {
        stale(
            Report::Usage,
            true,
            Some("the key sk-ant-...QwEr is wrong, expired or revoked (invalid x-api-key)"),
            Some("Create a new key, store it where `key` of this organization points, and restart"),
        )
    };
    let failing = || {
        stale(
            Report::Cost,
            false,
            Some("the cost report: no complete answer came within 60s"),
            Some("Nothing yet: usagewarden asks again. If it stays, look at the proxy"),
        )
    };
    let unexplained = || Facts { value: None, limit: None, ..old(Report::Usage) };
    let everything = |facts| Facts { subject: Subject::detail("all reports"), ..facts };
    vec![
        ("old data", news(Fired, old(Report::Usage))),
        ("old data, reminded", news(Reminded, old(Report::Analytics))),
        ("old data, resolved", news(Resolved, old(Report::Usage))),
        ("old limits", news(Fired, old(Report::RateLimits))),
        ("old, nobody knows how old", news(Fired, unexplained())),
        ("a refused key", news(Fired, refused())),
        ("a refused key, reminded", news(Reminded, refused())),
        ("a refused key, resolved", news(Resolved, refused())),
        ("a failing report", news(Fired, failing())),
        ("a failing report, reminded", news(Reminded, failing())),
        (
            "a failing report, resolved",
            news(Resolved, stale(Report::SpendLimits, false, None, None)),
        ),
        ("all reports fail", news(Fired, everything(failing()))),
        ("all reports fail, resolved", news(Resolved, everything(unexplained()))),
    ]
}

fn changes() -> Vec<(&'static str, News)> {
    let changed = |what: &str, before: Option<&str>, after: Option<&str>| {
        let (before, after) = (before.map(ToOwned::to_owned), after.map(ToOwned::to_owned));
        let matter = Matter::Changed { what: what.to_owned(), before, after };
        news(Fired, of("limits", Kind::Change, matter))
    };
    vec![
        ("a plan", changed("plan", Some("build"), Some("scale"))),
        ("a name", changed("name", Some("Acme Corp"), Some("Acme Inc"))),
        ("features", changed("features", Some("batch, files"), Some("batch"))),
        (
            "a spend limit",
            changed("spend limit of the organization", Some("$5,000.00"), Some("$2,500.00")),
        ),
        (
            "a spend limit that is off",
            changed("the spend limit of ingest-prod", Some("$500.00"), None),
        ),
        ("a new spend limit", changed("spend limit of the organization", None, Some("$500.00"))),
        ("a request", changed("a request for a higher limit", None, Some("$900.00, pending"))),
        ("nothing but that it changed", changed("features", None, None)),
    ]
}

fn the_rest() -> Vec<(&'static str, News)> {
    let stranger = || {
        let matter = Matter::Stranger {
            expected: "org_1".to_owned(),
            heard: "Other Corp (org_2)".to_owned(),
            fix: "Give it the key of the organization it was".to_owned(),
        };
        of("identity", Kind::Identity, matter)
    };
    let lost = |recipient: &str| {
        let matter = Matter::Undelivered {
            channel: "finops".to_owned(),
            recipient: recipient.to_owned(),
            error: "smtp.example.com:587 refused the mail for good: 550 no such user".to_owned(),
        };
        of("delivery", Kind::Delivery, matter)
    };
    vec![
        ("a stranger", news(Fired, stranger())),
        ("a stranger, reminded", news(Reminded, stranger())),
        ("a stranger, resolved", news(Resolved, stranger())),
        ("a notice that reached nobody", news(Fired, lost("f…@example.com"))),
        ("reminded", news(Reminded, lost(""))),
        ("resolved", news(Resolved, lost(""))),
        ("a test", news(Test, of("test", Kind::Test, Matter::Test))),
        ("a test with figures", news(Test, facts(step(8, false, false)))),
    ]
}
