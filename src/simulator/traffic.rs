//! How much was used, in any span, down to the millisecond.
//!
//! Hours are drawn; a minute is an exact share of its hour and an instant a
//! share of its minute, each the difference of two running sums. So minutes
//! add up to hours and hours to days without a token lost, and the open minute
//! grows with the second.
//!
//! It is a pure function of seed, scenario and start, of when a runaway was let loose, and of
//! the spans that `spans` has recorded. What of it the reports already show is `visible`'s
//! work. It cannot fail.

use jiff::Timestamp;

use super::figures::Figures;
use super::hash::{Draw, between, draw};
use super::scenario::{Runaway, Scenario};
use super::streams::{Flow, Mix, Stream, usual};
use super::world::{World, key, workspace};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// The number of the stream that runs away; the usual ones are far below.
const RUNAWAY: u64 = 1_000;

/// Milliseconds since 1970 as they are written.
pub(crate) fn instant(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::MAX)
}

#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    pub(crate) seed: u64,
    pub(crate) begins: i64,
    streams: Vec<Stream>,
    spike: Option<Spike>,
    /// From when on the runaway runs; the end of time while it waits.
    loose_at: i64,
}

/// A workspace that uses six times as much for a while.
#[derive(Clone, Copy, Debug)]
struct Spike {
    workspace: usize,
    from: i64,
    until: i64,
}

impl Spike {
    /// What comes on top of the usual.
    const EXTRA: u64 = 5;
}

impl Traffic {
    pub(crate) fn new(seed: u64, scenario: Scenario, runaway: Runaway, start: Timestamp) -> Self {
        let (begins, started) =
            (World::history_begins(start).as_millisecond(), start.as_millisecond());
        let streams = usual(begins, started);
        let loose_at = if runaway.waits { i64::MAX } else { started };
        let mut traffic = Self { seed, begins, streams, spike: None, loose_at };
        match scenario {
            Scenario::Steady | Scenario::Quota | Scenario::Stale => {}
            Scenario::Spike => {
                let from = started + 10 * MINUTE;
                let workspace = workspace::ASSISTANT;
                traffic.spike = Some(Spike { workspace, from, until: from + HOUR });
            }
            Scenario::Runaway => {
                let runaway = traffic.runaway(runaway.times, started);
                traffic.streams.push(runaway);
            }
        }
        traffic
    }

    pub(crate) fn streams(&self) -> &[Stream] {
        &self.streams
    }

    pub(super) const fn streams_mut(&mut self) -> &mut Vec<Stream> {
        &mut self.streams
    }

    /// The key that runs away, in the scenario of that name.
    pub(crate) fn runaway_stream(&self) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.number == RUNAWAY)
    }

    /// Lets a waiting runaway loose. One that runs already has no second beginning.
    pub(crate) fn unleash(&mut self, now: i64) {
        self.loose_at = self.loose_at.min(now);
    }

    /// From when on a stream runs.
    fn from(&self, stream: &Stream) -> i64 {
        match stream.number {
            RUNAWAY => self.loose_at.max(stream.from),
            _ => stream.from,
        }
    }

    /// What one stream used from one instant to another.
    pub(crate) fn used(&self, stream: &Stream, from: i64, until: i64) -> Figures {
        let (from, until) = (from.max(stream.from), until.min(stream.until));
        let mut sum = Figures::default();
        let mut hour = from.div_euclid(HOUR);
        while hour * HOUR < until {
            let (first, last) = ((from - hour * HOUR).max(0), (until - hour * HOUR).min(HOUR));
            sum += self.hour(stream, hour).between(first, last);
            hour += 1;
        }
        sum
    }

    /// One hour of one stream, from which any part of it can be taken.
    pub(crate) fn hour(&self, stream: &Stream, hour: i64) -> Hour {
        let inside = |at: i64| (at - hour * HOUR).clamp(0, HOUR);
        let runs = (inside(self.from(stream)), inside(stream.until));
        let spike = self
            .spike
            .filter(|spike| spike.workspace == stream.workspace)
            .map(|spike| (inside(spike.from), inside(spike.until)))
            .filter(|(from, until)| from < until);
        let total = if runs.0 < runs.1 { self.drawn(stream, hour) } else { Figures::default() };
        let is_even = matches!(stream.flow, Flow::Constant(_));
        Hour { seed: self.seed, stream: stream.number, hour, total, runs, spike, is_even }
    }

    fn drawn(&self, stream: &Stream, hour: i64) -> Figures {
        match &stream.flow {
            Flow::Constant(figures) => *figures,
            Flow::Usual { hourly, mix, rhythm } => {
                let age = (hour * HOUR - self.begins).div_euclid(DAY);
                let age = u64::try_from(age).unwrap_or(0);
                let strength = rhythm.strength(self.seed, stream.number, hour, age);
                let bits = draw(self.seed, Draw::Minute, [stream.number, hour.unsigned_abs()]);
                mixed(hourly * strength / 1_000, mix, bits)
            }
        }
    }

    /// So many times the organization's median hour of the four weeks before the start,
    /// on one key, mixed as the organization's tokens are.
    fn runaway(&self, times: u32, start: i64) -> Stream {
        let last = start.div_euclid(HOUR);
        let hours: Vec<Figures> =
            (last - 28 * 24..last).map(|hour| self.organization(hour)).collect();
        let mut tokens: Vec<u64> = hours.iter().map(Figures::tokens).collect();
        tokens.sort_unstable();
        let median = tokens[tokens.len() / 2];
        let mut whole = Figures::default();
        for hour in hours {
            whole += hour;
        }
        let flow =
            whole.share(u128::from(median) * u128::from(times), whole.tokens().max(1).into());
        Stream {
            number: RUNAWAY,
            workspace: workspace::RESEARCH,
            key: Some(key::EVALS),
            model: "claude-sonnet-5-5",
            tier: "standard",
            geo: "global",
            context: "0-200k",
            flow: Flow::Constant(flow),
            from: start,
            until: i64::MAX,
            ends: i64::MAX,
        }
    }

    fn organization(&self, hour: i64) -> Figures {
        let mut sum = Figures::default();
        for stream in &self.streams {
            sum += self.used(stream, hour * HOUR, (hour + 1) * HOUR);
        }
        sum
    }
}

