//! What the writer knows about a row: its table and its columns.

use serde::Serialize;

/// A row of one table. Serialised, it is a JSON object keyed by column.
pub(crate) trait Row: Serialize {
    /// The table's name.
    const TABLE: &'static str;
    /// The struct's fields.
    const FIELDS: &'static [&'static str];

    /// The columns that the row fills, for a list in SQL; `tenant_id` comes
    /// from the session. A field such as `r#type` is the column `type`.
    fn columns() -> String {
        let columns: Vec<_> = Self::FIELDS.iter().map(|field| field.trim_start_matches("r#")).collect();
        columns.join(", ")
    }
}

/// Declares row structs whose fields are the columns:
/// `rows! { /// A brand. Brand in "brands" { id: Uuid, name: String } }`
/// gives `struct Brand { id, name }` and its [`Row`].
macro_rules! rows {
    ($( $(#[$doc:meta])* $name:ident in $table:literal { $( $column:ident : $kind:ty ),* $(,)? } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, serde::Serialize)]
        pub(crate) struct $name { $( pub(crate) $column: $kind ),* }
        impl $crate::demo::row::Row for $name {
            const TABLE: &'static str = $table;
            const FIELDS: &'static [&'static str] = &[$( stringify!($column) ),*];
        }
    )* };
}
pub(crate) use rows;
