//! `GET /v1/compliance/activities`: the activity feed, where granted.
//!
//! Asking leaves a trace in it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use super::inventory::Answer;
use crate::simulator::access::Caller;
use crate::simulator::activity::Entry;
use crate::simulator::deed::{Deed, Viewed};
use crate::simulator::paging::by_id_of;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::{Shared, Simulation};

impl Simulation {
    /// Notes that a report was read with this key.
    pub(super) fn viewed(&self, caller: Caller, viewed: Viewed) {
        let (actor, now) = (caller.actor(&self.scene()), self.now());
        self.log().note(now, actor, Deed::Viewed(viewed));
    }
}

pub(super) async fn list(
    State(simulation): State<Shared>,
    caller: Caller,
    mut query: Query,
) -> Answer {
    if !simulation.controls().granted.compliance {
        return Err(Refusal::forbidden(
            "Missing scope. Scopes present: none. Scopes needed: read:compliance_activities",
        ));
    }
    let ascending = query.word("order", &["asc", "desc"])?.is_some_and(|word| word == "asc");
    let asked = Asked::take(&mut query)?;
    let is_own = {
        let ids = query.many("organization_ids");
        ids.is_empty()
            || ids.iter().any(|id| *id == simulation.world.id || *id == simulation.world.uuid)
    };
    let mut entries = simulation.activities();
    entries.retain(|entry| is_own && asked.wants(entry));
    if ascending {
        entries.reverse();
    }
    let row = |entry: &Arc<Entry>| entry.admin(&simulation.world).unwrap_or_default();
    let page = by_id_of(&mut query, &entries, (100, 5_000), |entry| entry.id.clone(), row)?;
    query.finish()?;
    simulation.viewed(caller, Viewed::Activities);
    Ok(Json(page))
}

/// What was asked for.
struct Asked {
    after: Option<Timestamp>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    before: Option<Timestamp>,
    types: Vec<String>,
    without: Vec<String>,
    actors: Vec<String>,
}

impl Asked {
    fn take(query: &mut Query) -> Result<Self, Refusal> {
        let (after, from) = (query.timestamp("created_at.gt")?, query.timestamp("created_at.gte")?);
        let (before, until) =
            (query.timestamp("created_at.lt")?, query.timestamp("created_at.lte")?);
        let types = query.many("activity_types");
        let without = query.many("exclude_activity_types");
        let mut actors = query.many("actor_ids");
        actors.extend(query.many("user_ids"));
        Ok(Self { after, from, until, before, types, without, actors })
    }

    fn wants(&self, entry: &Entry) -> bool {
        let at = entry.at;
        let in_time = self.after.is_none_or(|after| at > after)
            && self.from.is_none_or(|from| at >= from)
            && self.until.is_none_or(|until| at <= until)
            && self.before.is_none_or(|before| at < before);
        let by = self.actors.is_empty() || self.actors.iter().any(|id| entry.actor.is_person(id));
        in_time && by && entry.deed.admin().is_some_and(|(kind, _)| self.wants_type(kind))
    }

    fn wants_type(&self, kind: &str) -> bool {
        let among = |list: &[String]| list.iter().any(|listed| listed == kind);
        (self.types.is_empty() || among(&self.types)) && !among(&self.without)
    }
}
