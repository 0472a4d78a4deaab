//! `grantAgent` and `revokeAgent`: the maker of an agent says who else may use it.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, VerbDecl};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Writer};
use futures_util::FutureExt;

use super::inputs::{id_of, refused};
use super::{AiAgent, AiAgentPermission};
use crate::processes::ASSISTANTS;

/// The mutation that permits.
pub(super) static GRANT_AGENT: VerbDecl = VerbDecl {
    mutation: "grantAgent",
    doc: "Permits a user to use an agent that you made. Doing it again changes nothing. Somebody else's agent gives \
          FORBIDDEN, one that you do not see NOT_FOUND.",
    entity: AiAgentPermission::decl,
    right: ASSISTANTS.write(),
    inputs: &[id_of("agentId", "ai_agent", "The agent."), id_of("userId", "user", "Who may use it.")],
    secret: None,
    run: |writer, input| grant(writer, input).boxed(),
};

/// The mutation that takes it back.
pub(super) static REVOKE_AGENT: VerbDecl = VerbDecl {
    mutation: "revokeAgent",
    doc: "Takes back that a user may use an agent that you made. Their talks with it stay theirs to read; nothing more is \
          answered in them. Doing it again changes nothing.",
    entity: AiAgent::decl,
    right: ASSISTANTS.write(),
    inputs: &[id_of("agentId", "ai_agent", "The agent."), id_of("userId", "user", "Who may not use it any more.")],
    secret: None,
    run: |writer, input| revoke(writer, input).boxed(),
};

async fn grant(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    // Who may, the database says, for every writer.
    let mut sql = Sql::new();
    sql.push("insert into ai_agent_permissions (id, tenant_id, agent_id, user_id, granted_by_id) values (");
    sql.bind(Bind::Uuid(writer.new_id));
    for value in [writer.tenant, input.id("agentId"), input.id("userId"), writer.user] {
        sql.push(", ").bind(Bind::Uuid(value));
    }
    // A no-op, which makes RETURNING see the row that is there.
    sql.push(") on conflict (tenant_id, user_id, agent_id) do update set agent_id = excluded.agent_id returning id");
    let id = writer.statements.rows(sql, false).await?.uuid_of_first();
    Ok(Outcome { id, ..Outcome::default() })
}

async fn revoke(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let agent = input.id("agentId");
    let mut sql = Sql::new();
    sql.push("select created_by_id = ").bind(Bind::Uuid(writer.user)).push(" from ai_agents where tenant_id = ");
    sql.bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(agent));
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        return Ok(refused("NOT_FOUND", "agentId", "There is no agent with this ID."));
    }
    if !rows.is_true(0, 0) {
        return Ok(refused("FORBIDDEN", "agentId", "Only the maker of an agent can say who may use it."));
    }
    let mut sql = Sql::new();
    sql.push("select true from users where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(input.id("userId")));
    if writer.statements.rows(sql, false).await?.is_empty() {
        return Ok(refused("NOT_FOUND", "userId", "There is no user with this ID."));
    }
    let mut sql = Sql::new();
    sql.push("delete from ai_agent_permissions where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and agent_id = ").bind(Bind::Uuid(agent));
    sql.push(" and user_id = ").bind(Bind::Uuid(input.id("userId")));
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(agent))
}
