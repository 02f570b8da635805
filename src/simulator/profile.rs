//! What the organization says of itself: name, plan and features.
//!
//! They stand still until `/__control` changes them, so that telling of a change can be
//! rehearsed. The Admin API knows the name alone.

use serde::{Deserialize, Serialize};

/// As both APIs show it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) plan: String,
    pub(crate) features: Vec<String>,
}

/// What is named is replaced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileChange {
    name: Option<String>,
    plan: Option<String>,
    features: Option<Vec<String>>,
}

impl Profile {
    pub(super) fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            plan: "enterprise".to_owned(),
            features: ["batch", "prompt_caching", "web_search"].map(str::to_owned).into(),
        }
    }

    pub(super) fn apply(&mut self, change: ProfileChange) {
        let ProfileChange { name, plan, features } = change;
        let replace = |known: &mut String, heard: Option<String>| {
            if let Some(heard) = heard {
                *known = heard;
            }
        };
        replace(&mut self.name, name);
        replace(&mut self.plan, plan);
        if let Some(features) = features {
            self.features = features;
        }
    }
}
