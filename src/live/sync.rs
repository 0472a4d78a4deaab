//! The query `changes`: the log in pages, for clients that keep a copy and come back after hours.
//!
//! What it gives is what the subscription `changes` sends, made from the same drafts. The rows are read in the operation's
//! own snapshot, so they fit whatever else the operation reads.

use async_graphql::{Name, PathSegment, ServerResult, Value};
use entity::events::{
    Event, EventField, EventPlan, EventRoot, EventRows, EventType, FieldOf, Wanted, plan_events, walk_events,
};
use entity::kind::write_text;
use entity::model::EntityModel;
use entity::plan::collect::selection_sets;
use entity::plan::{PlanError, Planner};
use entity::roots::{MadeAnswer, MadeField};

use super::drafts::Draft;
use super::types::CHANGE;
use super::{Live, RESYNC_REQUIRED};
use crate::access::Viewer;
use crate::changes::{ChangeFilter, Cursor, LogError, Page};

/// Changes of one page, when nothing is said and at most.
const PAGE: (u32, u32) = (100, 500);

/// A page of the log.
pub static CHANGE_PAGE: EventType = EventType {
    name: "ChangePage",
    doc: "Changes in the order in which they were committed.",
    fields: &[
        EventField {
            name: "nodes",
            doc: "The changes. What you could not see before and cannot see now is left out, so there may be fewer than \
                  were asked for.",
            ty: FieldOf::Objects(&CHANGE),
        },
        EventField { name: "endCursor", doc: "Where to go on.", ty: FieldOf::Leaf("String!") },
        EventField { name: "hasMore", doc: "Whether there may be more by now.", ty: FieldOf::Leaf("Boolean!") },
    ],
};

/// A field of the page.
enum Part {
    Typename,
    Nodes(EventPlan),
    EndCursor,
    HasMore,
}

impl Live {
    /// Answers the query `changes`.
    ///
    /// # Errors
    /// Rights that are missing, arguments that do not fit, a cursor behind which the log is not kept any more, and what
    /// the database said.
    pub async fn sync(&self, field: &MadeField<'_>, viewer: &Viewer) -> ServerResult<MadeAnswer> {
        let planner = field.planner();
        let (named, seen) = seen(field, &planner);
        let parts = plan(field, &planner, &named, &seen)?;
        let first = first(field.argument("first").as_ref()).map_err(|why| field.refusal(why))?;
        let from = match field.argument("after") {
            Some(Value::String(text)) => text.parse::<Cursor>().map_err(LogError::from),
            _ => Err(LogError::Invalid),
        };
        let scope = field.scope(true);
        // Entities of which nothing may be seen are left out by the database.
        let entities = (seen.len() < planner.model.entities().len())
            .then(|| seen.iter().map(|entity| entity.decl.prefix.to_owned()).collect());
        let filter = ChangeFilter { entities, parent: None };
        let is_last = scope.last && !parts.iter().any(|(_, part)| matches!(part, Part::Nodes(_)));
        let page = match from {
            Ok(from) => self.hub.log.after(scope.statements, (scope.tenant, is_last), &from, &filter, first).await,
            Err(error) => Err(error),
        };
        let page = page.map_err(|error| match error {
            LogError::Invalid => field.error("INVALID_CURSOR", "This is not a cursor of the change log."),
            LogError::ResyncRequired => field.error("RESYNC_REQUIRED", RESYNC_REQUIRED),
            LogError::Database(error) => field.fault(&error),
        })?;
        let drafts = self.drafts(&page, viewer).await.map_err(|error| field.fault(&error))?;
        let mut answer = MadeAnswer::default();
        answer.json.push('{');
        for (index, (key, part)) in parts.iter().enumerate() {
            answer.json.push_str(if index > 0 { ",\"" } else { "\"" });
            answer.json.push_str(key.as_str());
            answer.json.push_str("\":");
            match part {
                Part::Typename => answer.json.push_str("\"ChangePage\""),
                Part::EndCursor => write_text(&page.end.to_string(), &mut answer.json),
                Part::HasMore => answer.json.push_str(if page.has_more { "true" } else { "false" }),
                Part::Nodes(events) => {
                    let wanted = wanted(events, &drafts);
                    let rows = EventRows::load(scope, events, &wanted).await.map_err(|error| field.fault(&error))?;
                    nodes(events, &drafts, &rows, key, &mut answer);
                }
            }
        }
        answer.json.push('}');
        Ok(answer)
    }

    /// What may be told to a viewer.
    async fn drafts(&self, page: &Page, viewer: &Viewer) -> Result<Vec<Draft>, entity::database::DbError> {
        let drafter = self.hub.drafter(self.hub.policies().await?);
        let drafts = page.changes.iter().filter_map(|change| drafter.of_log(change));
        Ok(drafts.filter(|draft| draft.owner.is_none_or(|owner| owner.lets(viewer.scope, viewer.user))).collect())
    }
}

