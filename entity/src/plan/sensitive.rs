//! Of which sensitive entities a plan reads rows: the session hears of them, see [`crate::run::Lender::reading`].

use super::cond::Cond;
use super::{Connection, Lookup, NodeField, Shape};
use crate::declare::EntityDecl;

impl Connection {
    /// The sensitive entities that it reads, or whose rows decide what is found.
    #[must_use]
    pub fn sensitive(&self) -> Vec<&'static EntityDecl> {
        let mut found = Vec::new();
        self.add_sensitive(&mut found);
        found
    }

    fn add_sensitive(&self, found: &mut Vec<&'static EntityDecl>) {
        add(self.entity.decl, found);
        of_cond(&self.cond, found);
        of_shape(&self.shape, found);
    }
}

impl Lookup {
    /// The sensitive entities that it reads.
    #[must_use]
    pub fn sensitive(&self) -> Vec<&'static EntityDecl> {
        let mut found = Vec::new();
        add(self.entity.decl, &mut found);
        of_shape(&self.shape, &mut found);
        found
    }

    /// The same where the rows' existence is known already: what only names them, their type and key, reads nothing.
    #[must_use]
    pub fn sensitive_beyond_key(&self) -> Vec<&'static EntityDecl> {
        let names = |field: &NodeField| matches!(field, NodeField::Typename | NodeField::Cell { column: 0, .. });
        let mut found = Vec::new();
        if !self.node.fields.iter().all(|(_, field)| names(field)) {
            add(self.entity.decl, &mut found);
        }
        of_shape(&self.shape, &mut found);
        found
    }
}

fn add(entity: &'static EntityDecl, found: &mut Vec<&'static EntityDecl>) {
    if entity.sensitive && !found.iter().any(|known| std::ptr::eq(*known, entity)) {
        found.push(entity);
    }
}

fn of_shape(shape: &Shape, found: &mut Vec<&'static EntityDecl>) {
    shape.sensitive.iter().for_each(|entity| add(entity, found));
    shape.many.iter().for_each(|many| many.connection.add_sensitive(found));
}

fn of_cond(cond: &Cond, found: &mut Vec<&'static EntityDecl>) {
    match cond {
        Cond::And(parts) | Cond::Or(parts) => parts.iter().for_each(|part| of_cond(part, found)),
        Cond::Not(part) => of_cond(part, found),
        Cond::Exists(exists) => {
            add(exists.source.decl, found);
            add(exists.target.decl, found);
            of_cond(&exists.cond, found);
        }
        Cond::Compare(..) | Cond::Quantified(..) | Cond::Null(..) | Cond::Raw(..) => {}
    }
}
