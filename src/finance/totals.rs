//! Sums of one's own money, by currency: amounts of different currencies are never added.

use async_graphql::registry::Registry;
use async_graphql::{PathSegment, ServerResult, Value as Argument};
use chrono::NaiveDate;
use entity::events::{
    Event, EventField, EventRoot, EventRows, EventType, FieldOf, Value, object_type, plan_events, walk_events,
};
use entity::kind::Kind;
use entity::model::Model;
use entity::plan::PlanError;
use entity::roots::{MadeAnswer, MadeArgument, MadeField, MadeQuery};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;

use crate::processes::FINANCE;

/// Most groups of one answer.
const MAX_GROUPS: usize = 1000;

/// What there is in one currency.
static FINANCIAL_TOTAL: EventType = EventType {
    name: "FinancialTotal",
    doc: "What somebody has and owes in one currency. Nothing is converted.",
    fields: &[
        EventField { name: "currency", doc: "The currency.", ty: FieldOf::Leaf("CurrencyCode!") },
        EventField {
            name: "balance",
            doc: "The balances of all accounts in use, those below zero included.",
            ty: FieldOf::Leaf("Decimal!"),
        },
        EventField {
            name: "debts",
            doc: "What is owed, of debts that are ACTIVE or DEFAULTED.",
            ty: FieldOf::Leaf("Decimal!"),
        },
        EventField { name: "investments", doc: "What investments are worth.", ty: FieldOf::Leaf("Decimal!") },
    ],
};

/// The kinds of the fields of [`FINANCIAL_TOTAL`].
const FINANCIAL_KINDS: &[Kind] = &[Kind::Currency, Kind::Decimal, Kind::Decimal, Kind::Decimal];

/// What was spent or earned in one category.
static TRANSACTION_TOTAL: EventType = EventType {
    name: "TransactionTotal",
    doc: "The transactions of one type, category, subcategory and currency.",
    fields: &[
        EventField { name: "type", doc: "Which way the money went.", ty: FieldOf::Leaf("TransactionType!") },
        EventField { name: "category", doc: "The category.", ty: FieldOf::Leaf("String!") },
        EventField {
            name: "subcategory",
            doc: "The subcategory; null for those without one.",
            ty: FieldOf::Leaf("String"),
        },
        EventField { name: "currency", doc: "The currency.", ty: FieldOf::Leaf("CurrencyCode!") },
        EventField { name: "amount", doc: "All of them together.", ty: FieldOf::Leaf("Decimal!") },
        EventField { name: "count", doc: "How many there are.", ty: FieldOf::Leaf("Int!") },
    ],
};

/// The kinds of the fields of [`TRANSACTION_TOTAL`]; types of transactions are written as texts are.
const TRANSACTION_KINDS: &[Kind] = &[Kind::Text, Kind::Text, Kind::Text, Kind::Currency, Kind::Decimal, Kind::Int];

static FINANCIAL_ROOT: EventRoot = EventRoot::Object(&FINANCIAL_TOTAL);
static TRANSACTION_ROOT: EventRoot = EventRoot::Object(&TRANSACTION_TOTAL);

pub(super) static FINANCIAL_TOTALS: MadeQuery = MadeQuery {
    name: "financialTotals",
    ty: "[FinancialTotal!]!",
    doc: "What you have and owe, currency by currency in order of their codes.",
    arguments: &[],
    register: |_: &Model, registry: &mut Registry| object_type(&FINANCIAL_TOTAL, registry),
    resolve: |field| async move { answer(&field, &FINANCIAL_ROOT, FINANCIAL_KINDS, financial_totals).await }.boxed(),
};

pub(super) static TRANSACTION_TOTALS: MadeQuery = MadeQuery {
    name: "transactionTotals",
    ty: "[TransactionTotal!]!",
    doc: "Your transactions of a time by type, category, subcategory and currency, the largest sums of each currency \
          first; 1000 groups at most.",
    arguments: &[
        MadeArgument { name: "from", ty: "Date!", default: None, doc: "First day." },
        MadeArgument { name: "to", ty: "Date!", default: None, doc: "Last day, not before the first." },
    ],
    register: |_: &Model, registry: &mut Registry| object_type(&TRANSACTION_TOTAL, registry),
    resolve: |field| {
        async move { answer(&field, &TRANSACTION_ROOT, TRANSACTION_KINDS, transaction_totals).await }.boxed()
    },
};

