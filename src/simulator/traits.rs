//! By what figures can be kept apart: the values that group and filter.

use std::collections::BTreeMap;

use super::bill::{Charge, Charged};
use super::query::Query;
use super::refusal::Refusal;
use super::streams::Stream;
use super::world::World;

/// Values of the dimensions that were asked for, in the order of asking.
pub(crate) type Group<'a> = Vec<Option<&'a str>>;

/// What is known of one stream, or of one charge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits<'a> {
    world: &'a World,
    workspace: usize,
    stream: Option<&'a Stream>,
    charged: Option<Charged>,
}

impl<'a> Traits<'a> {
    pub(crate) const fn of(world: &'a World, stream: &'a Stream) -> Self {
        Self { world, workspace: stream.workspace, stream: Some(stream), charged: None }
    }

    pub(crate) const fn of_charge(world: &'a World, charge: &Charge<'a>) -> Self {
        Self {
            world,
            workspace: charge.workspace,
            stream: charge.stream,
            charged: Some(charge.charged),
        }
    }

    /// The value of a dimension; `None` where there is none, and where the API answers null.
    pub(crate) fn value(&self, dimension: &str) -> Option<&'a str> {
        let key = self.stream.and_then(|stream| stream.key).map(|key| &*self.world.keys[key].id);
        let tokens = self.tokens();
        match dimension {
            "workspace_id" => Some(&self.world.workspaces[self.workspace].id),
            "organization_id" => Some(&self.world.id),
            "cost_type" => self.charged.map(Charged::cost_type),
            "token_type" => self.charged.and_then(Charged::token_type),
            "api_key_id" => key,
            "actor" => self.stream.map(|_| key.unwrap_or(&self.world.members[0].id)),
            "actor_type" => {
                self.stream.map(|_| if key.is_some() { "api_actor" } else { "user_actor" })
            }
            "product" => self.stream.map(product),
            "model" => tokens.map(|stream| stream.model),
            "service_tier" => tokens.map(|stream| stream.tier),
            "inference_geo" => tokens.map(|stream| stream.geo),
            "context_window" => tokens.map(|stream| stream.context),
            "speed" => tokens.map(|_| "standard"),
            _ => None,
        }
    }

    /// The stream, unless it is charged for something else than tokens: such a charge has no
    /// model, tier or geography.
    fn tokens(&self) -> Option<&'a Stream> {
        self.stream.filter(|_| self.charged.is_none_or(|charged| charged.token_type().is_some()))
    }

    pub(crate) fn group(&self, dimensions: &[String]) -> Group<'a> {
        dimensions.iter().map(|dimension| self.value(dimension)).collect()
    }
}

const fn product(stream: &Stream) -> &'static str {
    match (stream.key, stream.tier.as_bytes()) {
        (None, _) => "claude_console",
        (Some(_), b"batch") => "message_batches_api",
        (Some(_), _) => "messages_api",
    }
}

/// What rows must be like to be counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters(Vec<(&'static str, Vec<String>)>);

impl Filters {
    /// Takes filters of the form `parameter[]`, each with its dimension and, if it is an enum, its words.
    pub(crate) fn take(
        query: &mut Query,
        known: &[(&'static str, &'static str, &[&str])],
    ) -> Result<Self, Refusal> {
        let mut filters = Vec::new();
        for &(parameter, dimension, words) in known {
            let values = match words {
                [] => query.many(parameter),
                words => query.words(parameter, words)?,
            };
            if !values.is_empty() {
                filters.push((dimension, values));
            }
        }
        Ok(Self(filters))
    }

    /// Whether rows are chosen by this dimension.
    pub(crate) fn by(&self, dimension: &str) -> bool {
        self.0.iter().any(|(by, _)| *by == dimension)
    }

    /// An empty value stands for what has none.
    pub(crate) fn pass(&self, traits: &Traits<'_>) -> bool {
        self.0.iter().all(|(dimension, values)| {
            let value = traits.value(dimension).unwrap_or("");
            values.iter().any(|wanted| wanted == value)
        })
    }
}

/// The streams that pass, each with the place of its group in a sorted list.
#[derive(Debug)]
pub(crate) struct Groups<'a> {
    pub(crate) list: Vec<Group<'a>>,
    pub(crate) members: Vec<(&'a Stream, usize)>,
}

impl<'a> Groups<'a> {
    pub(crate) fn of(
        world: &'a World,
        streams: &'a [Stream],
        dimensions: &[String],
        filters: &Filters,
    ) -> Self {
        let mut groups: BTreeMap<Group<'a>, Vec<&'a Stream>> = BTreeMap::new();
        for stream in streams {
            let traits = Traits::of(world, stream);
            if filters.pass(&traits) {
                groups.entry(traits.group(dimensions)).or_default().push(stream);
            }
        }
        let (list, streams): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
        let members = streams
            .into_iter()
            .enumerate()
            .flat_map(|(place, streams)| streams.into_iter().map(move |stream| (stream, place)))
            .collect();
        Self { list, members }
    }
}
