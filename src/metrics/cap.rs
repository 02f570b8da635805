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

/// The pairs that counters once showed by name.
///
/// A counter that changes its name makes `other` fall, which Prometheus takes for a restart
/// and counts twice. So a pair that had its own series keeps it for as long as we run.
#[derive(Debug, Default)]
pub(super) struct Named(HashSet<(WorkspaceId, ModelId)>);

impl Named {
    pub(super) fn has(&self, workspace: &WorkspaceId, model: &ModelId) -> bool {
        self.0.contains(&(workspace.clone(), model.clone()))
    }

    pub(super) fn keep(&mut self, workspace: &WorkspaceId, model: &ModelId) {
        self.0.insert((workspace.clone(), model.clone()));
    }
}
