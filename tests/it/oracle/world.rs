//! A tenant's rows in memory: what every selectable field of every row is, read once with plain SQL in the name of its user.

use std::cmp::Ordering;
use std::collections::HashMap;

use async_graphql::{Name, Value};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use entity::id::{format_id, split_id};
use entity::kind::Kind;
use entity::model::{EntityModel, ManyMember, ManyPath, Member, OneMember};
use rust_decimal::Decimal;
use tokio_postgres::{Client, SimpleQueryMessage};
use uuid::Uuid;

use super::crowd::model;
use crate::app::connect;

/// A value that is not null.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Uuid(Uuid),
    Text(String),
    Int(i64),
    Decimal(Decimal),
    Float(f64),
    Bool(bool),
    Time(DateTime<Utc>),
    Date(NaiveDate),
    Json(Value),
}

/// One row of an entity.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    /// By GraphQL name; nulls are not there.
    cells: HashMap<&'static str, Cell>,
    /// Which branches of its unions apply, by union and position.
    branches: HashMap<(&'static str, usize), bool>,
}

/// All rows of a tenant.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) tenant: Uuid,
    /// By position of the entity, ordered by id.
    rows: Vec<Vec<Row>>,
    /// Join tables: pairs of keys by table and its two columns.
    links: HashMap<[&'static str; 3], Vec<(Uuid, Uuid)>>,
}

impl Row {
    pub(crate) fn cell(&self, name: &str) -> Option<&Cell> {
        self.cells.get(name)
    }

    /// The key in a column.
    fn key(&self, entity: &EntityModel, column: &str) -> Option<Uuid> {
        match self.cell(entity.by_column(column)?.name) {
            Some(Cell::Uuid(id)) => Some(*id),
            _ => None,
        }
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.cells.contains_key("deletedAt")
    }

    pub(crate) fn branch_applies(&self, union: &'static str, branch: usize) -> bool {
        self.branches.get(&(union, branch)).copied().unwrap_or(true)
    }
}

impl World {
    /// Reads what a user of a tenant may see. Row-level security narrows it here as there; that it narrows rightly is
    /// the subject of other tests.
    pub(crate) async fn of(database: &str, tenant: Uuid, user: Uuid) -> Self {
        let client = connect("mostrador_api", database).await;
        let actor = format!(
            "set app.tenant_id = '{tenant}'; set app.user_id = '{user}'; set app.scope = 'records users support integrations'"
        );
        client.batch_execute(&format!("set timezone = 'UTC'; {actor}")).await.unwrap();
        let mut world = Self { tenant, rows: Vec::new(), links: HashMap::new() };
        for entity in model().entities() {
            world.rows.push(rows(&client, entity, tenant).await);
            for member in entity.members.values() {
                if let Member::Many(ManyMember { path: ManyPath::Through { table, here, there }, .. }) = member {
                    let sql = format!("select {here}, {there} from {table} where tenant_id = '{tenant}'");
                    let pairs = texts(&client, &sql).await.into_iter().map(|row| (uuid(&row[0]), uuid(&row[1])));
                    world.links.insert([table, here, there], pairs.collect());
                }
            }
        }
        world
    }

    pub(crate) fn rows(&self, entity: &EntityModel) -> &[Row] {
        &self.rows[entity.index]
    }

    pub(crate) fn row(&self, entity: &EntityModel, id: Uuid) -> Option<&Row> {
        self.rows(entity).iter().find(|row| row.id == id)
    }

    /// The row at the other end of a to-one relation.
    pub(crate) fn one(&self, entity: &EntityModel, row: &Row, one: &OneMember) -> Option<&Row> {
        let target = model().entity(one.target);
        let key = row.key(entity, one.here)?;
        if one.there == "id" {
            return self.row(target, key);
        }
        // The way back over a unique key, which is unique among living rows only.
        self.rows(target).iter().find(|there| there.key(target, one.there) == Some(key) && !there.is_deleted())
    }

    /// The rows at the other end of a to-many relation, deleted ones included, ordered by id.
    pub(crate) fn many(&self, row: &Row, many: &ManyMember) -> Vec<&Row> {
        let target = model().entity(many.target);
        let all = self.rows(target).iter();
        match many.path {
            ManyPath::Key { column } => all.filter(|there| there.key(target, column) == Some(row.id)).collect(),
            ManyPath::Through { table, here, there } => {
                let pairs = &self.links[&[table, here, there]];
                all.filter(|other| pairs.contains(&(row.id, other.id))).collect()
            }
        }
    }
}

async fn rows(client: &Client, entity: &'static EntityModel, tenant: Uuid) -> Vec<Row> {
    // What is made of a stored value is not what is stored, and not asked for.
    let scalars: Vec<_> = entity.scalars().filter(|member| member.late.is_none()).collect();
    let branches = entity.decl.unions.iter().flat_map(|union| {
        let numbered = union.branches.iter().enumerate();
        numbered.filter_map(|(index, branch)| Some(((union.name, index), branch.when?)))
    });
    let branches: Vec<_> = branches.collect();
    let columns = scalars.iter().map(|member| match member.ty.kind {
        Kind::List(_) => format!("to_jsonb({})::text", member.sql.replace("{t}", "t")),
        _ => format!("({})::text", member.sql.replace("{t}", "t")),
    });
    let conditions = branches.iter().map(|(_, when)| format!("({})::text", when.replace("{t}", "t")));
    let columns: Vec<_> = columns.chain(conditions).collect();
    let table = entity.decl.table;
    // Of global rows one sees all, except that a tenant sees of the tenants itself only.
    let own = match table {
        "tenants" => format!("where t.id = '{tenant}'"),
        _ if entity.decl.global => String::new(),
        _ => format!("where t.tenant_id = '{tenant}'"),
    };
    let sql = format!("select t.id, {} from {table} t {own} order by t.id", columns.join(", "));
    let decode = |texts: Vec<Option<String>>| {
        let mut row = Row { id: uuid(&texts[0]), cells: HashMap::new(), branches: HashMap::new() };
        for (member, text) in scalars.iter().zip(&texts[1..]) {
            if let Some(text) = text {
                row.cells.insert(member.name, cell(member.ty.kind, text));
            }
        }
        for ((branch, _), text) in branches.iter().zip(&texts[1 + scalars.len()..]) {
            row.branches.insert(*branch, text.as_deref() == Some("true"));
        }
        row
    };
    texts(client, &sql).await.into_iter().map(decode).collect()
}

