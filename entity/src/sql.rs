//! SQL text with bound values: the one way in which the engine speaks to the database.
//!
//! The text is the cache key of the prepared statement, so it depends on the shape of a request only; every value
//! is bound.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types as st;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::kind::Kind;

/// A bound value.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant is named for the SQL type it binds")]
pub enum Bind {
    Uuid(Uuid),
    Text(String),
    Int(i32),
    BigInt(i64),
    Decimal(Decimal),
    Float(f64),
    Bool(bool),
    DateTime(DateTime<Utc>),
    Date(NaiveDate),
    Json(serde_json::Value),
    Bytes(Vec<u8>),
    Uuids(Vec<Uuid>),
    Texts(Vec<String>),
    Ints(Vec<i32>),
    BigInts(Vec<i64>),
    Decimals(Vec<Decimal>),
    Floats(Vec<f64>),
    Bools(Vec<bool>),
    DateTimes(Vec<DateTime<Utc>>),
    Dates(Vec<NaiveDate>),
    /// A null of the column type.
    Null(NullOf),
}

/// The type of a bound null.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "each variant is named for the SQL type it binds")]
pub enum NullOf {
    Uuid,
    Text,
    Int,
    BigInt,
    Decimal,
    Float,
    Bool,
    DateTime,
    Date,
    Json,
    Bytes,
}

macro_rules! collect {
    ($binds:ident, $one:ident, $many:ident) => {
        Bind::$many(
            $binds
                .into_iter()
                .filter_map(|bind| if let Bind::$one(value) = bind { Some(value) } else { None })
                .collect(),
        )
    };
}

impl Bind {
    /// A typed array of values that were read as `kind`.
    #[must_use]
    pub fn list(kind: Kind, binds: Vec<Self>) -> Self {
        match kind {
            Kind::Id(_) | Kind::Uuid => collect!(binds, Uuid, Uuids),
            Kind::List(of) => Self::list(*of, binds),
            Kind::Text | Kind::AnyId | Kind::Currency | Kind::Choice(_) | Kind::Json => collect!(binds, Text, Texts),
            Kind::Int => collect!(binds, Int, Ints),
            Kind::BigInt => collect!(binds, BigInt, BigInts),
            Kind::Decimal => collect!(binds, Decimal, Decimals),
            Kind::Float => collect!(binds, Float, Floats),
            Kind::Bool => collect!(binds, Bool, Bools),
            Kind::DateTime => collect!(binds, DateTime, DateTimes),
            Kind::Date => collect!(binds, Date, Dates),
        }
    }

    /// Null of the kind's SQL type.
    #[must_use]
    pub fn null(kind: Kind) -> Self {
        Self::Null(match kind {
            Kind::Id(_) | Kind::Uuid => NullOf::Uuid,
            // What is left out of an input is bound nowhere.
            Kind::List(of) => return Self::null(*of),
            Kind::Text | Kind::AnyId | Kind::Currency | Kind::Choice(_) => NullOf::Text,
            Kind::Int => NullOf::Int,
            Kind::BigInt => NullOf::BigInt,
            Kind::Decimal => NullOf::Decimal,
            Kind::Float => NullOf::Float,
            Kind::Bool => NullOf::Bool,
            Kind::DateTime => NullOf::DateTime,
            Kind::Date => NullOf::Date,
            Kind::Json => NullOf::Json,
        })
    }

