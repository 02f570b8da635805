//! Traffic: sums, determinism, scenarios.

use super::*;
use crate::simulator::figures::Figures;
use crate::simulator::traffic::{DAY, HOUR, MINUTE, Traffic};
use crate::simulator::visible::{SETTLED, seen};

fn traffic(scenario: Scenario) -> Traffic {
    Traffic::new(1, scenario, Runaway::default(), at(START))
}

fn used(traffic: &Traffic, from: i64, until: i64) -> Figures {
    let mut sum = Figures::default();
    for stream in traffic.streams() {
        sum += traffic.used(stream, from, until);
    }
    sum
}

#[test]
fn minutes_add_up_to_hours_and_hours_to_days() {
    for scenario in Scenario::ALL {
        let traffic = traffic(scenario);
        let day = at("2026-11-20T00:00:00Z").as_millisecond();
        for stream in traffic.streams() {
            let (mut of_hours, mut of_minutes) = (Figures::default(), Figures::default());
            for hour in 0..24 {
                of_hours += traffic.used(stream, day + hour * HOUR, day + (hour + 1) * HOUR);
            }
            for minute in 0..24 * 60 {
                let from = day + minute * MINUTE;
                of_minutes += traffic.used(stream, from, from + MINUTE);
            }
            let whole = traffic.used(stream, day, day + DAY);
            assert_eq!((of_hours, of_minutes), (whole, whole), "{scenario}, {stream:?}");
        }
    }
}

#[test]
fn the_same_seed_tells_the_same_story_and_another_one_does_not() {
    let (day, until) = (at("2026-03-04T00:00:00Z"), at("2026-03-05T00:00:00Z"));
    let (day, until) = (day.as_millisecond(), until.as_millisecond());
    let story = |seed| {
        let traffic = Traffic::new(seed, Scenario::Steady, Runaway::default(), at(START));
        used(&traffic, day, until)
    };
    assert_eq!(story(7), story(7));
    assert_ne!(story(7), story(8));
}

#[test]
fn history_reaches_back_thirteen_months_and_grows() {
    let traffic = traffic(Scenario::Steady);
    let week = |from: &str| {
        let from = at(from).as_millisecond();
        used(&traffic, from, from + 7 * DAY).tokens()
    };
    let (first, last) = (week("2025-10-20T00:00:00Z"), week("2026-11-09T00:00:00Z"));
    assert!(first > 0 && last > first * 13 / 10, "{first} to {last}");
}

#[test]
fn the_open_minute_grows_by_the_tenth_of_a_second() {
    let traffic = traffic(Scenario::Steady);
    let now = at(START).as_millisecond();
    let grown: Vec<u64> =
        (0..10).map(|tenth| used(&traffic, now, now + tenth * 100).tokens()).collect();
    assert!(grown.is_sorted_by(|a, b| a < b), "{grown:?}");
}

#[test]
fn nothing_is_ever_taken_back_across_the_end_of_an_hour() {
    let traffic = traffic(Scenario::Steady);
    for hour in 0..48 {
        let hour = at("2026-11-18T00:00:00Z").as_millisecond() + hour * HOUR;
        for stream in traffic.streams() {
            let until = |at: i64| traffic.used(stream, hour, at).tokens();
            let last: Vec<u64> =
                (0..=70).map(|at| until(hour + HOUR - 60_000 + at * 1_000)).collect();
            assert!(last.is_sorted(), "{stream:?}: {last:?}");
        }
    }
}

#[test]
fn late_data_surface_in_time_and_then_nothing_is_missing() {
    let traffic = traffic(Scenario::Steady);
    let hour = at("2026-11-20T10:00:00Z").as_millisecond();
    let shown_at = |horizon: i64| -> u64 {
        let span = (hour, hour + HOUR);
        traffic.streams().iter().map(|stream| seen(&traffic, stream, span, horizon).tokens()).sum()
    };
    let real = used(&traffic, hour, hour + HOUR).tokens();
    let shown =
        [0, 30 * MINUTE, HOUR, 3 * HOUR, SETTLED].map(|after| shown_at(hour + HOUR + after));
    assert!(shown.is_sorted_by(|a, b| a < b), "{shown:?} of {real}");
    assert!(shown[0] > real * 95 / 100 && shown[0] < real, "{shown:?} of {real}");
    assert_eq!(shown[4], real);
}

