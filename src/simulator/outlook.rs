//! What a rehearsal must know beforehand, so that its rules fit the story.
//!
//! The same sums as `/__truth`, for the program that runs the simulator in its own
//! process. It reads, but for letting the runaway loose. It cannot fail.

use jiff::Timestamp;
use rust_decimal::Decimal;
use usagewarden_core::amount::Amount;

use super::Simulator;
use super::bill::{charges, days, paid_an_hour};
use super::simulation::Source;

impl Simulator {
    /// What the usage report shows as spent from `from` until now.
    pub fn spent_since(&self, from: Timestamp) -> Amount {
        let simulation = &self.simulation;
        let span = (from.as_millisecond(), simulation.now().as_millisecond());
        let (scene, reach) = (simulation.scene(), simulation.reach(Source::Usage));
        let cents: Decimal = days(span.0, span.1)
            .flat_map(|day| charges(&scene.traffic, &simulation.prices, day, reach))
            .map(|charge| charge.amount())
            .sum();
        Amount::from_cents(cents)
    }

    /// What the runaway key spends an hour, in the scenario that has one.
    pub fn runaway_an_hour(&self) -> Option<Amount> {
        let scene = self.simulation.scene();
        let stream = scene.traffic.runaway_stream()?;
        let cents = paid_an_hour(stream, &self.simulation.prices, self.simulation.now())?;
        Some(Amount::from_cents(cents))
    }

    /// Lets a waiting runaway loose.
    pub fn unleash(&self) {
        self.simulation.unleash();
    }
}
