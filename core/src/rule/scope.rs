//! What part of an organization's use a rule is about, and whose each is judged apart.

use crate::rule::Glob;
use crate::snapshot::Roster;
use crate::subject::{ApiKeyId, ModelId, ServiceTier, Subject, WorkspaceId};

/// A part of all use. Each list of patterns is empty (all), or must match an id or a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub workspace: Vec<Glob>,
    pub model: Vec<Glob>,
    pub key: Vec<Glob>,
    pub service_tier: Vec<Glob>,
}

/// What a rule with `each` is judged for, one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    Workspace,
    Model,
    Key,
}

impl Facet {
    pub const ALL: [Self; 3] = [Self::Workspace, Self::Model, Self::Key];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Model => "model",
            Self::Key => "key",
        }
    }
}

/// Who used something: one line of use.
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    pub workspace: &'a WorkspaceId,
    /// `None`: not for a model (code execution, sessions).
    pub model: Option<&'a ModelId>,
    pub key: &'a ApiKeyId,
    pub tier: &'a ServiceTier,
}

impl Scope {
    /// Whether it takes in everything.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    pub fn holds(&self, user: User<'_>, roster: &Roster) -> bool {
        let no_model = ModelId::NONE;
        self.holds_workspace(user.workspace, roster)
            && matches(&self.model, user.model.map_or(no_model, ModelId::as_str), || None)
            && matches(&self.key, user.key.as_str(), || roster.key_name(user.key))
            && matches(&self.service_tier, user.tier.as_str(), || None)
    }

    /// Whether it takes in some use of this workspace.
    pub fn holds_workspace(&self, id: &WorkspaceId, roster: &Roster) -> bool {
        matches(&self.workspace, id.as_str(), || roster.workspace_name(id))
    }

    /// Whether it takes in a key of this id and name.
    pub fn holds_key(&self, id: &ApiKeyId, name: &str) -> bool {
        matches(&self.key, id.as_str(), || Some(name))
    }

    /// Whether it takes in some use of this model.
    pub fn holds_model(&self, id: &ModelId) -> bool {
        matches(&self.model, id.as_str(), || None)
    }
}

fn matches<'a>(globs: &[Glob], id: &str, name: impl FnOnce() -> Option<&'a str>) -> bool {
    globs.is_empty()
        || globs.iter().any(|glob| glob.matches(id))
        || name().is_some_and(|name| globs.iter().any(|glob| glob.matches(name)))
}

/// The subject of one line of use, told apart by `each`.
pub fn subject_of(each: &[Facet], user: User<'_>) -> Subject {
    let has = |facet| each.contains(&facet);
    Subject {
        workspace: has(Facet::Workspace).then(|| user.workspace.clone()),
        model: has(Facet::Model)
            .then(|| user.model.cloned().unwrap_or_else(|| ModelId::NONE.into())),
        key: has(Facet::Key).then(|| user.key.clone()),
        detail: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::roster::Workspace;

    #[test]
    fn a_scope_holds_what_its_patterns_match_by_id_or_by_name() {
        let workspace = Workspace {
            id: "wrkspc_1".into(),
            api_id: "wrkspc_1".to_owned(),
            name: "ingest-prod".to_owned(),
            archived: false,
        };
        let roster = Roster { workspaces: Some(Arc::new(vec![workspace])), ..Roster::default() };
        let globs = |patterns: &[&str]| -> Vec<Glob> {
            patterns.iter().map(|pattern| Glob::new(*pattern).unwrap()).collect()
        };
        let (workspace, model) = ("wrkspc_1".into(), "claude-opus-5-5".into());
        let (key, tier) = (ApiKeyId::NONE.into(), ServiceTier::STANDARD.into());
        let user = User { workspace: &workspace, model: Some(&model), key: &key, tier: &tier };
        let cases: [(&[&str], &[&str], bool); 6] = [
            (&[], &[], true),
            (&["ingest-*"], &[], true),
            (&["wrkspc_1"], &["claude-opus-*"], true),
            (&["wrkspc_1"], &["claude-haiku-*"], false),
            (&["web-*"], &[], false),
            (&["web-*", "ingest-*"], &[], true),
        ];
        for (workspace, model, expected) in cases {
            let scope =
                Scope { workspace: globs(workspace), model: globs(model), ..Scope::default() };
            assert_eq!(scope.holds(user, &roster), expected, "{scope:?}");
        }
    }
}
