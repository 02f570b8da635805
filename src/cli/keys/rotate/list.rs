//! `keys rotate --list`: every rotation that is not over, of one organization or all.
//!
//! It says how each is gone on with. It asks nobody and changes nothing; it fails where what
//! is kept cannot be read.

use super::failed;
use super::state::{End, Folder, Rotation, Stage};
use crate::cli::keys::Call;
use crate::cli::wording::instant;
use crate::cli::{Exit, Terminal, several};

pub(super) fn run(call: Call<'_>) -> Result<(), Exit> {
    let Call { global, config, terminal, .. } = call;
    let folder = Folder::beside(&config.journal);
    let mut all = Vec::new();
    for organization in several::chosen(global, config, terminal)? {
        all.extend(folder.all(&organization.name).map_err(|error| failed(&error, terminal))?);
    }
    if terminal.json() {
        terminal.value(&serde_json::json!({ "data": all }));
    } else {
        print(&all, config.organizations.len() > 1, terminal);
    }
    Ok(())
}

fn print(all: &[Rotation], among_several: bool, terminal: &mut Terminal) {
    if all.is_empty() {
        terminal.line("No rotation is open.");
        return;
    }
    let heads = ["organization", "old key", "new key", "begun", "ends with", "stands at"];
    let heads = if among_several { &heads[..] } else { &heads[1..] };
    let rows = all.iter().map(|one| row(one, among_several)).collect();
    terminal.table(heads, rows, &[]);
    terminal.line("");
    terminal.line("To go on with one, or with --abandon to end it:");
    for one in all {
        terminal.line(format_args!("  {}", go_on(one, among_several)));
    }
}

/// Complete: as it can be typed.
fn go_on(rotation: &Rotation, among_several: bool) -> String {
    let command = format!("usagewarden keys rotate {}", rotation.old.id);
    match among_several {
        true => format!("{command} --organization {}", rotation.organization),
        false => command,
    }
}

fn row(rotation: &Rotation, among_several: bool) -> Vec<String> {
    let new = match (&rotation.stage, &rotation.making) {
        (Stage::HandedOver { new } | Stage::Cutting { new }, _) => new.to_string(),
        (Stage::Planned | Stage::Making | Stage::Made { .. }, Some(making)) => making.name.clone(),
        (Stage::Planned | Stage::Making | Stage::Made { .. }, None) => String::new(),
    };
    let organization = among_several.then(|| rotation.organization.to_string());
    let shown = [
        rotation.old.to_string(),
        new,
        instant(rotation.begun_at),
        match rotation.end {
            End::Disable => "disabled".to_owned(),
            End::Revoke => "revoked".to_owned(),
        },
        rotation.stage.words().to_owned(),
    ];
    organization.into_iter().chain(shown).collect()
}
