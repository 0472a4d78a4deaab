//! In whose name a transaction runs: the settings that row-level security, defaults and triggers read.
//!
//! | setting | is | without it |
//! |---|---|---|
//! | `app.tenant_id` | the tenant whose rows exist | no row exists |
//! | `app.user_id` | the user who reads and writes; what is personal is compared with it | nothing personal exists |
//! | `app.scope` | words for what a user may see of others, see `app.in_scope` | only what is the user's own |
//! | `app.platform_user` | who of the platform's staff acts in a tenant that is not theirs | nobody |
//! | `app.session_id` | in which session something is written, for the audit log | in none |
//! | `app.mutation` | by which mutation something is written, for the change log | by none |
//! | `app.client_address` | from where something is written, for the log of access to files | from nowhere known |
//!
//! What goes into SQL is written once for each viewer and not for each request: half of what a small read costs is
//! its beginning and end, so the gateway adds as little as it can.

use std::sync::Arc;

use entity::sql::{Bind, Sql};
use uuid::Uuid;

use super::transaction::Mode;

/// In whose name transactions run. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Actor(Arc<Settings>);

#[derive(Clone, Debug)]
struct Settings {
    user: Option<Uuid>,
    values: Vec<(&'static str, String)>,
    begin_read: String,
    begin_write: String,
}

/// What a user may see that is not the user's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// All contacts, leads, tasks and properties; otherwise those that are the user's own, of a team, or shared.
    pub records: bool,
    /// What other users keep to themselves, such as their sessions.
    pub users: bool,
    /// The tickets of all users; otherwise one's own.
    pub support: bool,
    /// The connections of the business to other systems, besides one's own.
    pub integrations: bool,
    /// The connections of everybody: for workers that keep them alive, never for people.
    pub every_integration: bool,
}

impl Scope {
    /// Nothing of others.
    pub const NONE: Self =
        Self { records: false, users: false, support: false, integrations: false, every_integration: false };
    /// Everything of the tenant that is not personal.
    pub const ALL: Self = Self { records: true, users: true, support: true, integrations: true, ..Self::NONE };

    /// The value of `app.scope`.
    #[must_use]
    pub fn words(self) -> String {
        let words = [
            (self.records, "records"),
            (self.users, "users"),
            (self.support, "support"),
            (self.integrations, "integrations"),
            (self.every_integration, "every_integration"),
        ];
        words.into_iter().filter_map(|(is_in, word)| is_in.then_some(word)).collect::<Vec<_>>().join(" ")
    }
}

impl Actor {
    /// The tenant itself, for what happens in nobody's name.
    #[must_use]
    pub fn tenant(tenant: Uuid, scope: Scope) -> Self {
        Self::new(tenant, None, scope, None)
    }

    /// A user of the tenant.
    #[must_use]
    pub fn user(tenant: Uuid, user: Uuid, scope: Scope) -> Self {
        Self::new(tenant, Some(user), scope, None)
    }

    /// Somebody of the platform's staff, who is no user of the tenant and so sees nothing personal.
    #[must_use]
    pub fn staff(tenant: Uuid, platform_user: Uuid) -> Self {
        Self::new(tenant, None, Scope::ALL, Some(platform_user))
    }

    fn new(tenant: Uuid, user: Option<Uuid>, scope: Scope, platform_user: Option<Uuid>) -> Self {
        let mut values = vec![("app.tenant_id", tenant.to_string())];
        values.extend(user.map(|user| ("app.user_id", user.to_string())));
        values.extend((scope != Scope::default()).then(|| ("app.scope", scope.words())));
        values.extend(platform_user.map(|user| ("app.platform_user", user.to_string())));
        // UUIDs and fixed words are the only values that stand in SQL text anywhere.
        let settings: String = values.iter().map(|(name, value)| format!("; set local {name} = '{value}'")).collect();
        let begin_read = format!("begin isolation level repeatable read read only{settings}");
        let begin_write = format!("begin isolation level read committed read write{settings}");
        Self(Arc::new(Settings { user, values, begin_read, begin_write }))
    }

    /// The same actor in a session, which the audit log keeps with what is written.
    #[must_use]
    pub fn in_session(&self, session: Uuid) -> Self {
        let mut settings = Settings::clone(&self.0);
        settings.begin_write = format!("{}; set local app.session_id = '{session}'", settings.begin_write);
        Self(Arc::new(settings))
    }

    /// The user of the tenant, when it is one.
    #[must_use]
    pub fn as_user(&self) -> Option<Uuid> {
        self.0.user
    }

    /// The statements that begin a transaction.
    pub(super) fn begin(&self, mode: Mode) -> &str {
        match mode {
            Mode::Read => &self.0.begin_read,
            Mode::Write => &self.0.begin_write,
        }
    }

    /// The settings as a condition that is always true, for [`Sql::behind`].
    pub(super) fn apply(&self, sql: &mut Sql) {
        let mut glue = "";
        for (name, value) in &self.0.values {
            sql.push(glue).push("set_config('").push(name).push("', ").bind(Bind::Text(value.clone())).push(", true)");
            glue = " || ";
        }
        sql.push(" is not null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_begins_with_exactly_the_settings_of_its_actor() {
        let (tenant, user) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (tenant_is, user_is) = (format!("app.tenant_id = '{tenant}'"), format!("'{user}'"));
        let begin = |actor: Actor| actor.begin(Mode::Read).to_owned();
        assert_eq!(
            begin(Actor::tenant(tenant, Scope::default())),
            format!("begin isolation level repeatable read read only; set local {tenant_is}")
        );
        assert_eq!(
            begin(Actor::user(tenant, user, Scope { records: true, ..Scope::NONE })),
            format!(
                "begin isolation level repeatable read read only; set local {tenant_is}; \
                 set local app.user_id = {user_is}; set local app.scope = 'records'"
            )
        );
        assert_eq!(
            begin(Actor::staff(tenant, user)),
            format!(
                "begin isolation level repeatable read read only; set local {tenant_is}; \
                 set local app.scope = 'records users support integrations'; set local app.platform_user = {user_is}"
            )
        );
    }

    #[test]
    fn a_write_begins_in_read_committed() {
        let actor = Actor::tenant(Uuid::nil(), Scope::ALL);
        let begin = actor.begin(Mode::Write);
        assert!(begin.starts_with("begin isolation level read committed read write; set local"), "{begin}");
    }

    #[test]
    fn only_a_write_names_the_session() {
        let (tenant, session) = (Uuid::from_u128(1), Uuid::from_u128(3));
        let actor = Actor::tenant(tenant, Scope::default());
        let written = actor.in_session(session);
        assert_eq!(written.begin(Mode::Read), actor.begin(Mode::Read));
        let begin = format!("{}; set local app.session_id = '{session}'", actor.begin(Mode::Write));
        assert_eq!(written.begin(Mode::Write), begin);
    }

    #[test]
    fn a_statement_alone_brings_the_same_settings_along() {
        let mut sql = Sql::new();
        Actor::staff(Uuid::from_u128(1), Uuid::from_u128(2)).apply(&mut sql);
        assert_eq!(
            sql.text(),
            "set_config('app.tenant_id', $1, true) || set_config('app.scope', $2, true) || \
             set_config('app.platform_user', $3, true) is not null"
        );
    }
}
