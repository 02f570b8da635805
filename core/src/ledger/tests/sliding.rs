//! Stretches against the plain sum of their minutes.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::ledger::Charge;
use crate::ledger::desk::{Desk, at, billed, used};
use crate::reading::{BillBucket, BillSource, Findings, Reading, Report, UsageBucket};
use crate::stretch::{Buckets, UseRow, WindowUse};
use crate::window::{Width, Window};

/// A billionth of a dollar: shares are rounded to the twelfth place.
const ROUNDED: Decimal = Decimal::from_parts(1, 0, 0, false, 9);

const WHO: [&str; 4] = ["w opus a", "w opus b", "v haiku a", "v new a"];

/// What is used at which minute, and how much of it was read and kept.
#[derive(Clone)]
struct World {
    now: Timestamp,
    truth: BTreeMap<(Timestamp, usize), u64>,
    desk: Desk,
    hours_back: i64,
}

fn worlds() -> impl Strategy<Value = World> {
    let recent = (0..3_000_i64, 0..WHO.len(), 1..5_000_u64);
    let past = (0..34 * 1_440_i64, 0..WHO.len(), 1..5_000_u64);
    (
        prop::collection::vec(recent, 0..60),
        prop::collection::vec(past, 0..60),
        // Midnight, a full hour, and five minutes past one: stretches of whole hours end there.
        prop_oneof![Just(86_400), Just(50_400), Just(50_700), 0..86_400_i64],
        1..800_i64,
        1..36_i64,
        prop::collection::vec((prop_oneof![1..4_i64, 1..33_i64], 1..9_999_i64), 0..8),
    )
        .prop_map(|(recent, past, second, hours_back, days_back, bills)| {
            let now = at("2026-11-20") + SignedDuration::from_secs(second);
            let mut truth = BTreeMap::new();
            for (ago, who, tokens) in recent.into_iter().chain(past) {
                let minute = Width::Minute.floor(now - SignedDuration::from_mins(ago));
                *truth.entry((minute, who)).or_default() += tokens;
            }
            let mut world = World { now, truth, desk: Desk::new(), hours_back };
            // The daemon has run for two days, and keeps minutes for little more than one.
            world.read(Width::Minute, 2 * 1_440 * 60);
            world.read(Width::Hour, hours_back * 3_600);
            world.read(Width::Day, days_back * 86_400);
            bills.into_iter().for_each(|(ago, cents)| world.bill(ago, cents));
            let kept = world.now - SignedDuration::from_hours(25);
            world.desk.store.minutes.retain(|from, _| *from >= kept);
            world
        })
}

/// The stored rows would fill pages, and follow from these.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<_> =
            self.desk.store.days.values().map(|page| (page.day, &page.bill)).collect();
        write!(f, "{} back {} h, {:?}, {days:?}", self.now, self.hours_back, self.truth)
    }
}

impl World {
    fn read(&mut self, width: Width, back: i64) {
        let until = width.ceil(self.now);
        let from = width.floor(until - SignedDuration::from_secs(back));
        let window = Window::new(from, until).unwrap();
        let buckets = Width::buckets(width, window).map(|bucket| {
            let rows = self.truth.range((bucket.from(), 0)..(bucket.until(), 0));
            let rows = rows.map(|((_, who), tokens)| used(WHO[*who], *tokens));
            UsageBucket::new(width, bucket.from(), rows)
        });
        let buckets = buckets.collect();
        self.hear(Report::Usage, Findings::Usage { width, window, buckets });
    }

    fn bill(&mut self, ago: i64, cents: i64) {
        let day = Width::Day.bucket(self.now - Width::Day.duration() * i32::try_from(ago).unwrap());
        let mut line = billed("w opus", "0");
        line.1 = Amount::from_cents(cents.into());
        let buckets = vec![BillBucket::new(Width::Day, day.from(), [line])];
        let (source, width) = (BillSource::CostReport, Width::Day);
        let findings = Findings::Bill { source, width, window: day, refreshed_at: None, buckets };
        self.hear(Report::Cost, findings);
    }

    fn hear(&mut self, report: Report, findings: Findings) {
        let (organization, heard_at) = ("acme".into(), self.now);
        self.desk.hear(&Reading { organization, report, heard_at, findings });
    }

