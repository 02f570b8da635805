//! The keys of an organization, and when each was last used, as far as anybody can tell.
//!
//! The company API says when a key was last used. The Admin API does not: there it follows
//! from the usage report, by the minute for the last hour or two, by the hour for as long as
//! a key must be idle, and by the day for a month. A bucket that shows use of a key counts as
//! used to its end: what is said is the latest that it may have been.
//!
//! A report may be late, and its silence looks like idleness. So usage is known up to the last
//! minute in which any key at all was used, and no further; what is not known is not idle.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use usagewarden_core::reading::UsageBucket;
use usagewarden_core::roster::{ApiKey, Workspace};
use usagewarden_core::subject::ApiKeyId;
use usagewarden_core::window::{Width, Window};

use crate::claude::{Api, Client, PollError};

/// Use is looked for this far back. Keys cannot be required to be idle for longer.
pub(super) const DAYS: i64 = 30;
/// The usage report is five minutes late, and sometimes later. Use within this time is use now.
pub(super) const DELAY_MOST: SignedDuration = SignedDuration::from_mins(15);

/// What was seen of all keys at one time.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    pub(super) at: Timestamp,
    pub(super) keys: Vec<ApiKey>,
    /// The latest that each may have been used.
    used: BTreeMap<ApiKeyId, Timestamp>,
    /// How far usage is known; `None`: nobody used anything.
    pub(super) known_until: Option<Timestamp>,
    /// Since when use was looked for; `None`: since ever.
    since: Option<Timestamp>,
    /// The workspaces, where they were asked for and may be seen.
    pub(super) workspaces: Vec<Workspace>,
}

/// When a key was last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastUse {
    At(Timestamp),
    /// Not since then.
    NotSince(Timestamp),
    Never,
}

/// Whether a key was left alone for long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idleness {
    Idle,
    Used(Timestamp),
    /// Nothing tells of the time after this.
    Unknown(Option<Timestamp>),
}

impl Sight {
    /// Looks at everything now. `idle` is the time that use has to be known by the hour for.
    pub(super) async fn take(
        client: &Client,
        idle: SignedDuration,
        now: Timestamp,
    ) -> Result<Self, PollError> {
        let keys = client.keys().await?;
        match client.api() {
            Api::Company => Ok(Self::told(keys, now)),
            Api::Admin => {
                let mut sight = Self {
                    at: now,
                    keys,
                    used: BTreeMap::new(),
                    known_until: None,
                    workspaces: Vec::new(),
                    since: Some(Width::Day.floor(ago(now, SignedDuration::from_hours(24 * DAYS)))),
                };
                for (width, window) in sight.questions(idle) {
                    sight.notice(&client.usage(width, window).await?);
                }
                Ok(sight)
            }
        }
    }

    /// Where the list itself says when keys were used.
    pub(super) fn told(keys: Vec<ApiKey>, now: Timestamp) -> Self {
        let used = keys.iter().filter_map(|key| Some((key.id.clone(), key.last_used_at?)));
        Self {
            at: now,
            used: used.collect(),
            keys,
            known_until: Some(now),
            since: None,
            workspaces: Vec::new(),
        }
    }

    /// Days, then hours, then minutes, each where the next begins at the latest.
    fn questions(&self, idle: SignedDuration) -> Vec<(Width, Window)> {
        let this_hour = Width::Hour.floor(self.at);
        let minutes = ago(this_hour, SignedDuration::from_hours(1));
        let hours = Width::Hour.floor(ago(self.at, idle.max(SignedDuration::from_hours(24))));
        let until = Width::Minute.bucket(self.at).until();
        let spans = [
            (Width::Day, self.since.and_then(|since| Window::new(since, Width::Day.ceil(hours)))),
            (Width::Hour, Window::new(hours, minutes)),
            (Width::Minute, Window::new(minutes, until)),
        ];
        spans.into_iter().filter_map(|(width, window)| Some((width, window?))).collect()
    }

    fn notice(&mut self, buckets: &[UsageBucket]) {
        for bucket in buckets {
            // A day that reaches into the hours says nothing of when in it.
            let until = bucket.window().until().min(self.at);
            for (of, _) in bucket.rows() {
                let last = self.used.entry(of.key.clone()).or_insert(until);
                *last = (*last).max(until);
            }
            if !bucket.rows().is_empty() {
                self.known_until = self.known_until.max(Some(until));
            }
        }
    }

    pub(super) fn key(&self, id: &ApiKeyId) -> Option<&ApiKey> {
        self.keys.iter().find(|key| key.id == *id)
    }

    pub(super) fn last_use(&self, id: &ApiKeyId) -> LastUse {
        let made = self.key(id).and_then(|key| key.created_at);
        match (self.used.get(id), self.since) {
            (Some(&at), _) => LastUse::At(at),
            (None, Some(since)) if made.is_none_or(|made| made < since) => LastUse::NotSince(since),
            (None, Some(_) | None) => LastUse::Never,
        }
    }

