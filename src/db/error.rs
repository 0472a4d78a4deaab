//! From Diesel's errors to what the engine understands. The only place that reads PostgreSQL's messages.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use entity::database::{ConstraintKind, DbError, Refusal};

/// What `app.refuse` puts into the constraint field is one of these codes, in capitals; names of constraints are not.
fn is_code(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

pub(super) fn translate(error: Error) -> DbError {
    match error {
        Error::DatabaseError(kind, info) => translate_kind(&kind, info.as_ref()),
        Error::BrokenTransactionManager => DbError::Unavailable("the connection is broken".into()),
        other => DbError::Fault(other.to_string()),
    }
}

fn translate_kind(kind: &DatabaseErrorKind, info: &(dyn DatabaseErrorInformation + Send + Sync)) -> DbError {
    let constraint = |kind| DbError::Constraint { kind, name: info.constraint_name().unwrap_or_default().to_owned() };
    match kind {
        DatabaseErrorKind::UniqueViolation => constraint(ConstraintKind::Unique),
        DatabaseErrorKind::ForeignKeyViolation => constraint(ConstraintKind::ForeignKey),
        DatabaseErrorKind::CheckViolation => constraint(ConstraintKind::Check),
        DatabaseErrorKind::ExclusionViolation => constraint(ConstraintKind::Exclusion),
        DatabaseErrorKind::RestrictViolation => constraint(ConstraintKind::Restrict),
        DatabaseErrorKind::NotNullViolation => DbError::Constraint {
            kind: ConstraintKind::NotNull,
            name: info.column_name().unwrap_or_default().to_owned(),
        },
        DatabaseErrorKind::SerializationFailure => DbError::Conflict,
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            DbError::Unavailable(info.message().to_owned())
        }
        _ => by_message(info),
    }
}

/// Diesel does not hand on the SQLSTATE of other errors, so the server's own (untranslated) words decide.
fn by_message(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> DbError {
    if let Some(code) = info.constraint_name().filter(|name| is_code(name)) {
        return DbError::Refused(Refusal {
            code: code.to_owned(),
            column: info.column_name().unwrap_or_default().to_owned(),
            message: info.message().to_owned(),
            facts: info.details().and_then(|facts| serde_json::from_str(facts).ok()).unwrap_or_default(),
        });
    }
    let message = info.message();
    if message.starts_with("canceling statement due to") {
        return DbError::TimedOut;
    }
    if message.starts_with("deadlock detected") {
        return DbError::Conflict;
    }
    const TOO_LARGE: [&str; 5] = [
        "numeric field overflow",
        "integer out of range",
        "timestamp out of range",
        "value too long for type",
        // A text longer than an entry of the index over its column may be.
        "index row",
    ];
    if TOO_LARGE.iter().any(|start| message.starts_with(start)) {
        return DbError::TooLarge;
    }
    const GONE: [&str; 5] = [
        "terminating connection",
        "the database system is",
        "sorry, too many clients",
        "remaining connection slots",
        "cannot connect now",
    ];
    if GONE.iter().any(|start| message.starts_with(start)) {
        return DbError::Unavailable(message.to_owned());
    }
    DbError::Fault(message.to_owned())
}
