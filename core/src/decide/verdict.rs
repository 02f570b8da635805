//! What readings say of a rule now, and why nothing can be said.

/// What readings say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Breach,
    Clear,
    /// Nothing can be said: this neither fires nor resolves.
    Unknown(Unknown),
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// There are no data yet of what is judged.
    NoData,
    /// There is no limit to compare with, or it is nothing to take a share of.
    NoLimit,
    /// The past is still being read.
    Filling,
    /// The clock was set back.
    ClockSetBack,
    /// Not all of the window has been read.
    NotCovered,
    /// The polls have not told since the start.
    NotPolled,
}

impl Unknown {
    /// For people, in few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoData => "no data yet",
            Self::NoLimit => "the API reports no limit",
            Self::Filling => "the past is still being read",
            Self::ClockSetBack => "the clock was set back",
            Self::NotCovered => "not all of the window has been read",
            Self::NotPolled => "not polled yet",
        }
    }
}
