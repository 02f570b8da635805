//! Carrying actions out: who may change what, and which programs are called.

use std::sync::Arc;

use async_trait::async_trait;
use usagewarden_core::action::{ActionState, Order};
use usagewarden_core::alert::EpisodeId;
use usagewarden_core::notice::{
    Effect, Facts, Kind, LaneId, Matter, News, NewsId, Notice, NoticeId,
};
use usagewarden_core::outbox::{Culprit, Destination, Envelope, Outcome};
use usagewarden_core::subject::ChannelName;

use super::start::Parts;
use super::test_notice::entry;
use super::{channels, translate};
use crate::act::api::{Call, Trouble};
use crate::act::{self, Actor, Asking};
use crate::deliver::channel::Channel;
use crate::journal::Journal;
use crate::supervisor::Supervisor;

impl Parts {
    pub(super) fn start_acting(&self, supervisor: &Supervisor) {
        let hooks = channels::webhooks(&self.config, &self.clock);
        let wiring = act::Wiring {
            store: Arc::clone(&self.store),
            clock: self.clock.clone(),
            journal: Journal::at(self.config.journal.clone()),
            actions_moved: Arc::clone(&self.actions),
            call: Arc::new(Calling { hooks }),
            metrics: self.counted.acting.clone(),
        };
        let organizations = self.config.organizations.iter().map(|own| {
            let client = super::write_client(own, self.clock.clone());
            act::Organization {
                name: own.name.clone(),
                api: Arc::new(Asking::new(client, translate::client_api(own.api))),
                allowed: own.allow_actions,
                judge: Arc::clone(&self.readings[&own.name]),
            }
        });
        let actor = Actor::new(wiring, organizations.collect());
        supervisor.start("act", |stop| actor.run(stop));
    }
}

/// The webhook channels, for calls that are no alert.
#[derive(Debug)]
struct Calling {
    hooks: Vec<Arc<dyn Channel>>,
}

#[async_trait]
impl Call for Calling {
    async fn call(&self, order: &Order, channel: &ChannelName) -> Result<(), Trouble> {
        let Some(hook) = self.hooks.iter().find(|hook| hook.name() == channel) else {
            return Err(Trouble::refused(format!(
                "there is no webhook channel {channel} any more"
            )));
        };
        let notice = notice(order);
        let destination = Destination { channel: channel.clone(), recipient: channel.to_string() };
        let entry = entry(&notice, destination);
        let attempt = hook.attempt(&Envelope { entry, notice, folded: 0 }).await;
        let said = attempt.error.unwrap_or_else(|| "it was not accepted".to_owned());
        match attempt.outcome {
            Outcome::Accepted => Ok(()),
            Outcome::Refused => Err(Trouble::Refused { said }),
            Outcome::Failed | Outcome::Timeout | Outcome::Throttled => Err(Trouble::Failed {
                said,
                hint: attempt.hint,
                doubtful: attempt.culprit != Culprit::Us,
                everywhere: false,
            }),
        }
    }
}

/// The same however often it is made: the receiver can tell a repeated call by its identity.
fn notice(order: &Order) -> Notice {
    let (name, at) = (order.id.0.clone(), order.decided_at);
    let matter = Matter::Acted {
        action: order.action.clone(),
        id: order.id.clone(),
        does: order.does.clone(),
        state: ActionState::Queued,
        error: None,
        no_undo: None,
    };
    let (episode, rule) = (EpisodeId(name.clone()), order.rule.clone());
    let facts = Facts {
        subject: order.subject.clone(),
        ..Facts::bare(episode, rule, Kind::Action, order.severity, matter, at)
    };
    let news = News {
        id: NewsId(name.clone()),
        effect: Effect::Fired,
        facts,
        period_end: false,
        only: None,
    };
    Notice {
        id: NoticeId(name.clone()),
        organization: order.organization.clone(),
        decided_at: at,
        lane: LaneId(name),
        news: vec![news],
    }
}
