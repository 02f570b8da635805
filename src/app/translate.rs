//! From what the operator wrote to what each room is told.
//!
//! Rooms do not see the configuration; this is the only place that knows both sides.
//! Nothing here can fail: the configuration was checked when it was loaded.

use std::sync::Arc;

use jiff::SignedDuration;
use secrecy::SecretString;
use std::collections::BTreeMap;
use usagewarden_core::action::Action;
use usagewarden_core::decide::Rules;
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::outbox::{Destination, Fallback, Reach};
use usagewarden_core::period::Calendar;
use usagewarden_core::reading::Report;
use usagewarden_core::route::Routes;
use usagewarden_core::rule::{Rule, Whose};
use usagewarden_core::stretch::Wanted;
use usagewarden_core::subject::{ActionName, ChannelName, OrganizationName};
use usagewarden_core::window::Width;

use super::channels::webhook_settings;
use crate::clock::SharedClock;
use crate::config::{self, Api, ChannelOutline, Company, Config, EmailChannel, Organization, Tls};
use crate::deliver::email::{self, Email};
use crate::poll::{self, Cadences};
use crate::schedule::Cadence;
use crate::{claude, metrics, store, web};

/// A profile changes seldom, and the company API asks not to be asked more often.
const PROFILE_CACHED_FOR_MAX: SignedDuration = SignedDuration::from_mins(10);

/// Short of the floor of this report, which holds for all but rehearsals on this machine.
const PROFILE_CACHED_FOR_CRON: SignedDuration = SignedDuration::from_secs(30);

/// The reports ask clients to stay at one sustained request a minute.
const FLOOR: SignedDuration = SignedDuration::from_mins(1);

/// Rehearsals and tests need no patience.
const LOOPBACK_FLOOR: SignedDuration = SignedDuration::from_millis(100);

/// Organizations of one fleet spread their polls over this long.
const START_JITTER: SignedDuration = SignedDuration::from_secs(10);

/// What organizations have where nothing else is written.
const COMPANY_SERIES_MAX: usize = 10_000;

/// A client of one organization. Nothing is opened before it is first asked.
pub fn client(organization: &Organization, clock: SharedClock) -> claude::Client {
    with_key(organization, organization.key.clone(), clock)
}

/// The same with the key that may write.
pub fn write_client(organization: &Organization, clock: SharedClock) -> claude::Client {
    with_key(organization, organization.write_key.clone(), clock)
}

/// Asks the API of an organization who a key is that is none of its configuration.
pub async fn inspect_key(
    organization: &Organization,
    key: SecretString,
    clock: SharedClock,
) -> Result<claude::Inspection, claude::PollError> {
    claude::inspect_key(settings(organization, key), clock).await
}

fn with_key(organization: &Organization, key: SecretString, clock: SharedClock) -> claude::Client {
    claude::Client::new(settings(organization, key), clock)
}

fn settings(organization: &Organization, key: SecretString) -> claude::Settings {
    claude::Settings {
        organization: organization.name.clone(),
        api: client_api(organization.api),
        base_url: organization.base_url.clone(),
        key,
        company_id: organization.id.clone(),
        ca_file: organization.ca_file.clone(),
        company_cached_for: profile_cached_for(organization.poll.of(Report::Company)),
    }
}

/// A little less than the time between two polls of the profile: each of them checks who
/// the key belongs to, and must hear it from the API. Everyone else may read what is kept.
fn profile_cached_for(polled: &config::Cadence) -> SignedDuration {
    match polled {
        config::Cadence::Every(interval) => (*interval / 10 * 9).min(PROFILE_CACHED_FOR_MAX),
        config::Cadence::Cron(_) => PROFILE_CACHED_FOR_CRON,
    }
}

pub(super) const fn client_api(api: Api) -> claude::Api {
    match api {
        Api::Admin => claude::Api::Admin,
        Api::Company => claude::Api::Company,
    }
}

/// The reports an API has.
pub const fn reports_of(api: Api) -> &'static [Report] {
    poll::reports(client_api(api))
}

/// How one organization is polled.
pub(super) fn polled(organization: &Organization, ledger: LedgerSettings) -> poll::Settings {
    let zone = organization.calendar.zone();
    let cadence = |report| match organization.poll.of(report) {
        config::Cadence::Every(interval) => Cadence::Every(*interval),
        config::Cadence::Cron(cron) => Cadence::Cron(cron.as_ref().clone().into(), zone.clone()),
    };
    let (floor, start_jitter) = if organization.is_loopback() {
        (LOOPBACK_FLOOR, SignedDuration::ZERO)
    } else {
        (FLOOR, START_JITTER)
    };
    poll::Settings {
        organization: organization.name.clone(),
        expect_name: organization.expect_name.clone(),
        cadences: Cadences::new(cadence),
        floor,
        start_jitter,
        ledger,
    }
}

