//! What subscriptions select, shared by all that select the same.
//!
//! A [`Selection`] is a document with the values of those variables that stand in it; which conversation it is about is
//! no part of it. A [`Plan`] is a selection for viewers with the same rights, a [`Group`] a plan for viewers of one tenant
//! who see the same of it. All are held by the subscriptions alone and end with the last one.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_graphql::parser::types::{
    Directive, Field, FragmentDefinition, OperationDefinition, Selection as Selected, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Variables};
use async_graphql_value::Value as AstValue;
use entity::access::Rights;
use entity::events::{EventPlan, plan_events, walk_events};
use entity::model::{EntityModel, Model};
use entity::plan::collect::{Document, selection_sets};
use entity::plan::permit::{MissingRight, RightsWalk};
use entity::plan::{Paging, PlanError, Planner};
use entity::run::lookup_texts;
use uuid::Uuid;

use super::lane::Lane;
use super::policies::{Dependence, Policies};
use super::roots::{Feed, RootField};
use crate::access::Viewer;
use crate::db::{Actor, Scope};

/// A subscription operation, parsed and valid.
#[derive(Clone, Copy)]
pub struct Operation<'o> {
    /// The document's text.
    pub text: &'o str,
    /// Which operation of the document.
    pub name: Option<&'o str>,
    /// The operation.
    pub operation: &'o Positioned<OperationDefinition>,
    /// The document's fragments.
    pub fragments: &'o HashMap<Name, Positioned<FragmentDefinition>>,
    /// The values of its variables.
    pub variables: &'o Variables,
}

/// What is selected below a root field.
pub(super) struct Selection {
    id: u64,
    pub(super) root: &'static RootField,
    /// The name of the root field in the client's answer.
    pub(super) key: Name,
    operation: Positioned<OperationDefinition>,
    fragments: HashMap<Name, Positioned<FragmentDefinition>>,
    variables: Variables,
}

/// A selection for everybody who has the same rights.
pub(super) struct Plan {
    id: u64,
    pub(super) selection: Arc<Selection>,
    pub(super) events: EventPlan,
    /// The entities whose changes are seen, by their position.
    pub(super) seen: Vec<usize>,
    /// On what each look-up depends.
    dependence: Vec<Dependence>,
}

/// A plan for viewers of one tenant and scope.
pub(super) struct Group {
    pub(super) id: u64,
    pub(super) plan: Arc<Plan>,
    pub(super) tenant: Uuid,
    pub(super) scope: Scope,
    /// Staff of the platform, each of whom is looked up alone.
    is_staff: bool,
    /// What is being loaded for it.
    pub(super) lane: Lane,
}

impl Selection {
    fn document(&self) -> Document<'_> {
        Document { fragments: &self.fragments, variables: &self.variables, operation: &self.operation }
    }

    fn fields(&self) -> Vec<&Positioned<Field>> {
        let sets = [&self.operation.node.selection_set.node];
        let collected = self.document().collect("Subscription", None, &sets).unwrap_or_default();
        collected.into_iter().next().map(|(_, fields)| fields).unwrap_or_default()
    }
}

impl Group {
    /// Whether a look-up gives each user something else.
    pub(super) fn is_personal(&self, lookup: usize) -> bool {
        self.is_staff || self.plan.dependence.get(lookup).is_none_or(|dependence| dependence.is_personal(self.scope))
    }

    /// In whose name rows are read that are the same for all: the tenant's. Should one of them be personal after all, it
    /// does not exist for nobody.
    pub(super) fn actor(&self) -> Actor {
        Actor::tenant(self.tenant, self.scope)
    }
}

/// Everything of these kinds that is in use, and how to make more.
pub(super) struct Shelf {
    model: &'static Model,
    next: AtomicU64,
    selections: Mutex<HashMap<SelectionKey, Weak<Selection>>>,
    plans: Mutex<HashMap<(u64, Rights), Weak<Plan>>>,
    groups: Mutex<HashMap<GroupKey, Weak<Group>>>,
}

#[derive(PartialEq, Eq, Hash, Clone)]
struct SelectionKey {
    text: Box<str>,
    name: Option<Box<str>>,
    variables: String,
}

#[derive(PartialEq, Eq, Hash, Clone, Copy)]
struct GroupKey {
    plan: u64,
    tenant: Uuid,
    records: bool,
    users: bool,
    is_staff: bool,
}

impl Shelf {
    pub(super) fn new(model: &'static Model) -> Self {
        Self {
            model,
            next: AtomicU64::new(1),
            selections: Mutex::default(),
            plans: Mutex::default(),
            groups: Mutex::default(),
        }
    }

