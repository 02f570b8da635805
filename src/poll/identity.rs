//! Whether the organization that answers is the one whose figures are kept.
//!
//! Its id is pinned at first contact. Figures of another organization under its name
//! could never be told apart again, so nothing is committed while this is in doubt.

use std::fmt;

use usagewarden_core::roster::Profile;

/// Who answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// The profile has not been heard yet.
    #[default]
    Unknown,
    /// The one whose figures are kept.
    Pinned,
    Wrong(Mismatch),
}

/// How the organization that answers differs from the one that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The key belongs to another organization than the one first heard.
    OtherId { pinned: String, heard: String, name: String },
    /// At first contact, the name is not `expect_name`.
    OtherName { expected: String, heard: String },
}

/// Judges a profile. A pinned organization may change its name; that is told elsewhere.
pub(super) fn identify(
    pinned: Option<&Profile>,
    expect_name: Option<&str>,
    heard: &Profile,
) -> Identity {
    match (pinned, expect_name) {
        (Some(pinned), _) if pinned.id == heard.id => Identity::Pinned,
        (Some(pinned), _) => Identity::Wrong(Mismatch::OtherId {
            pinned: pinned.id.clone(),
            heard: heard.id.clone(),
            name: heard.name.clone(),
        }),
        (None, Some(expected)) if expected != heard.name => Identity::Wrong(Mismatch::OtherName {
            expected: expected.to_owned(),
            heard: heard.name.clone(),
        }),
        (None, _) => Identity::Pinned,
    }
}

impl Mismatch {
    /// What to do about it.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::OtherId { .. } => {
                "Give it the key of the organization it was, or configure the new one under a new name"
            }
            Self::OtherName { .. } => "Give it the right key, or correct `expect_name`",
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherId { pinned, heard, name } => {
                write!(
                    f,
                    "the key belongs to `{name}` ({heard}), the figures kept here to {pinned}"
                )
            }
            Self::OtherName { expected, heard } => {
                write!(f, "the key belongs to `{heard}`, expected was `{expected}`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(id: &str, name: &str) -> Profile {
        Profile {
            id: id.to_owned(),
            name: name.to_owned(),
            plan: None,
            created_at: None,
            features: Vec::new(),
            requests_per_minute: None,
            tokens_per_minute: None,
        }
    }

    /// `pinned` and `heard` are `(id, name)`.
    #[track_caller]
    fn check(
        pinned: Option<(&str, &str)>,
        expect_name: Option<&str>,
        heard: (&str, &str),
        said: &str,
    ) {
        let pinned = pinned.map(|(id, name)| profile(id, name));
        let shown = match identify(pinned.as_ref(), expect_name, &profile(heard.0, heard.1)) {
            Identity::Unknown => "unknown".to_owned(),
            Identity::Pinned => "pinned".to_owned(),
            Identity::Wrong(mismatch) => mismatch.to_string(),
        };
        assert_eq!(shown, said);
    }

    #[test]
    fn the_first_to_answer_is_pinned_unless_another_name_is_expected() {
        check(None, None, ("org_1", "Acme"), "pinned");
        check(None, Some("Acme"), ("org_1", "Acme"), "pinned");
        let other = "the key belongs to `Acme Labs`, expected was `Acme`";
        check(None, Some("Acme"), ("org_2", "Acme Labs"), other);
    }

    #[test]
    fn a_pinned_organization_may_change_its_name_but_not_its_id() {
        check(Some(("org_1", "Acme")), Some("Acme"), ("org_1", "Acme Corp"), "pinned");
        let other = "the key belongs to `Acme` (org_2), the figures kept here to org_1";
        check(Some(("org_1", "Acme")), Some("Acme"), ("org_2", "Acme"), other);
    }
}
