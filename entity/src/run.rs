//! Runs a plan: one statement a level, all statements of a level pipelined on the request's connection.

use std::any::Any;
use std::collections::HashMap;
use std::ops::Range;

use futures_util::future::{BoxFuture, FutureExt, try_join_all};
use uuid::Uuid;

use crate::database::{DbError, Statements};
use crate::declare::EntityDecl;
use crate::late::{LateAnswers, load_late};
use crate::model::ManyPath;
use crate::plan::{Connection, Lookup, Many, Shape};
use crate::rows::Rows;
use crate::sql::{Bind, Sql};

/// Rows of a statement with everything that hangs on them.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The rows.
    pub rows: Rows,
    /// One for each of [`Shape::many`].
    pub many: Vec<LoadedMany>,
    /// One for each of [`Shape::late`].
    pub late: Vec<LateAnswers>,
    /// `totalCount` of a root connection.
    pub count: i64,
}

/// The pages of a to-many relation, for all parents.
#[derive(Debug, Default)]
pub struct LoadedMany {
    /// Which page belongs to a parent.
    pub keys: HashMap<Uuid, usize>,
    /// First row and number of rows of each page; the number may be one above the page size.
    pub spans: Vec<(usize, usize)>,
    /// `totalCount` of each page.
    pub counts: Vec<i64>,
    /// The rows of all pages, one page after the other.
    pub loaded: Loaded,
}

/// Who asks, as far as statements depend on it.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// Runs the statements.
    pub statements: &'a dyn Statements,
    /// The tenant. Row-level security enforces it; here it only tells the planner which partition to read.
    pub tenant: Uuid,
    /// Nothing follows this plan in its transaction.
    pub last: bool,
    /// What the program lends, and who hears of what is read.
    pub lender: &'a dyn Lender,
}

/// What the program lends to plans, and what it hears of them.
pub trait Lender: Send + Sync {
    /// What late fields find as [`crate::late::Late::lent`].
    fn lent(&self) -> &(dyn Any + Send + Sync);

    /// Rows of these sensitive entities are about to be read, or to decide what is read. Whoever must write that down does
    /// so before the answer is given away.
    fn reading(&self, _entities: &[&'static EntityDecl]) {}
}

/// Lends nothing.
impl Lender for () {
    fn lent(&self) -> &(dyn Any + Send + Sync) {
        &()
    }
}

/// Lends this, and hears nothing.
pub struct Lent<'a>(pub &'a (dyn Any + Send + Sync));

impl Lender for Lent<'_> {
    fn lent(&self) -> &(dyn Any + Send + Sync) {
        self.0
    }
}

impl Scope<'_> {
    fn tell(self, sensitive: &[&'static EntityDecl]) {
        if !sensitive.is_empty() {
            self.lender.reading(sensitive);
        }
    }
}

/// Runs a root connection.
///
/// # Errors
/// What the database said.
pub async fn run_connection(scope: Scope<'_>, plan: &Connection) -> Result<Loaded, DbError> {
    scope.tell(&plan.sensitive());
    let rows = async {
        if !plan.reads_rows() {
            return Ok(Loaded { many: empty(&plan.shape), ..Loaded::default() });
        }
        let sql = page_sql(plan, scope.tenant);
        let single = scope.last && plan.shape.many.is_empty() && !plan.wants_count;
        let rows = scope.statements.rows(sql, single).await?;
        let shown = shown(plan, (0, rows.len()));
        // The count may come later than all of these.
        let scope = Scope { last: scope.last && !plan.wants_count, ..scope };
        load_many(scope, &plan.shape, rows, &[shown]).await
    };
    let count = async {
        if !plan.wants_count {
            return Ok(0);
        }
        let mut sql = Sql::new();
        sql.push("select count(*) from ").push(plan.entity.decl.table).push(" t");
        restrict(plan, scope.tenant, "t", &mut sql);
        let last = scope.last && !plan.reads_rows();
        Ok(scope.statements.rows(sql, last).await?.int8(0, 0).unwrap_or(0))
    };
    let (loaded, count) = futures_util::future::try_join(rows, count).await?;
    Ok(Loaded { count, ..loaded })
}

