//! Names inside declarations that must lead somewhere, and names of types that must be one's own.

use std::collections::HashMap;

use super::{EntityModel, Member, Model, ModelError, ProcessDecl, Right, Rights, lower_first};
use crate::declare::{ChoiceDecl, UnionDecl, VerbDecl};
use crate::kind::Kind;

/// Types that every schema has.
const TYPES: [&str; 22] = [
    "Query",
    "Mutation",
    "Node",
    "PageInfo",
    "OrderDirection",
    "NullsOrder",
    "UserError",
    "UserErrorCode",
    "Viewer",
    "ViewerPermission",
    "Ability",
    "ID",
    "String",
    "Int",
    "BigInt",
    "Decimal",
    "Float",
    "Boolean",
    "DateTime",
    "Date",
    "JSON",
    "CurrencyCode",
];

/// What a type of the schema stands for.
#[derive(Clone, Copy)]
enum Type {
    Engine,
    Entity(&'static str),
    Choice(&'static ChoiceDecl),
    Union(&'static str, &'static UnionDecl),
}

impl Model {
    /// Resolves every name that a declaration holds as text.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        for entity in &self.entities {
            let name = entity.decl.name;
            for field in entity.decl.fields {
                if field.folded && !matches!(field.ty.kind, Kind::Text) {
                    return Err(ModelError(format!("{name}.{} is folded, which is for text", field.name)));
                }
                for with in field.transition.iter().flat_map(|transition| transition.with) {
                    input(entity, with, &format!("the transition of {name}.{}", field.name))?;
                }
            }
            for action in entity.decl.actions {
                for (given, _) in action.inputs {
                    input(entity, given, &format!("{name}'s action {}", action.mutation))?;
                }
            }
            for union in entity.decl.unions {
                self.branches(entity, union)?;
            }
            for (field, _) in entity.decl.order_by {
                if entity.scalar(field).is_none_or(|member| !member.order) {
                    return Err(ModelError(format!("{name} is ordered by {field}, which cannot be ordered by")));
                }
            }
        }
        self.types()
    }

    /// Every right is one on a process of the catalogue, each of which has a bit of its own.
    pub(super) fn check_rights(&self) -> Result<(), ModelError> {
        for (index, process) in self.processes.iter().enumerate() {
            let code = process.code;
            if usize::from(process.number) != index || index >= Rights::CAPACITY {
                let number = process.number;
                return Err(ModelError(format!("the process {code} has the number {number}, not its place {index}")));
            }
            if self.processes[..index].iter().any(|earlier| earlier.code == code) {
                return Err(ModelError(format!("two processes have the code {code}")));
            }
        }
        let known = |process: &'static ProcessDecl| self.processes.iter().any(|known| std::ptr::eq(*known, process));
        let needed = |right: Right, by: &str| match known(right.process) {
            true => Ok(()),
            false => Err(ModelError(format!("{by} needs {right:?}, a process that no catalogue has"))),
        };
        for entity in &self.entities {
            let needs = &entity.decl.needs;
            for right in [needs.read, needs.create, needs.update, needs.delete, needs.include_deleted, needs.purge] {
                needed(right, entity.decl.name)?;
            }
        }
        self.mutations.values().try_for_each(|verb| needed(verb.right, &verb.name))
    }

    /// The inputs of a verb in Rust: each once, and IDs of entities that exist. Its secret has a name of its own.
    pub(super) fn check_inputs(&self, verb: &VerbDecl) -> Result<(), ModelError> {
        let object = lower_first((verb.entity)().name);
        if let Some(secret) = verb.secret.filter(|secret| secret.name == "errors" || secret.name == object) {
            return Err(ModelError(format!("{} has two fields called {}", verb.mutation, secret.name)));
        }
        for (index, input) in verb.inputs.iter().enumerate() {
            let place = format!("{}.{}", verb.mutation, input.name);
            if input.name == "idempotencyKey" || verb.inputs[..index].iter().any(|earlier| earlier.name == input.name) {
                return Err(ModelError(format!("{place} is declared twice")));
            }
            let kind = if let Kind::List(of) = input.ty.kind { *of } else { input.ty.kind };
            if let Kind::Id(prefix) = kind
                && self.by_prefix(prefix).is_none()
            {
                return Err(ModelError(format!("{place} takes the ID of a {prefix}, which no entity is")));
            }
        }
        Ok(())
    }

    fn branches(&self, entity: &EntityModel, union: &UnionDecl) -> Result<(), ModelError> {
        let place = format!("the union {}.{}", entity.decl.name, union.name);
        for branch in union.branches {
            let mut at = entity;
            for step in branch.path {
                let Some(Member::One(one)) = at.members.get(step) else {
                    return Err(ModelError(format!(
                        "{place} goes over {}.{step}, which is no to-one relation",
                        at.decl.name
                    )));
                };
                at = self.entity(one.target);
            }
            if branch.path.is_empty() {
                return Err(ModelError(format!("{place} has a branch that leads nowhere")));
            }
        }
        Ok(())
    }

    /// No two types of the schema have one name; an enum may be used by many entities.
    fn types(&self) -> Result<(), ModelError> {
        let mut known: HashMap<&str, Type> = TYPES.into_iter().map(|name| (name, Type::Engine)).collect();
        let mut add = |name: &'static str, new: Type| match known.insert(name, new) {
            None => Ok(()),
            Some(Type::Choice(old)) if matches!(new, Type::Choice(same) if same.values == old.values) => Ok(()),
            Some(old) => Err(ModelError(format!("two types are called {name}: {} and {}", old.spoken(), new.spoken()))),
        };
        for entity in &self.entities {
            add(entity.decl.name, Type::Entity(entity.decl.name))?;
            for field in entity.decl.fields {
                if let Kind::Choice(choice) = field.ty.kind {
                    add(choice.name, Type::Choice(choice))?;
                }
            }
            for union in entity.decl.unions {
                add(union.type_name, Type::Union(entity.decl.name, union))?;
            }
        }
        Ok(())
    }
}

impl Type {
    fn spoken(self) -> String {
        match self {
            Self::Engine => "one that every schema has".to_owned(),
            Self::Entity(name) => format!("the entity {name}"),
            Self::Choice(choice) => format!("an enum of {} values", choice.values.len()),
            Self::Union(entity, union) => format!("the union {entity}.{}", union.name),
        }
    }
}

/// A name that a mutation takes as input, which must be a stored field or the key of a relation.
fn input(entity: &EntityModel, name: &str, place: &str) -> Result<(), ModelError> {
    match entity.scalar(name) {
        Some(member) if member.column.is_some() => Ok(()),
        Some(_) => Err(ModelError(format!("{place} takes {name}, which is computed"))),
        None => Err(ModelError(format!("{place} takes {name}, which {} does not have", entity.decl.name))),
    }
}
