//! What is spent of the month already, where the API tells it with one question.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use usagewarden_core::amount::Amount;
use usagewarden_core::window::{Width, Window};

use crate::claude::{Client, PollError, SpendScope};
use crate::config::Api;

/// Since midnight of the first, in UTC: limits are reset then.
pub(super) async fn this_month(
    reader: &Client,
    api: Api,
    scope: &SpendScope,
    now: Timestamp,
) -> Result<Amount, PollError> {
    let today = now.to_zoned(TimeZone::UTC).date();
    if api == Api::Company {
        let totals = reader.day_totals(today.first_of_month(), today).await?;
        return Ok(Amount::from_dollars(totals.estimated_cost));
    }
    let first =
        today.first_of_month().to_zoned(TimeZone::UTC).map_or(now, |zoned| zoned.timestamp());
    let until = Width::Day.ceil(now + jiff::SignedDuration::from_secs(1));
    let window = Window::new(first, until).expect("a month begins before its days end");
    let bills = reader.cost(window).await?;
    let rows = bills.iter().flat_map(|bill| bill.rows());
    let own = rows.filter(|(of, _)| match scope {
        SpendScope::Organization => true,
        SpendScope::Workspace(id) => of.workspace == *id,
    });
    Ok(own.map(|(_, amount)| *amount).sum())
}

/// What to know of it before agreeing to `limit`; `None` removes the limit.
pub(super) fn notes(spent: Result<Amount, PollError>, limit: Option<Amount>) -> Vec<String> {
    let spent = match spent {
        Ok(spent) => spent,
        Err(error) => return vec![format!("What is spent this month is not known: {error}.")],
    };
    let mut notes = vec![format!("{spent} is reported as spent this month so far.")];
    if limit.is_some_and(|limit| limit <= spent) {
        notes.push("That is not below the new limit: it stops everything at once, until the month ends or the limit is raised.".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_stops_everything_at_once_is_said() {
        let dollars = |dollars: i64| Amount::from_cents((dollars * 100).into());
        for (limit, lines) in [(Some(500), 1), (Some(100), 2), (Some(99), 2), (None, 1)] {
            let notes = notes(Ok(dollars(100)), limit.map(dollars));
            assert_eq!(notes.len(), lines, "{limit:?}: {notes:?}");
        }
    }
}
