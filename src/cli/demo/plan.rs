//! How strong the runaway and how large the budget must be, so that the story fits its time.
//!
//! The week of the budget begins today, so what was spent before the runaway is a day's
//! worth at most. A runaway that spends evenly then crosses the steps in the order of a
//! story: with nothing spent before at 50, 80 and 100 % of the time, with the most that
//! this plan allows at 36, 74 and 100 %.

use std::time::Duration;

use rust_decimal::{Decimal, RoundingStrategy};
use usagewarden_core::amount::Amount;

/// Steps of the budget in `config/demo.toml`, in percent.
pub(super) const STEPS: [u32; 3] = [50, 80, 100];

/// When nobody says how long: about a minute from the start.
const CROSSED_AFTER: Duration = Duration::from_secs(45);
/// Of a time that was named, so that the last mail is not the last moment.
const SHARE_PERCENT: u32 = 75;

/// Of the spend so far, in tenths: less leaves no room for the story.
const ROOM_TENTHS: i64 = 45;
const LEAST_DOLLARS: i64 = 500;
/// People set round budgets.
const ROUND_DOLLARS: i64 = 100;

/// Reports hold a little of each minute back for later: none to 4.5 %, this in the middle.
const SHOWN_AT_ONCE: Decimal = Decimal::from_parts(9_775, 0, 0, false, 4);

/// The numbers of one story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The budget.
    pub(super) amount: Amount,
    /// How many times the organization's median hour the runaway adds, every hour.
    pub(super) times: u32,
    /// From the beginning of the runaway until the last step.
    pub(super) crossed_after: Duration,
}

/// How long a story takes that is shown for so long.
pub(super) fn crossed_after(shown_for: Option<Duration>) -> Duration {
    let share = |time: Duration| time.saturating_mul(SHARE_PERCENT) / 100;
    shown_for.map_or(CROSSED_AFTER, |time| share(time).min(CROSSED_AFTER))
}

impl Plan {
    /// With `spent` in the week so far, and a runaway that spends `one_time` an hour for
    /// each time that it adds the organization's median hour.
    pub(super) fn of(spent: Amount, one_time: Amount, crossed_after: Duration) -> Self {
        let round = Decimal::from(ROUND_DOLLARS);
        let room = spent.dollars() * Decimal::new(ROOM_TENTHS, 1);
        let amount = ((room / round).ceil() * round).max(LEAST_DOLLARS.into());
        let seconds = Decimal::new(i64::try_from(crossed_after.as_millis()).unwrap_or(i64::MAX), 3);
        let hourly = (amount - spent.dollars()) * Decimal::from(3_600);
        let times = hourly.checked_div(seconds * one_time.dollars() * SHOWN_AT_ONCE);
        let times = times.unwrap_or(Decimal::ONE).round_dp_with_strategy(0, ROUNDED);
        let times = u32::try_from(times).unwrap_or(u32::MAX).max(1);
        Self { amount: Amount::from_dollars(amount), times, crossed_after }
    }
}

const ROUNDED: RoundingStrategy = RoundingStrategy::MidpointAwayFromZero;

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(dollars: i64) -> Amount {
        Amount::from_dollars(dollars.into())
    }

    /// Shares of the time at which the steps are crossed, when this much is shown at once.
    fn crossings(plan: Plan, spent: Amount, one_time: Amount, shown: Decimal) -> [Decimal; 3] {
        let second = one_time.dollars() * Decimal::from(plan.times) * shown / Decimal::from(3_600);
        let seconds = Decimal::from(plan.crossed_after.as_secs());
        STEPS.map(|step| {
            let at = plan.amount.dollars() * Decimal::from(step) / Decimal::ONE_HUNDRED;
            (at - spent.dollars()) / second / seconds
        })
    }

    #[test]
    fn the_steps_are_crossed_in_order_and_apart_whatever_was_spent() {
        let share = |percent| Decimal::new(percent, 2);
        for spent in [0, 1, 30, 111, 112, 300, 345, 2_000, 90_000] {
            for one_time in [1, 9, 14] {
                let (spent, one_time) = (dollars(spent), dollars(one_time));
                let plan = Plan::of(spent, one_time, Duration::from_secs(45));
                for shown in [share(95) + Decimal::new(5, 3), Decimal::ONE] {
                    let [half, most, all] = crossings(plan, spent, one_time, shown);
                    let story = format!("{spent} before, {plan:?}: {half}, {most}, {all}");
                    assert!(half >= share(34) && half <= share(53), "{story}");
                    assert!(most - half >= share(29) && all - most >= share(19), "{story}");
                    assert!(all >= share(97) && all <= share(103), "{story}");
                }
            }
        }
    }

    #[test]
    fn a_budget_is_a_round_sum_with_room_above_what_was_spent() {
        let cases = [(0, 500), (111, 500), (112, 600), (300, 1_400), (9_999, 45_000)];
        for (spent, expected) in cases {
            let plan = Plan::of(dollars(spent), dollars(9), CROSSED_AFTER);
            assert_eq!(plan.amount, dollars(expected), "{spent}");
        }
    }

    #[test]
    fn a_short_show_tells_the_same_story_faster() {
        let cases = [(None, 45_000), (Some(60), 45_000), (Some(3_600), 45_000), (Some(24), 18_000)];
        for (seconds, expected) in cases {
            let taken = crossed_after(seconds.map(Duration::from_secs));
            assert_eq!(taken, Duration::from_millis(expected), "{seconds:?}");
        }
        let slow = Plan::of(dollars(100), dollars(9), Duration::from_secs(40));
        let fast = Plan::of(dollars(100), dollars(9), Duration::from_secs(20));
        assert_eq!(slow.amount, fast.amount);
        assert!(fast.times.abs_diff(2 * slow.times) <= 1);
    }
}
