//! The ledger against models that know the whole truth.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::amount::Amount;
use crate::ledger::desk::{Desk, at, billed, reading, used};
use crate::ledger::{Changes, Value};
use crate::period::Calendar;
use crate::reading::{
    BillBucket, BillDimensions, BillSource, ChargeKind, Findings, Reading, Report, TokenType,
    UsageBucket,
};
use crate::window::{Width, Window};

const WHO: [&str; 3] = ["w opus a", "w opus b", "v haiku"];

/// What happens in a world of tokens, one after the other.
#[derive(Clone, Debug)]
enum Event {
    Pass {
        minutes: i64,
    },
    /// Some minute of the past turns out to hold this.
    Restate {
        minute: i64,
        who: usize,
        tokens: u64,
    },
    ReadMinutes {
        back: i64,
    },
    ReadHours,
    ReadDays,
}

fn events(growing: bool) -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (1..90_i64).prop_map(|minutes| Event::Pass { minutes }),
        4 => (0..900_i64, 0..WHO.len(), 0..50_u64)
            .prop_map(|(minute, who, tokens)| Event::Restate { minute, who, tokens }),
        4 => (1..240_i64).prop_map(|back| Event::ReadMinutes { back }),
        2 => Just(Event::ReadHours),
        1 => Just(Event::ReadDays),
        1 => Just(Event::Pass { minutes: if growing { 60 } else { 1_500 } }),
    ];
    prop::collection::vec(event, 1..60)
}

type Truth = BTreeMap<(Timestamp, usize), u64>;

struct World {
    now: Timestamp,
    begin: Timestamp,
    truth: Truth,
    desk: Desk,
    /// What was last read of each minute, and of the hours and days that were final then.
    read: BTreeMap<(Width, Timestamp), u64>,
}

impl World {
    fn new() -> Self {
        let begin = at("2026-11-20T20:00");
        Self { now: begin, begin, truth: Truth::new(), desk: Desk::new(), read: BTreeMap::new() }
    }

    fn restate(&mut self, minute: i64, who: usize, tokens: u64, growing: bool) {
        let from = self.begin + SignedDuration::from_mins(minute);
        if from <= self.now {
            let known = self.truth.entry((from, who)).or_default();
            *known = if growing { *known + tokens } else { tokens };
        }
    }

    fn buckets(&self, width: Width, window: Window) -> Vec<UsageBucket> {
        Width::buckets(width, window)
            .map(|bucket| {
                let rows = self.truth.range((bucket.from(), 0)..(bucket.until(), 0));
                let rows = rows.map(|((_, who), tokens)| used(WHO[*who], *tokens));
                UsageBucket::new(width, bucket.from(), rows)
            })
            .collect()
    }

    fn read(&mut self, width: Width, from: Timestamp) {
        let until = width.ceil(self.now + SignedDuration::from_secs(1));
        let window = Window::new(width.floor(from), until).unwrap();
        let buckets = self.buckets(width, window);
        let settle = match width {
            Width::Minute => None,
            Width::Hour => Some(SignedDuration::from_mins(11)),
            Width::Day => Some(SignedDuration::from_hours(25)),
        };
        for bucket in &buckets {
            if settle.is_none_or(|settle| bucket.window().until() + settle <= self.now) {
                let sum = bucket.rows().iter().map(|(_, counts)| counts.tokens.total()).sum();
                self.read.insert((width, bucket.from()), sum);
            }
        }
        self.hear_twice(Findings::Usage { width, window, buckets });
    }

    fn hear_twice(&mut self, findings: Findings) {
        let reading = Reading {
            organization: "acme".into(),
            report: Report::Usage,
            heard_at: self.now,
            findings,
        };
        let before = self.desk.book.counters.clone();
        self.desk.hear(&reading);
        let once = self.desk.book.counters.clone();
        assert_eq!(self.desk.hear(&reading), Changes::default(), "twice is once");
        for (series, kinds) in &self.desk.book.counters.tokens {
            assert_eq!(kinds[0].sum, once.tokens[series][0].sum, "twice counts once");
            let shown = before.tokens.get(series).map_or(0, |kinds| kinds[0].shown);
            assert!(kinds[0].shown >= shown, "a counter went down");
        }
    }