/// Runs a look-up by key.
///
/// # Errors
/// What the database said.
pub async fn run_lookup(scope: Scope<'_>, plan: &Lookup) -> Result<Loaded, DbError> {
    scope.tell(&plan.sensitive());
    looked_up(scope, plan, &plan.ids).await
}

/// Runs a look-up with other keys than it was planned with, for plans that are kept. That the rows are there is known
/// already, so the session hears only of what is read beyond their keys.
///
/// # Errors
/// What the database said.
pub async fn run_lookup_of(scope: Scope<'_>, plan: &Lookup, ids: &[Uuid]) -> Result<Loaded, DbError> {
    scope.tell(&plan.sensitive_beyond_key());
    looked_up(scope, plan, ids).await
}

async fn looked_up(scope: Scope<'_>, plan: &Lookup, ids: &[Uuid]) -> Result<Loaded, DbError> {
    let sql = lookup_sql(plan, scope.tenant, ids);
    let rows = scope.statements.rows(sql, scope.last && plan.shape.many.is_empty()).await?;
    let all = 0..rows.len();
    load_many(scope, &plan.shape, rows, &[all]).await
}

/// The text of every statement that a look-up may run: whatever its rows depend on is named there.
#[must_use]
pub fn lookup_texts(plan: &Lookup) -> Vec<String> {
    let mut texts = vec![lookup_sql(plan, Uuid::nil(), &[]).text().to_owned()];
    many_texts(&plan.shape, &mut texts);
    texts
}

fn many_texts(shape: &Shape, texts: &mut Vec<String>) {
    for many in &shape.many {
        if many.connection.reads_rows() {
            texts.push(pages_sql(many, Uuid::nil(), Vec::new()).text().to_owned());
        }
        if many.connection.wants_count {
            texts.push(counts_sql(many, Uuid::nil(), Vec::new()).text().to_owned());
        }
        many_texts(&many.connection.shape, texts);
    }
}

fn lookup_sql(plan: &Lookup, tenant: Uuid, ids: &[Uuid]) -> Sql {
    let decl = plan.entity.decl;
    let mut sql = Sql::new();
    select_list(&plan.shape, &mut sql);
    sql.push(" from ").push(decl.table).push(" t0");
    for join in &plan.shape.joins {
        sql.push(" ").push(join);
    }
    sql.push(" where ");
    if !decl.global {
        sql.push("t0.tenant_id = ").bind(Bind::Uuid(tenant)).push(" and ");
    }
    match ids {
        [id] => sql.push("t0.id = ").bind(Bind::Uuid(*id)),
        ids => sql.push("t0.id = any(").bind(Bind::Uuids(ids.to_vec())).push(")"),
    };
    if decl.soft_delete && !plan.include_deleted {
        sql.push(" and t0.deleted_at is null");
    }
    sql
}

/// The rows of a page that are shown: not those that only tell that there are more.
fn shown(plan: &Connection, (start, found): (usize, usize)) -> Range<usize> {
    start..start + found.min(plan.limit)
}

/// Loads the to-many relations of the rows that are shown.
fn load_many<'a>(
    scope: Scope<'a>,
    shape: &'a Shape,
    rows: Rows,
    shown: &'a [Range<usize>],
) -> BoxFuture<'a, Result<Loaded, DbError>> {
    async move {
        if shape.many.is_empty() {
            let late =
                if shape.late.is_empty() { Vec::new() } else { load_late(scope, &shape.late, &rows, shown).await? };
            return Ok(Loaded { rows, late, ..Loaded::default() });
        }
        // With a single relation left, its statement may be the last one of the transaction.
        let scope = Scope { last: scope.last && shape.many.len() == 1, ..scope };
        let many = try_join_all(shape.many.iter().map(|many| run_many(scope, many, &rows, shown)));
        let (many, late) = if shape.late.is_empty() {
            (many.await?, Vec::new())
        } else {
            futures_util::future::try_join(many, load_late(scope, &shape.late, &rows, shown)).await?
        };
        Ok(Loaded { rows, many, late, count: 0 })
    }
    .boxed()
}

