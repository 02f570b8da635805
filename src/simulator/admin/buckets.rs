//! The buckets a legacy report was asked for: snapped, bounded, paged.

use usagewarden_core::window::Width;

use crate::simulator::paging::{cursor, token};
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::Simulation;

/// One page of buckets, oldest first, in milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Buckets {
    pub(super) spans: Vec<(i64, i64)>,
    pub(super) next_page: Option<String>,
}

impl Buckets {
    /// Takes the parameters of time and paging from the query.
    ///
    /// The start is snapped down to its bucket; a bucket is in if it ends by `ending_at`, and
    /// the last one there is is the one that holds this instant.
    pub(super) fn take(
        query: &mut Query,
        simulation: &Simulation,
        widths: &[Width],
    ) -> Result<Self, Refusal> {
        let words: Vec<&str> = widths.iter().map(|width| width.wire()).collect();
        let word = query.word("bucket_width", &words)?;
        let width = widths
            .iter()
            .copied()
            .find(|width| Some(width.wire()) == word.as_deref())
            .unwrap_or(Width::Day);
        let limit = limit(query, width)?;
        let starting = query
            .timestamp("starting_at")?
            .ok_or_else(|| Refusal::invalid("starting_at: Field required"))?;
        let ending = query.timestamp("ending_at")?;
        if ending.is_some_and(|ending| ending <= starting) {
            return Err(Refusal::invalid("ending_at: must be after starting_at"));
        }
        let step = width.seconds() * 1_000;
        let open_until = width.bucket(simulation.now()).until();
        let last = ending.map_or(open_until, |ending| open_until.min(ending)).as_millisecond();
        let begin = match cursor(query)? {
            Some([at, _]) => at,
            None => width.floor(starting).as_millisecond(),
        };
        let mut spans: Vec<_> = (0..=limit as i64)
            .map(|number| (begin + number * step, begin + (number + 1) * step))
            .take_while(|(_, until)| *until <= last)
            .collect();
        let next = (spans.len() > limit).then(|| spans.pop()).flatten();
        Ok(Self { spans, next_page: next.map(|(from, _)| token(query, [from, 0])) })
    }
}

fn limit(query: &mut Query, width: Width) -> Result<usize, Refusal> {
    match width {
        Width::Day => query.limit(7, 31),
        Width::Hour => query.limit(24, 168),
        Width::Minute => query.limit(60, 1_440),
    }
}
