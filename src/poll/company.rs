//! Totals by day of the company API, which does not say whether its ranges count their
//! last day.
//!
//! Today is asked for up to tomorrow, which is right either way: tomorrow has nothing
//! yet. A past day needs the answer, and the answer can be had: a day that was used and
//! shows in a range from itself to itself proves that last days count, one that does not
//! show proves that they do not.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use usagewarden_core::amount::Amount;
use usagewarden_core::reading::{
    BillBucket, BillDimensions, BillSource, ChargeKind, Counts, Dimensions, Findings, Tokens,
    UsageBucket,
};
use usagewarden_core::roster::DayTotals;
use usagewarden_core::subject::{ApiKeyId, Geo, ServiceTier, WorkspaceId};
use usagewarden_core::window::{Width, Window};

use crate::claude::{Client, PollError};

/// The API does not say which models were used.
const MODEL_UNKNOWN: &str = "unknown";

/// Whether the last day of a range counts. Once known it stays known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LastDay {
    #[default]
    Unknown,
    Counts,
    CountsNot,
}

/// Totals of the UTC day that begins at `day`, and what they taught about ranges.
pub(super) async fn totals(
    client: &Client,
    last_day: LastDay,
    day: Timestamp,
    now: Timestamp,
) -> Result<(DayTotals, LastDay), PollError> {
    let (first, is_today) = (date(day), Width::Day.floor(now) == day);
    let next = date(day + Width::Day.duration());
    match (last_day, is_today) {
        (LastDay::Counts, false) => Ok((client.day_totals(first, first).await?, last_day)),
        (LastDay::CountsNot, false) | (LastDay::Counts | LastDay::CountsNot, true) => {
            Ok((client.day_totals(first, next).await?, last_day))
        }
        (LastDay::Unknown, _) => {
            let wide = client.day_totals(first, next).await?;
            if is_nothing(&wide) {
                // Nothing in two days is nothing in the first of them.
                return Ok((wide, last_day));
            }
            match alone(client, first).await? {
                Some(narrow) if !is_nothing(&narrow) => {
                    // Of a past day the wide range had the next one in it, too.
                    Ok((if is_today { wide } else { narrow }, LastDay::Counts))
                }
                // Used today and not in the range of today alone: that is proof. A past
                // day may have been idle, so it is none; the total is taken for its own.
                Some(_) | None if is_today => Ok((wide, LastDay::CountsNot)),
                Some(_) => Ok((wide, last_day)),
                None => Ok((wide, LastDay::CountsNot)),
            }
        }
    }
}

/// A range of one day. An API to which that is no range at all does not count last days.
async fn alone(client: &Client, day: Date) -> Result<Option<DayTotals>, PollError> {
    match client.day_totals(day, day).await {
        Err(PollError::BadRequest { .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

/// The day's tokens and its money, in the forms of the other API.
pub(super) fn findings(day: Timestamp, totals: &DayTotals) -> (Findings, Findings) {
    let window = Width::Day.bucket(day);
    let usage = UsageBucket::new(Width::Day, day, [(dimensions(), counts(totals))]);
    let amount = Amount::from_dollars(totals.estimated_cost);
    let bill = BillBucket::new(Width::Day, day, [(bill_dimensions(), amount)]);
    (
        Findings::Usage { width: Width::Day, window, buckets: vec![usage] },
        bill_findings(window, vec![bill]),
    )
}

fn bill_findings(window: Window, buckets: Vec<BillBucket>) -> Findings {
    let source = BillSource::Company;
    Findings::Bill { source, width: Width::Day, window, refreshed_at: None, buckets }
}

fn dimensions() -> Dimensions {
    Dimensions {
        workspace: WorkspaceId::DEFAULT.into(),
        model: MODEL_UNKNOWN.into(),
        key: ApiKeyId::NONE.into(),
        tier: ServiceTier::STANDARD.into(),
        geo: Geo::NOT_AVAILABLE.into(),
    }
}

fn bill_dimensions() -> BillDimensions {
    BillDimensions {
        workspace: WorkspaceId::DEFAULT.into(),
        kind: ChargeKind::AnyTokens,
        model: None,
        key: None,
        tier: None,
        geo: None,
    }
}

fn counts(totals: &DayTotals) -> Counts {
    let tokens = Tokens {
        uncached_input: totals.input_tokens,
        output: totals.output_tokens,
        ..Tokens::default()
    };
    Counts { tokens, web_searches: 0 }
}

fn is_nothing(totals: &DayTotals) -> bool {
    totals.total_tokens == 0
        && totals.input_tokens == 0
        && totals.output_tokens == 0
        && totals.estimated_cost.is_zero()
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
