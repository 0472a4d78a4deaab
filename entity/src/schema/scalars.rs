//! Scalars, enums and the operator inputs of scalar filters.

use std::collections::BTreeMap;

use async_graphql::Value;
use async_graphql::registry::{MetaType, Registry};

use super::types::{choice, input, input_object};
use crate::declare::ChoiceDecl;
use crate::kind::Kind;
use crate::model::Model;
use crate::plan::filter::OPERATORS;

const SCALARS: &[(Kind, &str, Option<&str>)] = &[
    (
        Kind::DateTime,
        "A point in time in UTC as in RFC 3339, for instance 2026-03-01T09:30:00Z. Input may carry any offset.",
        Some("https://scalars.graphql.org/andimarek/date-time.html"),
    ),
    (
        Kind::Date,
        "A calendar day without a time zone, as YYYY-MM-DD.",
        Some("https://scalars.graphql.org/andimarek/local-date.html"),
    ),
    (Kind::BigInt, "A whole number of up to 64 bits, as a string so that JavaScript loses no digit.", None),
    (Kind::Decimal, "An exact decimal number, as a string so that no cent is lost, for instance \"12990.00\".", None),
    (
        Kind::Currency,
        "A currency as a three-letter code of ISO 4217, for instance EUR.",
        Some("https://www.iso.org/iso-4217-currency-codes.html"),
    ),
    (Kind::Json, "Any JSON value.", Some("https://www.rfc-editor.org/rfc/rfc8259")),
];

pub(super) fn register(model: &Model, registry: &mut Registry) {
    for (kind, doc, url) in SCALARS {
        let kind = *kind;
        let name = kind.type_name();
        let ty = MetaType::Scalar {
            name: name.to_owned(),
            description: Some((*doc).to_owned()),
            is_valid: Some(std::sync::Arc::new(move |value: &Value| kind.accepts(value))),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            specified_by_url: url.map(ToOwned::to_owned),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        };
        registry.types.insert(name.to_owned(), ty);
    }
    <f64 as async_graphql::InputType>::create_type_info(registry);
    for enumeration in choices(model).values() {
        choice(registry, enumeration.name, enumeration.doc, enumeration.values.iter().copied());
        filter(registry, Kind::Choice(enumeration));
    }
    for kind in [
        Kind::Id(""),
        Kind::Text,
        Kind::Int,
        Kind::BigInt,
        Kind::Decimal,
        Kind::Float,
        Kind::Bool,
        Kind::DateTime,
        Kind::Date,
        Kind::Currency,
    ] {
        filter(registry, kind);
    }
    attribute_filter(registry);
    list_filter(registry);
}

/// Every enum that a field uses, by name.
fn choices(model: &Model) -> BTreeMap<&'static str, &'static ChoiceDecl> {
    model
        .entities()
        .iter()
        .flat_map(|entity| entity.scalars())
        .filter_map(|member| if let Kind::Choice(choice) = member.ty.kind { Some((choice.name, choice)) } else { None })
        .collect()
}

/// Name of the filter input of a kind.
pub(super) fn filter_name(kind: Kind) -> String {
    match kind {
        Kind::Json => "[AttributeFilter!]".to_owned(),
        Kind::List(of) => format!("{}ListFilter", of.type_name()),
        kind => format!("{}Filter", kind.type_name()),
    }
}

fn filter(registry: &mut Registry, kind: Kind) {
    let ty = kind.type_name();
    let mut fields: Vec<_> = OPERATORS
        .iter()
        .filter(|operator| (operator.exists)(kind))
        .map(|operator| {
            let ty = if operator.list { format!("[{ty}!]") } else { ty.to_owned() };
            input(operator.name, ty, operator.doc)
        })
        .collect();
    fields.push(input("isNull", "Boolean", "True: has no value. False: has one."));
    let doc = format!("Conditions on a {ty}. All that are given must hold.");
    input_object(registry, &filter_name(kind), &doc, fields);
}

fn attribute_filter(registry: &mut Registry) {
    let fields = [
        input("key", "String", "Name of the attribute; without it, the object itself is looked at, by `includes`."),
        input("eq", "JSON", "Equal to this JSON value."),
        input("ne", "JSON", "Not equal to this JSON value; rows without the attribute pass."),
        input("in", "[JSON!]", "One of these JSON values."),
        input("contains", "String", "Its text contains this; upper and lower case and accents do not matter."),
        input("has", "String", "It is a list that contains this text."),
        input(
            "includes",
            "JSON",
            "It holds all of this JSON value, maybe more: {\"a\": 1} is in {\"a\": 1, \"b\": 2}, and [\"x\"] in [\"x\", \"y\"].",
        ),
        input("lt", "JSON", "Less than a value of the same JSON type."),
        input("lte", "JSON", "Less than or equal to a value of the same JSON type."),
        input("gt", "JSON", "Greater than a value of the same JSON type."),
        input("gte", "JSON", "Greater than or equal to a value of the same JSON type."),
        input("isNull", "Boolean", "True: the attribute is absent or null."),
    ];
    input_object(
        registry,
        "AttributeFilter",
        "Conditions on one attribute of a JSON object, found by its key.",
        fields,
    );
}

fn list_filter(registry: &mut Registry) {
    let fields = [
        input("has", "String", "Contains this text."),
        input("hasSome", "[String!]", "Contains at least one of these."),
        input("hasEvery", "[String!]", "Contains all of these."),
        input("isEmpty", "Boolean", "True: contains nothing. False: contains something."),
    ];
    let doc = "Conditions on a list of texts. All that are given must hold.";
    input_object(registry, &filter_name(Kind::List(&Kind::Text)), doc, fields);
}
