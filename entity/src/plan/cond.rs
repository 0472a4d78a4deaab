//! Conditions: one non-generic tree for every filter, rendered to SQL over a table alias.

use crate::model::{EntityModel, ManyPath};
use crate::sql::{Bind, Sql};

/// A condition on a row.
#[derive(Debug, Clone)]
pub enum Cond {
    /// All hold; true when empty.
    And(Vec<Cond>),
    /// One holds; false when empty.
    Or(Vec<Cond>),
    /// Does not hold, where unknown counts as not holding.
    Not(Box<Cond>),
    /// `left op value`, with the SQL of the left side over `{t}` and an operator such as `>=`.
    Compare(String, &'static str, Bind),
    /// `left op any(list)` or the like; the operator is a template in which `{v}` stands for the list.
    Quantified(String, &'static str, Bind),
    /// `left is null` or `is not null`.
    Null(String, bool),
    /// A row of another table exists.
    Exists(Box<Exists>),
    /// SQL over `{t}` with one value in place of `{v}`.
    Raw(String, Vec<Bind>),
}

/// A condition on related rows.
#[derive(Debug, Clone)]
pub struct Exists {
    /// The entity of the row at hand.
    pub source: &'static EntityModel,
    /// The related entity.
    pub target: &'static EntityModel,
    /// How its rows are found.
    pub path: Path,
    /// What they must satisfy.
    pub cond: Cond,
}

/// How related rows are found from the row at hand.
#[derive(Debug, Clone, Copy)]
pub enum Path {
    /// `target.there = row.here`.
    Key {
        /// Column of the row.
        here: &'static str,
        /// Column of the target.
        there: &'static str,
    },
    /// Through a join table.
    Through {
        /// Join table.
        table: &'static str,
        /// Its column that points to the row.
        here: &'static str,
        /// Its column that points to the target.
        there: &'static str,
    },
}

impl From<ManyPath> for Path {
    fn from(path: ManyPath) -> Self {
        match path {
            ManyPath::Key { column } => Self::Key { here: "id", there: column },
            ManyPath::Through { table, here, there } => Self::Through { table, here, there },
        }
    }
}

impl Cond {
    /// The condition that always holds.
    pub const TRUE: Self = Self::And(Vec::new());
    /// The condition that never holds.
    pub const FALSE: Self = Self::Or(Vec::new());

    /// Whether this is [`Cond::TRUE`].
    #[must_use]
    pub fn is_true(&self) -> bool {
        matches!(self, Self::And(parts) if parts.is_empty())
    }

    /// Appends the condition; `depth` numbers the aliases of nested tables.
    pub fn render(&self, alias: &str, depth: usize, sql: &mut Sql) {
        match self {
            Self::And(parts) => join(parts, " and ", "true", alias, depth, sql),
            Self::Or(parts) => join(parts, " or ", "false", alias, depth, sql),
            Self::Not(inner) => {
                sql.push("((");
                inner.render(alias, depth, sql);
                sql.push(") is not true)");
            }
            Self::Compare(left, op, value) => {
                sql.push_with(left, alias).push(" ").push(op).push(" ").bind(value.clone());
            }
            Self::Quantified(left, op, value) => {
                let (before, after) = op.split_once("{v}").unwrap_or((op, ""));
                sql.push_with(left, alias).push(" ").push(before).bind(value.clone()).push(after);
            }
            Self::Null(left, yes) => {
                sql.push_with(left, alias).push(if *yes { " is null" } else { " is not null" });
            }
            Self::Exists(exists) => exists.render(alias, depth, sql),
            Self::Raw(text, values) => {
                let mut values = values.iter();
                for (index, part) in text.split("{v}").enumerate() {
                    if index > 0
                        && let Some(value) = values.next()
                    {
                        sql.bind(value.clone());
                    }
                    sql.push_with(part, alias);
                }
            }
        }
    }
}

fn join(parts: &[Cond], glue: &str, empty: &str, alias: &str, depth: usize, sql: &mut Sql) {
    if parts.is_empty() {
        sql.push(empty);
        return;
    }
    sql.push("(");
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            sql.push(glue);
        }
        part.render(alias, depth, sql);
    }
    sql.push(")");
}

/// The tenant of the transaction, for rows that are reached from one that belongs to no tenant. Row-level security compares
/// with the same; a statement that names its tenant by itself stays right should a policy ever be missing.
const OWN_TENANT: &str = "(select nullif(current_setting('app.tenant_id', true), '')::uuid)";

impl Exists {
    fn render(&self, outer: &str, depth: usize, sql: &mut Sql) {
        let alias = format!("f{depth}");
        let table = self.target.decl.table;
        sql.push("exists (select from ").push(table).push(" ").push(&alias);
        let tenant = |sql: &mut Sql, inner: &str, outer: Option<&str>| {
            sql.push(inner).push(".tenant_id = ");
            match outer {
                Some(outer) => sql.push(outer).push(".tenant_id and "),
                None => sql.push(OWN_TENANT).push(" and "),
            };
        };
        let around = (!self.source.decl.global).then_some(outer);
        match self.path {
            Path::Key { here, there } => {
                sql.push(" where ");
                if !self.target.decl.global {
                    tenant(sql, &alias, around);
                }
                sql.push(&alias).push(".").push(there).push(" = ").push(outer).push(".").push(here);
            }
            Path::Through { table, here, there } => {
                let link = format!("l{depth}");
                sql.push(", ").push(table).push(" ").push(&link).push(" where ");
                tenant(sql, &link, around);
                if !self.target.decl.global {
                    tenant(sql, &alias, Some(&link));
                }
                sql.push(&link).push(".").push(here).push(" = ").push(outer).push(".id and ");
                sql.push(&link).push(".").push(there).push(" = ").push(&alias).push(".id");
            }
        }
        if !self.cond.is_true() {
            sql.push(" and ");
            self.cond.render(&alias, depth + 1, sql);
        }
        sql.push(")");
    }
}
