//! The ways to reach people, made from what the operator wrote.

use std::sync::Arc;

use usagewarden_core::subject::ChannelName;

use super::translate;
use crate::clock::SharedClock;
use crate::config::{self, Config, WebhookChannel, WebhookFormat};
use crate::deliver::channel::Channel;
use crate::deliver::heartbeat;
use crate::deliver::http::{Address, HttpError};
use crate::deliver::webhook::{self, Webhook};

/// Every configured channel. Nothing is opened before the first notice.
pub(super) fn all(config: &Config, clock: &SharedClock) -> Vec<Arc<dyn Channel>> {
    let email = |channel| -> Arc<dyn Channel> { Arc::new(translate::email(channel, config)) };
    let emails = config.emails.iter().map(email);
    emails.chain(webhooks(config, clock)).collect()
}

/// Those that programs listen on.
pub(super) fn webhooks(config: &Config, clock: &SharedClock) -> Vec<Arc<dyn Channel>> {
    let webhook = |channel| -> Arc<dyn Channel> {
        Arc::new(Webhook::new(webhook_settings(channel, config), clock.clone()))
    };
    config.webhooks.iter().map(webhook).collect()
}

pub(super) fn names(config: &Config) -> Vec<ChannelName> {
    config.channels().map(|channel| channel.name.clone()).collect()
}

pub(super) fn webhook_settings(channel: &WebhookChannel, config: &Config) -> webhook::Settings {
    match channel.format {
        WebhookFormat::Usagewarden => {}
    }
    webhook::Settings {
        name: channel.name.clone(),
        url: Address::new(channel.url.expose().clone()),
        keys: channel.keys.clone(),
        ca_file: channel.ca_file.clone(),
        give_up_after: channel.give_up_after,
        external_url: config.external_url.to_string(),
        attempt_timeout: webhook::ATTEMPT_TIMEOUT,
    }
}

pub(super) fn heartbeat_settings(heartbeat: &config::Heartbeat) -> heartbeat::Settings {
    heartbeat::Settings {
        url: Address::new(heartbeat.url.expose().clone()),
        every: heartbeat.every.unsigned_abs(),
        ca_file: heartbeat.ca_file.clone(),
    }
}

/// Connects to the host of every webhook, and sends it nothing: whether there is a way to
/// it, and whether it is trusted.
pub async fn greet_webhooks(
    config: &Config,
    clock: SharedClock,
) -> Vec<(ChannelName, Result<(), HttpError>)> {
    let mut answers = Vec::new();
    for channel in &config.webhooks {
        let webhook = Webhook::new(webhook_settings(channel, config), clock.clone());
        answers.push((channel.name.clone(), webhook.greet().await));
    }
    answers
}
