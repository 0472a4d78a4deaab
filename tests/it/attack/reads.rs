//! Everything that can be read, filtered by, ordered by and paged through, with the values, IDs and cursors of B.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::ask::Findings;
use super::coverage::Coverage;
use super::stage::{PREFIXES, Stage, counterpart};
use super::types::{Field, Kind, Type, Types};
use super::values::{Rows, prefix_of, sample};

/// Fields at the root of one document.
const AT_ONCE: usize = 20;

pub(super) struct Attack<'t> {
    pub(super) stage: &'t Stage,
    types: &'t Types,
    pub(super) coverage: Coverage<'t>,
    pub(super) findings: Findings,
    theirs: Rows,
    own: Rows,
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_tenant_asks_it_is_answered_as_if_it_were_alone() {
    let stage = Stage::set().await;
    let types = Types::read(&stage.a).await;
    let theirs = Rows::read(&types, &stage.b, &stage.foreign).await;
    let own = Rows::read(&types, &stage.a, &stage.own).await;
    // Some reading is written down, for A to read: so it is read in both.
    Rows::read(&types, &stage.a_alone, &stage.own).await;
    let (coverage, findings) = (Coverage::of_queries(&types), Findings::default());
    let mut attack = Attack { stage: &stage, types: &types, coverage, findings, theirs, own };
    attack.everything().await;
    attack.every_path().await;
    attack.every_filter().await;
    attack.every_order().await;
    attack.every_connection().await;
    attack.every_question().await;
    attack.every_value_is_there();
    attack.every_change().await;
    let Attack { coverage, findings, .. } = attack;
    println!("reads: {} things covered with {} requests to each database", coverage.figure(), findings.asked);
    findings.settle("reads");
    assert_eq!(coverage.missing(), Vec::<&str>::new(), "nothing attacks these");
}