/// What the rules of an organization, and of the companies it belongs to, want added up; the
/// organization's own calendar is always kept, and is the first.
pub(super) fn ledger(organization: &Organization, config: &Config) -> LedgerSettings {
    let finest = match organization.api {
        Api::Admin => Width::Minute,
        Api::Company => Width::Day,
    };
    let mut settings = LedgerSettings {
        calendars: vec![organization.calendar.clone()],
        rolling: Vec::new(),
        windows: Vec::new(),
        prices: Arc::clone(&config.prices),
        finest,
    };
    for rule in &config.rules {
        if rule.covers(&organization.name) {
            want(&mut settings, rule, &organization.calendar);
        }
        for company in companies_of(organization, config).filter(|own| rule.covers(&own.name)) {
            want(&mut settings, rule, &company.calendar);
        }
    }
    settings
}

/// The stretches that forecasts want beside those of `ledger`.
pub(super) fn paces(
    organization: &Organization,
    config: &Config,
    ledger: &LedgerSettings,
) -> Vec<Wanted> {
    let companies: Vec<&Company> = companies_of(organization, config).collect();
    let concerns = |rule: &&Rule| {
        rule.covers(&organization.name) || companies.iter().any(|own| rule.covers(&own.name))
    };
    let mut paces = Vec::new();
    for wanted in config.rules.iter().filter(concerns).flat_map(Rule::paces) {
        if !ledger.windows.contains(wanted) && !paces.contains(wanted) {
            paces.push(*wanted);
        }
    }
    paces
}

fn companies_of<'a>(
    organization: &'a Organization,
    config: &'a Config,
) -> impl Iterator<Item = &'a Company> {
    config.companies.iter().filter(|company| company.organizations.contains(&organization.name))
}

fn want(settings: &mut LedgerSettings, rule: &Rule, own: &Calendar) {
    let wanted = rule.windows().into_iter();
    for window in wanted {
        if !settings.windows.contains(&window) {
            settings.windows.push(window);
        }
    }
    let Some(calendar) = rule.calendar(own) else { return };
    if let Some(days) = rule.rolling() {
        let rolling = (calendar, days);
        if !settings.rolling.contains(&rolling) {
            settings.rolling.push(rolling);
        }
    } else if !settings.calendars.contains(&calendar) {
        settings.calendars.push(calendar);
    }
}

pub(super) fn rules(
    organization: &Organization,
    config: &Config,
    rules: &Arc<[Rule]>,
    routes: &Arc<Routes>,
    actions: &Arc<BTreeMap<ActionName, Action>>,
) -> Arc<Rules> {
    let companies = companies_of(organization, config);
    Arc::new(Rules {
        calendar: organization.calendar.clone(),
        rules: Arc::clone(rules),
        routes: Arc::clone(routes),
        companies: companies.map(|company| company.name.clone()).collect(),
        actions: Arc::clone(actions),
        allow_actions: organization.allow_actions,
    })
}

/// What steps can take, by name.
pub(super) fn actions(config: &Config) -> Arc<BTreeMap<ActionName, Action>> {
    Arc::new(config.actions.iter().map(|one| (one.name.clone(), one.clone())).collect())
}

/// Every organization that allows actions, with every action its steps may take.
pub(super) fn acting(config: &Config) -> Vec<(OrganizationName, ActionName)> {
    let allowing = config.organizations.iter().filter(|own| own.allow_actions);
    let pairs = allowing.flat_map(|own| {
        config.actions.iter().map(|action| (own.name.clone(), action.name.clone()))
    });
    pairs.collect()
}

/// A company is judged only by the rules that name it: patterns are about organizations.
pub(super) fn rules_of_company(
    company: &Company,
    rules: &[Rule],
    routes: &Arc<Routes>,
) -> Arc<Rules> {
    Arc::new(Rules {
        calendar: company.calendar.clone(),
        rules: own_of(company, rules).cloned().collect(),
        routes: Arc::clone(routes),
        companies: vec![company.name.clone()],
        // Only its organizations have something that could be changed.
        actions: Arc::default(),
        allow_actions: false,
    })
}

fn own_of<'a>(company: &'a Company, rules: &'a [Rule]) -> impl Iterator<Item = &'a Rule> {
    rules.iter().filter(|rule| rule.whose == Whose::Company(company.name.clone()))
}

/// Who is told what.
pub(super) fn routes(config: &Config) -> Arc<Routes> {
    let destinations = destinations(config);
    if config.routes.is_empty() {
        return Arc::new(Routes::everything_to_everyone(destinations));
    }
    Arc::new(Routes { routes: config.routes.clone(), destinations })
}

