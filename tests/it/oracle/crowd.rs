//! The crowd: two tenants with random rows in every table, made from the catalogue, so that a new table is part of it
//! without a line of its own. `few` has a handful of rows in each table, `many` dozens.
//!
//! Rows are random but always the same: nulls wherever a column allows them, ties everywhere, texts that need care.
//! References, uniqueness and NOT NULL hold; the other CHECKs are dropped first, because they say what makes sense,
//! which is not what is tested here, and triggers stay silent.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::kind::Kind;
use entity::model::{EntityModel, ManyPath, Member, Model};
use entity::roots::Schema as _;
use mostrador::graphql::schema::Mostrador;
use proptest::test_runner::{RngAlgorithm, TestRng};
use tokio::sync::OnceCell;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::rng::Dice;
use crate::app::{TestApp, copy_template, superuser};

/// The tenant with a handful of rows in each table.
pub(crate) const FEW: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00f0);
/// The tenant with dozens of rows in each table.
pub(crate) const MANY: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00a0);
/// Rows in each table.
const SIZES: [(Uuid, usize); 2] = [(FEW, 6), (MANY, 48)];
/// How often another row is tried when one cannot be.
const TRIES: usize = 200;
/// Another row has the same key; two overlap; a range ends before it begins; a number does not fit; a generated column
/// has no value, such as a percentage of zero, which the CHECK that was dropped kept out.
const TRY_AGAIN: [SqlState; 5] = [
    SqlState::UNIQUE_VIOLATION,
    SqlState::EXCLUSION_VIOLATION,
    SqlState::DATA_EXCEPTION,
    SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
    SqlState::NOT_NULL_VIOLATION,
];

/// Texts that need care: accents, cases, quotes, escapes, characters outside of the basic plane, nothing at all.
pub(crate) const WORDS: [&str; 14] = [
    "Ana",
    "ana",
    "Ágata",
    "ÑANDÚ",
    "Émile Zoë",
    "over",
    "overt",
    "a \"quoted\" \\ word",
    "two\nlines\tand tabs",
    "100 % _off_",
    "😀 emoji",
    "zz top",
    "<script>&amp;</script>",
    "",
];

/// The model behind the schema.
pub(crate) fn model() -> &'static Model {
    Mostrador::model()
}

/// What is part of somebody's row is that user's as well, as triggers would have it.
const OF_ONE_USER: &str = "do $$
    declare
        key record;
    begin
        for turn in 1 .. 3 loop
            for key in
                select c.conrelid::regclass as child, c.confrelid::regclass as parent, a.attname as part_of
                from pg_constraint c
                join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[2] and a.attname <> 'user_id'
                join pg_attribute own on own.attrelid = c.conrelid and own.attname = 'user_id'
                join pg_attribute whose on whose.attrelid = c.confrelid and whose.attname = 'user_id'
                where c.contype = 'f' and c.conparentid = 0 and c.conrelid <> c.confrelid
            loop
                begin
                    execute format(
                        'update %s c set user_id = p.user_id from %s p '
                        'where p.tenant_id = c.tenant_id and p.id = c.%I and c.user_id <> p.user_id',
                        key.child, key.parent, key.part_of
                    );
                exception when unique_violation or check_violation then null;
                end;
            end loop;
        end loop;
    end $$";

/// A gateway over a database of its own that holds the crowd.
pub(crate) async fn crowd() -> TestApp {
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            copy_template("template_crowd").await;
            let client = superuser("template_crowd").await;
            client.batch_execute("set session_replication_role = replica; set timezone = 'UTC'").await.unwrap();
            Crowd::over(&client).await.fill().await;
            // That health data was read is written down, and a world that is compared with itself must hold still.
            let still = "create function hold_still() returns trigger language plpgsql as $$ begin return null; end $$;
                 create trigger hold_still before insert on audit_logs for each row
                 when (new.action = 'health.read') execute function hold_still()";
            client.batch_execute(still).await.unwrap();
            client.batch_execute(OF_ONE_USER).await.unwrap();
            client.batch_execute("analyze").await.unwrap();
        })
        .await;
    TestApp::copy_of("template_crowd").await
}

/// A column that a row must fill.
#[derive(Debug)]
struct Column {
    name: String,
    /// PostgreSQL's name of the type.
    ty: String,
    nullable: bool,
    /// The table that it points to.
    target: Option<String>,
    /// The only values that its CHECK lets through; none when anything goes.
    values: Vec<String>,
    /// It is part of a unique index.
    unique: bool,
}

/// Makes rows.
pub(crate) struct Crowd<'c> {
    client: &'c Client,
    tables: BTreeMap<String, Vec<Column>>,
    ids: HashMap<(Uuid, String), Vec<Uuid>>,
    /// Keys of the tables that all tenants share, as the migrations fill them.
    global: HashMap<String, Vec<Uuid>>,
    dice: Dice,
}

