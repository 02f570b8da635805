//! The rule `audit`: lines of the audit log that somebody wants to hear of.

use crate::roster::Activity;
use crate::rule::{Glob, Severity};

/// Which lines. Both lists have at least one pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    pub types: Vec<Glob>,
    /// Match the address, the id or the kind of who did it.
    pub actors: Vec<Glob>,
    pub severity: Severity,
}

impl Audit {
    pub fn holds(&self, line: &Activity) -> bool {
        let actor = &line.actor;
        let names = [actor.email.as_deref(), actor.id.as_deref(), Some(actor.kind.as_str())];
        let is_actor = |glob: &Glob| names.iter().flatten().any(|name| glob.matches(name));
        self.types.iter().any(|glob| glob.matches(&line.kind)) && self.actors.iter().any(is_actor)
    }
}
