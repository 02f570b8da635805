//! Steps over the periods of many calendars, with gaps, late data and restatements.

use proptest::prelude::*;

use super::*;
use jiff::SignedDuration;

/// Zones on both sides of Greenwich, with and without daylight saving, one off the hour.
const ZONES: [&str; 4] =
    ["UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "<+0545>-5:45"];

/// One tick of a walk through time.
#[derive(Clone, Debug)]
struct Stride {
    minutes: i64,
    /// What the current period came to.
    spent: u32,
    /// What the period before came to, if data of it come late.
    late: Option<u32>,
}

fn strides() -> impl Strategy<Value = Vec<Stride>> {
    let minutes = prop_oneof![4 => 1_i64..600, 2 => 600_i64..3_000, 1 => 3_000_i64..60_000];
    let stride = (minutes, 0_u32..1_500, proptest::option::weighted(0.3, 0_u32..1_500));
    let stride = stride.prop_map(|(minutes, spent, late)| Stride { minutes, spent, late });
    proptest::collection::vec(stride, 1..60)
}

fn walk(
    zone: &str,
    kind: PeriodKind,
    begin: &str,
    strides: &[Stride],
) -> Result<(), TestCaseError> {
    let named = Some(("Zone".to_owned(), TimeZone::posix(zone).unwrap()));
    let budget = Budget { zone: named, period: kind, ..month(1_000) };
    let calendar = budget.calendar(&Calendar::utc());
    let mut world = World::new(budget);
    let mut now = at(begin);
    let mut told: BTreeMap<(Timestamp, Decimal), bool> = BTreeMap::new();
    let mut ids = Vec::new();
    for stride in strides {
        now += SignedDuration::from_mins(stride.minutes);
        let (period, before) = (calendar.period(kind, now), calendar.previous(kind, now));
        world.spent.insert(period.from(), dollars(stride.spent));
        if let Some(late) = stride.late {
            world.spent.insert(before.from(), dollars(late));
        }
        for news in world.tick(&now.to_string()) {
            let window = news.facts.period.unwrap();
            let is_late = matches!(news.facts.matter, Matter::Step { late: true, .. });
            prop_assert_eq!(is_late, window != period, "{}: {:?}", now, news);
            prop_assert!(
                now < window.until() + SignedDuration::from_hours(48),
                "too late: {news:?}"
            );
            prop_assert_eq!(told.insert((window.from(), step_of(&news)), is_late), None);
            let highest =
                told.keys().filter(|(from, _)| *from == window.from()).map(|(_, at)| *at).max();
            prop_assert_eq!(highest, Some(step_of(&news)), "a lower step after a higher one");
            prop_assert!(!ids.contains(&news.id), "{:?} was used before", news.id);
            ids.push(news.id);
        }
        let ratio = dollars(stride.spent).ratio_of(dollars(1_000)).unwrap();
        let memory = &world.alerts[0].memory;
        prop_assert_eq!(memory.period_from, Some(period.from()));
        for step in month(1_000).steps {
            let is_told = memory.told.contains(&step.at.ratio());
            prop_assert!(is_told || step.at.ratio() > ratio, "{} is untold at {ratio}", step.at);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn in_any_calendar_each_step_of_each_period_is_told_once(
        zone in proptest::sample::select(&ZONES[..]),
        kind in proptest::sample::select(&PeriodKind::ALL[..]),
        // Before clocks change in spring and in autumn, and before a year ends.
        begin in proptest::sample::select(&["2026-02-27T22:00:00Z", "2026-10-20T00:00:00Z", "2026-12-28T12:00:00Z"][..]),
        strides in strides(),
    ) {
        walk(zone, kind, begin, &strides)?;
    }
}

#[test]
fn a_day_is_judged_until_its_last_data_have_come_two_days_later() {
    let day = |amount| Budget { period: PeriodKind::Day, ..month(amount) };
    let mut world = World::new(day(1_000));
    world.spend("2026-11-20T00:00:00Z", 100);
    world.check("2026-11-20T12:00:00Z", &[]);
    world.spend("2026-11-21T00:00:00Z", 100);
    world.check("2026-11-21T12:00:00Z", &[]);
    world.spend("2026-11-22T00:00:00Z", 100);
    world.spend("2026-11-20T00:00:00Z", 600);
    world.spend("2026-11-21T00:00:00Z", 900);
    world.check("2026-11-22T23:00:00Z", &["80% late", "50% late"]);
    world.spend("2026-11-20T00:00:00Z", 2_000);
    world.check("2026-11-23T00:00:00Z", &[]);
}

#[test]
fn a_period_that_ended_while_nobody_watched_is_told_as_late() {
    let mut world = World::new(Budget { period: PeriodKind::Day, ..month(1_000) });
    world.spend("2026-11-20T00:00:00Z", 100);
    world.check("2026-11-20T12:00:00Z", &[]);
    world.spend("2026-11-21T00:00:00Z", 900);
    world.spend("2026-11-22T00:00:00Z", 10);
    world.check("2026-11-22T01:00:00Z", &["80% late"]);
    world.check("2026-11-22T01:01:00Z", &[]);
}

#[test]
fn the_end_of_a_period_is_told_to_who_wants_it_with_its_own_figures() {
    let mut world = World::new(month(1_000));
    world.tell_period_ends();
    world.spend(NOVEMBER, 850);
    let first = world.tick("2026-11-20T12:00:00Z");
    // Down for weeks: what ended is November.
    world.spend("2027-01-01T00:00:00Z", 1);
    let ends = world.tick("2027-01-10T00:00:00Z");
    assert_eq!(ends.len(), 1, "{ends:?}");
    let facts = &ends[0].facts;
    assert_eq!(facts.episode, first[0].facts.episode);
    assert_eq!(facts.period.unwrap().from(), at(NOVEMBER));
    assert_eq!(facts.ended_at, Some(at(DECEMBER)));
    assert_eq!(facts.value, Some(crate::quantity::Quantity::money(dollars(850))));
}

#[test]
fn what_was_told_late_ends_again_once_its_period_is_settled() {
    let mut world = World::new(month(1_000));
    world.tell_period_ends();
    world.spend(NOVEMBER, 850);
    let mut ids: Vec<String> = Vec::new();
    for (now, spent, expected) in [
        ("2026-11-30T23:59:59Z", 850, 1),
        ("2026-12-01T01:00:00Z", 850, 1),
        ("2026-12-01T02:00:00Z", 1_050, 1),
        ("2026-12-03T00:00:00Z", 1_050, 1),
        ("2026-12-03T00:01:00Z", 1_050, 0),
    ] {
        world.spend(NOVEMBER, spent);
        let news = world.tick(now);
        assert_eq!(news.len(), expected, "{now}: {news:?}");
        ids.extend(news.into_iter().map(|news| news.id.0));
    }
    let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
}

#[test]
fn another_kind_of_period_under_the_same_name_begins_anew() {
    let mut world = World::new(month(1_000));
    world.spend(NOVEMBER, 850);
    let first = world.tick("2026-11-01T12:00:00Z");
    world.budget(Budget { period: PeriodKind::Day, ..month(1_000) });
    let second = world.tick("2026-11-01T12:01:00Z");
    assert_eq!(second.iter().map(shown).collect::<Vec<_>>(), ["80%"]);
    assert_ne!(first[0].id, second[0].id);
}