    /// The selection of an operation whose only root field is `fields`.
    pub(super) fn selection(&self, root: &'static RootField, key: &Name, operation: Operation<'_>) -> Arc<Selection> {
        let variables = used_below(root, operation);
        let shelf_key = SelectionKey {
            text: operation.text.into(),
            name: operation.name.map(Into::into),
            // Of a sorted map, so the same values are the same text.
            variables: serde_json::to_string(&variables).unwrap_or_default(),
        };
        shelved(&self.selections, shelf_key, || Selection {
            id: self.next(),
            root,
            key: key.clone(),
            operation: operation.operation.clone(),
            fragments: operation.fragments.clone(),
            variables: Variables::from_value(async_graphql::Value::Object(variables.into_iter().collect())),
        })
    }

    /// The plan of a selection for these rights.
    ///
    /// # Errors
    /// A right that is missing, or what else is wrong with the selection.
    pub(super) fn plan(
        &self,
        selection: &Arc<Selection>,
        rights: Rights,
        policies: &Policies,
    ) -> Result<Arc<Plan>, ServerError> {
        let key = (selection.id, rights);
        if let Some(plan) = lock(&self.plans).get(&key).and_then(Weak::upgrade) {
            return Ok(plan);
        }
        let fields = selection.fields();
        let Some(first) = fields.first() else {
            return Err(PlanError::input("A subscription selects one field.").at(selection.operation.pos));
        };
        let planner = Planner { model: self.model, document: selection.document(), paging: Paging::default(), rights };
        let root = selection.root;
        let (about, seen) = self.seen(root, first, &planner);
        let sets = selection_sets(&fields);
        let planned = about.iter().try_for_each(|entity| planner.allow(entity.decl.needs.read));
        let events = planned.and_then(|()| plan_events(&planner, &root.root, &seen, &sets)).map_err(|why| {
            let mut walk = RightsWalk::new(&planner);
            let missing = about
                .iter()
                .try_for_each(|entity| walk.need(entity.decl.needs.read))
                .and_then(|()| walk_events(&mut walk, &planner, &root.root, &seen, &sets));
            let mut error = match missing {
                Ok(()) => why.at(first.pos),
                Err(MissingRight { right, path }) => ServerError { path, ..PlanError::forbidden(right).at(first.pos) },
            };
            error.path.insert(0, async_graphql::PathSegment::Field(selection.key.to_string()));
            error
        })?;
        let dependence = events.lookups().iter().map(|lookup| {
            let texts = lookup_texts(lookup);
            texts.iter().map(|text| policies.of_statement(text)).fold(Dependence::default(), |all, one| all | one)
        });
        let dependence = dependence.collect();
        let seen = seen.into_iter().map(|entity| entity.index).collect();
        let selection = Arc::clone(selection);
        Ok(shelved(&self.plans, key, || Plan { id: self.next(), selection, events, seen, dependence }))
    }

    /// The group of a viewer.
    pub(super) fn group(&self, plan: &Arc<Plan>, viewer: &Viewer) -> Arc<Group> {
        let (scope, is_staff) = (viewer.scope, viewer.is_acting_staff());
        let key =
            GroupKey { plan: plan.id, tenant: viewer.tenant, records: scope.records, users: scope.users, is_staff };
        let plan = Arc::clone(plan);
        shelved(&self.groups, key, || Group {
            id: self.next(),
            plan,
            tenant: viewer.tenant,
            scope,
            is_staff,
            lane: Lane::default(),
        })
    }

    /// The entities that must be visible, and those whose changes are sent as far as they are.
    fn seen(
        &self,
        root: &RootField,
        field: &Positioned<Field>,
        planner: &Planner<'_>,
    ) -> (Vec<&'static EntityModel>, Vec<&'static EntityModel>) {
        let model = self.model;
        let named = |name: &str| model.by_name(name);
        let may = |entity: &&'static EntityModel| planner.rights.allows(entity.decl.needs.read);
        let about: Vec<_> = root.about.and_then(named).into_iter().collect();
        let seen: &[&str] = match root.feed {
            Feed::Conversation => &["Conversation", "Message", "InternalNote"],
            Feed::Messages => &["Conversation", "Message"],
            Feed::Inbox => &["Conversation"],
            Feed::Signals(_) | Feed::Stored(_) => root.about.as_slice(),
            Feed::Changes => {
                return match types(field, planner) {
                    // Types that were named must be visible, all together need not.
                    Some(prefixes) => {
                        let wanted: Vec<_> = prefixes.iter().filter_map(|prefix| model.by_prefix(prefix)).collect();
                        (wanted.clone(), wanted)
                    }
                    None => (Vec::new(), model.entities().iter().filter(may).collect()),
                };
            }
        };
        (about, seen.iter().copied().filter_map(named).filter(may).collect())
    }

    /// Forgets what is not in use any more.
    pub(super) fn sweep(&self) {
        lock(&self.groups).retain(|_, kept| kept.strong_count() > 0);
        lock(&self.plans).retain(|_, kept| kept.strong_count() > 0);
        lock(&self.selections).retain(|_, kept| kept.strong_count() > 0);
    }

    fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// The argument `types`, as prefixes of IDs: the values of `EntityType` are these in capitals.
fn types(field: &Positioned<Field>, planner: &Planner<'_>) -> Option<Vec<String>> {
    use async_graphql::Value;
    let name = |value: &Value| match value {
        Value::Enum(name) => Some(name.to_ascii_lowercase()),
        Value::String(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    match planner.document.argument(&field.node, "types")? {
        Value::Null => None,
        Value::List(items) => Some(items.iter().filter_map(name).collect()),
        one => name(&one).map(|one| vec![one]),
    }
}

fn shelved<K: Hash + Eq, T>(shelf: &Mutex<HashMap<K, Weak<T>>>, key: K, make: impl FnOnce() -> T) -> Arc<T> {
    let mut shelf = lock(shelf);
    if let Some(kept) = shelf.get(&key).and_then(Weak::upgrade) {
        return kept;
    }
    let made = Arc::new(make());
    shelf.insert(key, Arc::downgrade(&made));
    made
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The variables that decide what is selected, with their values: all but those that stand only in arguments of the
/// root field that say what it is about.
fn used_below(root: &RootField, operation: Operation<'_>) -> BTreeMap<Name, async_graphql::Value> {
    let mut used = Vec::new();
    set_variables(&operation.operation.node.selection_set.node, Some(root), &mut used);
    for fragment in operation.fragments.values() {
        set_variables(&fragment.node.selection_set.node, Some(root), &mut used);
    }
    let mut values = BTreeMap::new();
    for name in used {
        let given = operation.variables.get(name).cloned();
        let value = given.or_else(|| {
            let definitions = &operation.operation.node.variable_definitions;
            let definition = definitions.iter().find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| value.node.clone())
        });
        if let Some(value) = value {
            values.insert(name.clone(), value);
        }
    }
    values
}

fn set_variables<'s>(set: &'s SelectionSet, root: Option<&RootField>, used: &mut Vec<&'s Name>) {
    for item in &set.items {
        match &item.node {
            Selected::Field(field) => {
                let field = &field.node;
                directive_variables(&field.directives, used);
                let is_root = root.is_some_and(|root| field.name.node == root.name);
                for (name, value) in &field.arguments {
                    // Which types are wanted decides about rights, so it is a part of the selection.
                    if !is_root || name.node == "types" {
                        value_variables(&value.node, used);
                    }
                }
                set_variables(&field.selection_set.node, if is_root { None } else { root }, used);
            }
            Selected::InlineFragment(fragment) => {
                directive_variables(&fragment.node.directives, used);
                set_variables(&fragment.node.selection_set.node, root, used);
            }
            Selected::FragmentSpread(spread) => directive_variables(&spread.node.directives, used),
        }
    }
}

fn directive_variables<'s>(directives: &'s [Positioned<Directive>], used: &mut Vec<&'s Name>) {
    for directive in directives {
        directive.node.arguments.iter().for_each(|(_, value)| value_variables(&value.node, used));
    }
}

fn value_variables<'s>(value: &'s AstValue, used: &mut Vec<&'s Name>) {
    match value {
        AstValue::Variable(name) => used.push(name),
        AstValue::List(items) => items.iter().for_each(|item| value_variables(item, used)),
        AstValue::Object(entries) => entries.values().for_each(|item| value_variables(item, used)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::DocumentOperations;

    use super::*;
    use crate::live::roots::OF_THE_LOG;

    /// The variables that make a selection another one.
    fn used(text: &str, variables: serde_json::Value) -> Vec<String> {
        let document = parse_query(text).unwrap();
        let DocumentOperations::Single(operation) = &document.operations else { panic!("one operation") };
        let operation = Operation {
            text,
            name: None,
            operation,
            fragments: &document.fragments,
            variables: &Variables::from_json(variables),
        };
        let name = ["conversationEvents", "changes"].into_iter().find(|name| text.contains(name)).unwrap();
        let root = OF_THE_LOG.iter().find(|root| root.name == name).unwrap();
        used_below(root, operation).into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn what_a_subscription_is_about_is_no_part_of_its_selection() {
        let text = "subscription($id: ID!, $after: String, $all: Boolean!, $n: Int = 3) {
            conversationEvents(conversationId: $id, after: $after) { ...Added @skip(if: $all) }
        }
        fragment Added on MessageAdded { message { conversation { messages(first: $n) { totalCount } } } }";
        let values = serde_json::json!({ "id": "x", "after": "y", "all": true });
        assert_eq!(used(text, values.clone()), ["all=true", "n=3"]);
        let other = serde_json::json!({ "id": "z", "all": true });
        assert_eq!(used(text, other), used(text, values));
    }

    #[test]
    fn types_of_objects_are_a_part_of_it() {
        let text = "subscription($types: [EntityType!], $after: String) {
            changes(types: $types, after: $after) { __typename }
        }";
        assert_eq!(used(text, serde_json::json!({ "types": ["CONTACT"], "after": "x" })), ["types=[\"CONTACT\"]"]);
    }
}