/// Splits an hour's tokens into kinds, each a little off its usual share.
fn mixed(tokens: u64, mix: &Mix, bits: u64) -> Figures {
    let mut columns = [0; Figures::COLUMNS];
    for (place, share) in mix.kinds.into_iter().enumerate() {
        let jitter = between(bits >> (8 * place), 936, 1_064);
        columns[place] = tokens * share / 10_000 * jitter / 1_000;
    }
    columns[6] = tokens.div_ceil(mix.tokens_per_request);
    columns[5] = columns[6] * mix.searches / 1_000;
    Figures::new(columns)
}

/// One hour of one stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hour {
    seed: u64,
    stream: u64,
    hour: i64,
    total: Figures,
    /// From when until when it runs, in milliseconds of the hour.
    runs: (i64, i64),
    spike: Option<(i64, i64)>,
    /// Whether every minute is like every other.
    is_even: bool,
}

impl Hour {
    /// What falls between two instants, in milliseconds of the hour.
    pub(crate) fn between(&self, from: i64, until: i64) -> Figures {
        if self.total.is_zero() || from >= until {
            return Figures::default();
        }
        let mut sum = self.until(until).minus(&self.until(from));
        if let Some((first, last)) = self.spike {
            let (first, last) = (from.max(first), until.min(last));
            if first < last {
                sum += self.until(last).minus(&self.until(first)).times(Spike::EXTRA);
            }
        }
        sum
    }

    /// The running sum. Whole hours, the usual case, need no arithmetic.
    fn until(&self, at: i64) -> Figures {
        let at = at.clamp(self.runs.0, self.runs.1);
        match at {
            0 => Figures::default(),
            HOUR => self.total,
            _ => self.total.share(self.position(at), u128::from(Self::WHOLE)),
        }
    }

    /// A minute is 1024 of these, more or less; a millisecond a share of its minute.
    const MARKS: u64 = 1_024;
    const WHOLE: u64 = 60 * Self::MARKS * MINUTE.unsigned_abs();

    fn position(&self, at: i64) -> u128 {
        let (minute, rest) = (at / MINUTE, (at % MINUTE).unsigned_abs());
        let (mark, next) = (self.mark(minute), self.mark(minute + 1));
        u128::from(mark * MINUTE.unsigned_abs() + (next - mark) * rest)
    }

    /// Where a minute begins. Marks are shifted by less than half a minute, so they never cross.
    fn mark(&self, minute: i64) -> u64 {
        let minute = minute.unsigned_abs();
        if self.is_even || minute == 0 || minute >= 60 {
            return minute * Self::MARKS;
        }
        let of_all = self.hour.unsigned_abs() * 60 + minute;
        let bits = draw(self.seed, Draw::Minute, [1 << 32 | self.stream, of_all]);
        minute * Self::MARKS + between(bits, 0, 600) - 300
    }
}