fn empty(shape: &Shape) -> Vec<LoadedMany> {
    shape.many.iter().map(|_| LoadedMany::default()).collect()
}

async fn run_many(
    scope: Scope<'_>,
    many: &Many,
    parents: &Rows,
    shown: &[Range<usize>],
) -> Result<LoadedMany, DbError> {
    let mut keys = HashMap::new();
    let mut ids = Vec::new();
    for row in shown.iter().cloned().flatten() {
        if let Some(id) = parents.uuid(row, many.parent) {
            keys.entry(id).or_insert_with(|| {
                ids.push(id);
                ids.len() - 1
            });
        }
    }
    let plan = &many.connection;
    if ids.is_empty() {
        return Ok(LoadedMany {
            keys,
            loaded: Loaded { many: empty(&plan.shape), ..Loaded::default() },
            ..LoadedMany::default()
        });
    }
    let rows = async {
        if !plan.reads_rows() {
            return Ok((vec![(0, 0); ids.len()], Loaded { many: empty(&plan.shape), ..Loaded::default() }));
        }
        let sql = pages_sql(many, scope.tenant, ids.clone());
        let single = scope.last && plan.shape.many.is_empty() && !plan.wants_count;
        let rows = scope.statements.rows(sql, single).await?;
        let spans = spans(&rows, plan.shape.columns.len(), ids.len());
        let shown: Vec<Range<usize>> = spans.iter().map(|span| self::shown(plan, *span)).collect();
        let scope = Scope { last: scope.last && !plan.wants_count, ..scope };
        Ok((spans, load_many(scope, &plan.shape, rows, &shown).await?))
    };
    let counts = async {
        if !plan.wants_count {
            return Ok(Vec::new());
        }
        let rows = scope
            .statements
            .rows(counts_sql(many, scope.tenant, ids.clone()), scope.last && !plan.reads_rows())
            .await?;
        Ok((0..rows.len()).map(|row| rows.int8(row, 0).unwrap_or(0)).collect())
    };
    let ((spans, loaded), counts) = futures_util::future::try_join(rows, counts).await?;
    Ok(LoadedMany { keys, spans, counts, loaded })
}

/// Where each parent's page begins; the column after the select list holds the parent's number, from 1.
fn spans(rows: &Rows, column: usize, parents: usize) -> Vec<(usize, usize)> {
    let mut spans = vec![(0, 0); parents];
    for row in 0..rows.len() {
        let parent = rows.int8(row, column).unwrap_or(1) as usize - 1;
        if let Some(span) = spans.get_mut(parent) {
            if span.1 == 0 {
                span.0 = row;
            }
            span.1 += 1;
        }
    }
    spans
}

fn select_list(shape: &Shape, sql: &mut Sql) {
    sql.push("select ");
    for (index, column) in shape.columns.iter().enumerate() {
        sql.push(if index > 0 { ", " } else { "" }).push(column);
    }
}

/// Tenant, filter and cursor of a page.
fn restrict(plan: &Connection, tenant: Uuid, alias: &str, sql: &mut Sql) {
    let mut glue = " where ";
    if !plan.entity.decl.global {
        sql.push(glue).push(alias).push(".tenant_id = ").bind(Bind::Uuid(tenant));
        glue = " and ";
    }
    if !plan.cond.is_true() {
        sql.push(glue);
        plan.cond.render(alias, 0, sql);
    }
}

fn restrict_page(plan: &Connection, tenant: Uuid, alias: &str, sql: &mut Sql) {
    restrict(plan, tenant, alias, sql);
    if let Some(from) = &plan.from {
        let bare = plan.entity.decl.global && plan.cond.is_true();
        sql.push(if bare { " where " } else { " and " });
        plan.ordering.beyond(from, plan.backward).render(alias, 0, sql);
    }
}

