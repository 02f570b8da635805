//! How many series one organization may have, and which ones keep their name.

use std::collections::HashSet;

use usagewarden_core::subject::{ModelId, WorkspaceId};

/// The value of every label of what is beyond the cap.
pub(super) const OTHER: &str = "other";

/// What is left of the cap while an organization is rendered.
#[derive(Debug)]
pub(super) struct Room {
    left: usize,
    folded: usize,
}

impl Room {
    pub(super) const fn new(series_max: usize) -> Self {
        Self { left: series_max, folded: 0 }
    }

    /// Whether this many lines would find a place.
    pub(super) const fn has(&self, lines: usize) -> bool {
        lines <= self.left
    }

    /// Takes the place of `lines`, or counts them as folded.
    pub(super) const fn take(&mut self, lines: usize) -> bool {
        let fits = self.has(lines);
        if fits {
            self.left -= lines;
        } else {
            self.folded += lines;
        }
        fits
    }

    pub(super) const fn folded(&self) -> usize {
        self.folded
    }
}

/// What counters once showed by name.
///
/// A counter that changes its name makes `other` fall, which Prometheus takes for a restart
/// and counts twice. So what had its own series keeps it for as long as we run.
#[derive(Debug, Default)]
pub(super) struct Named {
    pairs: HashSet<(WorkspaceId, ModelId)>,
    /// Those with unpriced tokens.
    models: HashSet<ModelId>,
    /// Of lines of the audit log.
    types: HashSet<String>,
}

impl Named {
    pub(super) fn has(&self, workspace: &WorkspaceId, model: &ModelId) -> bool {
        self.pairs.contains(&(workspace.clone(), model.clone()))
    }

    pub(super) fn keep(&mut self, workspace: &WorkspaceId, model: &ModelId) {
        self.pairs.insert((workspace.clone(), model.clone()));
    }

    pub(super) fn has_unpriced(&self, model: &ModelId) -> bool {
        self.models.contains(model)
    }

    pub(super) fn keep_unpriced(&mut self, model: &ModelId) {
        self.models.insert(model.clone());
    }

    pub(super) fn has_type(&self, kind: &str) -> bool {
        self.types.contains(kind)
    }

    pub(super) fn keep_type(&mut self, kind: &str) {
        if !self.has_type(kind) {
            self.types.insert(kind.to_owned());
        }
    }
}
