//! Finding the one thing that somebody means, by its id or by its exact name.
//!
//! Nothing is guessed: what is nearly right is said, and never taken. An id goes before a
//! name; a name that several things have finds none of them.

use usagewarden_core::roster::Workspace;

use crate::cli::{Exit, Terminal};
use crate::config;

/// As many as are said of those that it might have been.
const SAID_MAX: usize = 10;

/// What can be named on the command line.
pub(super) trait Named {
    /// As in: there is no workspace `x`.
    const KIND: &'static str;

    /// What only this one answers to. The first is what it is shown by.
    fn ids(&self) -> Vec<&str>;

    /// What people call it.
    fn name(&self) -> &str;

    /// `ingest-prod (wrkspc_01…)`.
    fn shown(&self) -> String {
        match self.ids().first() {
            Some(id) if *id != self.name() => format!("{} ({id})", self.name()),
            Some(_) | None => self.name().to_owned(),
        }
    }

    fn is_called(&self, wanted: &str) -> bool {
        self.name() == wanted
    }
}

impl Named for Workspace {
    const KIND: &'static str = "workspace";

    fn ids(&self) -> Vec<&str> {
        vec![&self.api_id, self.id.as_str()]
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// Why a name finds nothing.
#[derive(Debug, PartialEq, Eq)]
enum Misnamed {
    /// None has it; these are near.
    Unknown(Vec<String>),
    /// These have it.
    Several(Vec<String>),
}

/// The one of `things` that answers to `wanted`, or what is wrong is said.
pub(super) fn find<'t, T: Named>(
    wanted: &str,
    things: &'t [T],
    terminal: &mut Terminal,
) -> Result<&'t T, Exit> {
    look(wanted, things).map_err(|misnamed| {
        match misnamed {
            Misnamed::Several(which) => {
                terminal.error(format_args!("several have the name `{wanted}`"));
                terminal.hint(format_args!("name one of them exactly: {}", listed(&which)));
            }
            Misnamed::Unknown(near) => {
                terminal.error(format_args!("there is no {} `{wanted}`", T::KIND));
                if near.is_empty() {
                    let known: Vec<String> =
                        things.iter().map(|one| one.name().to_owned()).collect();
                    terminal.hint(match known.is_empty() {
                        true => "there are none at all".to_owned(),
                        false => format!("there are: {}", listed(&known)),
                    });
                } else {
                    terminal.hint(format_args!("did you mean {}?", near.join(" or ")));
                }
            }
        }
        Exit::Usage
    })
}

fn look<'t, T: Named>(wanted: &str, things: &'t [T]) -> Result<&'t T, Misnamed> {
    if let Some(found) = things.iter().find(|one| one.ids().contains(&wanted)) {
        return Ok(found);
    }
    let called: Vec<&T> = things.iter().filter(|one| one.is_called(wanted)).collect();
    match called.as_slice() {
        [only] => Ok(only),
        [] => Err(Misnamed::Unknown(near(wanted, things))),
        [_, _, ..] => Err(Misnamed::Several(called.into_iter().map(Named::shown).collect())),
    }
}

/// What `wanted` is a part of, else what it was probably meant to be.
fn near<T: Named>(wanted: &str, things: &[T]) -> Vec<String> {
    let part = wanted.to_lowercase();
    let holding = things.iter().filter(|one| one.name().to_lowercase().contains(&part));
    let mut near: Vec<String> = holding.map(Named::shown).take(3).collect();
    if near.is_empty() {
        let names: Vec<&str> = things.iter().map(Named::name).collect();
        let meant = config::nearest(wanted, &names);
        near.extend(things.iter().find(|one| Some(one.name()) == meant).map(Named::shown));
    }
    near
}

/// The first few, and how many more there are.
pub(super) fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(SAID_MAX).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SAID_MAX {
        text.push_str(&format!(" and {} more", names.len() - SAID_MAX));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspaces() -> Vec<Workspace> {
        [("wrkspc_1", "ingest-prod"), ("wrkspc_2", "ingest"), ("wrkspc_3", "ingest"), ("d", "D")]
            .map(|(id, name)| Workspace {
                id: if id == "d" { "default".into() } else { id.into() },
                api_id: id.to_owned(),
                name: name.to_owned(),
                archived: false,
            })
            .to_vec()
    }

    #[track_caller]
    fn check(wanted: &str, expected: Result<&str, Misnamed>) {
        let all = workspaces();
        assert_eq!(look(wanted, &all).map(|found| found.api_id.as_str()), expected, "{wanted}");
    }

    #[test]
    fn a_thing_is_found_by_its_id_or_its_exact_name_and_by_nothing_else() {
        let unknown =
            |near: &[&str]| Err(Misnamed::Unknown(near.iter().map(ToString::to_string).collect()));
        check("wrkspc_1", Ok("wrkspc_1"));
        check("default", Ok("d"));
        check("ingest-prod", Ok("wrkspc_1"));
        check("ingest-prdo", unknown(&["ingest-prod (wrkspc_1)"]));
        check("PROD", unknown(&["ingest-prod (wrkspc_1)"]));
        check("research", unknown(&[]));
        let both = ["ingest (wrkspc_2)", "ingest (wrkspc_3)"].map(str::to_owned).to_vec();
        check("ingest", Err(Misnamed::Several(both)));
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (1..=12).map(|number| format!("k{number}")).collect();
        assert_eq!(listed(&names), "k1, k2, k3, k4, k5, k6, k7, k8, k9, k10 and 2 more");
    }
}
