//! What happens after the start.

use std::fmt;
use std::str::FromStr;

/// The story that the figures tell from the start on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing unusual.
    #[default]
    Steady,
    /// Ten minutes in, one workspace uses six times as much, for one hour.
    Spike,
    /// From the start one key adds ten times the organization's median hour.
    Runaway,
    /// Within a minute the quota of the company API crosses 80 %.
    Quota,
    /// From the start usage and cost stand still, while everything answers.
    Stale,
}

impl Scenario {
    pub const ALL: [Self; 5] = [Self::Steady, Self::Spike, Self::Runaway, Self::Quota, Self::Stale];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Spike => "spike",
            Self::Runaway => "runaway",
            Self::Quota => "quota",
            Self::Stale => "stale",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// How the key runs away in [`Scenario::Runaway`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runaway {
    /// How many times the organization's median hour it adds, every hour.
    pub times: u32,
    /// It waits until it is let loose, instead of running from the start.
    pub waits: bool,
}

impl Default for Runaway {
    fn default() -> Self {
        Self { times: 10, waits: false }
    }
}

/// The word names no scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scenario; there are steady, spike, runaway, quota and stale")]
pub struct UnknownScenario(String);

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.label() == word)
            .ok_or_else(|| UnknownScenario(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_read_as_they_are_written() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.to_string().parse(), Ok(scenario));
        }
        let shown = "calm".parse::<Scenario>().unwrap_err().to_string();
        assert_eq!(
            shown,
            "`calm` is no scenario; there are steady, spike, runaway, quota and stale"
        );
    }
}
