//! `[[rule.quota]]`: tokens of a period.

use toml::de::DeValue;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::rule::{Condition, Quota, QuotaLimit};

use super::super::problem::Complaint;
use super::super::table::Table;
use super::super::value;
use super::steps;

/// What fits the numbers of TOML.
const TOKENS_MOST: u64 = i64::MAX.unsigned_abs();

pub(super) fn read(table: &Table<'_>) -> Option<Condition> {
    let limit = table.required("limit", "50_000_000", limit);
    let period = table.optional("period", value::period);
    let zone = table.optional("time_zone", value::zone);
    let severity = super::severity(table);
    let steps = steps::read(table, severity, false);
    let limit = limit?.value;
    if limit == QuotaLimit::Api {
        let places = [
            ("period", period.as_ref().map(|period| period.position)),
            ("time_zone", zone.as_ref().map(|zone| zone.position)),
        ];
        for (key, position) in places {
            let Some(position) = position else { continue };
            let complaint =
                Complaint::new(format!("`{key}` cannot be chosen with `limit = \"api\"`"))
                    .hint("the API says itself when it resets its count; leave it out");
            table.notes.error(position.public(), complaint);
        }
    }
    Some(Condition::Quota(Quota {
        limit,
        period: period.map_or(PeriodKind::Month, |period| period.value),
        zone: zone.map(|zone| zone.value),
        steps,
    }))
}

fn limit(value: &DeValue<'_>) -> Result<QuotaLimit, Complaint> {
    match value.as_str() {
        Some("api") => Ok(QuotaLimit::Api),
        Some(text) => Err(Complaint::new(format!("cannot be \"{text}\""))
            .hint("write \"api\", or a count without quotes, as in 50_000_000")),
        None => value::count(value, 1, TOKENS_MOST).map(QuotaLimit::Tokens),
    }
}
