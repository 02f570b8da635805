//! Where notices go that do not get through: to a fallback, and to whoever else is there.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::alert::EpisodeId;
use crate::notice::{Effect, Facts, Kind, LaneId, Matter, News, NewsId, Notice, NoticeId, digest};
use crate::outbox::{Destination, Entry, EntryState, Envelope, Standing};
use crate::rule::Severity;
use crate::subject::ChannelName;

/// The rule that speaks of deliveries.
const RULE: &str = "delivery";

/// Everyone the channels reach, and who steps in for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub destinations: BTreeMap<ChannelName, Vec<Destination>>,
    pub fallbacks: BTreeMap<ChannelName, Fallback>,
}

/// The channel that steps in for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    pub channel: ChannelName,
    /// How long a notice may fail before it goes there too.
    pub after: SignedDuration,
}

/// What follows from an entry that will not be delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Onward {
    /// Who gets the same notice instead.
    pub fallback: Vec<Destination>,
    /// Who is told of it, where the notice is on its way to no fallback.
    pub report: Option<(Notice, Vec<Destination>)>,
}

impl Reach {
    /// Who is reached by the channel that steps in for `channel`.
    pub fn fallback_of(&self, channel: &ChannelName) -> Vec<Destination> {
        let fallback = self.fallbacks.get(channel);
        let reached = fallback.and_then(|fallback| self.destinations.get(&fallback.channel));
        reached.cloned().unwrap_or_default()
    }

    /// What follows from where an entry stands now, if anything does.
    ///
    /// A report about a report would never end: for what is about deliveries, there is
    /// only the fallback.
    pub fn onward(&self, envelope: &Envelope, standing: &Standing, now: Timestamp) -> Onward {
        let severity = match standing.state {
            EntryState::Refused => Severity::Warning,
            EntryState::GivenUp => Severity::Critical,
            EntryState::Queued | EntryState::Retrying | EntryState::Accepted => {
                return Onward::default();
            }
        };
        let channel = &envelope.entry.destination.channel;
        let mut news = envelope.notice.news.iter();
        let others = self.others(channel);
        let is_report = news.any(|piece| piece.facts.kind == Kind::Delivery);
        let report = (!is_report && !others.is_empty())
            .then(|| (report(&envelope.entry, standing, severity, now), others));
        Onward { fallback: self.fallback_of(channel), report }
    }

    fn others(&self, channel: &ChannelName) -> Vec<Destination> {
        let others = self.destinations.iter().filter(|(name, _)| *name != channel);
        others.flat_map(|(_, reached)| reached.clone()).collect()
    }
}

