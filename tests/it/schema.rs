//! Rules of the public schema, checked on its SDL: everything is described, and names and shapes are what a client
//! expects who has seen one of them. That `schema.graphql` is this SDL is checked in `checked_in.rs`.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use entity::kind::Kind;
use entity::model::VerbKind;
use entity::roots::Schema as _;
use mostrador::graphql::schema::Mostrador;

/// Scalars of the GraphQL specification itself, which describes them.
const BUILT_IN: [&str; 5] = ["ID", "String", "Int", "Float", "Boolean"];

/// Scalars with a specification, where one exists.
const SPECIFIED: [&str; 4] = ["DateTime", "Date", "CurrencyCode", "JSON"];

/// Roots that are no list and no object by ID.
const OTHER_ROOTS: [&str; 3] = ["node", "nodes", "viewer"];

/// Types that tell of an object, whose ID they carry.
const TELLING: [&str; 2] = ["Change", "NoLongerVisible"];

/// What a type that is told, not stored, lists: as many as there are, or a page whose end it tells.
const TOLD: &[&str] = &[
    "[Change!]!",
    "[ChatMessageHit!]!",
    "[RagHit!]!",
    "[ConversationViewer!]!",
    "[UserPresence!]!",
    "[DashboardFigure!]!",
    "[DebtInstallment!]!",
    "[FinancialTotal!]!",
    "[MedicalAlert!]!",
    "[TransactionTotal!]!",
];

struct Sdl {
    types: Vec<TypeDefinition>,
    broken: Vec<String>,
}

type Text = Option<Positioned<String>>;

impl Sdl {
    fn read() -> Self {
        let document = parse_schema(mostrador::graphql::schema::sdl()).unwrap();
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        });
        Self { types: types.collect(), broken: Vec::new() }
    }

    /// Checks every type with its name.
    fn each(&mut self, check: impl Fn(&str, &TypeKind, &mut Vec<String>)) -> &mut Self {
        for ty in &self.types {
            check(&ty.name.node, &ty.kind, &mut self.broken);
        }
        self
    }

    fn kind(&self, name: &str) -> Option<&TypeKind> {
        self.types.iter().find(|ty| ty.name.node == name).map(|ty| &ty.kind)
    }

    #[track_caller]
    fn holds(&self) {
        assert!(self.types.len() > 100, "only {} types", self.types.len());
        assert!(self.broken.is_empty(), "{} rules broken:\n{}", self.broken.len(), self.broken.join("\n"));
    }
}

/// Whether a type is an object with an ID. One of them is a connection to another system, not a list.
fn is_node(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Object(object) if object.implements.iter().any(|name| name.node == "Node"))
}

/// The fields of objects and interfaces.
fn fields(kind: &TypeKind) -> &[Positioned<FieldDefinition>] {
    match kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        _ => &[],
    }
}

fn inputs(kind: &TypeKind) -> &[Positioned<InputValueDefinition>] {
    if let TypeKind::InputObject(object) = kind { &object.fields } else { &[] }
}

/// A sentence: it begins with a capital or a quoted name and ends in a full stop.
fn is_sentence(text: &Text) -> bool {
    text.as_ref().map(|text| text.node.trim()).is_some_and(|text| {
        let begins =
            text.chars().next().is_some_and(|first| first.is_uppercase() || first == '`' || first.is_numeric());
        text.len() >= 5 && begins && text.ends_with('.')
    })
}

