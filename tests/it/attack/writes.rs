//! Every mutation with something of B in every input that takes an ID, and with B's values in all the others.

use std::collections::BTreeSet;

use entity::kind::Kind as ColumnKind;
use entity::model::VerbKind;
use serde_json::{Map, Value, json};

use super::ask::{Findings, ask};
use super::coverage::Coverage;
use super::stage::{B, C, PREFIXES, Stage, counterpart, digest, model};
use super::types::{Field, Input, Kind, Type, Types};
use super::values::{Rows, sample};
use crate::samples;

pub(super) struct Attack<'t> {
    pub(super) stage: &'t Stage,
    pub(super) types: &'t Types,
    pub(super) coverage: Coverage<'t>,
    pub(super) findings: Findings,
    theirs: Rows,
    /// Inputs of IDs that were attacked, as `assignConversation.assignedToId`.
    pub(super) ids: BTreeSet<String>,
    /// Those of which the refusal did not name the input.
    vague: BTreeSet<String>,
    reused: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mutation_reaches_another_tenant_nor_tells_that_there_is_one() {
    let stage = Stage::set().await;
    let types = Types::read(&stage.a).await;
    let theirs = Rows::read(&types, &stage.b, &stage.foreign).await;
    let mut attack = Attack::new(&stage, &types, theirs);
    attack.take_keys().await;
    let before = [digest(&stage.both, B).await, digest(&stage.both, C).await];
    attack.every_id().await;
    attack.everything_at_once().await;
    attack.findings.is_marked = true;
    attack.their_values().await;
    attack.used_keys().await;
    attack.accounts().await;
    assert_eq!([digest(&stage.both, B).await, digest(&stage.both, C).await], before, "rows of another tenant changed");
    let Attack { coverage, findings, ids, vague, reused, .. } = attack;
    println!(
        "writes: {} things covered with {} requests to each database; {} inputs of IDs, of which {} were refused without \
         naming the input; {reused} writes with values of B succeeded",
        coverage.figure(),
        findings.asked,
        ids.len(),
        vague.len()
    );
    println!("not named: {vague:?}");
    println!("nothing attacks {:?}", coverage.missing());
    findings.settle("writes");
    assert_eq!(coverage.missing(), Vec::<&str>::new(), "nothing attacks these");
    let all = id_inputs(&types);
    assert_eq!(all.difference(&ids).collect::<Vec<_>>(), Vec::<&String>::new(), "no ID of B was given here");
    assert!(reused > 20, "{reused}");
    // An ID that is refused for its own sake is what the attack is about.
    assert!(vague.len() * 10 < ids.len(), "{vague:#?}");
}

/// Every input of a mutation that takes an ID.
fn id_inputs(types: &Types) -> BTreeSet<String> {
    let mutations = types.of("Mutation").fields.iter();
    let inputs = mutations.flat_map(|mutation| {
        let inputs = input_of(types, mutation).map(|input| input.inputs.iter()).into_iter().flatten();
        inputs.filter(|input| input.ty.name == "ID").map(|input| format!("{}.{}", mutation.name, input.name))
    });
    inputs.collect()
}

pub(super) fn input_of<'t>(types: &'t Types, mutation: &Field) -> Option<&'t Type> {
    mutation.args.iter().find(|arg| arg.name == "input").map(|arg| types.of(&arg.ty.name))
}

/// The kinds of rows that an input of an ID is about.
pub(super) fn prefixes(mutation: &str, input: &str) -> Vec<&'static str> {
    let all = || model().entities().iter().filter(|entity| !entity.decl.global).map(|entity| entity.decl.prefix);
    if let Some(verb) = model().mutations.get(mutation) {
        let fields = samples::inputs(model(), verb);
        return match fields.iter().find(|field| field.name == input).map(|field| field.ty.kind) {
            Some(ColumnKind::Id(prefix) | ColumnKind::List(&ColumnKind::Id(prefix))) => vec![prefix],
            _ => all().collect(),
        };
    }
    let name = input.strip_suffix("Id").unwrap_or(mutation.rsplit(char::is_uppercase).next().unwrap_or_default());
    let by_name = model().entities().iter().map(|entity| entity.decl.prefix).find(|prefix| {
        prefix.replace('_', "").eq_ignore_ascii_case(name)
            || mutation.to_lowercase().ends_with(&prefix.replace('_', ""))
    });
    by_name.map_or_else(|| all().collect(), |prefix| vec![prefix])
}

