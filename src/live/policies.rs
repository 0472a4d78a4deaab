//! Whether what a statement finds depends on who asks, so that what is the same for all is loaded once for all.
//!
//! The database itself is asked for its policies, and whatever is not known to be the same for everybody counts as
//! personal: a new policy, function or view costs statements until it is known here, and never shows one user what
//! another one may see.

use std::collections::HashMap;
use std::ops::BitOr;
use std::sync::Arc;

use entity::database::{DbError, Statements};
use entity::model::Model;
use entity::sql::Sql;

use crate::db::{Actor, Counters, Database, Mode, Scope, Transaction};

/// On what the rows of a statement depend, besides the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dependence {
    /// Of whoever does not see all records: on the user.
    pub records: bool,
    /// Of whoever does not manage users: on the user.
    pub users: bool,
    /// On the user, whoever it is.
    pub always: bool,
}

impl Dependence {
    const ALWAYS: Self = Self { records: false, users: false, always: true };

    /// Whether users of this scope may see different rows.
    #[must_use]
    pub const fn is_personal(self, scope: Scope) -> bool {
        self.always || self.records && !scope.records || self.users && !scope.users
    }
}

impl BitOr for Dependence {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            records: self.records || other.records,
            users: self.users || other.users,
            always: self.always || other.always,
        }
    }
}

/// The policies of all tables, as far as they matter here.
#[derive(Debug)]
pub struct Policies {
    /// Of every table, view and the like: on what its rows depend, and the words of its policies.
    tables: HashMap<String, Table>,
}

#[derive(Debug)]
struct Table {
    dependence: Dependence,
    /// The columns on which it depends whether somebody sees a row.
    deciding: Vec<String>,
    /// Who besides those whom a row concerns sees it.
    others: Others,
}

/// Who sees rows of a table besides those whom they concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Others {
    /// Whoever sees the tickets of all users.
    pub support: bool,
    /// Of rows that are nobody's but of the business: whoever administers its connections.
    pub business: bool,
    /// Whoever has them in the scope of logistics. What that is, only the database can say, of rows that are there.
    pub logistics: bool,
}

impl BitOr for Others {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            support: self.support || other.support,
            business: self.business || other.business,
            logistics: self.logistics || other.logistics,
        }
    }
}

/// What `tenant_isolation` says, as PostgreSQL prints it.
const OF_THE_TENANT: &str =
    "(tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS \"nullif\"))";
/// The same for the table of tenants.
const OF_TENANTS: &str =
    "(id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS \"nullif\"))";
/// How policies begin that hold for nobody who sees all records.
const UNLESS_RECORDS: &str = "(( SELECT app.in_scope('records'::text) AS in_scope) OR ";
/// How policies begin that hold for nobody who sees the tickets of all users.
const UNLESS_SUPPORT: &str = "(( SELECT app.in_scope('support'::text) AS in_scope) OR ";
/// What a policy says of rows that are the business's own.
const OF_THE_BUSINESS: &str = "((user_id IS NULL) AND ( SELECT app.in_scope('integrations'::text) AS in_scope))";
/// How policies begin that narrow what is seen of logistics.
const IN_LOGISTICS: &str = "(( SELECT app.logistics_opens(";
/// How a policy begins or ends that holds for nobody who manages users.
const UNLESS_USERS: &str = "( SELECT app.in_scope('users'::text) AS in_scope)";

