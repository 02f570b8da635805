//! Notices on their way: what is queued for whom, and what came of it.

mod attempt;
mod circuit;
mod reach;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::notice::{LaneId, Notice, NoticeId};
use crate::subject::{ChannelName, OrganizationName};

pub use attempt::{Attempt, Culprit, Outcome, Patience, Standing, Taken, after_attempt};
pub use circuit::{Circuit, Way};
pub use reach::{Fallback, Onward, Reach};

/// Names an entry in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub i64);

/// One receiver of one channel: a mailbox, or the one address of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Destination {
    pub channel: ChannelName,
    pub recipient: String,
}

impl Destination {
    /// The recipient as anybody may see it: of an address the first letter and the domain,
    /// of a URL, which may be a password, the host.
    pub fn masked(&self) -> String {
        if let Some((_, rest)) = self.recipient.split_once("://") {
            let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            return host.to_owned();
        }
        match self.recipient.rsplit_once('@') {
            Some((local, domain)) => {
                let first: String = local.chars().take(1).collect();
                format!("{first}…@{domain}")
            }
            None => self.recipient.clone(),
        }
    }
}

/// A notice queued for one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: EntryId,
    pub organization: OrganizationName,
    pub notice: NoticeId,
    pub destination: Destination,
    pub lane: LaneId,
    pub queued_at: Timestamp,
    /// Patience counts from here: since it was queued, or people asked for another try.
    pub patient_since: Timestamp,
    pub state: EntryState,
    /// Attempts made so far.
    pub attempts: u32,
    /// Not tried before.
    pub next_attempt_at: Timestamp,
    /// What came of the last attempt, in words; addresses masked.
    pub last_error: Option<String>,
    /// The entry whose message tells what this one would; it stands as that one does.
    pub folded_into: Option<EntryId>,
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EntryState {
    /// Not tried yet; or not yet again, since people asked for another try.
    Queued,
    /// Failed at least once, in a way that may heal.
    Retrying,
    /// The receiver said no for good.
    Refused,
    /// Tried for as long as the channel allows.
    GivenUp,
    Accepted,
}

impl EntryState {
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Retrying, Self::Refused, Self::GivenUp, Self::Accepted];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Retrying => "retrying",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
            Self::Accepted => "accepted",
        }
    }

    /// Whether it waits to be sent.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Queued | Self::Retrying => true,
            Self::Refused | Self::GivenUp | Self::Accepted => false,
        }
    }
}

/// Ended entries that are to be tried again, with fresh patience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// One that was refused or given up.
    Entry(EntryId),
    /// All of a channel that were refused or given up.
    Channel(ChannelName),
    /// All that were refused or given up.
    All,
    /// All that were refused: what an operator does about a refusal comes with a reload.
    Refused,
}

/// An entry that is due, with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub entry: Entry,
    /// Under the identity of the entry's notice; what it says may be folded.
    pub notice: Notice,
    /// Entries that were folded into this one just now.
    pub folded: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_shown_in_full() {
        let cases = [
            ("finops@example.com", "f…@example.com"),
            ("\"a@b\"@example.com", "\"…@example.com"),
            ("@example.com", "…@example.com"),
            ("https://hooks.example.com/T0/B0/secret", "hooks.example.com"),
            ("https://user:secret@hooks.example.com:8443?token=1", "hooks.example.com:8443"),
            ("hooks.example.com", "hooks.example.com"),
        ];
        for (recipient, shown) in cases {
            let to = Destination { channel: "ops".into(), recipient: recipient.to_owned() };
            assert_eq!(to.masked(), shown);
        }
    }
}