async fn texts(client: &Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(ToOwned::to_owned)).collect()),
        _ => None,
    });
    rows.collect()
}

fn uuid(text: &Option<String>) -> Uuid {
    text.as_deref().unwrap().parse().unwrap()
}

/// Reads PostgreSQL's text form.
fn cell(kind: Kind, text: &str) -> Cell {
    match kind {
        Kind::Id(_) | Kind::Uuid => Cell::Uuid(text.parse().unwrap()),
        Kind::AnyId | Kind::Text | Kind::Choice(_) | Kind::Currency => Cell::Text(text.to_owned()),
        Kind::Int | Kind::BigInt => Cell::Int(text.parse().unwrap()),
        Kind::Decimal => Cell::Decimal(text.parse().unwrap()),
        Kind::Float => Cell::Float(text.parse().unwrap()),
        Kind::Bool => Cell::Bool(text == "true"),
        Kind::DateTime => {
            Cell::Time(DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").unwrap().with_timezone(&Utc))
        }
        Kind::Date => Cell::Date(text.parse().unwrap()),
        Kind::Json | Kind::List(_) => Cell::Json(serde_json::from_str(text).unwrap()),
    }
}

/// A cell as it stands in an answer.
pub(crate) fn shown(kind: Kind, cell: Option<&Cell>) -> Value {
    let Some(cell) = cell else { return Value::Null };
    match (cell, kind) {
        (Cell::Uuid(id), Kind::Id(prefix)) => Value::String(format_id(prefix, *id)),
        (Cell::Uuid(id), Kind::Uuid) => Value::String(id.to_string()),
        (Cell::Text(text), Kind::AnyId) => {
            let (prefix, id) = text.rsplit_once('_').unwrap();
            Value::String(format_id(prefix, id.parse().unwrap()))
        }
        (Cell::Text(text), _) => Value::String(text.clone()),
        (Cell::Int(number), Kind::BigInt) => Value::String(number.to_string()),
        (Cell::Int(number), _) => Value::Number((*number).into()),
        (Cell::Decimal(number), _) => Value::String(number.to_string()),
        (Cell::Float(number), _) => serde_json::Number::from_f64(*number).map_or(Value::Null, Value::Number),
        (Cell::Bool(flag), _) => Value::Boolean(*flag),
        (Cell::Time(time), _) => Value::String(time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        (Cell::Date(day), _) => Value::String(day.to_string()),
        (Cell::Json(json), _) => json.clone(),
        (Cell::Uuid(_), _) => panic!("a key has the kind of a key"),
    }
}

/// A literal of an operation as a cell.
pub(crate) fn read(kind: Kind, value: &Value) -> Cell {
    match (kind, value) {
        (Kind::Id(_) | Kind::Uuid, Value::String(text)) => Cell::Uuid(split_id(text).unwrap().1),
        (Kind::AnyId, Value::String(text)) => match split_id(text) {
            Some((Some(prefix), id)) => Cell::Text(format!("{prefix}_{id}")),
            _ => panic!("{text} names no type"),
        },
        (Kind::Json, value) => Cell::Json(value.clone()),
        (Kind::Int, Value::Number(number)) => Cell::Int(number.as_i64().unwrap()),
        (Kind::Float, Value::Number(number)) => Cell::Float(number.as_f64().unwrap()),
        (_, Value::Boolean(flag)) => Cell::Bool(*flag),
        (Kind::Choice(_), Value::Enum(name)) => Cell::Text(name.to_string()),
        (Kind::DateTime, Value::String(text)) => Cell::Time(text.parse().unwrap()),
        (Kind::BigInt | Kind::Decimal | Kind::Text | Kind::Currency | Kind::Date, Value::String(text)) => {
            cell(kind, text)
        }
        (kind, value) => panic!("{value} is no {}", kind.type_name()),
    }
}

/// PostgreSQL's order of two values of one type; that of texts is by bytes, as the cluster of the tests has it.
pub(crate) fn compare(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Uuid(a), Cell::Uuid(b)) => a.cmp(b),
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
        (Cell::Decimal(a), Cell::Decimal(b)) => a.cmp(b),
        (Cell::Float(a), Cell::Float(b)) => a.total_cmp(b),
        (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
        (Cell::Time(a), Cell::Time(b)) => a.cmp(b),
        (Cell::Date(a), Cell::Date(b)) => a.cmp(b),
        _ => panic!("{a:?} and {b:?} have no order"),
    }
}

/// `app.fold` for the letters of the crowd's words.
pub(crate) fn fold(text: &str) -> String {
    let plain = |letter: char| match letter {
        'á' | 'Á' => 'a',
        'é' | 'É' | 'ë' => 'e',
        'ñ' | 'Ñ' => 'n',
        'ú' | 'Ú' => 'u',
        other => other,
    };
    text.chars().map(plain).flat_map(char::to_lowercase).collect()
}

/// A JSON object's entry.
pub(crate) fn entry<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(&Name::new(key)),
        _ => None,
    }
}