/// Once a day for each recipient and outcome: that is in its name.
fn report(entry: &Entry, standing: &Standing, severity: Severity, now: Timestamp) -> Notice {
    let Destination { channel, recipient } = &entry.destination;
    let day = now.as_second().div_euclid(86_400);
    let id = format!(
        "delivery:{channel}:{:016x}:{}:{day}",
        digest(recipient.bytes()),
        standing.state.label()
    );
    let matter = Matter::Undelivered {
        channel: channel.to_string(),
        recipient: entry.destination.masked(),
        error: standing.last_error.clone().unwrap_or_default(),
    };
    let episode = EpisodeId(id.clone());
    let facts = Facts::bare(episode, RULE.into(), Kind::Delivery, severity, matter, now);
    let mut notice = Notice {
        id: NoticeId(id.clone()),
        organization: entry.organization.clone(),
        decided_at: now,
        lane: LaneId(format!("delivery/{}/{channel}", entry.organization)),
        news: Vec::new(),
    };
    let root = Some(notice.reference());
    notice.news.push(News {
        id: NewsId(id),
        effect: Effect::Fired,
        facts: Facts { root, ..facts },
        period_end: false,
        only: None,
    });
    notice
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::{Attempt, EntryId, Outcome};

    fn to(channel: &str, recipient: &str) -> Destination {
        Destination { channel: channel.into(), recipient: recipient.to_owned() }
    }

    fn now() -> Timestamp {
        "2026-11-21T23:59:00Z".parse().unwrap()
    }

    fn reach(fallback: Option<&str>) -> Reach {
        let all = [to("finops", "f@example.com"), to("ops", "https://x:y@hooks.test/secret")];
        let destinations = all.into_iter().map(|to| (to.channel.clone(), vec![to])).collect();
        let step_in = |name: &str| Fallback { channel: name.into(), after: SignedDuration::ZERO };
        let fallbacks = fallback.map(|name| ("finops".into(), step_in(name)));
        Reach { destinations, fallbacks: fallbacks.into_iter().collect() }
    }

    fn envelope(destination: Destination) -> Envelope {
        let entry = Entry {
            id: EntryId(1),
            organization: "acme".into(),
            notice: NoticeId("month".to_owned()),
            destination,
            lane: LaneId("acme".to_owned()),
            queued_at: now(),
            patient_since: now(),
            state: EntryState::Queued,
            attempts: 0,
            next_attempt_at: now(),
            last_error: None,
            folded_into: None,
        };
        let notice = Notice {
            id: entry.notice.clone(),
            organization: "acme".into(),
            decided_at: now(),
            lane: entry.lane.clone(),
            news: Vec::new(),
        };
        Envelope { entry, notice, folded: 0 }
    }

    fn standing(envelope: &Envelope, state: EntryState) -> Standing {
        let error = Some("no such mailbox".to_owned());
        let untried = Standing::untried(&envelope.entry);
        Standing { state, last_error: error, ..untried }
    }

    #[test]
    fn only_what_will_never_arrive_goes_further() {
        let envelope = envelope(to("finops", "f@example.com"));
        for state in [EntryState::Queued, EntryState::Retrying, EntryState::Accepted] {
            let onward = reach(Some("ops")).onward(&envelope, &standing(&envelope, state), now());
            assert_eq!(onward, Onward::default());
        }
        for (state, severity) in
            [(EntryState::Refused, Severity::Warning), (EntryState::GivenUp, Severity::Critical)]
        {
            let onward = reach(Some("ops")).onward(&envelope, &standing(&envelope, state), now());
            assert_eq!(onward.fallback, [to("ops", "https://x:y@hooks.test/secret")]);
            let (notice, told) = onward.report.unwrap();
            assert_eq!((notice.severity(), told), (severity, onward.fallback));
        }
    }

    #[test]
    fn a_report_shows_no_address_and_no_secret() {
        for destination in
            [to("finops", "finance@example.com"), to("ops", "https://x:y@hooks.test/secret")]
        {
            let envelope = envelope(destination);
            let standing = standing(&envelope, EntryState::GivenUp);
            let report = reach(None).onward(&envelope, &standing, now()).report.unwrap().0;
            let shown = format!("{report:?}");
            let secret =
                ["finance@", "secret", "x:y"].into_iter().find(|word| shown.contains(word));
            assert_eq!(secret, None, "{shown}");
        }
    }

    #[test]
    fn a_report_has_one_name_a_day_for_each_recipient_and_outcome() {
        let id = |recipient: &str, state, later| {
            let envelope = envelope(to("finops", recipient));
            let at = now() + SignedDuration::from_secs(later);
            let standing = standing(&envelope, state);
            reach(None).onward(&envelope, &standing, at).report.unwrap().0.id
        };
        let (one, refused) = (id("a@b", EntryState::GivenUp, 0), EntryState::Refused);
        assert_eq!(id("a@b", EntryState::GivenUp, 59), one);
        assert_ne!(id("a@b", EntryState::GivenUp, 60), one);
        assert_ne!(id("b@b", EntryState::GivenUp, 0), one);
        assert_ne!(id("a@b", refused, 0), one, "what is worse is told beside it");
    }

    #[test]
    fn reports_about_different_organizations_are_never_told_as_one() {
        let lane = |organization: &str| {
            let mut envelope = envelope(to("finops", "f@example.com"));
            envelope.entry.organization = organization.into();
            let standing = standing(&envelope, EntryState::Refused);
            reach(None).onward(&envelope, &standing, now()).report.unwrap().0.lane
        };
        assert_eq!(lane("acme"), lane("acme"));
        assert_ne!(lane("acme"), lane("zoo"));
    }

    #[test]
    fn nothing_is_reported_about_a_report_and_nobody_is_told_of_himself() {
        let mut envelope = envelope(to("finops", "f@example.com"));
        let refused = standing(&envelope, EntryState::Refused);
        let told = reach(None).onward(&envelope, &refused, now()).report.unwrap();
        assert_eq!(told.1, [to("ops", "https://x:y@hooks.test/secret")]);
        envelope.notice = told.0;
        let onward = reach(Some("ops")).onward(&envelope, &refused, now());
        assert_eq!((onward.report, onward.fallback.len()), (None, 1));
        let alone = Reach { destinations: BTreeMap::new(), ..reach(None) };
        assert_eq!(alone.onward(&envelope, &refused, now()), Onward::default());
    }

    #[test]
    fn what_an_attempt_says_reaches_the_report() {
        let envelope = envelope(to("finops", "f@example.com"));
        let attempt = Attempt::unsuccessful(Outcome::Refused, "554 spam".to_owned());
        let standing =
            Standing { last_error: attempt.error, ..standing(&envelope, EntryState::Refused) };
        let report = reach(None).onward(&envelope, &standing, now()).report.unwrap().0;
        let Matter::Undelivered { channel, recipient, error } = &report.news[0].facts.matter else {
            panic!("{report:?}")
        };
        let said = (channel.as_str(), recipient.as_str(), error.as_str());
        assert_eq!(said, ("finops", "f…@example.com", "554 spam"));
    }
}
