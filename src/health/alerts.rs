//! `upcomingMedicalAlerts`: what of one's health is due soon.

use async_graphql::parser::types::SelectionSet;
use async_graphql::registry::Registry;
use async_graphql::{PathSegment, ServerResult, Value as Argument};
use chrono::{DateTime, Duration, Utc};
use entity::Entity;
use entity::events::{
    Event, EventField, EventPlan, EventRoot, EventRows, EventType, FieldOf, Presence, Value, Wanted, object_type,
    plan_events, walk_events,
};
use entity::model::{EntityModel, Model};
use entity::plan::PlanError;
use entity::roots::{MadeAnswer, MadeArgument, MadeField, MadeQuery};
use entity::rows::Rows;
use entity::run::Scope;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;

use super::{MedicalAppointment, Medication};
use crate::processes::HEALTH;
use crate::request::Services;

/// How far one can look ahead, in hours: 31 days.
const MAX_HOURS: i64 = 744;

/// How far one looks when nothing is said, also as the schema has it.
const DEFAULT_HOURS: (i64, &str) = (24, "24");

/// Most alerts of one answer.
const MAX_ALERTS: usize = 500;

/// Something that is due.
static ALERT: EventType = EventType {
    name: "MedicalAlert",
    doc: "Something of one's health that is due: an appointment, or a medicine to take. One of both is there.",
    fields: &[
        EventField { name: "at", doc: "When it is due.", ty: FieldOf::Leaf("DateTime!") },
        EventField {
            name: "appointment",
            doc: "The appointment; null for a medicine.",
            ty: FieldOf::Row("MedicalAppointment", Presence::Optional),
        },
        EventField {
            name: "medication",
            doc: "The medicine; null for an appointment.",
            ty: FieldOf::Row("Medication", Presence::Optional),
        },
    ],
};

static ROOT: EventRoot = EventRoot::Object(&ALERT);

pub(super) static UPCOMING_MEDICAL_ALERTS: MadeQuery = MadeQuery {
    name: "upcomingMedicalAlerts",
    ty: "[MedicalAlert!]!",
    doc: "What of your health is due from now on, the earliest first, 500 at most: appointments with doctors that are \
          SCHEDULED or CONFIRMED, and the times of medicines with reminders of which nothing was logged yet.",
    arguments: &[MadeArgument {
        name: "withinHours",
        ty: "Int!",
        default: Some(DEFAULT_HOURS.1),
        doc: "How far to look ahead, in hours, from 1 to 744 (31 days).",
    }],
    register,
    resolve: |field| alerts(field).boxed(),
};

fn register(_: &Model, registry: &mut Registry) {
    object_type(&ALERT, registry);
}

async fn alerts(field: MadeField<'_>) -> ServerResult<MadeAnswer> {
    let sets = field.selection();
    let plan = plan(&field, &sets)?;
    let within = hours(field.argument("withinHours").as_ref()).map_err(|why| field.refusal(why))?;
    let scope = field.scope(false);
    // When it is due says something already, whatever is selected of it.
    scope.lender.reading(&[MedicalAppointment::decl(), Medication::decl()]);
    let now = scope.lender.lent().downcast_ref::<Services>().map(|services| services.clock.now());
    let now = now.ok_or_else(|| field.error("INTERNAL", "Something went wrong on our side."))?;
    let rows =
        scope.statements.rows(due(&field, now, now + within), false).await.map_err(|error| field.fault(&error))?;
    let events = events(&field, &rows);
    let mut wanted = Wanted::default();
    events.iter().for_each(|event| plan.want(event, &mut wanted));
    let last: Scope<'_> = field.scope(true);
    let loaded = EventRows::load(last, &plan, &wanted).await.map_err(|error| field.fault(&error))?;
    let mut answer = MadeAnswer::default();
    answer.json.push('[');
    for (index, event) in events.iter().enumerate() {
        answer.json.push_str(if index > 0 { "," } else { "" });
        plan.value(event, &loaded, vec![PathSegment::Index(index)], &mut answer);
    }
    answer.json.push(']');
    Ok(answer)
}

