//! What the daemon remembers: readings, sums, alerts, and notices on their way.
//!
//! The store promises that what it has accepted survives any crash, that a
//! reading and the sums it moves are one transaction, and that an alert and its
//! notices are one too. It never decides: what becomes of a reading is core's
//! ledger, what becomes of an alert is core's plan. It fails by refusing: a file
//! it cannot trust is left as it is.

use std::path::PathBuf;

pub use sqlite::SqliteStore;

use async_trait::async_trait;
use jiff::Timestamp;
use usagewarden_core::action::{ActionId, ActionRecord};
use usagewarden_core::alert::AlertRecord;
use usagewarden_core::audit::AuditLog;
use usagewarden_core::decide::Plan;
use usagewarden_core::ledger::{Book, Charge, LedgerSettings};
use usagewarden_core::notice::Notice;
use usagewarden_core::outbox::{
    Again, Destination, Entry, EntryId, EntryState, Envelope, Onward, Standing,
};
use usagewarden_core::reading::{Reading, Tokens};
use usagewarden_core::roster::Profile;
use usagewarden_core::route::Group;
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::{ChannelName, OrganizationName};
use usagewarden_core::window::Window;

mod sqlite;

/// The right to write for one organization. A later one outranks it for ever, so
/// a daemon that lost its organization cannot write over the one that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    pub organization: OrganizationName,
    pub token: u64,
}

/// What the file would not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store {} could not be opened", path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("the store {} is not a usagewarden store; move it away or name another `store.path`", path.display())]
    Foreign { path: PathBuf },
    #[error("the store {} is damaged: {detail}; restore a backup or move it away", path.display())]
    Damaged { path: PathBuf, detail: String },
    #[error("the store {} was written by a newer usagewarden (format {found}, this one knows {known}); install that version again", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("the store {} is in use by another usagewarden", path.display())]
    InUse { path: PathBuf },
    #[error("the directory {} of the store could not be made; make it, and let the daemon's user write there", directory.display())]
    Directory { directory: PathBuf, source: std::io::Error },
    #[error("the file {} could not be opened; let the daemon's user read and write it, and its directory", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("could not start a thread for the store")]
    Thread { source: std::io::Error },
    #[error("could not {doing}: this is a defect of usagewarden, please report it")]
    Defect { doing: &'static str },
    #[error("a {what} could not be packed")]
    Unwritable { what: &'static str, source: postcard::Error },
    #[error("could not {doing}")]
    Query { doing: &'static str, source: rusqlite::Error },
    #[error("a stored {what} could not be understood")]
    Unreadable { what: &'static str, source: postcard::Error },
    #[error("another daemon has taken over {organization}")]
    Fenced { organization: OrganizationName },
    #[error("the organization {organization} is unknown to the store")]
    Unknown { organization: OrganizationName },
    #[error("the store has been closed")]
    Closed,
}

/// A figure of the past, for `/api/v1/spend`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaySpend {
    /// The part of one UTC day that was asked for.
    pub window: Window,
    pub charges: Vec<Charge>,
    pub tokens: Tokens,
}

/// What is kept of judging: all there is of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Grows with every commit.
    pub revision: u64,
    pub alerts: Vec<AlertRecord>,
    pub groups: Vec<Group>,
}

/// How long readings are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    pub minutes: jiff::SignedDuration,
    pub hours: jiff::SignedDuration,
    pub days: jiff::SignedDuration,
}

/// Which entries are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Channels that nothing is wanted of.
    pub but: Vec<ChannelName>,
    /// Of each other channel at most so many: a channel with a thousand lanes hides no other.
    pub each: usize,
}

/// What came of an attempt, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub entry: EntryId,
    pub standing: Standing,
    /// What follows from it, in the same transaction.
    pub onward: Onward,
}

/// The open entries of a channel that another channel steps in for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FallBack {
    pub channel: ChannelName,
    pub destinations: Vec<Destination>,
    /// Those that have been tried since then, or for longer.
    pub before: Timestamp,
    /// Whether all of them wait for the server, tried or not.
    pub is_broken: bool,
}

/// Which entries people want to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// In one of these; empty: in whichever.
    pub states: Vec<EntryState>,
    /// Of this channel; `None`: of all.
    pub channel: Option<ChannelName>,
    pub limit: usize,
}

/// How many entries one channel has in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryCount {
    pub channel: ChannelName,
    pub state: EntryState,
    pub entries: u64,
}

