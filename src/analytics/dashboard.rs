//! The query `dashboard`: the figures of some days, and how old they are.

use async_graphql::registry::Registry;
use async_graphql::{ServerResult, Value as Argument};
use chrono::NaiveDate;
use entity::events::{
    Event, EventField, EventRoot, EventRows, EventType, FieldOf, Value, Wanted, object_type, plan_events, walk_events,
};
use entity::model::Model;
use entity::plan::PlanError;
use entity::roots::{MadeAnswer, MadeArgument, MadeField, MadeQuery};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::processes::ANALYTICS;

/// The longest time that is shown at once, in days.
const MOST_DAYS: i64 = 366;

/// A figure in a dashboard.
static FIGURE: EventType = EventType {
    name: "DashboardFigure",
    doc: "A figure of a dashboard; the same as a DashboardMetric.",
    fields: &[
        EventField { name: "metric", doc: "What it counts.", ty: FieldOf::Leaf("DashboardMetricKind!") },
        EventField { name: "day", doc: "The day, in the time zone of the business.", ty: FieldOf::Leaf("Date!") },
        EventField {
            name: "dimension",
            doc: "What the metric is broken down by: a status, a channel, a currency; null for nothing.",
            ty: FieldOf::Leaf("String"),
        },
        EventField { name: "value", doc: "The figure.", ty: FieldOf::Leaf("Decimal!") },
        EventField { name: "refreshedAt", doc: "When it was counted last.", ty: FieldOf::Leaf("DateTime!") },
    ],
};

/// A dashboard.
static DASHBOARD: EventType = EventType {
    name: "Dashboard",
    doc: "The figures of some days.",
    fields: &[
        EventField { name: "from", doc: "The first day.", ty: FieldOf::Leaf("Date!") },
        EventField { name: "to", doc: "The last day, which belongs to it.", ty: FieldOf::Leaf("Date!") },
        EventField {
            name: "figures",
            doc: "The figures by metric, day and dimension. A day without a figure had nothing to count.",
            ty: FieldOf::Objects(&FIGURE),
        },
        EventField {
            name: "refreshedAt",
            doc: "When the youngest of these figures was counted; null when there are none.",
            ty: FieldOf::Leaf("DateTime"),
        },
        EventField {
            name: "isCurrent",
            doc: "Whether nothing has changed since that is not counted yet. What is missing is counted within seconds.",
            ty: FieldOf::Leaf("Boolean!"),
        },
    ],
};

static ROOT: EventRoot = EventRoot::Object(&DASHBOARD);

/// The query.
pub(super) static DASHBOARD_QUERY: MadeQuery = MadeQuery {
    name: "dashboard",
    ty: "Dashboard!",
    doc: "The figures of the business from one day to another, 366 days at most.",
    arguments: &[
        MadeArgument {
            name: "from",
            ty: "Date!",
            default: None,
            doc: "The first day, in the time zone of the business.",
        },
        MadeArgument { name: "to", ty: "Date!", default: None, doc: "The last day, which belongs to it." },
    ],
    register: |_: &Model, registry: &mut Registry| {
        object_type(&FIGURE, registry);
        object_type(&DASHBOARD, registry);
    },
    resolve: dashboard,
};

fn dashboard(field: MadeField<'_>) -> BoxFuture<'_, ServerResult<MadeAnswer>> {
    async move {
        let planner = field.planner();
        let selection = field.selection();
        let planned = planner
            .allow(ANALYTICS.read())
            .and_then(|()| plan_events(&planner, &ROOT, &[], &selection));
        let events = planned.map_err(|why| {
            field.refused(&planner, why, |walk| {
                walk.need(ANALYTICS.read())?;
                walk_events(walk, &planner, &ROOT, &[], &selection)
            })
        })?;
        let (from, to) = days(&field).map_err(|why| field.refusal(why))?;
        let scope = field.scope(true);
        let mut sql = Sql::new();
        sql.push("select m.metric, to_char(m.day, 'YYYY-MM-DD'), m.dimension, m.value::text, ");
        sql.push("app.microseconds(m.refreshed_at), s.is_stale from (select exists (select from stale_figures where tenant_id = ");
        sql.bind(Bind::Uuid(scope.tenant)).push(" and coalesce(day between ").bind(Bind::Date(from));
        sql.push(" and ").bind(Bind::Date(to)).push(", true)) as is_stale) s left join dashboard_metrics m on m.tenant_id = ");
        sql.bind(Bind::Uuid(scope.tenant)).push(" and m.day between ").bind(Bind::Date(from));
        sql.push(" and ").bind(Bind::Date(to)).push(" order by m.metric, m.day, m.dimension");
        let rows = scope.statements.rows(sql, scope.last).await.map_err(|error| field.fault(&error))?;
        let rows_of_entities =
            EventRows::load(scope, &events, &Wanted::default()).await.map_err(|error| field.fault(&error))?;
        let mut answer = MadeAnswer::default();
        events.value(&made(from, to, &rows), &rows_of_entities, Vec::new(), &mut answer);
        Ok(answer)
    }
    .boxed()
}

/// The days that were asked for.
fn days(field: &MadeField<'_>) -> Result<(NaiveDate, NaiveDate), PlanError> {
    let day = |name| match field.argument(name) {
        Some(Argument::String(text)) => NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok(),
        _ => None,
    };
    let (Some(from), Some(to)) = (day("from"), day("to")) else {
        return Err(PlanError::input("A Date is written as YYYY-MM-DD."));
    };
    let length = to.signed_duration_since(from).num_days() + 1;
    if !(1..=MOST_DAYS).contains(&length) {
        return Err(PlanError::input(format!("A dashboard shows 1 to {MOST_DAYS} days; these are {length}.")));
    }
    Ok((from, to))
}

fn made(from: NaiveDate, to: NaiveDate, rows: &Rows) -> Event {
    let text = |row, cell| rows.text(row, cell).unwrap_or_default();
    let time = |micros: i64| chrono::DateTime::from_timestamp_micros(micros).map_or(Value::Null, Value::time);
    // Without any figure there is one row that says whether something is stale.
    let there = (0..rows.len()).filter(|row| rows.text(*row, 0).is_some());
    let figure = |row| Event {
        ty: &FIGURE,
        values: vec![
            Value::text(&text(row, 0)),
            Value::text(&text(row, 1)),
            Value::maybe_text(rows.text(row, 2).as_deref()),
            Value::text(&text(row, 3)),
            time(rows.int8(row, 4).unwrap_or_default()),
        ],
    };
    let youngest = there.clone().filter_map(|row| rows.int8(row, 4)).max();
    let is_stale = (0..rows.len()).any(|row| rows.is_true(row, 5));
    Event {
        ty: &DASHBOARD,
        values: vec![
            Value::text(&from.to_string()),
            Value::text(&to.to_string()),
            Value::Objects(there.map(figure).collect()),
            youngest.map_or(Value::Null, time),
            Value::flag(!is_stale),
        ],
    }
}
