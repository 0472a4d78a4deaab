//! How much a user may store. Triggers count; administrators set the limits, without seeing what there is.

use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, NullOf, Sql};
use entity::write::{Outcome, Writer};
use entity::{Entity, Ref, entity};
use futures_util::FutureExt;

use crate::identity::User;
use crate::processes::FILES;

/// How much a user may store, and how much there is. Only that user sees it. It comes with the first upload; until then
/// 5 GiB, 100 MiB for one file and 10,000 files are allowed.
#[entity(table = storage_quotas, process = FILES, child_only, no_create, no_update, no_delete)]
pub struct StorageQuota {
    /// Bytes that all files together may have.
    #[field(read_only)]
    pub max_storage: i64,
    /// Bytes that one file may have.
    #[field(read_only)]
    pub max_file_size: i64,
    /// How many files there may be.
    #[field(read_only)]
    pub max_files: i32,
    /// Bytes of all files that are not deleted.
    #[field(read_only)]
    pub used_storage: i64,
    /// Number of files that are not deleted.
    #[field(read_only)]
    pub file_count: i32,
    /// `usedStorage` by usage context, a JSON object of bytes: `{"AVATAR": 20480}`. Contexts without files are left out.
    #[field(read_only)]
    pub usage_breakdown: serde_json::Value,
    /// Bytes that were promised to uploads that are not confirmed yet.
    #[field(read_only)]
    pub reserved_storage: i64,
    /// Number of such uploads.
    #[field(read_only)]
    pub reserved_files: i32,
    /// Whose it is: always one's own.
    #[belongs_to(
        read_only,
        one,
        inverse = "storageQuota",
        doc = "How much the user may store; null before the first upload, and for everybody else."
    )]
    pub user: Ref<User>,
}

const LIMIT: FieldType = <Option<i64>>::TYPE;

/// `setStorageQuota`: the limits of somebody.
pub(super) static SET_STORAGE_QUOTA: VerbDecl = VerbDecl {
    mutation: "setStorageQuota",
    doc: "Sets how much a user may store. Limits that are left out stay as they are; below what is stored already, \
          nothing is deleted, but nothing more can be stored. The quota itself is shown to its user alone.",
    entity: StorageQuota::decl,
    right: FILES.admin(),
    inputs: &[
        InputDecl {
            name: "userId",
            doc: "Whose quota.",
            ty: FieldType { kind: Kind::Id("user"), nullable: false, normalize: None },
            need: Input::Required,
        },
        InputDecl {
            name: "maxStorage",
            doc: "Bytes that all files together may have.",
            ty: LIMIT,
            need: Input::Optional,
        },
        InputDecl { name: "maxFileSize", doc: "Bytes that one file may have.", ty: LIMIT, need: Input::Optional },
        InputDecl {
            name: "maxFiles",
            doc: "How many files there may be.",
            ty: <Option<i32>>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: None,
    run: |writer, input| set(writer, input).boxed(),
};

async fn set(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let mut sql = Sql::new();
    sql.push("select app.set_storage_quota(").bind(Bind::Uuid(input.id("userId")));
    for (name, null) in [("maxStorage", NullOf::BigInt), ("maxFileSize", NullOf::BigInt), ("maxFiles", NullOf::Int)] {
        sql.push(", ").bind(input.get(name).cloned().unwrap_or(Bind::Null(null)));
    }
    sql.push(")");
    let id = writer.statements.rows(sql, false).await?.uuid_of_first();
    Ok(Outcome { id, ..Outcome::default() })
}