impl<'t> Attack<'t> {
    /// With values of these rows.
    pub(super) fn new(stage: &'t Stage, types: &'t Types, theirs: Rows) -> Self {
        Self {
            stage,
            types,
            coverage: Coverage::of_mutations(types),
            findings: Findings::default(),
            theirs,
            ids: BTreeSet::new(),
            vague: BTreeSet::new(),
            reused: 0,
        }
    }
}

impl Attack<'_> {
    /// A living row of A, the first or another one.
    fn own_id(&self, prefix: &str, place: usize) -> String {
        let ids = &self.stage.own[prefix];
        ids[place.min(ids.len() - 1)].clone()
    }

    pub(super) fn document(&self, mutation: &Field) -> String {
        let payload = self.types.of(&mutation.ty.name);
        let fields = payload.fields.iter().map(|field| {
            let ty = self.types.of(&field.ty.name);
            match ty.kind {
                Kind::Scalar | Kind::Enum => format!("{} ", field.name),
                _ if ty.is_node() => format!("{} {{ {} }} ", field.name, self.types.leaves(ty)),
                _ => format!("{} {{ {} }} ", field.name, self.types.selection(ty, 0)),
            }
        });
        let fields: String = fields.collect();
        match mutation.args.iter().find(|arg| arg.name == "input") {
            Some(arg) => {
                format!("mutation M($input: {}) {{ {}(input: $input) {{ {fields} }} }}", arg.ty.text, mutation.name)
            }
            None => format!("mutation M {{ {} {{ {fields} }} }}", mutation.name),
        }
    }

    /// The least input, with IDs of A.
    fn least(&self, mutation: &Field) -> Map<String, Value> {
        self.least_with(mutation, 0)
    }

    pub(super) fn least_with(&self, mutation: &Field, place: usize) -> Map<String, Value> {
        let inputs = input_of(self.types, mutation).map(|input| input.inputs.iter()).into_iter().flatten();
        let inputs = inputs.filter(|input| input.ty.is_required());
        inputs.map(|input| (input.name.clone(), self.at(mutation, input, place))).collect()
    }

    pub(super) fn of_a(&self, mutation: &Field, input: &Input) -> Value {
        self.at(mutation, input, 0)
    }

    fn at(&self, mutation: &Field, input: &Input, place: usize) -> Value {
        if input.ty.name != "ID" {
            return sample(self.types, &input.name, &input.ty);
        }
        let id = json!(self.own_id(prefixes(&mutation.name, &input.name)[0], place));
        if input.ty.is_list { json!([id]) } else { id }
    }

    async fn same(&mut self, query: &str, input: &Map<String, Value>) -> Value {
        let variables = json!({ "input": input });
        let answer = self.findings.same(self.stage, query, &variables).await;
        if answer.is_executed() {
            self.coverage.note(query, &variables);
        }
        answer.json
    }

    fn verbs(&self) -> Vec<(&Field, &VerbKind)> {
        let mutations = self.types.of("Mutation").fields.iter();
        mutations.filter_map(|field| Some((field, &model().mutations.get(&field.name)?.kind))).collect()
    }

    /// One ID of B at a time, among IDs of A: as for an ID of nobody, and as if B did not exist.
    async fn every_id(&mut self) {
        for (mutation, kind) in self.verbs_owned() {
            let mutation = self.types.of("Mutation").field(&mutation).unwrap();
            let Some(ty) = input_of(self.types, mutation) else { continue };
            let query = self.document(mutation);
            for input in ty.inputs.iter().filter(|input| input.ty.name == "ID") {
                for prefix in prefixes(&mutation.name, &input.name) {
                    // The first lives, the last may be deleted.
                    let theirs: BTreeSet<String> = [&self.stage.foreign[prefix]]
                        .iter()
                        .flat_map(|ids| [ids.first(), ids.last()])
                        .flatten()
                        .cloned()
                        .collect();
                    for id in theirs {
                        self.one_id(mutation, input, &query, &id, kind).await;
                    }
                }
            }
        }
    }

    fn verbs_owned(&self) -> Vec<(String, VerbKind)> {
        self.verbs().into_iter().map(|(field, kind)| (field.name.clone(), *kind)).collect()
    }

    async fn one_id(&mut self, mutation: &Field, input: &Input, query: &str, id: &str, kind: VerbKind) {
        let place = format!("{}.{}", mutation.name, input.name);
        self.ids.insert(place.clone());
        let nobody = counterpart(id, PREFIXES[2]);
        let mut refusal = Value::Null;
        // When the refusal is about something else, then once more with all that is no ID filled, or with other rows.
        let others = [1, 2].map(|place| self.least_with(mutation, place));
        for base in [self.least(mutation), self.plain(mutation)].into_iter().chain(others) {
            let given = |id: &str| {
                let id = if input.ty.is_list { json!([id]) } else { json!(id) };
                base.iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .chain([(input.name.clone(), id)])
                    .collect()
            };
            let json = self.same(query, &given(id)).await;
            if nobody == id {
                // A row of a catalogue, which is everybody's.
                return;
            }
            let nobodys: Map<String, Value> = given(&nobody);
            let unknown = ask(&self.stage.a, query, &json!({ "input": nobodys })).await;
            if json.to_string().replace(id, "THE-ID") != unknown.without(&nobody).0 {
                self.findings.add(format!("{place} tells {id} from nobody's:\n{json}\n{}", unknown.text()));
            }
            let errors = json["data"][&mutation.name]["errors"].as_array().cloned().unwrap_or_default();
            let is_refused = !errors.is_empty() || json.get("errors").is_some();
            if !is_refused && !matches!(kind, VerbKind::Unlink(..)) {
                self.findings.add(format!("{place} takes {id}: {json}"));
            }
            let is_named =
                |error: &Value| error["path"].as_array().is_some_and(|path| path.contains(&json!(input.name)));
            if errors.iter().any(is_named) || !is_refused {
                return;
            }
            refusal = errors.first().unwrap_or(&json["errors"][0]).clone();
        }
        self.vague.insert(format!("{place}: {} {}", refusal["code"], refusal["message"]));
    }

    /// What is required, and everything else that is no ID, with the values of a row of B.
    fn plain(&self, mutation: &Field) -> Map<String, Value> {
        let mut input = self.least(mutation);
        let entity = model().entity(model().mutations[&mutation.name].entity).decl;
        let Some(row) = self.theirs.of(entity.name).first() else { return input };
        for field in input_of(self.types, mutation).map(|ty| ty.inputs.iter()).into_iter().flatten() {
            if let Some(value) = row
                .get(&field.name)
                .filter(|value| !matches!(field.ty.name.as_str(), "ID" | "JSON") && !value.is_null())
            {
                input.insert(field.name.clone(), value.clone());
            }
        }
        input
    }

    /// A row of B with all other inputs filled, a version that does not fit, and a key.
    async fn everything_at_once(&mut self) {
        for (name, _) in self.verbs_owned() {
            let mutation = self.types.of("Mutation").field(&name).unwrap();
            let Some(ty) = input_of(self.types, mutation) else { continue };
            let query = self.document(mutation);
            let entity = model().entity(model().mutations[&name].entity).decl;
            let Some(row) = self.theirs.of(entity.name).first().cloned() else { continue };
            let takes_id = ty.inputs.iter().any(|input| input.name == "id");
            if !takes_id {
                continue;
            }
            for version in [1, 99] {
                let mut input = self.filled(mutation, ty, &row);
                input.insert("id".into(), row["id"].clone());
                if ty.inputs.iter().any(|input| input.name == "expectedVersion") {
                    input.insert("expectedVersion".into(), json!(version));
                }
                input.insert("idempotencyKey".into(), json!(format!("theirs {version}")));
                let json = self.same(&query, &input).await;
                let errors = &json["data"][&name]["errors"];
                if json.get("errors").is_none()
                    && errors.as_array().is_none_or(Vec::is_empty)
                    && entity.name != "Tenant"
                {
                    self.findings.add(format!("{name} with a row of B: {json}"));
                }
            }
        }
    }

    /// All inputs, with the values of a row of B and IDs of the same rows of A.
    pub(super) fn filled(&self, mutation: &Field, ty: &Type, row: &Map<String, Value>) -> Map<String, Value> {
        let mut filled = Map::new();
        for input in &ty.inputs {
            if matches!(input.name.as_str(), "idempotencyKey" | "expectedVersion") {
                continue;
            }
            let value = match row.get(&input.name) {
                Some(Value::String(id)) if input.ty.name == "ID" => json!(counterpart(id, PREFIXES[0])),
                Some(Value::Null) | None => self.of_a(mutation, input),
                Some(value) => value.clone(),
            };
            filled.insert(input.name.clone(), value);
        }
        filled
    }

    /// What is unique in B is free in A: rows made and changed with the values of B's.
    async fn their_values(&mut self) {
        for (name, kind) in self.verbs_owned() {
            let mutation = self.types.of("Mutation").field(&name).unwrap();
            let Some(ty) = input_of(self.types, mutation) else { continue };
            let entity = model().entity(model().mutations[&name].entity).decl;
            if matches!(kind, VerbKind::Delete | VerbKind::Purge | VerbKind::Restore) || entity.name == "Session" {
                continue;
            }
            let query = self.document(mutation);
            let rows: Vec<_> = self.theirs.of(entity.name).iter().take(2).cloned().collect();
            for row in rows {
                let all = self.filled(mutation, ty, &row);
                // Some inputs exclude each other; then the least that there is in B.
                let least = ty.inputs.iter().filter(|input| input.ty.is_required() || input.ty.name != "ID");
                let least =
                    least.filter_map(|input| Some((input.name.clone(), all.get(&input.name)?.clone()))).collect();
                for input in [all, least] {
                    let json = self.same(&query, &input).await;
                    let errors = json["data"][&name]["errors"].as_array();
                    if errors.is_some_and(Vec::is_empty) {
                        self.reused += 1;
                        break;
                    }
                }
            }
        }
    }

    /// B uses keys of idempotency.
    async fn take_keys(&mut self) {
        for (name, kind) in self.verbs_owned() {
            if !matches!(kind, VerbKind::Create | VerbKind::Declared(_)) {
                continue;
            }
            let mutation = self.types.of("Mutation").field(&name).unwrap();
            if input_of(self.types, mutation).is_none() {
                continue;
            }
            let input = self.keyed(mutation, PREFIXES[1]);
            ask(&self.stage.b, &self.document(mutation), &json!({ "input": input })).await;
        }
    }

    /// A uses the same keys for the same: it is done, and not answered with what B has.
    async fn used_keys(&mut self) {
        for (name, kind) in self.verbs_owned() {
            if !matches!(kind, VerbKind::Create | VerbKind::Declared(_)) {
                continue;
            }
            let mutation = self.types.of("Mutation").field(&name).unwrap();
            if input_of(self.types, mutation).is_none() {
                continue;
            }
            let input = self.keyed(mutation, PREFIXES[0]);
            let query = self.document(mutation);
            self.same(&query, &input).await;
        }
    }

    fn keyed(&self, mutation: &Field, side: &str) -> Map<String, Value> {
        let input = self.least(mutation).into_iter().map(|(name, value)| match value {
            Value::String(text) => (name, json!(counterpart(&text, side))),
            other => (name, other),
        });
        let mut input: Map<String, Value> = input.collect();
        input.insert("idempotencyKey".into(), json!(format!("key of {}", mutation.name)));
        input
    }
}