impl<'c> Crowd<'c> {
    /// Over a database that may hold a crowd already, whose rows new rows can then point to.
    pub(crate) async fn over(client: &'c Client) -> Self {
        let dice = Dice::new(TestRng::from_seed(RngAlgorithm::ChaCha, &[41; 32]));
        let mut crowd =
            Self { client, tables: columns(client).await, ids: HashMap::new(), global: HashMap::new(), dice };
        for table in crowd.tables.keys() {
            if crowd.tables[table].iter().all(|column| column.name != "id") {
                continue;
            }
            for row in
                client.query(&format!("select tenant_id::text, id::text from {table} order by id"), &[]).await.unwrap()
            {
                let (tenant, id) = (row.get::<_, String>(0).parse().unwrap(), row.get::<_, String>(1).parse().unwrap());
                crowd.ids.entry((tenant, table.clone())).or_default().push(id);
            }
        }
        if !crowd.ids.is_empty() {
            // Other keys than those of the rows that are there.
            crowd.dice = Dice::new(TestRng::from_seed(RngAlgorithm::ChaCha, &[43; 32]));
        }
        crowd
    }

    async fn fill(&mut self) {
        let checks = "select format('alter table %s drop constraint %I', conrelid::regclass, conname)
                        from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace and coninhcount = 0";
        for entity in model().entities().iter().filter(|entity| entity.decl.global) {
            let table = entity.decl.table;
            let ids = self.client.query(&format!("select id::text from {table} order by id"), &[]).await.unwrap();
            let ids = ids.iter().map(|row| row.get::<_, String>(0).parse().unwrap()).collect();
            self.global.insert(table.to_owned(), ids);
        }
        for row in self.client.query(checks, &[]).await.unwrap() {
            self.client.batch_execute(row.get::<_, &str>(0)).await.unwrap();
        }
        // Random keys lie in no month.
        let partitioned =
            "select format('create table %I partition of %s default', relname || '_rest', p.partrelid::regclass)
                             from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
                            where p.partstrat = 'r' and p.partdefid = 0";
        for row in self.client.query(partitioned, &[]).await.unwrap() {
            self.client.batch_execute(row.get::<_, &str>(0)).await.unwrap();
        }
        for (tenant, size) in SIZES {
            let sql = format!(
                "insert into tenants (id, name, email, slug, status, default_currency, timezone) \
                 values ('{tenant}', 'Firm {size}', 'firm{size}@example.com', 'firm{size}', 'ACTIVE', 'EUR', 'Europe/Madrid')"
            );
            self.client.batch_execute(&sql).await.unwrap();
            for table in self.tables.keys() {
                let rows = if matches!(table.as_str(), "tenant_settings" | "tenant_credentials") { 1 } else { size };
                let ids = (0..rows).map(|_| self.dice.uuid()).collect();
                self.ids.insert((tenant, table.clone()), ids);
            }
            for table in self.tables.keys().cloned().collect::<Vec<_>>() {
                for id in self.ids[&(tenant, table.clone())].clone() {
                    if !self.insert(&table, tenant, id).await {
                        // Such as webhooks, of which each channel has one at most.
                        self.ids.entry((tenant, table.clone())).or_default().retain(|known| *known != id);
                    }
                }
            }
            self.empower(tenant).await;
        }
    }