    fn play(&mut self, event: &Event, growing: bool) {
        match event {
            Event::Pass { minutes } => self.now += SignedDuration::from_mins(*minutes),
            Event::Restate { minute, who, tokens } => {
                self.restate(*minute, *who, *tokens, growing);
            }
            Event::ReadMinutes { back } => {
                self.read(Width::Minute, self.now - SignedDuration::from_mins(*back));
            }
            Event::ReadHours => self.read(Width::Hour, self.begin),
            Event::ReadDays => self.read(Width::Day, self.begin),
        }
    }

    /// The widest final reading of every span, summed over a day.
    fn expected(&self, day: Window) -> u64 {
        if let Some(sum) = self.read.get(&(Width::Day, day.from())) {
            return *sum;
        }
        Width::Hour
            .buckets(day)
            .map(|hour| {
                let minutes = self
                    .read
                    .range((Width::Minute, hour.from())..(Width::Minute, hour.until()))
                    .map(|(_, tokens)| *tokens)
                    .sum();
                self.read.get(&(Width::Hour, hour.from())).copied().unwrap_or(minutes)
            })
            .sum()
    }

    fn check_days(&self) {
        for day in
            Width::Day.buckets(Window::new(self.begin, self.now + Width::Day.duration()).unwrap())
        {
            let page = self.desk.store.days.get(&day.from());
            let known = page.map_or(0, |page| page.tokens().total());
            assert_eq!(known, self.expected(day), "{day}");
        }
    }
}

