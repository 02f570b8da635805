//! What people must be told, with an identity that never changes.
//!
//! A notice is one message: the news of one group on one route at one tick. Identities
//! are made from what was decided, never from chance, so deciding twice after a crash
//! names the same notice. Its facts are frozen: nothing is looked up when it is sent.

mod facts;
mod fold;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::subject::{ChannelName, OrganizationName};

pub use facts::{
    Announced, Announcement, Contributor, Facts, Forecast, KeyTrouble, Kind, Matter, Names,
    PersonTrouble,
};
pub use fold::{fold, merge};

/// Why people are told. In the order of urgency: the first is the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    Fired,
    Reminded,
    Resolved,
    Test,
}

impl Effect {
    pub const ALL: [Self; 4] = [Self::Fired, Self::Reminded, Self::Resolved, Self::Test];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Reminded => "reminded",
            Self::Resolved => "resolved",
            Self::Test => "test",
        }
    }
}

/// Names a notice for ever: `webhook-id`, and the root of every `Message-ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub String);

/// Names one piece of news: what happened to which alert, for the how-manieth time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NewsId(pub String);

/// Tells texts apart in names, without showing them. FNV-1a: the same on every machine and
/// in every version.
pub(crate) fn digest(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Within a lane order is kept: the same group of the same route of one organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaneId(pub String);

/// A notice that was decided before; enough to make its `Message-ID` again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NoticeRef {
    pub id: NoticeId,
    pub decided_at: Timestamp,
}

/// One message, frozen as it was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: NoticeId,
    /// The organization, or the company, that it is about.
    pub organization: OrganizationName,
    pub decided_at: Timestamp,
    pub lane: LaneId,
    /// Never empty; the most urgent first.
    pub news: Vec<News>,
}

/// One effect on one alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    pub id: NewsId,
    pub effect: Effect,
    pub facts: Facts,
    /// The end of a period, and no better figure: of interest only to those who hold state.
    pub period_end: bool,
    /// Who was told of the episode, for its resolve; `None`: whoever the route names.
    pub only: Option<Vec<ChannelName>>,
}

impl Notice {
    /// The news that chooses subject, color and type. `None` only for an empty notice,
    /// which is never made.
    pub fn first(&self) -> Option<&News> {
        self.news.first()
    }

    pub fn effect(&self) -> Effect {
        self.first().map_or(Effect::Test, |news| news.effect)
    }

    /// The greatest severity of what is told to be wrong; of all, when nothing is.
    pub fn severity(&self) -> crate::rule::Severity {
        let wrong = |news: &&News| matches!(news.effect, Effect::Fired | Effect::Reminded);
        let of = |news: &News| news.facts.severity;
        let most = self.news.iter().filter(wrong).map(of).max();
        most.or_else(|| self.news.iter().map(of).max()).unwrap_or_default()
    }

    pub fn reference(&self) -> NoticeRef {
        NoticeRef { id: self.id.clone(), decided_at: self.decided_at }
    }

    /// The notices in which its alerts were first told, itself left out: what it answers to.
    pub fn roots(&self) -> Vec<NoticeRef> {
        let own = self.reference();
        let mut roots: Vec<NoticeRef> = Vec::new();
        for root in self.news.iter().filter_map(|news| news.facts.root.clone()) {
            if root != own && !roots.contains(&root) {
                roots.push(root);
            }
        }
        roots
    }
}
