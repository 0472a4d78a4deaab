//! Inputs that verbs of logistics take.

use entity::declare::{Input, InputDecl};
use entity::kind::{FieldType, Kind};

/// A required ID.
pub(super) const fn id_of(name: &'static str, prefix: &'static str, doc: &'static str) -> InputDecl {
    let ty = FieldType { kind: Kind::Id(prefix), nullable: false, normalize: None };
    InputDecl { name, doc, ty, need: Input::Required }
}

/// An input that may be left out.
pub(super) const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> InputDecl {
    InputDecl { name, doc, ty: FieldType { kind, nullable: true, normalize: None }, need: Input::Optional }
}