    /// Asks what people call workspaces; a key that may not see them is no failure.
    pub(super) async fn with_names(mut self, client: &Client) -> Result<Self, PollError> {
        match client.workspaces().await {
            Ok(all) => self.workspaces = all,
            Err(PollError::Forbidden { .. } | PollError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(self)
    }

    /// What people call the workspace of a key, else its id.
    pub(super) fn workspace(&self, key: &ApiKey) -> Option<String> {
        let id = key.workspace.as_ref()?;
        let known = self.workspaces.iter().find(|one| one.id == *id);
        Some(known.map_or_else(|| id.to_string(), |one| one.name.clone()))
    }

    /// Whether a key was idle for `long`, as far as that is known.
    pub(super) fn idleness(&self, id: &ApiKeyId, long: SignedDuration) -> Idleness {
        match self.used.get(id) {
            Some(&last) if last > ago(self.at, long) => Idleness::Used(last),
            Some(_) | None if !self.is_fresh() => Idleness::Unknown(self.known_until),
            Some(_) | None => Idleness::Idle,
        }
    }

    /// Whether what is known is as recent as the report can be.
    fn is_fresh(&self) -> bool {
        self.known_until.is_some_and(|until| until >= ago(self.at, DELAY_MOST))
    }
}

fn ago(now: Timestamp, long: SignedDuration) -> Timestamp {
    now.checked_sub(long).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use usagewarden_core::reading::{Counts, Dimensions, Tokens};

    use super::*;

    const NOW: &str = "2026-11-22T10:17:30Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn bucket(width: Width, from: &str, key: &str) -> UsageBucket {
        let of = Dimensions {
            workspace: "default".into(),
            model: "claude-sonnet-5-5".into(),
            key: key.into(),
            tier: "standard".into(),
            geo: "us".into(),
        };
        let counts = Counts { tokens: Tokens { output: 1, ..Tokens::default() }, web_searches: 0 };
        UsageBucket::new(width, at(from), [(of, counts)])
    }

    fn sight(buckets: &[UsageBucket]) -> Sight {
        let mut sight = Sight {
            at: at(NOW),
            keys: Vec::new(),
            used: BTreeMap::new(),
            known_until: None,
            since: Some(at("2026-10-23T00:00:00Z")),
            workspaces: Vec::new(),
        };
        sight.notice(buckets);
        sight
    }

    #[test]
    fn days_hours_and_minutes_leave_no_gap() {
        for hours in [1, 24, 100] {
            let asked = sight(&[]).questions(SignedDuration::from_hours(hours));
            let widths: Vec<Width> = asked.iter().map(|(width, _)| *width).collect();
            assert_eq!(widths, [Width::Day, Width::Hour, Width::Minute]);
            for pair in asked.windows(2) {
                assert!(pair[0].1.until() >= pair[1].1.from(), "{hours} h: {pair:?}");
            }
            let hourly = asked[1].1.from();
            assert!(hourly <= at(NOW) - SignedDuration::from_hours(hours), "{hourly}");
            assert_eq!(asked[2].1.until(), at("2026-11-22T10:18:00Z"));
        }
    }

    #[test]
    fn a_key_counts_as_used_to_the_end_of_its_bucket() {
        let seen = sight(&[
            bucket(Width::Day, "2026-11-02T00:00:00Z", "old"),
            bucket(Width::Hour, "2026-11-21T20:00:00Z", "old"),
            bucket(Width::Minute, "2026-11-22T10:17:00Z", "busy"),
        ]);
        assert_eq!(seen.last_use(&"old".into()), LastUse::At(at("2026-11-21T21:00:00Z")));
        assert_eq!(seen.last_use(&"busy".into()), LastUse::At(at(NOW)), "and never in the future");
        let since = LastUse::NotSince(at("2026-10-23T00:00:00Z"));
        assert_eq!(seen.last_use(&"other".into()), since);
    }

    #[test]
    fn what_is_not_known_is_not_idle() {
        let day = SignedDuration::from_hours(24);
        let (old, late) = ("2026-11-20T20:00:00Z", "2026-11-22T09:55:00Z");
        let cases = [
            // The report is as fresh as it can be.
            (old, "2026-11-22T10:12:00Z", Idleness::Idle),
            // It says nothing of the last twenty minutes.
            (old, late, Idleness::Unknown(Some(at("2026-11-22T09:56:00Z")))),
            // Use that is known is use, however late the report is.
            ("2026-11-22T09:30:00Z", late, Idleness::Used(at("2026-11-22T09:31:00Z"))),
            (
                "2026-11-21T10:17:00Z",
                "2026-11-22T10:12:00Z",
                Idleness::Used(at("2026-11-21T10:18:00Z")),
            ),
        ];
        for (used, others, expected) in cases {
            let seen =
                sight(&[bucket(Width::Minute, used, "old"), bucket(Width::Minute, others, "web")]);
            assert_eq!(seen.idleness(&"old".into(), day), expected, "{used}, {others}");
        }
        assert_eq!(sight(&[]).idleness(&"old".into(), day), Idleness::Unknown(None));
        let told = Sight::told(Vec::new(), at(NOW));
        assert_eq!(told.idleness(&"old".into(), day), Idleness::Idle);
        assert_eq!(told.last_use(&"old".into()), LastUse::Never);
    }
}
