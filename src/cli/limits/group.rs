//! Groups of rate limits, by whatever people call them.

use usagewarden_core::roster::RateLimit;

use super::read::Limits;
use super::table::group_name;
use crate::cli::naming::{self, Named, listed};
use crate::cli::{Exit, Terminal};

/// Models that share their limits, or another thing that is limited.
pub(super) struct Group<'l> {
    pub(super) name: String,
    limits: Vec<&'l RateLimit>,
}

impl Named for Group<'_> {
    const KIND: &'static str = "group of rate limits";

    fn ids(&self) -> Vec<&str> {
        let entry = self.limits[0].id.as_deref();
        entry.into_iter().chain([self.limits[0].group.as_str()]).collect()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn shown(&self) -> String {
        self.name.clone()
    }

    /// By its name, its type, or a model of it.
    fn is_called(&self, wanted: &str) -> bool {
        let RateLimit { group_type, models, .. } = self.limits[0];
        self.name == wanted
            || group_type == wanted
            || models.iter().any(|model| model.as_str() == wanted)
    }
}

/// The organization's groups: a workspace's limits are set by their entries.
pub(super) fn groups(limits: &Limits) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for limit in limits.rate_limits.iter().filter(|limit| limit.workspace.is_none()) {
        let is_of = |group: &&mut Group<'_>| {
            (&group.limits[0].id, &group.limits[0].group) == (&limit.id, &limit.group)
        };
        match groups.iter_mut().find(is_of) {
            Some(group) => group.limits.push(limit),
            None => {
                let name = group_name(limit, &limits.rate_limits);
                groups.push(Group { name, limits: vec![limit] });
            }
        }
    }
    groups
}

impl<'l> Group<'l> {
    pub(super) fn limiter(
        &self,
        wanted: &str,
        terminal: &mut Terminal,
    ) -> Result<&'l RateLimit, Exit> {
        let found = self.limits.iter().find(|limit| limit.limiter == wanted);
        found.copied().ok_or_else(|| {
            terminal.error(format_args!("the group {} has no limiter `{wanted}`", self.name));
            let known: Vec<String> =
                self.limits.iter().map(|limit| limit.limiter.clone()).collect();
            terminal.hint(format_args!("it has {}", listed(&known)));
            Exit::Usage
        })
    }
}

/// The limiter that is named, as the organization has it, and what its group is called.
pub(super) fn find<'l>(
    group: &str,
    limiter: &str,
    limits: &'l Limits,
    terminal: &mut Terminal,
) -> Result<(String, &'l RateLimit), Exit> {
    let groups = groups(limits);
    let group = naming::find(group, &groups, terminal)?;
    Ok((group.name.clone(), group.limiter(limiter, terminal)?))
}
