//! The rule `keys`: what about API keys somebody should look after.

use jiff::SignedDuration;

use crate::roster::ApiKey;
use crate::rule::{Scope, Severity};
use crate::snapshot::Roster;

/// Keys that are watched. At least one of the conditions is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// How old a key that is in use may become.
    pub older_than: Option<SignedDuration>,
    /// How long before it stops working a key is told of.
    pub expires_within: Option<SignedDuration>,
    pub new: bool,
    /// A key was switched on or off, archived, or has expired.
    pub status_changed: bool,
    /// By workspace and key.
    pub scope: Scope,
    pub severity: Severity,
}

impl Keys {
    /// Whether it is about this key. A key of no single workspace is in no workspace's scope.
    pub fn holds(&self, key: &ApiKey, roster: &Roster) -> bool {
        let workspace = key.workspace.as_ref();
        let in_workspace = self.scope.workspace.is_empty()
            || workspace.is_some_and(|id| self.scope.holds_workspace(id, roster));
        in_workspace && self.scope.holds_key(&key.id, &key.name)
    }
}
