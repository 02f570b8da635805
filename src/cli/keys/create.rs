//! `keys create`: a new key, whose secret is handed over exactly once (company API).
//!
//! Who takes the secret is chosen and tried before the key is made. A key whose secret did not
//! reach anybody is revoked at once; where even that fails, it is said which one to revoke. A
//! key whose making was never answered is looked for, and revoked as well.

use clap::Args;
use usagewarden_core::subject::ApiKeyId;

use super::rotate::revoke;
use super::secret::{self, Handing, HandingError};
use super::{Call, find};
use crate::chain::Chain;
use crate::claude::{Api, Client, NewKey, PollError};
use crate::cli::writing::{Change, Writer, refused};
use crate::cli::{Exit, Terminal, several};

const COMMAND: &str = "keys create";

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// What the key is called; no other key may be called so
    #[arg(value_name = "NAME")]
    name: String,
    /// What the key is for, as in api:read; without it the API decides
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    secret: secret::Options,
}

pub(super) async fn run(call: Call<'_>, options: &Options) -> Result<(), Exit> {
    let Call { global, config, environment, terminal } = call;
    let name = &options.name;
    if find::is_secret(name) {
        return Err(find::refuse_secret(terminal));
    }
    let writer = Writer::new(global, config, environment, options.dry_run, terminal)?;
    let client = writer.client();
    if client.api() == Api::Admin {
        terminal.error("the Admin API makes no keys: they are made in the Console alone");
        terminal.hint("make it there; if it is to replace another one, `usagewarden keys rotate OLD --new KEY` does the rest");
        return Err(Exit::No);
    }
    let handing = chosen(&options.secret, terminal)?;
    let reads = several::reader(writer.organization);
    if !of_name(&reads, name).await.map_err(|error| refused(&error, terminal))?.is_empty() {
        terminal.error(format_args!("there is a key `{name}` already"));
        terminal.hint("choose another name, or replace that one: `usagewarden keys rotate`");
        return Err(Exit::No);
    }
    let change = making(name, &options.scopes, &handing);
    writer.agree(&change, terminal)?;
    let mut doubtful = false;
    let asking = async {
        let answer = client.create_key(name, &options.scopes).await;
        doubtful = answer.as_ref().is_err_and(PollError::is_doubtful);
        answer
    };
    let key = match writer.make(&change, asking, terminal).await {
        Ok(key) => key,
        Err(exit) => {
            if doubtful {
                look_for_lost(&writer, &client, name, terminal).await?;
            }
            return Err(exit);
        }
    };
    hand_over(&writer, &client, &handing, &key, terminal).await
}

fn chosen(options: &secret::Options, terminal: &mut Terminal) -> Result<Handing, Exit> {
    let unusable = |error: &HandingError, terminal: &mut Terminal| {
        terminal.error(Chain(error));
        terminal.hint("nothing was changed; choose where the secret can go");
        Exit::Usage
    };
    let chosen = options.chosen().map_err(|error| unusable(&error, terminal))?;
    let Some(handing) = chosen else { return Err(secret::demand(terminal)) };
    handing.prepare().map_err(|error| unusable(&error, terminal))?;
    Ok(handing)
}

fn making(name: &str, scopes: &[String], handing: &Handing) -> Change {
    let scopes = match scopes {
        [] => String::new(),
        scopes => format!(" for {}", scopes.join(", ")),
    };
    Change {
        command: COMMAND,
        target: name.to_owned(),
        sentence: format!("Make the key {name}{scopes}, and {}.", handing.plan()),
        notes: Vec::new(),
        before: None,
        after: Some("active".to_owned()),
    }
}

async fn hand_over(
    writer: &Writer<'_>,
    client: &Client,
    handing: &Handing,
    key: &NewKey,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let NewKey { id, name, .. } = key;
    if let Err(error) = handing.hand_over(key, terminal).await {
        terminal.error(Chain(&error));
        clear(writer, client, id, terminal).await?;
        terminal.hint(format_args!(
            "the new key {name} ({id}) was revoked, since nobody has its secret"
        ));
        return Err(Exit::No);
    }
    match (terminal.json(), handing) {
        // The line with the secret says everything.
        (true, Handing::Terminal) => {}
        (true, Handing::File(_) | Handing::Command(_)) => {
            terminal.value(&serde_json::json!({ "id": id, "name": name, "handed_to": handing }));
        }
        (false, _) => {
            terminal.line(format_args!("Made the key {name} ({id})."));
            terminal.line(handing.told());
        }
    }
    Ok(())
}

/// Revokes a key whose secret nobody has.
async fn clear(
    writer: &Writer<'_>,
    client: &Client,
    id: &ApiKeyId,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let change = Change {
        command: COMMAND,
        target: id.to_string(),
        sentence: format!("Revoke {id}, a new key whose secret nobody has."),
        notes: Vec::new(),
        before: Some("active".to_owned()),
        after: Some("revoked".to_owned()),
    };
    let reads = several::reader(writer.organization);
    let asking = revoke(client, &reads, id);
    writer.make(&change, asking, terminal).await.inspect_err(|_| {
        terminal.hint(format_args!(
            "{id} is a new key whose secret nobody has: `usagewarden keys revoke {id}`"
        ));
    })
}

/// No key had the name before, so one that has it now was made by the request nobody answered.
async fn look_for_lost(
    writer: &Writer<'_>,
    client: &Client,
    name: &str,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let found = of_name(client, name).await.map_err(|error| refused(&error, terminal))?;
    if found.is_empty() {
        terminal.hint(format_args!("No key `{name}` is listed: it seems that none was made."));
    }
    for id in &found {
        clear(writer, client, id, terminal).await?;
        terminal.hint(format_args!(
            "{name} ({id}) had been made, and was revoked: nobody has its secret."
        ));
    }
    Ok(())
}

async fn of_name(client: &Client, name: &str) -> Result<Vec<ApiKeyId>, PollError> {
    let keys = client.keys().await?;
    Ok(keys.into_iter().filter(|key| key.name == name).map(|key| key.id).collect())
}
