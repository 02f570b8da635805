//! Greeting the mail servers, for `check --online`.

use usagewarden_core::subject::ChannelName;

use super::translate;
use crate::config::Config;
use crate::deliver::email::MailError;

/// Connects and logs in to the server of every email channel; sends nothing.
pub async fn greet_mail_servers(config: &Config) -> Vec<(ChannelName, Result<(), MailError>)> {
    let mut answers = Vec::new();
    for channel in &config.emails {
        let greeting = translate::email(channel, config).greet().await;
        answers.push((channel.name.clone(), greeting));
    }
    answers
}