fn quickly() -> ProptestConfig {
    ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(quickly())]

    #[test]
    fn a_day_is_what_its_widest_final_readings_say(events in events(false)) {
        let mut world = World::new();
        for event in &events {
            world.play(event, false);
            world.check_days();
        }
        world.now += SignedDuration::from_hours(80);
        world.read(Width::Day, world.begin);
        let truth: u64 = world.truth.values().sum();
        let pages: u64 = world.desk.store.days.values().map(|page| page.tokens().total()).sum();
        prop_assert_eq!(pages, truth, "in the end all is known");
    }

    #[test]
    fn counters_reach_the_truth_when_it_only_grows(events in events(true)) {
        let mut world = World::new();
        world.read(Width::Minute, world.begin);
        for event in events.iter().filter(|event| !matches!(event, Event::ReadDays)) {
            world.play(event, true);
        }
        world.now += SignedDuration::from_hours(20);
        world.read(Width::Hour, world.begin);
        let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
        for ((_, who), tokens) in &world.truth {
            let words: Vec<&str> = WHO[*who].split(' ').collect();
            *sums.entry((words[0].into(), words[1].into())).or_default() += *tokens as i64;
        }
        for ((workspace, model), sum) in sums {
            let shown = world.desk.shown(&format!("{workspace} {model}")).unwrap_or(0);
            prop_assert_eq!(shown, sum, "{} {}", workspace, model);
        }
    }

    #[test]
    fn charges_of_a_billed_day_sum_to_its_bill_exactly(
        rows in prop::collection::vec((0..2_usize, 0..2_usize, 0..7_usize, 0..9_999_u64), 0..24),
        lines in prop::collection::vec((0..3_usize, 0..3_usize, -50..99_999_999_i64, 0..7_u32), 0..9),
    ) {
        let (workspaces, models) = (["w", "v", "u"], ["opus", "haiku", "new"]);
        let usage = rows.into_iter().map(|(workspace, model, key, tokens)| {
            used(&format!("{} {} k{key}", workspaces[workspace], models[model]), tokens)
        });
        let lines: Vec<(BillDimensions, Amount)> = lines
            .into_iter()
            .map(|(workspace, model, amount, scale)| {
                let mut line = billed(&format!("{} {}", workspaces[workspace], models[model]), "0");
                line.1 = Amount::from_dollars(rust_decimal::Decimal::new(amount, scale));
                line.0.kind = [
                    ChargeKind::AnyTokens,
                    ChargeKind::Tokens(TokenType::UncachedInput),
                    ChargeKind::CodeExecution,
                ][scale as usize % 3];
                line
            })
            .collect();
        let total: Amount = lines.iter().map(|(_, amount)| *amount).sum();
        let mut desk = Desk::new();
        let day = at("2026-11-20");
        let window = Width::Day.bucket(day);
        let buckets = vec![UsageBucket::new(Width::Day, day, usage)];
        let findings = Findings::Usage { width: Width::Day, window, buckets };
        desk.hear(&reading(Report::Usage, "2026-11-25", findings));
        let buckets = vec![BillBucket::new(Width::Day, day, lines)];
        let source = BillSource::CostReport;
        let findings =
            Findings::Bill { source, width: Width::Day, window, refreshed_at: None, buckets };
        desk.hear(&reading(Report::Cost, "2026-11-25", findings));
        let shared: Amount = desk.page("2026-11-20").charges.iter().map(|it| it.amount).sum();
        prop_assert_eq!(shared, total);
    }

    #[test]
    fn periods_are_the_sum_of_their_days_in_any_zone(
        seed in prop::collection::vec((0..70_i64 * 24, 0..WHO.len(), 1..5_000_u64), 1..60),
        bills in prop::collection::vec((0..70_i64, 1..9_999_i64), 0..40),
        zone in prop::sample::select(vec![
            "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "IST-5:30", "NZST-12NZDT,M9.5.0,M4.1.0/3",
            "<-0330>3:30<-0230>,M3.2.0,M11.1.0",
        ]),
        now in 60..72_i64 * 24,
    ) {
        let zone = Calendar::new(TimeZone::posix(zone).unwrap(), zone, Weekday::Sunday);
        let mut desk = Desk::with(vec![Calendar::utc(), zone.clone()], Width::Minute);
        desk.settings.rolling = vec![(Calendar::utc(), 30), (zone.clone(), 7), (zone, 45)];
        let begin = at("2026-09-10");
        let now = begin + SignedDuration::from_hours(now);
        let window = Window::new(begin, begin + SignedDuration::from_hours(24 * 71)).unwrap();
        let hour = |offset: i64| begin + SignedDuration::from_hours(offset);
        let buckets = |width: Width| {
            let mut rows: BTreeMap<Timestamp, Vec<_>> = BTreeMap::new();
            for (offset, who, tokens) in &seed {
                rows.entry(width.floor(hour(*offset))).or_default().push(used(WHO[*who], *tokens));
            }
            rows.into_iter().map(|(from, rows)| UsageBucket::new(width, from, rows)).collect()
        };
        for width in [Width::Hour, Width::Day] {
            let findings = Findings::Usage { width, window, buckets: buckets(width) };
            desk.hear(&Reading {
                organization: "acme".into(),
                report: Report::Usage,
                heard_at: now,
                findings,
            });
        }
        for (day, cents) in &bills {
            let day = Width::Day.bucket(hour(day * 24));
            let mut line = billed("w opus", "0");
            line.1 = Amount::from_cents((*cents).into());
            let buckets = vec![BillBucket::new(Width::Day, day.from(), [line])];
            let (source, width) = (BillSource::CostReport, Width::Day);
            let findings =
                Findings::Bill { source, width, window: day, refreshed_at: None, buckets };
            desk.hear(&Reading {
                organization: "acme".into(),
                report: Report::Cost,
                heard_at: now,
                findings,
            });
        }
        let figures = desk.figures(now);
        for spend in &figures.spends {
            let (mut total, mut tokens) = (Amount::ZERO, 0);
            for day in Width::Day.buckets(spend.period) {
                let part = day.overlap(&spend.period).unwrap();
                if part.from() > now {
                    continue;
                }
                let Value { charges, tokens: used, .. } = desk.part(part);
                total += charges.iter().map(|charge| charge.amount).sum();
                tokens += used.total();
            }
            prop_assert_eq!(spend.total(), total, "{} {:?}", spend.calendar, spend.period);
            prop_assert_eq!(spend.tokens.total(), tokens);
        }
        desk.store.sums.clear();
        let without = desk.figures(now);
        prop_assert_eq!(figures, without, "sums are only faster");
    }
}