impl Attack<'_> {
    /// A request that must be answered, and answered the same.
    async fn send(&mut self, query: &str, variables: Value) {
        let answer = self.findings.same(self.stage, query, &variables).await;
        if answer.is_executed() && answer.codes().is_empty() {
            self.coverage.note(query, &variables);
        } else {
            self.findings
                .add(format!("an attack that makes no sense: {}\n{query}\n{variables}", answer.json["errors"]));
        }
    }

    /// Asks as B for something that A will use.
    async fn of_b(&self, query: &str, variables: &Value) -> Value {
        // As it is: cursors are used.
        let answer = self.stage.b.measured(query, variables.clone()).await.json;
        assert!(answer.get("errors").is_none(), "{query}\n{answer}");
        answer["data"].clone()
    }

    /// Every list and every object with everything that hangs on it.
    async fn everything(&mut self) {
        for node in self.types.nodes() {
            let all = self.types.selection(node, 1);
            if let Some(list) = self.types.list_of(&node.name) {
                let name = &list.name;
                let info = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
                let page = format!("totalCount {info} edges {{ cursor node {{ id }} }}");
                self.send(&format!("{{ {name}(first: 50) {{ {page} nodes {{ {all} }} }} }}"), json!({})).await;
                if list.args.iter().any(|arg| arg.name == "includeDeleted") {
                    let leaves = self.types.leaves(node);
                    let query =
                        format!("{{ {name}(last: 50, includeDeleted: true) {{ {page} nodes {{ {leaves} }} }} }}");
                    self.send(&query, json!({})).await;
                }
            }
            let ids: Vec<String> =
                self.own.of(&node.name).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
            let on = format!("... on {} {{ {all} }}", node.name);
            self.send(&format!("query Q($ids: [ID!]!) {{ nodes(ids: $ids) {{ {on} }} }}"), json!({ "ids": ids })).await;
            let Some(id) = ids.first() else { continue };
            let mut fields = format!("node(id: $id) {{ id {on} }}");
            if let Some(by_id) = self.types.by_id_of(&node.name) {
                let deleted = by_id.args.iter().any(|arg| arg.name == "includeDeleted");
                let deleted = if deleted { ", includeDeleted: true" } else { "" };
                fields.push_str(&format!(" {}(id: $id{deleted}) {{ {} }}", by_id.name, self.types.leaves(node)));
            }
            self.send(&format!("query Q($id: ID!) {{ {fields} }}"), json!({ "id": id })).await;
        }
        let viewer = self.types.of("Viewer");
        let viewer = self.types.selection(viewer, 1);
        self.send(&format!("{{ viewer {{ {viewer} }} }}"), json!({})).await;
    }

    /// Every two relations one after the other, and counts at the end.
    async fn every_path(&mut self) {
        for node in self.types.nodes() {
            let ids: Vec<String> =
                self.own.of(&node.name).iter().map(|row| row["id"].as_str().unwrap().into()).collect();
            for field in &node.fields {
                let Some((target, is_many)) = self.relation(field) else { continue };
                let second = target.fields.iter().filter_map(|next| {
                    let (_, is_many) = self.relation(next)?;
                    Some(match is_many {
                        true => format!("{} {{ totalCount nodes {{ id }} }} ", next.name),
                        false => format!("{} {{ id }} ", next.name),
                    })
                });
                let inner = format!("id {}", second.collect::<String>());
                let step =
                    if is_many { format!("(first: 5) {{ nodes {{ {inner} }} }}") } else { format!("{{ {inner} }}") };
                let query = format!(
                    "query Q($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {} {{ {} {step} }} }} }}",
                    node.name, field.name
                );
                self.send(&query, json!({ "ids": ids })).await;
            }
        }
    }

    fn relation(&self, field: &Field) -> Option<(&Type, bool)> {
        match self.types.in_connection(&field.ty.name) {
            Some(node) => Some((node, true)),
            None => self.types.get(&field.ty.name).filter(|ty| ty.is_node()).map(|ty| (ty, false)),
        }
    }

    /// Every field of every filter with every operator it has, and every relation in it.
    async fn every_filter(&mut self) {
        for way in ways(self.types) {
            let mut filters = Vec::new();
            let ty = self.types.of(&way.filter);
            let node = way.filter.strip_suffix("Filter").unwrap();
            let their_id = self
                .theirs
                .values(node, "id")
                .first()
                .cloned()
                .unwrap_or(json!("019cd0d0-d0d0-7000-8000-00000000dead"));
            for input in &ty.inputs {
                let name = &input.name;
                let inner = self.types.of(&input.ty.name);
                match name.as_str() {
                    "and" | "or" => filters.push(json!({ name.as_str(): [{ "id": { "eq": their_id } }] })),
                    "not" => filters.push(json!({ "not": { "id": { "ne": their_id } } })),
                    _ if inner.inputs.iter().any(|input| input.name == "and") => {
                        for condition in [json!({}), json!({ "id": { "in": self.ids_of(&inner.name) } })] {
                            filters.push(json!({ name.as_str(): condition }));
                        }
                    }
                    _ if inner.inputs.iter().any(|input| input.name == "some") => {
                        let of = &inner.inputs[0].ty.name;
                        for quantifier in &inner.inputs {
                            for condition in [json!({}), json!({ "id": { "in": self.ids_of(of) } })] {
                                filters.push(json!({ name.as_str(): { quantifier.name.as_str(): condition } }));
                            }
                        }
                    }
                    _ => filters.extend(self.operators(node, name, inner, input.ty.is_list)),
                }
            }
            for part in filters.chunks(AT_ONCE) {
                let list = &way.list;
                let declared: String = (0..part.len()).map(|index| format!("$f{index}: {} ", way.root)).collect();
                // A count tells as much as rows do; now and then the rows as well.
                let shown = |index| if index % 4 == 0 { "totalCount nodes { id }" } else { "totalCount" };
                let fields: String = (0..part.len())
                    .map(|index| format!("q{index}: {list}(first: 2, filter: $f{index}) {{ {} }} ", shown(index)))
                    .collect();
                let variables: Map<String, Value> = part
                    .iter()
                    .enumerate()
                    .map(|(index, filter)| (format!("f{index}"), way.wrap(filter.clone())))
                    .collect();
                self.send(&format!("query Q({declared}) {{ {fields} }}"), Value::Object(variables)).await;
            }
        }
    }

    /// IDs of B's rows for the filter of a type.
    fn ids_of(&self, filter: &str) -> Value {
        json!(self.theirs.values(filter.strip_suffix("Filter").unwrap(), "id"))
    }

    /// A condition with each operator of a scalar's filter, with a value that B has.
    fn operators(&self, node: &str, field: &str, filter: &Type, is_list: bool) -> Vec<Value> {
        let mut values = self.theirs.values(node, field);
        if values.is_empty() {
            values = self.own.values(node, field);
        }
        // Of a list, what is in it.
        values =
            values.into_iter().flat_map(|value| value.as_array().cloned().unwrap_or_else(|| vec![value])).collect();
        let operator = |name: &str| filter.inputs.iter().find(|input| input.name == name);
        if values.is_empty() {
            let ty = operator("eq").map(|input| &input.ty);
            values.push(ty.map_or(Value::Null, |ty| sample(self.types, field, ty)));
        }
        let first = values[0].clone();
        let conditions = filter.inputs.iter().filter(|input| input.name != "key").map(|input| {
            let value = match (input.name.as_str(), input.ty.name.as_str()) {
                ("isNull" | "isEmpty", _) => json!(true),
                ("in" | "notIn", "JSON") => json!(["zqb"]),
                (_, "JSON") => json!("zqb"),
                ("in" | "notIn", _) => json!(values),
                ("between", _) => json!([first, first]),
                (_, "String") if is_list => json!("zqb"),
                _ => first.clone(),
            };
            let mut condition = json!({ input.name.as_str(): value });
            if operator("key").is_some() {
                condition["key"] = json!("zqb");
            }
            json!({ field: if is_list { json!([condition]) } else { condition } })
        });
        conditions.collect()
    }

    /// Every order key, each with cursors that were cut from B's lists in the same order.
    async fn every_order(&mut self) {
        for node in self.types.nodes() {
            let Some(list) = self.types.list_of(&node.name) else { continue };
            for part in orders(self.types, list).chunks(4) {
                let name = &list.name;
                let ty = &list.args.iter().find(|arg| arg.name == "orderBy").unwrap().ty.text;
                let declared: String = (0..part.len()).map(|index| format!("$o{index}: {ty} ")).collect();
                let cuts: String = (0..part.len())
                    .map(|index| format!("q{index}: {name}(first: 50, orderBy: $o{index}) {{ edges {{ cursor }} }} "))
                    .collect();
                let mut variables: Map<String, Value> =
                    part.iter().enumerate().map(|(index, order)| (format!("o{index}"), order.clone())).collect();
                let query = format!("query Q({declared}) {{ {cuts} }}");
                let cut = self.of_b(&query, &Value::Object(variables.clone())).await;
                let mut fields = String::new();
                for index in 0..part.len() {
                    let edges = cut[format!("q{index}")]["edges"].as_array().cloned().unwrap_or_default();
                    let shown = "totalCount edges { cursor node { id } }";
                    fields.push_str(&format!("a{index}: {name}(first: 6, orderBy: $o{index}) {{ {shown} }} "));
                    for (place, edge) in [("after", edges.first()), ("before", edges.last())] {
                        let Some(edge) = edge else { continue };
                        variables.insert(format!("{place}{index}"), edge["cursor"].clone());
                        let side = if place == "after" { "first" } else { "last" };
                        fields.push_str(&format!(
                            "{place}{index}: {name}({side}: 6, orderBy: $o{index}, {place}: ${place}{index}) {{ {shown} }} "
                        ));
                    }
                }
                let cursors: String = variables
                    .keys()
                    .filter(|key| !key.starts_with('o'))
                    .map(|key| format!("${key}: String "))
                    .collect();
                self.send(&format!("query Q({declared} {cursors}) {{ {fields} }}"), Value::Object(variables)).await;
            }
        }
    }

    /// Every connection below an object with all its arguments, each with something of B.
    async fn every_connection(&mut self) {
        for node in self.types.nodes() {
            let ids: Vec<String> =
                self.own.of(&node.name).iter().map(|row| row["id"].as_str().unwrap().into()).collect();
            let their_ids: Vec<String> = ids.iter().map(|id| counterpart(id, PREFIXES[1])).collect();
            for field in &node.fields {
                let Some(target) = self.types.in_connection(&field.ty.name) else { continue };
                let has_root = self.types.list_of(&target.name).is_some();
                let all = orders(self.types, field);
                let some = if has_root { &all[..1] } else { &all[..] };
                let arg = |name: &str| field.args.iter().find(|arg| arg.name == name);
                let deleted = if arg("includeDeleted").is_some() { ", includeDeleted: true" } else { "" };
                for order in some {
                    let (name, ty) = (&field.name, &arg("orderBy").unwrap().ty.text);
                    let on = &node.name;
                    let cut = format!(
                        "query Q($ids: [ID!]!, $o: {ty}) {{ nodes(ids: $ids) {{ ... on {on} {{ {name}(first: 1, orderBy: $o) {{ edges {{ cursor }} }} }} }} }}"
                    );
                    let variables = json!({ "ids": their_ids, "o": order });
                    let cut = self.stage.b.measured(&cut, variables).await.json;
                    let rows = cut["data"]["nodes"].as_array().cloned().unwrap_or_default();
                    let cursor = rows.iter().find_map(|row| row[name]["edges"][0]["cursor"].as_str());
                    let shown = "{ totalCount nodes { id } }";
                    let filter = json!({ "id": { "in": self.theirs.values(&target.name, "id") } });
                    let query = format!(
                        "query Q($ids: [ID!]!, $f: {}, $o: {ty}, $c: String) {{ nodes(ids: $ids) {{ ... on {on} {{ \
                         q0: {name}(filter: $f, orderBy: $o, first: 3{deleted}) {shown} \
                         q1: {name}(orderBy: $o, first: 3, after: $c) {shown} \
                         q2: {name}(orderBy: $o, last: 3, before: $c{deleted}) {shown} }} }} }}",
                        arg("filter").unwrap().ty.text
                    );
                    let variables = json!({ "ids": ids, "f": filter, "o": order, "c": cursor });
                    self.send(&query, variables).await;
                }
            }
        }
    }

    /// What is asked at the root and is neither a list nor an object of an entity: searches, sums, days. IDs are A's, then
    /// B's; texts are what B has.
    async fn every_question(&mut self) {
        for field in &self.types.of("Query").fields {
            let ty = self.types.of(&field.ty.name);
            let is_entity = ty.is_node() || self.types.in_connection(&field.ty.name).is_some();
            if is_entity || ty.kind != Kind::Object || ty.name == "Viewer" || field.name == "changes" {
                continue;
            }
            let declared: String = field.args.iter().map(|arg| format!("${}: {} ", arg.name, arg.ty.text)).collect();
            let given: String = field.args.iter().map(|arg| format!("{0}: ${0} ", arg.name)).collect();
            let (declared, given) = match field.args.is_empty() {
                true => (String::new(), String::new()),
                false => (format!("({declared})"), format!("({given})")),
            };
            let query = format!("query Q{declared} {{ {}{given} {{ {} }} }}", field.name, self.types.selection(ty, 1));
            for rows in [&self.own, &self.theirs] {
                let variables: Map<String, Value> = field
                    .args
                    .iter()
                    .map(|arg| match (arg.name.as_str(), arg.ty.name.as_str()) {
                        (name, "ID") => {
                            let ids = rows.values("ChatMessage", "id");
                            (name.to_owned(), ids.first().cloned().unwrap_or_default())
                        }
                        ("text", _) => ("text".to_owned(), json!("zqb")),
                        (name, _) => (name.to_owned(), sample(self.types, name, &arg.ty)),
                    })
                    .collect();
                // Refused or not, the same; only what is executed counts.
                let variables = Value::Object(variables);
                let answer = self.findings.same(self.stage, &query, &variables).await;
                if answer.is_executed() {
                    self.coverage.note(&query, &variables);
                }
            }
        }
    }

    /// Attacks on nothing prove nothing: every field of every entity has a value somewhere, on both sides.
    fn every_value_is_there(&mut self) {
        let mut empty = Vec::new();
        for node in self.types.nodes() {
            for (side, rows) in [("A", &self.own), ("B", &self.theirs)] {
                if rows.of(&node.name).is_empty() {
                    empty.push(format!("{side} has no {}", node.name));
                    continue;
                }
                for field in &node.fields {
                    let is_leaf = matches!(self.types.of(&field.ty.name).kind, Kind::Scalar | Kind::Enum);
                    if is_leaf && rows.values(&node.name, &field.name).is_empty() {
                        empty.push(format!("{side} has no {}.{}", node.name, field.name));
                    }
                }
            }
        }
        println!("fields without any value: {empty:?}");
        for none in empty.iter().filter(|what| !what.contains('.')) {
            self.findings.add(format!("{none}, prefix {}", prefix_of(none.rsplit(' ').next().unwrap())));
        }
    }
}