fn is_camel(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

fn is_pascal(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

fn is_screaming(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// The field of a mutation's payload that is shown once.
fn secret(mutation: &str) -> Option<&'static str> {
    match Mostrador::model().mutations.get(mutation)?.kind {
        VerbKind::Declared(verb) => verb.secret.map(|secret| secret.name),
        _ => None,
    }
}

fn pascal(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[test]
fn every_type_field_argument_and_value_is_described_in_sentences() {
    let mut sdl = Sdl::read();
    let undescribed =
        sdl.types.iter().filter(|ty| !BUILT_IN.contains(&ty.name.node.as_str()) && !is_sentence(&ty.description));
    let undescribed: Vec<String> = undescribed.map(|ty| format!("{}: {:?}", ty.name.node, ty.description)).collect();
    sdl.broken.extend(undescribed);
    sdl.each(|name, kind, broken| {
        let mut check = |place: String, text: &Text| {
            if !is_sentence(text) {
                broken.push(format!("{place}: {:?}", text.as_ref().map(|text| &text.node)));
            }
        };
        for field in fields(kind) {
            let place = format!("{name}.{}", field.node.name.node);
            for argument in &field.node.arguments {
                check(format!("{place}({})", argument.node.name.node), &argument.node.description);
            }
            check(place, &field.node.description);
        }
        for input in inputs(kind) {
            check(format!("{name}.{}", input.node.name.node), &input.node.description);
        }
        if let TypeKind::Enum(choice) = kind {
            // What an entity can be ordered by repeats the description of the field.
            for value in &choice.values {
                check(format!("{name}.{}", value.node.value.node), &value.node.description);
            }
        }
    })
    .holds();
}

#[test]
fn names_are_written_in_one_way() {
    Sdl::read()
        .each(|name, kind, broken| {
            let mut check = |place: String, good: bool| {
                if !good {
                    broken.push(place);
                }
            };
            check(name.to_owned(), is_pascal(name));
            for field in fields(kind) {
                let own = field.node.name.node.as_str();
                check(format!("{name}.{own}"), is_camel(own));
                for argument in &field.node.arguments {
                    let argument = argument.node.name.node.as_str();
                    check(format!("{name}.{own}({argument})"), is_camel(argument));
                }
            }
            for input in inputs(kind) {
                check(format!("{name}.{}", input.node.name.node), is_camel(&input.node.name.node));
            }
            if let TypeKind::Enum(choice) = kind {
                for value in &choice.values {
                    check(format!("{name}.{}", value.node.value.node), is_screaming(&value.node.value.node));
                }
            }
            let suffixes = ["Input", "Filter", "Order"];
            check(
                format!("{name} is an input, and its name does not say so"),
                !matches!(kind, TypeKind::InputObject(_)) || suffixes.iter().any(|suffix| name.ends_with(suffix)),
            );
        })
        .holds();
}

#[test]
fn every_mutation_takes_one_input_and_answers_with_errors() {
    let mut sdl = Sdl::read();
    let mutations = fields(sdl.kind("Mutation").unwrap()).to_vec();
    assert!(mutations.len() > 50, "only {} mutations", mutations.len());
    for mutation in &mutations {
        let name = mutation.node.name.node.as_str();
        let (input, payload) = (format!("{}Input", pascal(name)), format!("{}Payload", pascal(name)));
        let arguments: Vec<_> = mutation
            .node
            .arguments
            .iter()
            .map(|argument| format!("{}: {}", argument.node.name.node, argument.node.ty.node))
            .collect();
        if arguments != [format!("input: {input}!")] {
            sdl.broken.push(format!("{name} takes {arguments:?}"));
        }
        if mutation.node.ty.node.to_string() != format!("{payload}!") {
            sdl.broken.push(format!("{name} gives {}", mutation.node.ty.node));
        }
        let Some(kind) = sdl.kind(&payload).cloned() else {
            sdl.broken.push(format!("there is no {payload}"));
            continue;
        };
        let types: HashMap<_, _> =
            fields(&kind).iter().map(|field| (field.node.name.node.as_str(), field.node.ty.node.to_string())).collect();
        if types.get("errors").map(String::as_str) != Some("[UserError!]!") {
            sdl.broken.push(format!("{payload}.errors is {:?}", types.get("errors")));
        }
        // What was written is null when there are errors, and a secret stands beside it.
        let secret = secret(name);
        let rest: Vec<_> = types.iter().filter(|(field, _)| **field != "errors" && Some(**field) != secret).collect();
        let of_entity = Mostrador::model().mutations.contains_key(name);
        if of_entity && rest.len() != 1 || rest.iter().any(|(_, ty)| ty.ends_with('!')) {
            sdl.broken.push(format!("{payload} has {rest:?} beside its errors"));
        }
        let input = sdl.kind(&input).map(|kind| inputs(kind).to_vec()).unwrap_or_default();
        let keys: Vec<_> =
            input.iter().map(|input| format!("{}: {}", input.node.name.node, input.node.ty.node)).collect();
        if of_entity && !keys.contains(&"idempotencyKey: String".to_owned()) {
            sdl.broken.push(format!("{name} has no idempotencyKey"));
        }
        if name.starts_with("update") && !keys.contains(&"expectedVersion: Int".to_owned()) {
            sdl.broken.push(format!("{name} has no expectedVersion"));
        }
    }
    sdl.holds();
}

#[test]
fn every_list_is_a_connection_with_the_same_arguments() {
    let mut sdl = Sdl::read();
    for ty in &sdl.types {
        let name = ty.name.node.as_str();
        let told = |kind: &TypeKind| -> Vec<String> {
            fields(kind).iter().map(|field| format!("{}: {}", field.node.name.node, field.node.ty.node)).collect()
        };
        if let Some(row) = name.strip_suffix("Connection").filter(|_| !is_node(&ty.kind)) {
            let wanted = [
                format!("edges: [{row}Edge!]!"),
                format!("nodes: [{row}!]!"),
                "pageInfo: PageInfo!".to_owned(),
                "totalCount: Int!".to_owned(),
            ];
            let edge = ["cursor: String!".to_owned(), format!("node: {row}!")];
            if told(&ty.kind) != wanted || sdl.kind(&format!("{row}Edge")).map(told).as_deref() != Some(&edge[..]) {
                sdl.broken.push(format!("{name}: {:?}", told(&ty.kind)));
            }
        }
        for field in fields(&ty.kind) {
            let place = format!("{name}.{}", field.node.name.node);
            let shown = field.node.ty.node.to_string();
            let of_node = sdl.kind(shown.trim_end_matches('!')).is_some_and(is_node);
            let Some(row) = shown.strip_suffix("Connection!").filter(|_| !of_node) else {
                let plain = name.ends_with("Connection") || OTHER_ROOTS.contains(&field.node.name.node.as_str());
                let scalars = ["[String!]!", "[Float!]", "[UserError!]!", "[ViewerPermission!]!"];
                let is_told = TOLD.contains(&shown.as_str());
                if shown.starts_with('[') && !plain && !is_told && !scalars.contains(&shown.as_str()) {
                    sdl.broken.push(format!("{place} is a list without pages: {shown}"));
                }
                continue;
            };
            let arguments = field
                .node
                .arguments
                .iter()
                .map(|argument| format!("{}: {}", argument.node.name.node, argument.node.ty.node));
            let mut arguments: Vec<_> = arguments.filter(|argument| argument != "includeDeleted: Boolean").collect();
            arguments.sort();
            let filter = format!("filter: {row}Filter");
            let order = format!("orderBy: [{row}Order!]");
            let wanted = ["after: String", "before: String", &filter, "first: Int", "last: Int", &order];
            if arguments != wanted {
                sdl.broken.push(format!("{place} takes {arguments:?}"));
            }
        }
    }
    sdl.holds();
}

#[test]
fn every_type_with_an_id_is_a_node_and_every_node_has_one() {
    Sdl::read()
        .each(|name, kind, broken| {
            if let TypeKind::Object(object) = kind {
                let has_id = object
                    .fields
                    .iter()
                    .any(|field| field.node.name.node == "id" && field.node.ty.node.to_string() == "ID!");
                let is_node = object.implements.iter().any(|interface| interface.node == "Node");
                if has_id != is_node && !TELLING.contains(&name) {
                    broken.push(name.to_owned());
                }
            }
        })
        .holds();
}

#[test]
fn scalars_name_their_specification() {
    let mut sdl = Sdl::read();
    for ty in &sdl.types {
        let name = ty.name.node.as_str();
        if !matches!(ty.kind, TypeKind::Scalar) || BUILT_IN.contains(&name) {
            continue;
        }
        let url = ty.directives.iter().any(|directive| directive.node.name.node == "specifiedBy");
        if url != SPECIFIED.contains(&name) {
            sdl.broken.push(format!("{name}: @specifiedBy {}", if url { "is there" } else { "is missing" }));
        }
    }
    sdl.holds();
}

#[test]
fn money_is_never_a_float() {
    Sdl::read()
        .each(|name, kind, broken| {
            let fields =
                fields(kind).iter().map(|field| (field.node.name.node.to_string(), field.node.ty.node.to_string()));
            let inputs =
                inputs(kind).iter().map(|input| (input.node.name.node.to_string(), input.node.ty.node.to_string()));
            for (field, ty) in fields.chain(inputs) {
                let is_money = ["price", "amount", "cost", "budget", "payment"]
                    .iter()
                    .any(|word| field.to_lowercase().contains(word));
                if is_money && ty.starts_with("Float") {
                    broken.push(format!("{name}.{field}: {ty}"));
                }
            }
        })
        .holds();
}

/// Booleans that say what they are without the prefix: of a switch, of a right, of what has happened.
const PLAIN_BOOLEANS: [&str; 22] = [
    "required",
    "success",
    "indexed",
    "triggered",
    "alertTriggered",
    "exceededLimit",
    "aiResolved",
    "autoDebit",
    "dualOwnership",
    "recordSharing",
    "allowed",
    "mustChangePassword",
    "allDealerships",
    "allBrands",
    "allServiceTypes",
    "allowsTransfer",
    "allowDownload",
    "allowView",
    "blocksServices",
    "requiresTransportValidation",
    "hasNextPage",
    "hasPreviousPage",
];

/// Shows rule:booleans-convention.
#[test]
fn a_boolean_says_what_is_the_case() {
    Sdl::read()
        .each(|name, kind, broken| {
            for field in fields(kind) {
                let own = field.node.name.node.as_str();
                let is_boolean = field.node.ty.node.to_string().trim_end_matches('!') == "Boolean";
                let is_told = ["is", "has", "can"].iter().any(|prefix| {
                    own.strip_prefix(prefix)
                        .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
                });
                if is_boolean && !is_told && !own.ends_with("Enabled") && !PLAIN_BOOLEANS.contains(&own) {
                    broken.push(format!("{name}.{own}"));
                }
            }
        })
        .holds();
}

/// Shows rule:timestamps-convention.
#[test]
fn every_object_says_when_it_was_made_and_what_can_change_when_it_did() {
    let mut wrong = Vec::new();
    for entity in Mostrador::model().entities() {
        let is_time = |name: &str| entity.scalar(name).is_some_and(|member| matches!(member.ty.kind, Kind::DateTime));
        let is_view = entity.decl.append_only && entity.decl.child_only;
        if !entity.decl.global && !is_view && !is_time("createdAt") {
            wrong.push(format!("{} has no createdAt", entity.decl.name));
        }
        if !entity.decl.global && is_time("updatedAt") == entity.decl.append_only {
            wrong.push(format!("{}.updatedAt is there, or not, against what may be done with it", entity.decl.name));
        }
        if entity.decl.soft_delete && !is_time("deletedAt") {
            wrong.push(format!("{} has no deletedAt", entity.decl.name));
        }
        for member in entity.scalars().filter(|member| member.name.ends_with("At")) {
            if !matches!(member.ty.kind, Kind::DateTime) {
                wrong.push(format!("{}.{} is no time", entity.decl.name, member.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
