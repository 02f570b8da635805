//! `[[company]]`: several organizations that belong together.

use usagewarden_core::period::Calendar;
use usagewarden_core::subject::OrganizationName;

use super::organization::Organization;
use super::problem::Complaint;
use super::table::{At, Table};
use super::value;

/// Several organizations that rules can look at as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Company {
    /// Unique among companies and organizations.
    pub name: OrganizationName,
    /// Never empty, none twice; each is one of the organizations.
    pub organizations: Vec<OrganizationName>,
    /// Of its first organization; for rules that name no zone.
    pub calendar: Calendar,
}

impl Company {
    pub(super) fn read<'a>(
        table: &Table<'a>,
        organizations: &[Organization],
    ) -> Option<At<'a, Self>> {
        let name = table.required("name", "\"acme-group\"", value::name);
        if !table.has("organizations") {
            table.missing("organizations", "[\"acme\", \"acme-labs\"]");
        }
        let written = table.list("organizations", value::name);
        let mut members: Vec<&Organization> = Vec::new();
        for At { value: member, position } in written.iter().flat_map(|list| &list.value) {
            let refuse = |complaint| table.notes.error(*position, complaint);
            let known = organizations.iter().find(|known| known.name.as_str() == &**member);
            match known {
                None => refuse(
                    Complaint::new(format!("there is no organization `{member}`"))
                        .hint("name those of [[organization]]"),
                ),
                Some(known) if members.iter().any(|other| other.name == known.name) => {
                    let complaint = Complaint::new(format!("`organizations` names {member} twice"));
                    refuse(complaint.hint("remove one"));
                }
                Some(known) => members.push(known),
            }
        }
        if let Some(list) = written.filter(|list| list.value.is_empty()) {
            let complaint = Complaint::new("`organizations` names none");
            table.notes.error(list.position, complaint.hint("name those that belong together"));
        }
        let At { value: name, position } = name?;
        let calendar = members.first()?.calendar.clone();
        let organizations = members.iter().map(|member| member.name.clone()).collect();
        let value = Self { name: OrganizationName::new(name), organizations, calendar };
        Some(At { value, position })
    }
}
