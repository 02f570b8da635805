//! The algebra of steps holds for every story, not only for those above.

use proptest::prelude::*;

use super::*;

/// One thing that can happen to a budget.
#[derive(Clone, Debug)]
enum Turn {
    /// Data say that so much was spent in all; less than before is a restatement.
    Spent(u32),
    /// The operator sets another amount.
    Amount(u32),
    /// Data are missing.
    Missing,
    /// The next month begins.
    NextMonth,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        6 => (0_u32..3_000).prop_map(Turn::Spent),
        2 => (100_u32..3_000).prop_map(Turn::Amount),
        1 => Just(Turn::Missing),
        1 => Just(Turn::NextMonth),
    ];
    proptest::collection::vec(turn, 1..60)
}

/// A story under way, with what has been told in it.
struct Story {
    world: World,
    month_from: Timestamp,
    now: Timestamp,
    amount: u32,
    ids: Vec<String>,
    /// The highest share told in this month since the amount was last raised.
    mark: Option<Decimal>,
}

impl Story {
    fn begin() -> Self {
        Self {
            world: World::new(month(1_000)),
            month_from: at(NOVEMBER),
            now: at(NOVEMBER),
            amount: 1_000,
            ids: Vec::new(),
            mark: None,
        }
    }

    fn play(&mut self, turn: &Turn) -> Result<(), TestCaseError> {
        self.now += jiff::SignedDuration::from_secs(1);
        match turn {
            Turn::Spent(spent) => {
                self.world.spent.insert(self.month_from, dollars(*spent));
            }
            Turn::Amount(amount) => self.set_amount(*amount),
            Turn::Missing => {
                self.world.spent.remove(&self.month_from);
            }
            Turn::NextMonth => self.next_month(),
        }
        let told = self.world.tick(&self.now.to_string());
        self.judge(&told)
    }

    fn set_amount(&mut self, amount: u32) {
        if amount > self.amount {
            self.mark = None;
        }
        self.amount = amount;
        self.world.budget(month(amount));
    }

    fn next_month(&mut self) {
        let month = Calendar::utc().period(PeriodKind::Month, self.month_from);
        // Past the days in which the old month is still judged.
        self.now = month.until() + jiff::SignedDuration::from_hours(72);
        self.month_from = month.until();
        self.mark = None;
    }

    fn judge(&mut self, told: &[News]) -> Result<(), TestCaseError> {
        prop_assert!(told.len() <= 1, "one tick told more than once: {told:?}");
        for news in told {
            let (facts, step) = (&news.facts, step_of(news));
            prop_assert!(self.mark.is_none_or(|mark| mark < step), "told again: {facts:?}");
            prop_assert!(!self.ids.contains(&news.id.0), "{} was used before", news.id.0);
            let ratio = facts.ratio().unwrap();
            let steps = month(self.amount).steps;
            let highest = steps.iter().map(|step| step.at.ratio()).filter(|at| *at <= ratio).max();
            prop_assert_eq!(highest, Some(step), "not the highest that is crossed");
            self.mark = Some(step);
            self.ids.push(news.id.0.clone());
        }
        Ok(())
    }

    /// Whoever looks now knows of the highest step that is crossed.
    fn nothing_is_untold(&self) -> Result<(), TestCaseError> {
        let Some(spent) = self.world.spent.get(&self.month_from) else { return Ok(()) };
        let ratio = spent.ratio_of(dollars(self.amount)).unwrap();
        let memory = &self.world.alerts[0].memory;
        for step in month(self.amount).steps {
            let told = memory.told.contains(&step.at.ratio());
            prop_assert!(told || step.at.ratio() > ratio, "{} is untold at {ratio}", step.at);
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn no_step_is_told_twice_and_none_is_forgotten(turns in turns()) {
        let mut story = Story::begin();
        for turn in &turns {
            story.play(turn)?;
            story.nothing_is_untold()?;
        }
    }

    #[test]
    fn without_a_changed_amount_steps_rise(spends in proptest::collection::vec(0_u32..3_000, 1..40)) {
        let mut world = World::new(month(1_000));
        let mut told = Vec::new();
        for spent in spends {
            world.spend(NOVEMBER, spent);
            told.extend(world.tick("2026-11-20T12:00:00Z").iter().map(step_of));
        }
        prop_assert!(told.is_sorted_by(|lower, higher| lower < higher), "{told:?}");
    }
}