impl Policies {
    /// Reads them.
    ///
    /// # Errors
    /// What the database said.
    pub async fn read(database: &Database, model: &'static Model) -> Result<Self, DbError> {
        let mut sql = Sql::new();
        sql.push(
            "select c.relname::text, c.relkind in ('v', 'm', 'f'), c.relrowsecurity, \
                    coalesce((select string_agg(pg_get_expr(p.polqual, p.polrelid), E'\\x01') \
                                from pg_policy p \
                               where p.polrelid = c.oid and p.polcmd in ('r', '*') \
                                 and (p.polroles = '{0}' \
                                      or exists (select from unnest(p.polroles) as r (oid) \
                                                  where pg_has_role('mostrador_api', r.oid, 'usage')))), ''), \
                    coalesce((select string_agg(a.attname::text, ' ') from pg_attribute a \
                               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '') \
               from pg_class c \
              where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')",
        );
        // The catalogue is the same for all.
        let actor = Actor::tenant(uuid::Uuid::nil(), Scope::default());
        let transaction = Transaction::new(database.clone(), Mode::Read, actor, Arc::new(Counters::default()));
        let rows = transaction.rows(sql, true).await?;
        transaction.finish();
        let (mut tables, mut parts) = (HashMap::new(), Vec::new());
        for row in 0..rows.len() {
            let text = |cell| rows.text(row, cell).unwrap_or_default();
            let name = text(0);
            let is_global = model.by_table(&name).is_some_and(|entity| entity.decl.global);
            let policies = text(3);
            let policies: Vec<&str> = policies.split('\u{1}').filter(|policy| !policy.is_empty()).collect();
            let dependence = if rows.is_true(row, 1) || !rows.is_true(row, 2) && !is_global {
                // What stands behind a view is not looked at, and a table without policies is none of ours.
                Dependence::ALWAYS
            } else {
                policies.iter().map(|policy| of_policy(policy)).fold(Dependence::default(), BitOr::bitor)
            };
            let columns = text(4);
            let deciding = columns.split(' ').filter(|column| {
                !["id", "tenant_id"].contains(column)
                    && policies.iter().any(|policy| words(policy).any(|word| word == *column))
            });
            let deciding = deciding.map(str::to_owned).collect();
            let narrowing = policies.iter().filter(|policy| **policy != OF_THE_TENANT).copied().collect::<Vec<_>>();
            // Where several must hold together, none of them alone says who sees a row.
            let mut others = Others::default();
            if let [policy] = narrowing[..] {
                others = others_of(policy);
                if policy.starts_with("(EXISTS (") {
                    parts.push((name.clone(), policy.to_owned()));
                }
            }
            tables.insert(name, Table { dependence, deciding, others });
        }
        let mut policies = Self { tables };
        for (part, policy) in parts {
            // Who sees the whole sees its parts.
            let wholes = words(&policy).filter(|word| *word != part).filter_map(|word| policies.tables.get(word));
            let others = wholes.map(|whole| whole.others).fold(Others::default(), BitOr::bitor);
            if let Some(table) = policies.tables.get_mut(&part) {
                table.others = others;
            }
        }
        Ok(policies)
    }

    /// On what the rows of a table depend.
    #[must_use]
    pub fn of_table(&self, table: &str) -> Dependence {
        self.tables.get(table).map_or(Dependence::ALWAYS, |table| table.dependence)
    }

    /// Who sees rows of a table besides those whom they concern.
    #[must_use]
    pub fn others_of_table(&self, table: &str) -> Others {
        self.tables.get(table).map_or_else(Others::default, |table| table.others)
    }

    /// Whether a change of one of these columns may hide a row from somebody.
    #[must_use]
    pub fn may_hide<'c>(&self, table: &str, columns: impl IntoIterator<Item = &'c str>) -> bool {
        let Some(table) = self.tables.get(table) else { return true };
        // Shares are rows of another table; the log tells of them at the record.
        columns.into_iter().any(|column| column == "shares" || table.deciding.iter().any(|known| known == column))
    }

    /// On what the rows of a statement depend: on the tables that it names, and on the functions that it calls.
    #[must_use]
    pub fn of_statement(&self, text: &str) -> Dependence {
        let tables = words(text)
            .filter_map(|word| self.tables.get(word))
            .fold(Dependence::default(), |all, table| all | table.dependence);
        let functions = text.match_indices("app.").map(|(at, _)| of_function(&text[at + 4..]));
        let functions = functions.fold(tables, BitOr::bitor);
        let is_asking = ["current_setting", "current_user", "session_user"].iter().any(|word| text.contains(word));
        if is_asking { functions | Dependence::ALWAYS } else { functions }
    }
}

fn of_policy(policy: &str) -> Dependence {
    if policy == OF_THE_TENANT || policy == OF_TENANTS {
        return Dependence::default();
    }
    if policy.starts_with(UNLESS_RECORDS) {
        return Dependence { records: true, ..Dependence::default() };
    }
    // One alternative of an "or" at the top, whichever.
    let inner = policy.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(policy);
    let is_alternative =
        inner.strip_suffix(UNLESS_USERS).is_some_and(|before| before.strip_suffix(" OR ").is_some_and(is_balanced));
    if is_alternative { Dependence { users: true, ..Dependence::default() } } else { Dependence::ALWAYS }
}

