//! Walks over a list, page by page.

use entity::model::EntityModel;
use serde_json::{Value, json};

use crate::app::TestClient;
use crate::oracle::crowd::model;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Backward,
}

/// How a list is walked over.
pub(super) struct Walk<'w> {
    pub(super) client: &'w TestClient,
    pub(super) entity: &'static EntityModel,
    /// A row and the list below it; none for a list of the root.
    pub(super) parent: Option<(String, &'static str)>,
    pub(super) order: &'w str,
    pub(super) filter: &'w str,
    pub(super) size: usize,
    pub(super) direction: Direction,
}

impl std::fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self { parent, order, filter, size, direction, .. }, name) = (self, self.entity.decl.plural);
        write!(f, "{name} of {parent:?} by {order} where {filter}, pages of {size}, {direction:?}")
    }
}

/// One page.
pub(super) struct Page {
    pub(super) ids: Vec<String>,
    /// The cursor to go on with; none on the last page.
    pub(super) next: Option<String>,
}

impl Walk<'_> {
    /// The page at a cursor, checked in itself.
    pub(super) async fn page(&self, cursor: Option<&str>) -> Result<Page, String> {
        let (size, at) = match self.direction {
            Direction::Forward => ("first", "after"),
            Direction::Backward => ("last", "before"),
        };
        let (order, filter) = (self.order, self.filter);
        let list = self.parent.as_ref().map_or(self.entity.decl.plural, |(_, list)| list);
        let page = format!(
            "{list}({size}: {}, {at}: $at, orderBy: {order}, filter: {filter}) {{
                 edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}",
            self.size
        );
        let (query, variables) = match &self.parent {
            None => (format!("query ($at: String) {{ {page} }}"), json!({ "at": cursor })),
            Some((id, _)) => {
                let name = model().by_prefix(id.rsplit_once('_').unwrap().0).unwrap().decl.name;
                let query =
                    format!("query ($at: String, $id: ID!) {{ node(id: $id) {{ ... on {name} {{ {page} }} }} }}");
                (query, json!({ "at": cursor, "id": id }))
            }
        };
        let reply = self.client.measured(&query, variables).await.json;
        if reply.get("errors").is_some() {
            return Err(format!("{self:?} at {cursor:?}\n{reply:#}"));
        }
        let data = if self.parent.is_some() { &reply["data"]["node"] } else { &reply["data"] };
        self.checked(&data[list], cursor).map_err(|why| format!("{self:?} at {cursor:?}: {why}\n{reply:#}"))
    }

    /// What a page says of itself.
    fn checked(&self, page: &Value, cursor: Option<&str>) -> Result<Page, String> {
        let edges = page["edges"].as_array().ok_or("there are no edges")?;
        let info = &page["pageInfo"];
        let cursor_of = |edge: Option<&Value>| edge.map_or(Value::Null, |edge| edge["cursor"].clone());
        if cursor_of(edges.first()) != info["startCursor"] || cursor_of(edges.last()) != info["endCursor"] {
            return Err("the ends are not the cursors of the first and the last row".to_owned());
        }
        if edges.len() > self.size {
            return Err("the page is too long".to_owned());
        }
        let (on, back, end) = match self.direction {
            Direction::Forward => ("hasNextPage", "hasPreviousPage", "endCursor"),
            Direction::Backward => ("hasPreviousPage", "hasNextPage", "startCursor"),
        };
        if info[back] != cursor.is_some() {
            return Err(format!("{back} is wrong"));
        }
        let more = info[on] == true;
        if more && edges.len() < self.size {
            return Err("the page is short, and there is more".to_owned());
        }
        let ids = edges.iter().map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()).collect();
        let next = if more { info[end].as_str().map(ToOwned::to_owned) } else { None };
        Ok(Page { ids, next })
    }

    /// All rows in the order of the list.
    pub(super) async fn to_the_end(&self) -> Result<Vec<String>, String> {
        let (mut pages, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.page(cursor.as_deref()).await?;
            pages.push(page.ids);
            if pages.len() > 500 {
                return Err(format!("{self:?} does not end"));
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        if self.direction == Direction::Backward {
            pages.reverse();
        }
        Ok(pages.concat())
    }
}