/// Whom each channel reaches, and who steps in for it.
pub(super) fn reach(config: &Config) -> Reach {
    let fallback = |channel: ChannelOutline<'_>| {
        let config::Fallback { channel: other, after } = channel.fallback?.clone();
        Some((channel.name.clone(), Fallback { channel: other, after }))
    };
    let fallbacks = config.channels().filter_map(fallback).collect();
    Reach { destinations: destinations(config), fallbacks }
}

fn destinations(config: &Config) -> BTreeMap<ChannelName, Vec<Destination>> {
    let emails = config.emails.iter().map(|channel| email_settings(channel, config));
    let emails = emails.map(|settings| (settings.name.clone(), settings.destinations()));
    let webhooks = config.webhooks.iter().map(|channel| webhook_settings(channel, config));
    let webhooks = webhooks.map(|settings| (settings.name.clone(), settings.destinations()));
    emails.chain(webhooks).collect()
}

pub(super) fn email(channel: &EmailChannel, config: &Config) -> Email {
    Email::new(email_settings(channel, config))
}

fn email_settings(channel: &EmailChannel, config: &Config) -> email::Settings {
    let tls = match channel.tls {
        Tls::StartTls => email::Tls::StartTls,
        Tls::Implicit => email::Tls::Implicit,
        Tls::None => email::Tls::None,
    };
    let login = channel.login.as_ref().map(|login| email::Login {
        username: login.username.clone(),
        password: login.password.clone(),
    });
    email::Settings {
        name: channel.name.clone(),
        host: channel.host.clone(),
        port: channel.port,
        tls,
        login,
        from: channel.from.clone(),
        to: channel.to.clone(),
        ca_file: channel.ca_file.clone(),
        give_up_after: channel.give_up_after,
        external_url: config.external_url.to_string(),
        attempt_timeout: email::ATTEMPT_TIMEOUT,
    }
}

pub(super) fn lines_of(
    organization: &Organization,
    rules: &[Rule],
) -> metrics::OrganizationSettings {
    let own = rules.iter().filter(|rule| rule.covers(&organization.name));
    metrics::OrganizationSettings {
        name: organization.name.clone(),
        api: match organization.api {
            Api::Admin => "admin",
            Api::Company => "company",
        },
        calendar: organization.calendar.key(),
        series_max: organization.series_max,
        key_spend: organization.key_spend,
        alerts_only: false,
        rules: own.map(|rule| (rule.name.clone(), rule.severities())).collect(),
    }
}

/// A company shows its alerts and budgets; all else its members show.
pub(super) fn lines_of_company(company: &Company, rules: &[Rule]) -> metrics::OrganizationSettings {
    let own = own_of(company, rules);
    metrics::OrganizationSettings {
        name: company.name.clone(),
        api: "company",
        calendar: company.calendar.key(),
        series_max: COMPANY_SERIES_MAX,
        key_spend: false,
        alerts_only: true,
        rules: own.map(|rule| (rule.name.clone(), rule.severities())).collect(),
    }
}

/// Who may change something by asking.
pub(super) fn tokens(http: &config::Http) -> Vec<web::Token> {
    let token = |token: &config::Token| {
        let may = token.may.iter().copied().map(permission).collect();
        web::Token::new(Arc::clone(&token.name), &token.token, may)
    };
    http.tokens.iter().map(token).collect()
}

const fn permission(permission: config::Permission) -> web::Permission {
    match permission {
        config::Permission::Silence => web::Permission::Silence,
        config::Permission::Ack => web::Permission::Ack,
        config::Permission::Reload => web::Permission::Reload,
        config::Permission::Actions => web::Permission::Actions,
        config::Permission::Deliveries => web::Permission::Deliveries,
    }
}

pub(super) const fn keep(config: &Config) -> store::Keep {
    let kept = config.store.keep;
    store::Keep { minutes: kept.minutes, hours: kept.hours, days: kept.days }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn every_poll_of_the_profile_finds_the_cache_too_old() {
        let cases =
            [("100ms", "90ms"), ("5m", "4m 30s"), ("10m", "9m"), ("1h", "10m"), ("31d", "10m")];
        for (interval, expected) in cases {
            let interval: SignedDuration = interval.replace("31d", "744h").parse().unwrap();
            let kept = profile_cached_for(&config::Cadence::Every(interval));
            assert_eq!(kept, expected.parse().unwrap(), "every {interval:#}");
            assert!(kept < interval);
        }
        let cron = croner::Cron::from_str("*/5 * * * *").unwrap();
        let kept = profile_cached_for(&config::Cadence::Cron(Box::new(cron)));
        assert!(kept < SignedDuration::from_mins(5), "{kept:#}");
    }
}