fn others_of(policy: &str) -> Others {
    Others {
        support: policy.starts_with(UNLESS_SUPPORT),
        business: policy.contains(OF_THE_BUSINESS),
        logistics: policy.starts_with(IN_LOGISTICS),
    }
}

/// Whether every bracket is closed, so that what stands behind is on the same level as the beginning.
fn is_balanced(text: &str) -> bool {
    let mut open = 0_i32;
    for byte in text.bytes() {
        open += match byte {
            b'(' => 1,
            b')' => -1,
            _ => 0,
        };
        if open < 0 {
            return false;
        }
    }
    open == 0
}

/// Functions of our own in statements of the engine. Others are not known, so they may ask who asks.
fn of_function(call: &str) -> Dependence {
    let name: &str =
        call.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next().unwrap_or_default();
    match name {
        "may_write_record" => Dependence { records: true, ..Dependence::default() },
        "fold" | "unaccented" => Dependence::default(),
        _ => Dependence::ALWAYS,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSONAL: &str =
        "(user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS \"nullif\"))";

    #[test]
    fn what_is_not_known_to_be_the_same_for_all_is_personal() {
        let users = Dependence { users: true, ..Dependence::default() };
        let records = Dependence { records: true, ..Dependence::default() };
        for (policy, expected) in [
            (OF_THE_TENANT.to_owned(), Dependence::default()),
            (PERSONAL.to_owned(), Dependence::ALWAYS),
            (format!("{UNLESS_RECORDS}(owner_id = ANY (x)))"), records),
            (format!("({PERSONAL} OR {UNLESS_USERS})"), users),
            (format!("({PERSONAL} AND {UNLESS_USERS})"), Dependence::ALWAYS),
            (format!("(({PERSONAL} OR true) AND (false OR {UNLESS_USERS}))"), Dependence::ALWAYS),
            ("true".to_owned(), Dependence::ALWAYS),
        ] {
            assert_eq!(of_policy(&policy), expected, "{policy}");
        }
    }

    #[test]
    fn it_is_known_who_sees_a_row_besides_whom_it_concerns() {
        let of = |policy: String| {
            let others = others_of(&policy);
            (others.support, others.business, others.logistics)
        };
        assert_eq!(of(PERSONAL.to_owned()), (false, false, false));
        assert_eq!(of(format!("{UNLESS_SUPPORT}{PERSONAL})")), (true, false, false));
        assert_eq!(of(format!("({PERSONAL} OR {OF_THE_BUSINESS})")), (false, true, false));
        assert_eq!(
            of(format!("{IN_LOGISTICS}'everything'::text) AS logistics_opens) OR {PERSONAL})")),
            (false, false, true)
        );
    }

    #[test]
    fn a_statement_depends_on_every_table_and_function_that_it_names() {
        let table = |dependence| Table { dependence, deciding: vec!["owner_id".to_owned()], others: Others::default() };
        let records = Dependence { records: true, ..Dependence::default() };
        let policies = Policies {
            tables: [
                ("messages".to_owned(), table(Dependence::default())),
                ("contacts".to_owned(), table(records)),
                ("sessions".to_owned(), table(Dependence::ALWAYS)),
            ]
            .into(),
        };
        let of = |text| policies.of_statement(text);
        assert_eq!(of("select t0.id from messages t0 where t0.tenant_id = $1"), Dependence::default());
        assert_eq!(of("select (select c.id from contacts c) from messages t0"), records);
        assert_eq!(of("select t0.id from messages t0 join sessions s on true"), Dependence::ALWAYS);
        assert_eq!(of("select app.may_write_record('X', t0.id) from messages t0"), records);
        assert_eq!(of("select app.something(t0.id) from messages t0"), Dependence::ALWAYS);
        assert_eq!(of("select current_setting('app.user_id') from messages t0"), Dependence::ALWAYS);
        assert!(policies.may_hide("contacts", ["owner_id"]) && policies.may_hide("contacts", ["shares"]));
        assert!(!policies.may_hide("contacts", ["display_name"]));
        assert!(policies.may_hide("nothing", ["display_name"]), "what is not known may hide");
    }

    #[test]
    fn who_sees_all_sees_the_same() {
        let records = Dependence { records: true, ..Dependence::default() };
        assert!(records.is_personal(Scope::default()) && !records.is_personal(Scope::ALL));
        assert!(Dependence::ALWAYS.is_personal(Scope::ALL));
    }
}