/// How a filter type is reached from the filter of a root list.
struct Way {
    list: String,
    root: String,
    filter: String,
    steps: Vec<String>,
}

impl Way {
    fn wrap(&self, filter: Value) -> Value {
        self.steps.iter().rev().fold(filter, |inner, step| json!({ step.as_str(): inner }))
    }
}

/// The shortest way to each filter of an entity.
fn ways(types: &Types) -> Vec<Way> {
    let (mut seen, mut queue, mut done) = (BTreeSet::new(), VecDeque::new(), Vec::new());
    for node in types.nodes() {
        let Some(list) = types.list_of(&node.name) else { continue };
        let filter = list.args.iter().find(|arg| arg.name == "filter").unwrap().ty.name.clone();
        seen.insert(filter.clone());
        queue.push_back(Way { list: list.name.clone(), root: filter.clone(), filter, steps: Vec::new() });
    }
    while let Some(way) = queue.pop_front() {
        for input in &types.of(&way.filter).inputs {
            let inner = types.of(&input.ty.name);
            let is_filter = |ty: &Type| ty.inputs.iter().any(|input| input.name == "and");
            let (filter, mut steps) = match inner.inputs.first().map(|first| first.name.as_str()) {
                Some("some" | "none" | "every") => {
                    (inner.inputs[0].ty.name.clone(), vec![inner.inputs[0].name.clone()])
                }
                _ if is_filter(inner) => (inner.name.clone(), Vec::new()),
                _ => continue,
            };
            if seen.insert(filter.clone()) {
                steps.insert(0, input.name.clone());
                let steps = way.steps.iter().cloned().chain(steps).collect();
                queue.push_back(Way { list: way.list.clone(), root: way.root.clone(), filter, steps });
            }
        }
        done.push(way);
    }
    done
}

/// Each key of a connection's order, both ways.
fn orders(types: &Types, connection: &Field) -> Vec<Value> {
    let Some(order) = connection.args.iter().find(|arg| arg.name == "orderBy") else { return Vec::new() };
    let field = &types.of(&order.ty.name).inputs.iter().find(|input| input.name == "field").unwrap().ty.name;
    let keys = types.of(field).values.iter();
    keys.flat_map(|key| {
        [("ASC", "LAST"), ("DESC", "FIRST")]
            .map(|(direction, nulls)| json!([{ "field": key, "direction": direction, "nulls": nulls }]))
    })
    .collect()
}
