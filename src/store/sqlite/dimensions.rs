//! Numbers for what usage is kept apart by, so that a packed row need not spell it.
//!
//! A combination keeps its number for as long as the organization is stored; rows
//! that speak of it may be read again years later.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use usagewarden_core::reading::Dimensions;

use super::query;
use crate::store::StoreError;

/// The numbers of one organization, as far as one transaction needed them.
pub(super) struct Interner<'a> {
    connection: &'a Connection,
    organization: i64,
    numbers: HashMap<Dimensions, u64>,
    names: HashMap<u64, Dimensions>,
}

impl<'a> Interner<'a> {
    pub(super) fn new(connection: &'a Connection, organization: i64) -> Self {
        Self { connection, organization, numbers: HashMap::new(), names: HashMap::new() }
    }

    /// The number of `dimensions`; a new one if they are new.
    pub(super) fn number(&mut self, dimensions: &Dimensions) -> Result<u64, StoreError> {
        if let Some(&number) = self.numbers.get(dimensions) {
            return Ok(number);
        }
        let number = match self.stored_number(dimensions).map_err(query("look up a series"))? {
            Some(number) => number,
            None => self.add(dimensions).map_err(query("number a new series"))?,
        };
        self.numbers.insert(dimensions.clone(), number);
        Ok(number)
    }

    /// What `number` stands for.
    pub(super) fn dimensions(&mut self, number: u64) -> Result<Dimensions, StoreError> {
        if let Some(dimensions) = self.names.get(&number) {
            return Ok(dimensions.clone());
        }
        let dimensions = self
            .stored_name(number)
            .map_err(query("look up the number of a series"))?
            .ok_or(StoreError::Unreadable {
                what: "number of a series",
                source: postcard::Error::DeserializeBadEncoding,
            })?;
        self.names.insert(number, dimensions.clone());
        Ok(dimensions)
    }

    fn stored_number(&self, dimensions: &Dimensions) -> rusqlite::Result<Option<u64>> {
        let sql = "SELECT id FROM dimension WHERE organization = ?1 AND workspace = ?2
            AND model = ?3 AND key = ?4 AND tier = ?5 AND geo = ?6";
        let Dimensions { workspace, model, key, tier, geo } = dimensions;
        self.connection
            .prepare_cached(sql)?
            .query_row(
                params![
                    self.organization,
                    workspace.as_str(),
                    model.as_str(),
                    key.as_str(),
                    tier.as_str(),
                    geo.as_str()
                ],
                |row| row.get(0).map(i64::cast_unsigned),
            )
            .optional()
    }

    fn add(&self, dimensions: &Dimensions) -> rusqlite::Result<u64> {
        let sql = "INSERT INTO dimension (organization, id, workspace, model, key, tier, geo)
            SELECT ?1, coalesce(max(id), 0) + 1, ?2, ?3, ?4, ?5, ?6
            FROM dimension WHERE organization = ?1 RETURNING id";
        let Dimensions { workspace, model, key, tier, geo } = dimensions;
        self.connection.prepare_cached(sql)?.query_row(
            params![
                self.organization,
                workspace.as_str(),
                model.as_str(),
                key.as_str(),
                tier.as_str(),
                geo.as_str()
            ],
            |row| row.get(0).map(i64::cast_unsigned),
        )
    }

    fn stored_name(&self, number: u64) -> rusqlite::Result<Option<Dimensions>> {
        let sql = "SELECT workspace, model, key, tier, geo FROM dimension
            WHERE organization = ?1 AND id = ?2";
        self.connection
            .prepare_cached(sql)?
            .query_row(params![self.organization, number.cast_signed()], |row| {
                Ok(Dimensions {
                    workspace: row.get_ref(0)?.as_str()?.into(),
                    model: row.get_ref(1)?.as_str()?.into(),
                    key: row.get_ref(2)?.as_str()?.into(),
                    tier: row.get_ref(3)?.as_str()?.into(),
                    geo: row.get_ref(4)?.as_str()?.into(),
                })
            })
            .optional()
    }
}