#[test]
fn a_spike_is_one_hour_of_six_times_in_one_workspace() {
    let (usual, spiked) = (traffic(Scenario::Steady), traffic(Scenario::Spike));
    let from = at(START).as_millisecond() + 10 * MINUTE;
    for (stream, same) in spiked.streams().iter().zip(usual.streams()) {
        let hit = stream.workspace == crate::simulator::world::workspace::ASSISTANT;
        let within = |traffic: &Traffic| traffic.used(stream, from, from + HOUR);
        assert_eq!(within(&spiked), within(&usual).times(if hit { 6 } else { 1 }));
        let after = (from + HOUR, from + 5 * HOUR);
        assert_eq!(
            spiked.used(stream, after.0, after.1),
            usual.used(same, after.0, after.1),
            "after the spike"
        );
    }
}

#[test]
fn a_runaway_key_adds_ten_median_hours_in_every_hour() {
    let (usual, runaway) = (traffic(Scenario::Steady), traffic(Scenario::Runaway));
    let start = at(START).as_millisecond();
    let last = start.div_euclid(HOUR);
    let mut hours: Vec<u64> = (last - 28 * 24..last)
        .map(|hour| used(&usual, hour * HOUR, (hour + 1) * HOUR).tokens())
        .collect();
    hours.sort_unstable();
    let median = hours[hours.len() / 2];
    let (from, until) = ((last + 1) * HOUR, (last + 2) * HOUR);
    let added = used(&runaway, from, until).minus(&used(&usual, from, until)).tokens();
    let ratio = added * 100 / median;
    assert!((930..=1_070).contains(&ratio), "{added} is not ten times {median}");
    let before = (start - HOUR, start);
    assert_eq!(used(&runaway, before.0, before.1), used(&usual, before.0, before.1));
}

/// A runaway that waits, in a minute that is half over.
fn waiting(times: u32) -> Traffic {
    Traffic::new(1, Scenario::Runaway, Runaway { times, waits: true }, at(START))
}

#[test]
fn a_runaway_that_waits_uses_nothing_until_it_is_let_loose_and_then_begins_once() {
    let (mut traffic, start) = (waiting(10), at(START).as_millisecond());
    let until =
        |traffic: &Traffic, at: i64| traffic.used(traffic.runaway_stream().unwrap(), start, at);
    assert!(until(&traffic, start + DAY).is_zero());
    traffic.unleash(start + 20_000);
    assert!(until(&traffic, start + 20_000).is_zero());
    let first = until(&traffic, start + 21_000);
    assert!(!first.is_zero());
    traffic.unleash(start + 50_000);
    assert_eq!(until(&traffic, start + 21_000), first, "it began a second time");
}

#[test]
fn a_runaway_uses_as_much_in_every_second_as_was_asked_for() {
    let start = at(START).as_millisecond();
    let second = |traffic: &Traffic, second: i64| {
        let stream = traffic.runaway_stream().unwrap();
        traffic.used(stream, start + second * 1_000, start + (second + 1) * 1_000).tokens()
    };
    let (mut one, mut many) = (waiting(1_000), waiting(7_000));
    one.unleash(start);
    many.unleash(start);
    let usual = second(&one, 0);
    for at in [1, 9, 10, 39, 40, 75, 3_599] {
        let (one, many) = (second(&one, at), second(&many, at));
        assert!(one.abs_diff(usual) <= 8, "second {at}: {one} against {usual}");
        assert!(many.abs_diff(7 * usual) <= 64, "second {at}: {many} against {usual}");
    }
}

#[test]
fn a_report_without_delay_never_shows_more_than_has_happened() {
    let (mut traffic, start) = (waiting(10_000), at(START).as_millisecond());
    // In the middle of a minute: what is shown must not begin at the top of it.
    traffic.unleash(start);
    let stream = traffic.runaway_stream().unwrap();
    for second in 1..=120 {
        let now = start + second * 1_000;
        let shown = seen(&traffic, stream, (start - HOUR, now), now).tokens();
        let real = traffic.used(stream, start, now).tokens();
        assert!(shown <= real && shown * 1_000 >= real * 950, "second {second}: {shown} of {real}");
    }
}
