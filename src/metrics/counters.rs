//! What has been counted since first contact, by workspace and model.

use std::collections::BTreeMap;

use usagewarden_core::amount::Amount;
use usagewarden_core::reading::TokenType;
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::{ModelId, ServiceTier, WorkspaceId};

use super::cap::{Named, OTHER, Room};
use super::family::Family;
use super::fragment::Sheet;

/// Everything counted of one workspace and model.
#[derive(Default)]
struct Traffic<'a> {
    tokens: BTreeMap<&'a ServiceTier, [i64; TokenType::ALL.len()]>,
    requests: Option<i64>,
    web_searches: Option<i64>,
    cost: Option<Amount>,
}

type Pairs<'a> = BTreeMap<(&'a WorkspaceId, &'a ModelId), Traffic<'a>>;

impl Traffic<'_> {
    fn lines(&self) -> usize {
        self.tokens.len() * TokenType::ALL.len()
            + usize::from(self.requests.is_some())
            + usize::from(self.web_searches.is_some())
            + usize::from(self.cost.is_some())
    }

    fn size(&self) -> i64 {
        self.tokens.values().flatten().fold(0, |sum, &count| sum.saturating_add(count))
    }
}

/// Writes the counters. Beyond the cap, workspace and model both become `other`.
pub(super) fn write(sheet: &mut Sheet, room: &mut Room, named: &mut Named, snapshot: &Snapshot) {
    unpriced(sheet, room, named, snapshot);
    let pairs = collect(snapshot);
    let lines = pairs.values().map(Traffic::lines).sum();
    let all_fit = room.has(lines);
    let mut ranked: Vec<_> = pairs.into_iter().collect();
    if !all_fit {
        ranked.sort_by_key(|((workspace, model), traffic)| {
            (!named.has(workspace, model), -traffic.size())
        });
    }
    let mut other = None;
    for ((workspace, model), traffic) in ranked {
        if room.take(traffic.lines()) {
            named.keep(workspace, model);
            write_one(sheet, workspace.as_str(), model.as_str(), &traffic);
        } else {
            add(other.get_or_insert_default(), traffic);
        }
    }
    if let Some(other) = other {
        write_one(sheet, OTHER, OTHER, &other);
    }
}

fn collect(snapshot: &Snapshot) -> Pairs<'_> {
    let counters = &snapshot.counters;
    let mut pairs = Pairs::new();
    for (series, counted) in &counters.tokens {
        let traffic = pairs.entry((&series.workspace, &series.model)).or_default();
        traffic.tokens.insert(&series.tier, counted.map(|count| count.shown));
    }
    for ((workspace, model), counted) in &counters.requests {
        pairs.entry((workspace, model)).or_default().requests = Some(counted.shown);
    }
    for ((workspace, model), counted) in &counters.web_searches {
        pairs.entry((workspace, model)).or_default().web_searches = Some(counted.shown);
    }
    for ((workspace, model), counted) in &counters.cost {
        pairs.entry((workspace, model)).or_default().cost = Some(counted.shown);
    }
    pairs
}

fn add<'a>(sum: &mut Traffic<'a>, traffic: Traffic<'a>) {
    for (tier, counts) in traffic.tokens {
        let total = sum.tokens.entry(tier).or_default();
        for (total, count) in total.iter_mut().zip(counts) {
            *total = total.saturating_add(count);
        }
    }
    for (sum, part) in
        [(&mut sum.requests, traffic.requests), (&mut sum.web_searches, traffic.web_searches)]
    {
        *sum = part.map_or(*sum, |part| Some(sum.unwrap_or(0).saturating_add(part)));
    }
    sum.cost = traffic.cost.map_or(sum.cost, |part| Some(sum.cost.unwrap_or_default() + part));
}

fn write_one(sheet: &mut Sheet, workspace: &str, model: &str, traffic: &Traffic<'_>) {
    for (tier, counts) in &traffic.tokens {
        for (kind, count) in TokenType::ALL.into_iter().zip(counts) {
            let labels = [
                ("workspace_id", workspace),
                ("model", model),
                ("token_type", kind.label()),
                ("service_tier", tier.as_str()),
            ];
            sheet.line(Family::Tokens, &labels, count);
        }
    }
    let labels = [("workspace_id", workspace), ("model", model)];
    if let Some(requests) = traffic.requests {
        sheet.line(Family::Requests, &labels, requests);
    }
    if let Some(searches) = traffic.web_searches {
        sheet.line(Family::WebSearches, &labels, searches);
    }
    if let Some(cost) = traffic.cost {
        sheet.line(Family::Cost, &labels, cost.dollars().normalize());
    }
}

fn unpriced(sheet: &mut Sheet, room: &mut Room, named: &mut Named, snapshot: &Snapshot) {
    let counted = &snapshot.counters.unpriced;
    let mut ranked: Vec<_> =
        counted.iter().map(|(model, counted)| (model, counted.shown)).collect();
    if !room.has(ranked.len()) {
        ranked.sort_by_key(|(model, tokens)| (!named.has_unpriced(model), -tokens));
    }
    let mut other: Option<i64> = None;
    for (model, tokens) in ranked {
        if room.take(1) {
            named.keep_unpriced(model);
            sheet.line(Family::UnpricedTokens, &[("model", model.as_str())], tokens);
        } else {
            other = Some(other.unwrap_or(0).saturating_add(tokens));
        }
    }
    if let Some(tokens) = other {
        sheet.line(Family::UnpricedTokens, &[("model", OTHER)], tokens);
    }
}