    /// Gives the first living user of a tenant every right, so that whatever is asked in that name is answered.
    async fn empower(&self, tenant: Uuid) {
        let sql = format!(
            "with boss as (
                select id from users where tenant_id = '{tenant}' and deleted_at is null order by id limit 1
             ), free as (
                delete from user_processes p using boss where p.tenant_id = '{tenant}' and p.user_id = boss.id
             ), role as (
                select id from roles where tenant_id = '{tenant}' order by id limit 1
             ), granted as (
                insert into role_permissions (tenant_id, role_id, permission_id, process_id)
                select '{tenant}', role.id, p.id, p.process_id from role, permissions p on conflict do nothing
             ), assigned as (
                insert into user_roles (tenant_id, user_id, role_id)
                select '{tenant}', boss.id, role.id from boss, role on conflict do nothing
             )
             update users u set role = 'ADMIN', is_active = true, is_first_login = false, password_expires_at = null
               from boss where u.tenant_id = '{tenant}' and u.id = boss.id"
        );
        self.client.batch_execute(&sql).await.unwrap();
    }

    /// Inserts a random row with a key of its own. Other rows may point to it from then on.
    pub(crate) async fn add(&mut self, table: &str, tenant: Uuid) -> Uuid {
        let id = self.dice.uuid();
        assert!(self.insert(table, tenant, id).await, "{table} is full");
        self.ids.entry((tenant, table.to_owned())).or_default().push(id);
        id
    }

    /// Inserts a row with this key; says whether there is room for one more with values of its own.
    async fn insert(&mut self, table: &str, tenant: Uuid, id: Uuid) -> bool {
        let mut is_full = true;
        let mut last = None;
        for _ in 0..TRIES {
            let values = self.row(table, tenant, id);
            let (names, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
            let sql = format!("insert into {table} ({}) values ({})", names.join(", "), values.join(", "));
            match self.client.batch_execute(&sql).await {
                Ok(()) => return true,
                Err(error) if error.code().is_some_and(|code| TRY_AGAIN.contains(code)) => {
                    is_full &= error.code() == Some(&SqlState::UNIQUE_VIOLATION);
                    last = Some(error);
                }
                Err(error) => panic!("{sql}: {error:?}"),
            }
        }
        assert!(is_full, "no row of {table} is right after {TRIES} tries: {last:?}");
        false
    }

    /// Column names with SQL literals.
    fn row(&mut self, table: &str, tenant: Uuid, id: Uuid) -> Vec<(String, String)> {
        let entity = model().by_table(table);
        let chosen = entity.map(|entity| only_branch(entity, &mut self.dice)).unwrap_or_default();
        let mut values = Vec::new();
        for column in &self.tables[table] {
            let member = entity.and_then(|entity| entity.by_column(&column.name));
            let wanted = chosen.get(column.name.as_str()).copied();
            let is_null = column.nullable
                && match (wanted, column.name.as_str()) {
                    (Some(wanted), _) => !wanted,
                    // Most rows are alive.
                    (None, "deleted_at") => !self.dice.one_in(6),
                    (None, _) => self.dice.one_in(3),
                };
            let value = match (column.name.as_str(), &column.target) {
                ("id", _) => quoted(&id.to_string()),
                ("tenant_id", _) => quoted(&tenant.to_string()),
                _ if is_null => "null".to_owned(),
                (_, Some(target)) => {
                    let ids = self.ids.get(&(tenant, target.clone())).unwrap_or_else(|| &self.global[target]);
                    quoted(&self.dice.of(ids).to_string())
                }
                _ => match member.map(|member| member.ty.kind) {
                    Some(Kind::Choice(choice)) => quoted(self.dice.of(choice.values).0),
                    _ if !column.values.is_empty() => quoted(&column.values[self.dice.below(column.values.len())]),
                    Some(Kind::AnyId) => {
                        quoted(&format!("{}_{}", self.dice.of(&["contact", "sale"]), self.dice.uuid()))
                    }
                    Some(Kind::Currency) => quoted(self.dice.of(&["EUR", "USD", "GBP"])),
                    _ => self.dice.literal(&column.ty, column.unique),
                },
            };
            values.push((column.name.clone(), value));
        }
        values
    }
}

/// A union that is never null has exactly one of its branches: which key columns are filled, and which are not.
fn only_branch(entity: &EntityModel, dice: &mut Dice) -> HashMap<&'static str, bool> {
    let mut chosen = HashMap::new();
    for union in entity.decl.unions.iter().filter(|union| !union.nullable) {
        let keys = union.branches.iter().filter_map(|branch| match entity.members.get(branch.path[0]) {
            Some(Member::One(one)) => Some(one.here),
            _ => None,
        });
        let keys: Vec<_> = keys.collect();
        let filled = dice.below(keys.len());
        chosen.extend(keys.iter().enumerate().map(|(index, key)| (*key, index == filled)));
    }
    chosen
}

/// The tables of entities and between them, with the columns that are not generated.
async fn columns(client: &Client) -> BTreeMap<String, Vec<Column>> {
    let sql = "
        select c.relname, a.attname, t.typname, not a.attnotnull,
               (select f.confrelid::regclass::text from pg_constraint f
                 where f.conrelid = c.oid and f.contype = 'f' and f.conparentid = 0 and a.attnum = any (f.conkey) and a.attname <> 'tenant_id'
                   -- The keys of what is personal name the user as well.
                   and (cardinality(f.conkey) < 3 or a.attname not in ('user_id', 'agent_created_by_id', 'shared_by_id'))
                 order by cardinality(f.conkey) limit 1),
               (select pg_get_constraintdef(k.oid) from pg_constraint k
                 where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum] and t.typcategory <> 'A'
                   and pg_get_constraintdef(k.oid) like '%= ANY (%' limit 1),
               exists (select from pg_index i where i.indrelid = c.oid and i.indisunique
                        and pg_get_indexdef(i.indexrelid) ~ ('\\m' || a.attname || '\\M'))
          from pg_class c
          join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
          join pg_type t on t.oid = a.atttypid
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
         order by c.relname, a.attnum";
    let entities = model().entities().iter().filter(|entity| !entity.decl.global).map(|entity| entity.decl.table);
    let between =
        model().entities().iter().flat_map(|entity| entity.members.values()).filter_map(|member| match member {
            Member::Many(many) => match many.path {
                ManyPath::Through { table, .. } => Some(table),
                ManyPath::Key { .. } => None,
            },
            _ => None,
        });
    let wanted: HashSet<&str> = entities.chain(between).collect();
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in client.query(sql, &[]).await.unwrap() {
        let table: String = row.get(0);
        if wanted.contains(table.as_str()) {
            let check: Option<String> = row.get(5);
            let values = check.map(|check| check.split('\'').skip(1).step_by(2).map(ToOwned::to_owned).collect());
            tables.entry(table).or_default().push(Column {
                name: row.get(1),
                ty: row.get(2),
                nullable: row.get(3),
                target: row.get(4),
                values: values.unwrap_or_default(),
                unique: row.get(6),
            });
        }
    }
    tables
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