/// Everything that must survive.
#[async_trait]
pub trait Store: std::fmt::Debug + Send + Sync + 'static {
    /// Takes an organization over, and fences off whoever had it. Creates it when new.
    async fn acquire(&self, organization: &OrganizationName) -> Result<Fence, StoreError>;

    /// Writes one reading and all that follows from it, in one transaction.
    async fn commit_reading(
        &self,
        fence: &Fence,
        settings: &LedgerSettings,
        reading: Reading,
    ) -> Result<(), StoreError>;

    /// Where the ledger of an organization stands: how far its reports were read.
    async fn book(&self, organization: &OrganizationName) -> Result<Book, StoreError>;

    /// Who the organization said it was, as last heard.
    async fn profile(&self, organization: &OrganizationName)
    -> Result<Option<Profile>, StoreError>;

    /// What is known of the organization's audit log.
    async fn audit(&self, organization: &OrganizationName) -> Result<Option<AuditLog>, StoreError>;

    /// One organization as it is at `at`, in one consistent read.
    async fn snapshot(
        &self,
        organization: &OrganizationName,
        settings: &LedgerSettings,
        at: Timestamp,
    ) -> Result<Snapshot, StoreError>;

    /// Alerts and groups alone, in one consistent read.
    async fn kept(&self, organization: &OrganizationName) -> Result<Kept, StoreError>;

    /// Money and tokens of a window of the past, by UTC day. At most 800 days.
    async fn spend(
        &self,
        organization: &OrganizationName,
        settings: &LedgerSettings,
        window: Window,
    ) -> Result<Vec<DaySpend>, StoreError>;

    /// Writes what a tick decided: alerts, their notices and one entry for each
    /// destination. A notice that exists already is left as it is.
    async fn commit_plan(&self, fence: &Fence, plan: Plan) -> Result<(), StoreError>;

    /// Entries whose time has come: of every lane of a destination only the oldest open one.
    /// The more severe first, then the older.
    async fn due(&self, now: Timestamp, look: Look) -> Result<Vec<Entry>, StoreError>;

    /// Takes those of `entries` that are still the heads of their lanes, to be sent. What
    /// waits behind a head that nobody can have got is folded into it, and each is noted as
    /// offered: once this has answered, its message stays the same for ever.
    async fn claim(&self, entries: Vec<EntryId>) -> Result<Vec<Envelope>, StoreError>;

    /// When the next open entry of a channel is due, passing over the channels named.
    async fn next_due(&self, but: Vec<ChannelName>) -> Result<Option<Timestamp>, StoreError>;

    /// Writes down what came of an attempt, and queues what follows from it.
    async fn settle(&self, settled: Settled) -> Result<(), StoreError>;

    /// Makes everything of a channel due now that waited for its server alone.
    async fn hasten(&self, channel: ChannelName, now: Timestamp) -> Result<(), StoreError>;

    /// Queues what has failed for too long for those who step in, once; it goes on being
    /// tried itself. Answers with since when the oldest that is left has been tried.
    async fn fall_back(
        &self,
        step_in: FallBack,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// Queues again what was refused or given up, with fresh patience. Answers with how
    /// many entries are tried again; those that are open or accepted are left alone.
    async fn retry(&self, again: Again, now: Timestamp) -> Result<u64, StoreError>;

    /// How many entries each channel has in each state; none where there are none.
    async fn entry_counts(&self) -> Result<Vec<EntryCount>, StoreError>;

    /// The newest entries, open ones first, for people.
    async fn entries(&self, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// The newest entries, open ones first, with what they say.
    async fn listed(&self, listing: Listing) -> Result<Vec<(Entry, Notice)>, StoreError>;

    /// Actions whose time has come, the oldest first: to be done, tried again, or undone.
    async fn open_actions(&self, now: Timestamp) -> Result<Vec<ActionRecord>, StoreError>;

    /// When the next action is due.
    async fn next_action_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// The newest actions of all organizations.
    async fn actions(&self, limit: usize) -> Result<Vec<ActionRecord>, StoreError>;

    /// The action of this name.
    async fn action(&self, id: ActionId) -> Result<Option<ActionRecord>, StoreError>;

    /// Writes an action as it stands now, but for whether an undo was asked for.
    async fn keep_action(&self, record: ActionRecord) -> Result<(), StoreError>;

    /// Notes that an action is to be undone, also once more. `None`: there is no such action.
    async fn undo_action(
        &self,
        id: ActionId,
        now: Timestamp,
    ) -> Result<Option<ActionRecord>, StoreError>;

    /// Deletes what is older than `keep` says.
    async fn prune(&self, keep: Keep, now: Timestamp) -> Result<(), StoreError>;
}
