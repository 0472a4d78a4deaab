//! The columns that hold sealed values. `mostrador rotate-keys` walks this list, and a test compares it with the
//! catalogue: a sealed column carries the comment that begins `Sealed`.

/// A sealed column. Its table has the columns `tenant_id` and `id`; the column is `bytea`, null for no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
}

/// All of them.
pub const SEALED: &[SealedColumn] = &[SealedColumn { table: "emails", column: "body" }];