fn plan<'f>(field: &MadeField<'f>, sets: &[&'f SelectionSet]) -> ServerResult<EventPlan> {
    let planner = field.planner();
    let named = ["MedicalAppointment", "Medication"];
    let seen: Vec<&'static EntityModel> = named.into_iter().filter_map(|name| field.model.by_name(name)).collect();
    let planned = planner.allow(HEALTH.read()).and_then(|()| plan_events(&planner, &ROOT, &seen, sets));
    planned.map_err(|why| {
        field.refused(&planner, why, |walk| {
            walk.need(HEALTH.read())?;
            walk_events(walk, &planner, &ROOT, &seen, sets)
        })
    })
}

fn hours(value: Option<&Argument>) -> Result<Duration, PlanError> {
    let hours = match value {
        None => DEFAULT_HOURS.0,
        Some(Argument::Number(number)) => number.as_i64().unwrap_or_default(),
        Some(_) => 0,
    };
    if (1..=MAX_HOURS).contains(&hours) {
        Ok(Duration::hours(hours))
    } else {
        Err(PlanError::input(format!("`withinHours` goes from 1 to {MAX_HOURS}.")))
    }
}

/// Appointments, and times of day at which something is to be taken, from one moment to another.
fn due(field: &MadeField<'_>, from: DateTime<Utc>, to: DateTime<Utc>) -> Sql {
    let session = field.session();
    let (tenant, user) = (session.tenant(), session.user());
    let mut sql = Sql::new();
    sql.push("select d.at, d.appointment, d.id from (select a.scheduled_date as at, true as appointment, a.id");
    sql.push(" from medical_appointments a where a.tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and a.user_id = ").bind(Bind::Uuid(user));
    sql.push(" and a.deleted_at is null and a.status in ('SCHEDULED', 'CONFIRMED')");
    sql.push(" union all select r.at, false, m.id from medications m join tenants t on t.id = m.tenant_id");
    // The days, where the business is, that the time from one moment to the other touches.
    sql.push(" cross join generate_series((").bind(Bind::DateTime(from));
    sql.push("::timestamptz at time zone t.timezone)::date, (").bind(Bind::DateTime(to));
    sql.push("::timestamptz at time zone t.timezone)::date, interval '1 day') as day");
    sql.push(" cross join jsonb_array_elements_text(m.reminder_times) as clock");
    sql.push(" cross join lateral (select (day::date + clock::time) at time zone t.timezone as at) r");
    sql.push(" where m.tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and m.user_id = ").bind(Bind::Uuid(user));
    sql.push(" and m.deleted_at is null and m.is_active and m.reminder_enabled");
    sql.push(" and day::date between m.start_date and coalesce(m.end_date, 'infinity')");
    sql.push(" and not exists (select from medication_logs l where l.tenant_id = m.tenant_id");
    sql.push(" and l.medication_id = m.id and l.scheduled_time = r.at)) d");
    sql.push(" where d.at >= ").bind(Bind::DateTime(from)).push(" and d.at < ").bind(Bind::DateTime(to));
    sql.push(" order by d.at, d.id limit ").push(&MAX_ALERTS.to_string());
    sql
}

fn events(field: &MadeField<'_>, rows: &Rows) -> Vec<Event> {
    let position = |decl: &entity::declare::EntityDecl| field.model.by_name(decl.name).map(|entity| entity.index);
    let (appointment, medication) = (position(MedicalAppointment::decl()), position(Medication::decl()));
    let event = |row: usize| {
        let mut at = String::new();
        entity::kind::Kind::DateTime.write(rows.cell(row, 0)?, &mut at);
        let is_appointment = rows.is_true(row, 1);
        let found = Value::Row(if is_appointment { appointment? } else { medication? }, rows.uuid(row, 2)?);
        let (one, other) = if is_appointment { (found, Value::Null) } else { (Value::Null, found) };
        Some(Event { ty: &ALERT, values: vec![Value::Json(at), one, other] })
    };
    (0..rows.len()).filter_map(event).collect()
}
