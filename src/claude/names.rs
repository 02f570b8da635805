//! What things are called, whatever the wire calls them.
//!
//! The older reports write null for the default workspace and the newer ones its
//! real id. Here it is `default` everywhere; the real id is learned from the list of
//! workspaces, once, before anything that could show it is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use usagewarden_core::subject::{ApiKeyId, Geo, ServiceTier, WorkspaceId};

/// The real id of the default workspace, once known.
#[derive(Debug, Default)]
pub(super) struct DefaultWorkspace(Mutex<Option<Arc<str>>>);

impl DefaultWorkspace {
    pub(super) fn learn(&self, id: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.into());
    }

    pub(super) fn names(&self) -> Names {
        Names { default: self.0.lock().unwrap_or_else(PoisonError::into_inner).clone() }
    }
}

/// Brings the ids of one answer to their form.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    default: Option<Arc<str>>,
}

impl Names {
    /// Whether the default workspace can be told by its real id.
    pub(super) const fn knows_default(&self) -> bool {
        self.default.is_some()
    }

    pub(super) fn workspace_text<'a>(&self, id: Option<&'a str>) -> &'a str {
        id.filter(|&id| self.default.as_deref() != Some(id)).unwrap_or(WorkspaceId::DEFAULT)
    }

    pub(super) fn workspace(&self, id: Option<&str>) -> WorkspaceId {
        self.workspace_text(id).into()
    }
}

pub(super) fn key_text(id: Option<&str>) -> &str {
    id.unwrap_or(ApiKeyId::NONE)
}

pub(super) fn tier_text(tier: Option<&str>) -> &str {
    tier.unwrap_or(ServiceTier::STANDARD)
}

pub(super) fn geo_text(geo: Option<&str>) -> &str {
    geo.unwrap_or(Geo::NOT_AVAILABLE)
}

/// The distinct ids of one page: equal ones become one shared text.
#[derive(Debug, Default)]
pub(super) struct Pool {
    places: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Pool {
    pub(super) fn place(&mut self, text: &str) -> u32 {
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        let (shared, place) = (Arc::<str>::from(text), self.texts.len() as u32);
        self.texts.push(shared.clone());
        self.places.insert(shared, place);
        place
    }

    /// The text itself, for those that need one at a time.
    pub(super) fn shared(&mut self, text: &str) -> Arc<str> {
        let place = self.place(text);
        self.at(place).clone()
    }

    pub(super) fn at(&self, place: u32) -> &Arc<str> {
        &self.texts[place as usize]
    }

    /// For every place its rank among all texts, so that rows can be sorted by numbers.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.texts.len() as u32).collect();
        order.sort_unstable_by_key(|&place| self.at(place));
        let mut ranks = vec![0; order.len()];
        for (rank, place) in order.into_iter().enumerate() {
            ranks[place as usize] = rank as u32;
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_workspace_has_one_name() {
        let known = DefaultWorkspace::default();
        assert_eq!(known.names().workspace(None).as_str(), "default");
        assert_eq!(known.names().workspace(Some("wrkspc_real")).as_str(), "wrkspc_real");
        known.learn("wrkspc_real");
        assert_eq!(known.names().workspace(Some("wrkspc_real")).as_str(), "default");
        assert_eq!(known.names().workspace(Some("wrkspc_other")).as_str(), "wrkspc_other");
    }

    #[test]
    fn equal_ids_share_one_text_and_rank_as_texts_do() {
        let mut pool = Pool::default();
        let places = ["b", "a", "b", "c"].map(|text| pool.place(text));
        assert_eq!(places, [0, 1, 0, 2]);
        assert_eq!(pool.ranks(), [1, 0, 2]);
        assert!(Arc::ptr_eq(&pool.shared("c"), pool.at(2)));
    }
}
