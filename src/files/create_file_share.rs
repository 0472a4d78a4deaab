//! `createFileShare`: opens a file to somebody, and shows the token once.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, SecretDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use futures_util::FutureExt;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{FileShare, FileShareType};
use crate::opaque_token::OpaqueToken;
use crate::password::{MAX_PASSWORD_BYTES, PasswordError};
use crate::processes::FILES;
use crate::request::Services;
use crate::secrets::Place;

/// Least number of characters of a share's password: guesses are few, see `openFileShare`.
const MIN_PASSWORD: usize = 8;

/// The mutation.
pub(super) static CREATE_FILE_SHARE: VerbDecl = VerbDecl {
    mutation: "createFileShare",
    doc: "Opens one of your files to somebody else. Only CLEAN files can be shared. A PRIVATE file becomes SHARED; made \
          PRIVATE again, no share of it opens.",
    entity: FileShare::decl,
    right: FILES.write(),
    inputs: &[
        InputDecl {
            name: "fileId",
            doc: "The file.",
            ty: FieldType { kind: Kind::Id("stored_file"), nullable: false, normalize: None },
            need: Input::Required,
        },
        InputDecl {
            name: "shareType",
            doc: "To whom: whoever has the token, whoever has it and knows a password, or one user.",
            ty: FileShareType::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "password",
            doc: "Of the type PASSWORD: the password, at least 8 characters. It is not stored, only its hash.",
            ty: <Option<String>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "sharedWithId",
            doc: "Of the type USER: the user.",
            ty: FieldType { kind: Kind::Id("user"), nullable: true, normalize: None },
            need: Input::Optional,
        },
        InputDecl {
            name: "maxDownloads",
            doc: "How often it opens, to view and to download together; any number of times when it is left out.",
            ty: <Option<i32>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "allowDownload",
            doc: "Whether the file may be downloaded; true when it is left out.",
            ty: <Option<bool>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "allowView",
            doc: "Whether the file may be viewed within a page; true when it is left out.",
            ty: <Option<bool>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "expiresAt",
            doc: "Until when it opens; as long as the file is there when it is left out.",
            ty: <Option<chrono::DateTime<chrono::Utc>>>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: Some(SecretDecl {
        name: "shareToken",
        doc: "The token for `openFileShare`. It is shown this once; null when the idempotency key was used before.",
    }),
    run: |writer, input| create(writer, input).boxed(),
};

const COLUMNS: [(&str, &str); 7] = [
    ("fileId", "file_id"),
    ("shareType", "share_type"),
    ("sharedWithId", "shared_with_id"),
    ("maxDownloads", "max_downloads"),
    ("allowDownload", "allow_download"),
    ("allowView", "allow_view"),
    ("expiresAt", "expires_at"),
];

async fn create(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let services = writer.service::<Services>()?;
    let refuse = |field: &str, message: &str| Ok(Outcome::refused(vec![UserError::new("VALIDATION", field, message)]));
    let password = input.text("password").map(|text| Zeroizing::new(text.to_owned()));
    if password.as_ref().is_some_and(|text| text.chars().count() < MIN_PASSWORD || text.len() > MAX_PASSWORD_BYTES) {
        return refuse("password", "The password of a share has 8 characters or more, and is not endless.");
    }
    let is_with_password = input.text("shareType") == Some("PASSWORD");
    if is_with_password != password.is_some() {
        return refuse("password", "A share of the type PASSWORD has a password, and no other has.");
    }
    let sealed = match password {
        None => None,
        Some(password) => {
            let hash = services.passwords.hash(password).await.map_err(|error| match error {
                PasswordError::Busy => DbError::Unavailable("too many passwords are being hashed".into()),
                PasswordError::Fault(reason) => DbError::Fault(reason),
            })?;
            let sealed = services.keys.seal(&place(writer.tenant, writer.new_id), hash.as_bytes());
            Some(sealed.map_err(|error| DbError::Fault(error.to_string()))?.into_bytes())
        }
    };
    let token = OpaqueToken::new(writer.tenant).map_err(|error| DbError::Fault(error.to_string()))?;
    let given: Vec<_> = COLUMNS.iter().filter_map(|(name, column)| Some((*column, input.get(name)?))).collect();
    let mut sql = Sql::new();
    sql.push("insert into file_shares (id, tenant_id, shared_by_id, share_token_hash");
    sql.push(if sealed.is_some() { ", password" } else { "" });
    for (column, _) in &given {
        sql.push(", ").push(column);
    }
    sql.push(") values (").bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(Bind::Uuid(writer.user)).push(", ").bind(Bind::Bytes(token.hash().to_vec()));
    if let Some(sealed) = sealed {
        sql.push(", ").bind(Bind::Bytes(sealed));
    }
    for (_, value) in &given {
        sql.push(", ").bind((*value).clone());
    }
    sql.push(") returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome { secret: Some(Secret(token.text().to_owned())), ..Outcome::written(writer.new_id) })
}

/// Where the hash of a share's password is sealed.
pub(super) fn place(tenant: Uuid, share: Uuid) -> Place<'static> {
    Place { tenant, table: "file_shares", column: "password", row: share }
}
