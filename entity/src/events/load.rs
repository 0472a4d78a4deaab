//! Loads the rows of many events at once: one statement for each look-up, and one for each to-many relation below it.

use std::collections::HashMap;

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::plan::{EventPlan, Wanted};
use crate::database::DbError;
use crate::run::{Loaded, Scope, run_lookup_of};

/// Most rows of one statement. A page of each may hang on them.
const MOST_ROWS: usize = 100;

/// Rows of events, by look-up and key.
#[derive(Debug, Default)]
pub struct EventRows {
    parts: Vec<(usize, Loaded)>,
    places: HashMap<(usize, Uuid), (usize, usize)>,
}

impl EventRows {
    /// Loads what is wanted.
    ///
    /// # Errors
    /// What the database said.
    pub async fn load(scope: Scope<'_>, plan: &EventPlan, wanted: &Wanted) -> Result<Self, DbError> {
        let parts: Vec<(usize, &[Uuid])> =
            wanted.0.iter().flat_map(|(lookup, ids)| ids.chunks(MOST_ROWS).map(|ids| (*lookup, ids))).collect();
        let scope = Scope { last: scope.last && parts.len() == 1, ..scope };
        let loading = parts.into_iter().map(|(lookup, ids)| async move {
            let loaded = run_lookup_of(scope, &plan.lookups[lookup], ids).await?;
            Ok((lookup, loaded))
        });
        let mut rows = Self { parts: try_join_all(loading).await?, places: HashMap::new() };
        for (part, (lookup, loaded)) in rows.parts.iter().enumerate() {
            for row in 0..loaded.rows.len() {
                if let Some(id) = loaded.rows.uuid(row, 0) {
                    rows.places.insert((*lookup, id), (part, row));
                }
            }
        }
        Ok(rows)
    }

    /// Whether a row was found.
    #[must_use]
    pub fn has(&self, lookup: usize, id: Uuid) -> bool {
        self.places.contains_key(&(lookup, id))
    }

    /// A row that was found, with its number.
    pub(super) fn get(&self, lookup: usize, id: Uuid) -> Option<(&Loaded, usize)> {
        let (part, row) = self.places.get(&(lookup, id))?;
        Some((&self.parts.get(*part)?.1, *row))
    }
}
