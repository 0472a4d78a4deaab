//! Inputs that several verbs of the inbox take.

use entity::declare::{Input, InputDecl};
use entity::kind::{FieldType, Kind};

/// A required ID.
pub(super) const fn id_of(name: &'static str, prefix: &'static str, doc: &'static str) -> InputDecl {
    InputDecl { name, doc, ty: required(Kind::Id(prefix)), need: Input::Required }
}

/// An input that may be left out.
pub(super) const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> InputDecl {
    InputDecl { name, doc, ty: FieldType { kind, nullable: true, normalize: None }, need: Input::Optional }
}

/// The type of an input that must be given.
pub(super) const fn required(kind: Kind) -> FieldType {
    FieldType { kind, nullable: false, normalize: None }
}