async fn answer(
    field: &MadeField<'_>,
    root: &EventRoot,
    kinds: &[Kind],
    sql: fn(&MadeField<'_>) -> Result<Sql, PlanError>,
) -> ServerResult<MadeAnswer> {
    let (planner, sets) = (field.planner(), field.selection());
    let planned = planner.allow(FINANCE.read()).and_then(|()| plan_events(&planner, root, &[], &sets));
    let plan = planned.map_err(|why| {
        field.refused(&planner, why, |walk| {
            walk.need(FINANCE.read())?;
            walk_events(walk, &planner, root, &[], &sets)
        })
    })?;
    let sql = sql(field).map_err(|why| field.refusal(why))?;
    let scope = field.scope(true);
    let rows = scope.statements.rows(sql, scope.last).await.map_err(|error| field.fault(&error))?;
    let EventRoot::Object(ty) = root else { return Ok(MadeAnswer::default()) };
    let mut answer = MadeAnswer::default();
    answer.json.push('[');
    for row in 0..rows.len() {
        answer.json.push_str(if row > 0 { "," } else { "" });
        let event = Event { ty, values: values(&rows, row, kinds) };
        plan.value(&event, &EventRows::default(), vec![PathSegment::Index(row)], &mut answer);
    }
    answer.json.push(']');
    Ok(answer)
}

fn values(rows: &Rows, row: usize, kinds: &[Kind]) -> Vec<Value> {
    let value = |(column, kind): (usize, &Kind)| {
        rows.cell(row, column).map_or(Value::Null, |cell| {
            let mut json = String::new();
            kind.write(cell, &mut json);
            Value::Json(json)
        })
    };
    kinds.iter().enumerate().map(value).collect()
}

fn own(field: &MadeField<'_>, alias: &str, sql: &mut Sql) {
    let session = field.session();
    sql.push(" where ").push(alias).push(".tenant_id = ").bind(Bind::Uuid(session.tenant()));
    sql.push(" and ").push(alias).push(".user_id = ").bind(Bind::Uuid(session.user()));
}

fn financial_totals(field: &MadeField<'_>) -> Result<Sql, PlanError> {
    let mut sql = Sql::new();
    sql.push("select currency, sum(balance), sum(debts), sum(investments) from (");
    sql.push("select a.currency, a.balance, 0::numeric(14, 2) as debts, 0::numeric(20, 2) as investments");
    sql.push(" from financial_accounts a");
    own(field, "a", &mut sql);
    sql.push(" and a.deleted_at is null and a.is_active union all");
    sql.push(" select d.currency, 0, d.balance, 0 from debts d");
    own(field, "d", &mut sql);
    sql.push(" and d.deleted_at is null and d.status in ('ACTIVE', 'DEFAULTED') union all");
    sql.push(" select i.currency, 0, 0, round(i.quantity * i.current_price, 2) from investments i");
    own(field, "i", &mut sql);
    sql.push(" and i.deleted_at is null) parts group by currency order by currency");
    Ok(sql)
}

fn transaction_totals(field: &MadeField<'_>) -> Result<Sql, PlanError> {
    let (from, to) = (day(field, "from")?, day(field, "to")?);
    if to < from {
        return Err(PlanError::input("The last day is not before the first.").under("to"));
    }
    let mut sql = Sql::new();
    sql.push("select t.type, t.category, t.subcategory, t.currency, sum(t.amount), count(*)::integer");
    sql.push(" from financial_transactions t");
    own(field, "t", &mut sql);
    sql.push(" and t.date between ").bind(Bind::Date(from)).push(" and ").bind(Bind::Date(to));
    sql.push(" group by t.type, t.category, t.subcategory, t.currency");
    sql.push(" order by t.currency, sum(t.amount) desc, t.type, t.category, t.subcategory nulls first");
    sql.push(" limit ").push(&MAX_GROUPS.to_string());
    Ok(sql)
}

fn day(field: &MadeField<'_>, name: &str) -> Result<NaiveDate, PlanError> {
    match field.argument(name).map(|value: Argument| Kind::Date.read(&value)) {
        Some(Ok(Bind::Date(day))) => Ok(day),
        Some(Err(message)) => Err(PlanError::input(message).under(name)),
        _ => Err(PlanError::input("A Date is needed here.").under(name)),
    }
}
