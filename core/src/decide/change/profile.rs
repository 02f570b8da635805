//! Name, plan and features: the profile.

use super::{Changed, Look};
use crate::reading::Report;
use crate::roster::Profile;

pub(super) fn look(look: &mut Look<'_>) {
    let Some(profile) = look.case.snapshot.roster.profile.as_deref() else { return };
    if look.change.name_changed {
        field(look, "name", &profile.name);
    }
    if let Some(plan) = profile.plan.as_ref().filter(|_| look.change.plan_changed) {
        field(look, "plan", plan);
    }
    if look.change.features_changed {
        features(look, profile);
    }
}

fn field(look: &mut Look<'_>, field: &'static str, now: &str) {
    let Some(seen) = look.seen.get_mut(field) else {
        look.seen.insert(field.to_owned(), now.to_owned());
        return;
    };
    if seen != now {
        let before = std::mem::replace(seen, now.to_owned());
        let what = field.to_owned();
        look.changes.push(changed(field, what, Some(before), Some(now.to_owned())));
    }
}

/// Their order means nothing.
fn features(look: &mut Look<'_>, profile: &Profile) {
    const FIELD: &str = "features";
    // An empty one is no line, and would be news each time.
    let all = || profile.features.iter().map(String::as_str).filter(|all| !all.is_empty());
    let has = |seen: &str, feature: &str| seen.lines().any(|line| line == feature);
    let seen = look.seen.get(FIELD);
    let is_same = |seen: &String| {
        seen.lines().count() == all().count() && all().all(|feature| has(seen, feature))
    };
    if seen.is_some_and(is_same) {
        return;
    }
    let mut features: Vec<&str> = all().collect();
    features.sort_unstable();
    features.dedup();
    let Some(before) = look.seen.insert(FIELD.to_owned(), features.join("\n")) else { return };
    let before: Vec<&str> = before.lines().collect();
    if before != features {
        let shown = |features: &[&str]| Some(features.join(", ")).filter(|all| !all.is_empty());
        let (before, after) = (shown(&before), shown(&features));
        look.changes.push(changed(FIELD, FIELD.to_owned(), before, after));
    }
}

fn changed(field: &str, what: String, before: Option<String>, after: Option<String>) -> Changed {
    let (report, field) = (Report::Company, field.to_owned());
    Changed { report, field, workspace: None, what, before, after }
}