/// The types that were named, and those whose changes are given.
fn seen(field: &MadeField<'_>, planner: &Planner<'_>) -> (Vec<&'static EntityModel>, Vec<&'static EntityModel>) {
    let of = |value: &Value| match value {
        Value::Enum(name) => planner.model.by_prefix(&name.to_ascii_lowercase()),
        Value::String(name) => planner.model.by_prefix(&name.to_ascii_lowercase()),
        _ => None,
    };
    match field.argument("types") {
        None | Some(Value::Null) => {
            let all = planner.model.entities().iter();
            (Vec::new(), all.filter(|entity| planner.rights.allows(entity.decl.needs.read)).collect())
        }
        Some(Value::List(names)) => {
            let named: Vec<_> = names.iter().filter_map(of).collect();
            (named.clone(), named)
        }
        Some(name) => {
            let named: Vec<_> = of(&name).into_iter().collect();
            (named.clone(), named)
        }
    }
}

/// Plans what is selected. Types that were named must be visible, all together need not.
fn plan<'f>(
    field: &MadeField<'f>,
    planner: &Planner<'f>,
    named: &[&'static EntityModel],
    seen: &[&'static EntityModel],
) -> ServerResult<Vec<(&'f Name, Part)>> {
    let collected =
        planner.document.collect(CHANGE_PAGE.name, None, &field.selection()).map_err(|why| field.refusal(why))?;
    let root = EventRoot::Object(&CHANGE);
    let planned = named.iter().try_for_each(|entity| planner.allow(entity.decl.needs.read)).and_then(|()| {
        let part = |(key, fields): &(&'f Name, Vec<_>)| {
            let name: &str = first_name(fields);
            let part = match name {
                "nodes" => Part::Nodes(plan_events(planner, &root, seen, &selection_sets(fields))?),
                "endCursor" => Part::EndCursor,
                "hasMore" => Part::HasMore,
                _ => Part::Typename,
            };
            Ok((*key, part))
        };
        collected.iter().map(part).collect()
    });
    planned.map_err(|why| {
        field.refused(planner, why, |walk| {
            named.iter().try_for_each(|entity| walk.need(entity.decl.needs.read))?;
            collected.iter().filter(|(_, fields)| first_name(fields) == "nodes").try_for_each(|(key, fields)| {
                walk.below(key, |walk| walk_events(walk, planner, &root, seen, &selection_sets(fields)))
            })
        })
    })
}

fn first_name<'f>(fields: &[&'f async_graphql::Positioned<async_graphql::parser::types::Field>]) -> &'f str {
    fields.first().map(|field| field.node.name.node.as_str()).unwrap_or_default()
}

/// The argument `first`.
fn first(value: Option<&Value>) -> Result<u32, PlanError> {
    let Some(Value::Number(number)) = value else { return Ok(PAGE.0) };
    let number = number.as_i64().unwrap_or_default();
    match u32::try_from(number) {
        Ok(number) if (1..=PAGE.1).contains(&number) => Ok(number),
        _ => Err(PlanError::limit("PAGE_LIMIT", format!("`first` goes from 1 to {}.", PAGE.1))),
    }
}

/// The rows that a page takes.
fn wanted(events: &EventPlan, drafts: &[Draft]) -> Wanted {
    let mut wanted = Wanted::default();
    for draft in drafts {
        match draft.subject {
            None => events.want(&draft.event, &mut wanted),
            Some(subject) => {
                if let Some(lookup) = subject.lookup(events, &draft.event) {
                    events.want(&draft.event, &mut wanted);
                    wanted.add(lookup, subject.id);
                }
            }
        }
    }
    wanted
}

/// What a draft is to its viewer: itself, what is said of what cannot be seen, or nothing.
fn shown<'d>(events: &EventPlan, draft: &'d Draft, rows: &EventRows) -> Option<&'d Event> {
    match draft.subject {
        None => Some(&draft.event),
        Some(subject) => {
            // A type of which nothing may be seen was not read.
            let lookup = subject.lookup(events, &draft.event)?;
            if rows.has(lookup, subject.id) { Some(&draft.event) } else { draft.hidden.as_ref() }
        }
    }
}

fn nodes(events: &EventPlan, drafts: &[Draft], rows: &EventRows, key: &Name, answer: &mut MadeAnswer) {
    answer.json.push('[');
    let shown = drafts.iter().filter_map(|draft| shown(events, draft, rows));
    for (index, event) in shown.enumerate() {
        answer.json.push_str(if index > 0 { "," } else { "" });
        let path = vec![PathSegment::Field(key.to_string()), PathSegment::Index(index)];
        events.value(event, rows, path, answer);
    }
    answer.json.push(']');
}
