//! What a plan is: statements, each with its columns, joins and relations, and what is written of their rows.

use std::collections::HashMap;

use async_graphql::Name;
use uuid::Uuid;

use super::abilities::Abilities;
use super::cond::Cond;
use super::order::Ordering;
use crate::declare::{EntityDecl, ObjectDecl};
use crate::kind::Kind;
use crate::late::{LateColumn, LateSelection};
use crate::model::{EntityModel, ManyPath};
use crate::sql::Bind;

/// What a statement selects and joins, and the to-many relations that hang on its rows.
#[derive(Debug, Default)]
pub struct Shape {
    /// Select list, in order, over `t0` and the joins.
    pub columns: Vec<String>,
    /// `left join …` clauses.
    pub joins: Vec<String>,
    /// One statement each.
    pub many: Vec<Many>,
    /// Fields whose answers are made when the rows have arrived.
    pub late: Vec<LateColumn>,
    /// Joined entities of which the session hears.
    pub(super) sensitive: Vec<&'static EntityDecl>,
    pub(super) join_index: HashMap<String, String>,
}

/// A to-many relation of the rows of a statement.
#[derive(Debug)]
pub struct Many {
    /// Position of the parent's id in the parent's row.
    pub parent: usize,
    /// How its rows are found.
    pub path: ManyPath,
    /// The page of each parent.
    pub connection: Connection,
}

/// A page of an entity.
#[derive(Debug)]
pub struct Connection {
    /// Whose rows.
    pub entity: &'static EntityModel,
    /// Select list and joins.
    pub shape: Shape,
    /// Filter, including that rows are not deleted.
    pub cond: Cond,
    /// Sort keys.
    pub ordering: Ordering,
    /// Positions of the sort keys in the row, when cursors are wanted.
    pub cursor_columns: Vec<usize>,
    /// Page size.
    pub limit: usize,
    /// From the end (`last`, `before`).
    pub backward: bool,
    /// Start after this row (or before it, backward).
    pub from: Option<Vec<Option<Bind>>>,
    /// Rows are selected at all.
    pub wants_rows: bool,
    /// Whether there are more is selected, which takes rows even for a page of none.
    pub wants_more: bool,
    /// `totalCount` is selected.
    pub wants_count: bool,
    /// The connection's fields in the answer.
    pub fields: Vec<(Name, PageField)>,
}

/// Rows found by key.
#[derive(Debug)]
pub struct Lookup {
    /// Whose rows.
    pub entity: &'static EntityModel,
    /// Select list and joins; column 0 is the id.
    pub shape: Shape,
    /// The wanted ids.
    pub ids: Vec<Uuid>,
    /// Deleted rows are found as well.
    pub include_deleted: bool,
    /// How to write one.
    pub node: Node,
}

/// How an object is written.
#[derive(Debug)]
pub struct Node {
    /// GraphQL type.
    pub type_name: &'static str,
    /// Position of the id of the joined row, null when there is none; none for the statement's own row.
    pub presence: Option<usize>,
    /// Fields in the order of the selection.
    pub fields: Vec<(Name, NodeField)>,
}

/// A field of an object.
#[derive(Debug)]
pub enum NodeField {
    /// `__typename`.
    Typename,
    /// A cell of the row.
    Cell {
        /// Position in the row.
        column: usize,
        /// Column type.
        kind: Kind,
        /// Whether null is a value.
        nullable: bool,
    },
    /// A joined object.
    One {
        /// How it is written.
        node: Node,
        /// Whether null is a value.
        nullable: bool,
    },
    /// The first of these that is there.
    Union {
        /// How each alternative is written.
        nodes: Vec<Node>,
        /// Whether null is a value.
        nullable: bool,
    },
    /// A value that is made: index into [`Shape::late`].
    Late {
        /// Position in the list.
        index: usize,
        /// Whether null is a value.
        nullable: bool,
        /// The objects that it is made of, and what is selected of them.
        object: Option<(&'static ObjectDecl, LateSelection)>,
    },
    /// A connection: index into [`Shape::many`].
    Many(usize),
    /// `viewerCan`.
    Abilities(Abilities),
}

/// A field of a connection.
#[derive(Debug)]
pub enum PageField {
    /// `__typename`.
    Typename(String),
    /// `nodes`.
    Nodes(Node),
    /// `edges`.
    Edges(Vec<(Name, EdgeField)>),
    /// `pageInfo`; names of its fields.
    PageInfo(Vec<(Name, String)>),
    /// `totalCount`.
    TotalCount,
}

/// A field of an edge.
#[derive(Debug)]
pub enum EdgeField {
    /// `__typename`.
    Typename(String),
    /// `cursor`.
    Cursor,
    /// `node`.
    Node(Node),
}

impl Connection {
    /// Whether a statement for rows is needed.
    #[must_use]
    pub fn reads_rows(&self) -> bool {
        self.wants_rows && (self.limit > 0 || self.wants_more)
    }
}