    fn walk<'b>(&'b self, pass: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Uuid(value) => pass.push_bind_param_value_only::<st::Uuid, _>(value),
            Self::Text(value) => pass.push_bind_param_value_only::<st::Text, _>(value),
            Self::Int(value) => pass.push_bind_param_value_only::<st::Int4, _>(value),
            Self::BigInt(value) => pass.push_bind_param_value_only::<st::Int8, _>(value),
            Self::Decimal(value) => pass.push_bind_param_value_only::<st::Numeric, _>(value),
            Self::Float(value) => pass.push_bind_param_value_only::<st::Float8, _>(value),
            Self::Bool(value) => pass.push_bind_param_value_only::<st::Bool, _>(value),
            Self::DateTime(value) => pass.push_bind_param_value_only::<st::Timestamptz, _>(value),
            Self::Date(value) => pass.push_bind_param_value_only::<st::Date, _>(value),
            Self::Json(value) => pass.push_bind_param_value_only::<st::Jsonb, _>(value),
            Self::Bytes(value) => pass.push_bind_param_value_only::<st::Binary, _>(value),
            Self::Uuids(value) => pass.push_bind_param_value_only::<st::Array<st::Uuid>, _>(value),
            Self::Texts(value) => pass.push_bind_param_value_only::<st::Array<st::Text>, _>(value),
            Self::Ints(value) => pass.push_bind_param_value_only::<st::Array<st::Int4>, _>(value),
            Self::BigInts(value) => pass.push_bind_param_value_only::<st::Array<st::Int8>, _>(value),
            Self::Decimals(value) => pass.push_bind_param_value_only::<st::Array<st::Numeric>, _>(value),
            Self::Floats(value) => pass.push_bind_param_value_only::<st::Array<st::Float8>, _>(value),
            Self::Bools(value) => pass.push_bind_param_value_only::<st::Array<st::Bool>, _>(value),
            Self::DateTimes(value) => pass.push_bind_param_value_only::<st::Array<st::Timestamptz>, _>(value),
            Self::Dates(value) => pass.push_bind_param_value_only::<st::Array<st::Date>, _>(value),
            Self::Null(of) => match of {
                NullOf::Uuid => pass.push_bind_param_value_only::<st::Nullable<st::Uuid>, _>(&None::<Uuid>),
                NullOf::Text => pass.push_bind_param_value_only::<st::Nullable<st::Text>, _>(&None::<String>),
                NullOf::Int => pass.push_bind_param_value_only::<st::Nullable<st::Int4>, _>(&None::<i32>),
                NullOf::BigInt => pass.push_bind_param_value_only::<st::Nullable<st::Int8>, _>(&None::<i64>),
                NullOf::Decimal => pass.push_bind_param_value_only::<st::Nullable<st::Numeric>, _>(&None::<Decimal>),
                NullOf::Float => pass.push_bind_param_value_only::<st::Nullable<st::Float8>, _>(&None::<f64>),
                NullOf::Bool => pass.push_bind_param_value_only::<st::Nullable<st::Bool>, _>(&None::<bool>),
                NullOf::DateTime => {
                    pass.push_bind_param_value_only::<st::Nullable<st::Timestamptz>, _>(&None::<DateTime<Utc>>)
                }
                NullOf::Date => pass.push_bind_param_value_only::<st::Nullable<st::Date>, _>(&None::<NaiveDate>),
                NullOf::Json => {
                    pass.push_bind_param_value_only::<st::Nullable<st::Jsonb>, _>(&None::<serde_json::Value>)
                }
                NullOf::Bytes => pass.push_bind_param_value_only::<st::Nullable<st::Binary>, _>(&None::<Vec<u8>>),
            },
        }
    }
}

/// One statement.
#[derive(Debug, Clone, Default)]
pub struct Sql {
    text: String,
    binds: Vec<Bind>,
}

impl Sql {
    /// An empty statement.
    #[must_use]
    pub fn new() -> Self {
        Self { text: String::with_capacity(512), binds: Vec::new() }
    }

    /// Appends SQL text; never a value.
    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.text.push_str(sql);
        self
    }

    /// Appends a template in which `{t}` stands for a table alias.
    pub fn push_with(&mut self, template: &str, alias: &str) -> &mut Self {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{t}") {
            self.text.push_str(before);
            self.text.push_str(alias);
            rest = after;
        }
        self.text.push_str(rest);
        self
    }

    /// Appends a value as the next parameter.
    pub fn bind(&mut self, value: Bind) -> &mut Self {
        use std::fmt::Write;
        self.binds.push(value);
        let _ = write!(self.text, "${}", self.binds.len());
        self
    }

    /// The same rows, behind a condition without columns. PostgreSQL tests such a condition once, before it does anything
    /// else ("One-Time Filter"); `offset 0` keeps it from mixing it with the conditions of the statement itself.
    ///
    /// `condition` gets the statement to append to.
    #[must_use]
    pub fn behind(mut self, condition: impl FnOnce(&mut Self)) -> Self {
        self.text.insert_str(0, "select * from (");
        self.text.push_str(" offset 0) rows where (select ");
        condition(&mut self);
        self.text.push(')');
        self
    }

    /// The statement's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql(&self.text);
        for bind in &self.binds {
            bind.walk(&mut pass)?;
        }
        Ok(())
    }
}

/// No static id: Diesel then caches the prepared statement by its text.
impl QueryId for Sql {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = st::Untyped;
}