    /// Tokens by who used them, minute by minute.
    fn used(&self, window: Window) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for ((_, who), tokens) in self.truth.range((window.from(), 0)..(window.until(), 0)) {
            *sums.entry(format!("{} standard", WHO[*who])).or_default() += tokens;
        }
        sums
    }

    fn check(&self, stretch: &WindowUse, lag: i64) -> Result<(), TestCaseError> {
        let (wanted, window) = (stretch.wanted.length, stretch.window);
        let far = wanted + SignedDuration::from_hours(2);
        if lag < 15 && far <= SignedDuration::from_hours(self.hours_back.max(48)) {
            prop_assert!(stretch.covered, "{}", window);
        }
        prop_assert!(lag <= 15 || !stretch.covered);
        prop_assert!(window.length() >= wanted);
        let edge = match wanted.as_hours() {
            0..23 => Width::Minute,
            _ => Width::Day,
        };
        prop_assert!(window.length() < wanted + edge.duration());
        let (told, truth) = (tokens(stretch), self.used(window));
        if stretch.covered {
            prop_assert_eq!(told, truth);
        } else {
            for (who, told) in told {
                prop_assert!(told <= truth.get(&who).copied().unwrap_or_default(), "{}", who);
            }
        }
        Ok(())
    }

    /// Money of whole hours is what the ledger says of the same hours, day by day.
    fn check_cost(&self, stretch: &WindowUse) -> Result<(), TestCaseError> {
        let parts = Width::Day.buckets(stretch.window);
        let parts = parts.map(|day| self.desk.part(day.overlap(&stretch.window).unwrap()));
        let parts: Vec<_> = parts.collect();
        let mut costs: BTreeMap<String, Amount> = BTreeMap::new();
        for charge in parts.iter().flat_map(|part| &part.charges) {
            let Charge { workspace, model, key, tier, .. } = charge;
            let model = model.as_ref().unwrap();
            *costs.entry(format!("{workspace} {model} {key} {tier}")).or_default() += charge.amount;
        }
        for row in &stretch.rows {
            let cost = costs.remove(&name(row)).unwrap_or_default();
            let off = (row.cost - cost).dollars().abs();
            prop_assert!(off <= ROUNDED, "{} instead of {cost} for {}", row.cost, name(row));
        }
        prop_assert!(costs.values().all(|cost| cost.dollars().abs() <= ROUNDED), "{costs:?}");
        let unpriced: u64 = parts.iter().flat_map(|part| &part.unpriced).map(|(_, n)| n).sum();
        let sums = stretch.sum(|_| true);
        let bills = self.desk.store.days.values().any(|page| page.bill.is_some());
        // A cut day rounds its tokens.
        let close = sums.unpriced.abs_diff(unpriced) <= 4;
        prop_assert!(bills || close, "{} instead of {unpriced}", sums.unpriced);
        Ok(())
    }
}

fn tokens(stretch: &WindowUse) -> BTreeMap<String, u64> {
    let used = stretch.rows.iter().filter(|row| row.tokens.total() > 0);
    used.map(|row| (name(row), row.tokens.total())).collect()
}

fn name(row: &UseRow) -> String {
    let model = row.model.as_ref().unwrap();
    format!("{} {model} {} {}", row.workspace, row.key, row.tier)
}

fn lengths() -> impl Strategy<Value = SignedDuration> {
    let hours = prop_oneof![1..100_i64, 1..720_i64].prop_map(|hours| 60 * hours);
    let minutes = prop_oneof![1..120_i64, 1..1_440_i64, 1_440..2_880_i64, 1..30 * 1_440_i64];
    prop_oneof![hours, minutes].prop_map(SignedDuration::from_mins)
}

fn often() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(often())]

    #[test]
    fn a_stretch_is_the_sum_of_its_minutes(
        world in worlds(),
        length in lengths(),
        closed in any::<bool>(),
        lag in prop_oneof![0..15_i64, 16..90_i64],
    ) {
        let buckets = if closed { Buckets::Closed } else { Buckets::Open };
        let stretch = world.desk.stretch(length, buckets, world.now + SignedDuration::from_mins(lag));
        world.check(&stretch, lag)?;
        let (from, until) = (stretch.window.from(), stretch.window.until());
        let hours = [from, until].iter().all(|edge| Width::Hour.floor(*edge) == *edge);
        // A day of which some hours are unknown is divided by time in the ledger's figures.
        let known = world.now - SignedDuration::from_hours(world.hours_back) <= Width::Day.floor(from);
        if stretch.covered && hours && known {
            world.check_cost(&stretch)?;
        }
    }
}