/// One row more than the page, to know whether there is a next one. Written as a literal, because the planner
/// chooses badly for an unknown limit, and rounded up, so that few statements are prepared.
fn limit_text(limit: usize) -> String {
    const STEPS: [usize; 17] = [2, 3, 4, 6, 11, 16, 21, 26, 31, 41, 51, 76, 101, 126, 151, 201, 251];
    let wanted = limit + 1;
    STEPS.iter().copied().find(|step| *step >= wanted).unwrap_or(wanted).to_string()
}

fn page_sql(plan: &Connection, tenant: Uuid) -> Sql {
    let mut sql = Sql::new();
    select_list(&plan.shape, &mut sql);
    let table = plan.entity.decl.table;
    if plan.shape.joins.is_empty() {
        sql.push(" from ").push(table).push(" t0");
        restrict_page(plan, tenant, "t0", &mut sql);
        sql.push(" order by ");
        plan.ordering.render("t0", plan.backward, &mut sql);
        sql.push(" limit ").push(&limit_text(plan.limit));
        return sql;
    }
    // The page is cut before the joins, so that a sort never carries joined rows.
    sql.push(" from (select t.* from ").push(table).push(" t");
    restrict_page(plan, tenant, "t", &mut sql);
    sql.push(" order by ");
    plan.ordering.render("t", plan.backward, &mut sql);
    sql.push(" limit ").push(&limit_text(plan.limit)).push(") t0");
    for join in &plan.shape.joins {
        sql.push(" ").push(join);
    }
    sql.push(" order by ");
    plan.ordering.render("t0", plan.backward, &mut sql);
    sql
}

/// Appends `unnest(parents) p` and, laterally, the rows of each parent.
fn lateral_source(many: &Many, tenant: Uuid, sql: &mut Sql) {
    let plan = &many.connection;
    sql.push(" from ").push(plan.entity.decl.table).push(" t");
    if let ManyPath::Through { table, here, there } = many.path {
        sql.push(" join ").push(table).push(" l on ");
        if !plan.entity.decl.global {
            sql.push("l.tenant_id = t.tenant_id and ");
        }
        sql.push("l.").push(there).push(" = t.id and l.tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and l.").push(here).push(" = p.id");
    }
}

/// Restricts to rows of the parent, behind other conditions if there are any.
fn parent_key(many: &Many, is_paged: bool, sql: &mut Sql) {
    let plan = &many.connection;
    if let ManyPath::Key { column } = many.path {
        let is_first = plan.entity.decl.global && plan.cond.is_true() && !(is_paged && plan.from.is_some());
        sql.push(if is_first { " where t." } else { " and t." }).push(column).push(" = p.id");
    }
}

fn pages_sql(many: &Many, tenant: Uuid, ids: Vec<Uuid>) -> Sql {
    let plan = &many.connection;
    let mut sql = Sql::new();
    select_list(&plan.shape, &mut sql);
    sql.push(", p.n from unnest(")
        .bind(Bind::Uuids(ids))
        .push(") with ordinality p(id, n) cross join lateral (select t.*");
    lateral_source(many, tenant, &mut sql);
    restrict_page(plan, tenant, "t", &mut sql);
    parent_key(many, true, &mut sql);
    sql.push(" order by ");
    plan.ordering.render("t", plan.backward, &mut sql);
    sql.push(" limit ").push(&limit_text(plan.limit)).push(") t0");
    for join in &plan.shape.joins {
        sql.push(" ").push(join);
    }
    sql.push(" order by p.n, ");
    plan.ordering.render("t0", plan.backward, &mut sql);
    sql
}

fn counts_sql(many: &Many, tenant: Uuid, ids: Vec<Uuid>) -> Sql {
    let plan = &many.connection;
    let mut sql = Sql::new();
    sql.push("select (select count(*)");
    lateral_source(many, tenant, &mut sql);
    restrict(plan, tenant, "t", &mut sql);
    parent_key(many, false, &mut sql);
    sql.push(") from unnest(").bind(Bind::Uuids(ids)).push(") with ordinality p(id, n) order by p.n");
    sql
}
