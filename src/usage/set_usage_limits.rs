//! `setUsageLimits`: how much a user may ask of language models in a month.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Writer};
use futures_util::FutureExt;

use super::MonthlyUsage;
use crate::processes::USAGE;

/// The mutation.
pub(super) static SET_USAGE_LIMITS: VerbDecl = VerbDecl {
    mutation: "setUsageLimits",
    doc: "Sets how much a user may ask of language models in the present month (of UTC) and in those that follow. A limit \
          that is left out stays; null takes it away. What is under way may still be answered; nothing more is asked at the \
          limit.",
    entity: MonthlyUsage::decl,
    right: USAGE.admin(),
    inputs: &[
        InputDecl {
            name: "userId",
            doc: "The user.",
            ty: entity::kind::FieldType { kind: Kind::Id("user"), nullable: false, normalize: None },
            need: Input::Required,
        },
        InputDecl {
            name: "limitMessages",
            doc: "How many times a model may be asked; null for no limit.",
            ty: <Option<i32>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "limitTokens",
            doc: "How many tokens may be used; null for no limit.",
            ty: <Option<i64>>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: None,
    run: |writer, input| set(writer, input).boxed(),
};

async fn set(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    // The row first, with the limits of the month before; then what was given, null included.
    let mut sql = Sql::new();
    sql.push("insert into monthly_usage (id, tenant_id, user_id, year, month) select ").bind(Bind::Uuid(writer.new_id));
    sql.push(", ").bind(Bind::Uuid(writer.tenant)).push(", ").bind(Bind::Uuid(input.id("userId")));
    sql.push(", extract(year from today)::integer, extract(month from today)::integer ");
    sql.push("from (select (now() at time zone 'UTC')::date) as days (today) ");
    sql.push("on conflict (tenant_id, user_id, year, month) do update set user_id = excluded.user_id returning id");
    let Some(id) = writer.statements.rows(sql, false).await?.uuid_of_first() else { return Ok(Outcome::default()) };
    let columns = [("limitMessages", "limit_messages"), ("limitTokens", "limit_tokens")];
    for (name, column) in columns {
        let Some((_, value)) = input.0.iter().find(|(given, _)| *given == name) else { continue };
        let mut sql = Sql::new();
        sql.push("update monthly_usage set ").push(column).push(" = ").bind(value.clone());
        sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
        sql.push(" returning id");
        writer.statements.rows(sql, false).await?;
    }
    Ok(Outcome::written(id))
}
