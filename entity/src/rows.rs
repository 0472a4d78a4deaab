//! The rows of one statement, kept in one buffer in PostgreSQL's binary format.
//!
//! The engine reads cells by position and writes them straight into the answer; typed structs are decoded from the
//! same cells with Diesel's `FromSql`, so a Rust type that does not fit its column does not compile.

use std::num::NonZeroU32;

use diesel::Expression;
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgValue, TypeOidLookup};
use uuid::Uuid;

/// Rows in PostgreSQL's binary format.
#[derive(Debug, Default)]
pub struct Rows {
    data: Vec<u8>,
    /// End offset of each cell; `NULL` marks null.
    cells: Vec<(u32, u32)>,
    width: usize,
}

const NULL: (u32, u32) = (u32::MAX, u32::MAX);

/// A cell did not hold what the declaration says.
#[derive(Debug)]
pub struct DecodeError {
    /// Position in the row.
    pub cell: usize,
    /// What the decoder said.
    pub reason: String,
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cell {} could not be read", self.cell)
    }
}
impl std::error::Error for DecodeError {}

impl Rows {
    /// An empty set of rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Rows of these cells, for whoever stands in for a database.
    #[must_use]
    pub fn of(width: usize, cells: &[Option<&[u8]>]) -> Self {
        let mut rows = Self { width, ..Self::default() };
        for cell in cells {
            let start = rows.data.len();
            rows.data.extend_from_slice(cell.unwrap_or_default());
            rows.cells.push(cell.map_or(NULL, |_| (start as u32, rows.data.len() as u32)));
        }
        rows
    }

    /// Appends one row.
    pub fn push_row<'a>(&mut self, row: &impl diesel::row::Row<'a, Pg>) {
        use diesel::row::Field;
        self.width = row.field_count();
        for index in 0..self.width {
            let span = match row.get(index).as_ref().and_then(|field| {
                field.value().map(|value| {
                    let start = self.data.len();
                    self.data.extend_from_slice(value.as_bytes());
                    (start, self.data.len())
                })
            }) {
                // One statement's answer is bounded by the page size, far below 4 GiB.
                Some((start, end)) => (start as u32, end as u32),
                None => NULL,
            };
            self.cells.push(span);
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The bytes of a cell, `None` for null.
    #[must_use]
    pub fn cell(&self, row: usize, index: usize) -> Option<&[u8]> {
        let span = self.cells[row * self.width + index];
        if span == NULL { None } else { Some(&self.data[span.0 as usize..span.1 as usize]) }
    }

    /// A cell that holds a UUID.
    #[must_use]
    pub fn uuid(&self, row: usize, index: usize) -> Option<Uuid> {
        self.cell(row, index).and_then(|bytes| Uuid::from_slice(bytes).ok())
    }

    /// The UUID in the first cell of the first row, when there is a row.
    #[must_use]
    pub fn uuid_of_first(&self) -> Option<Uuid> {
        if self.is_empty() { None } else { self.uuid(0, 0) }
    }

    /// A cell that holds text.
    #[must_use]
    pub fn text(&self, row: usize, index: usize) -> Option<String> {
        self.cell(row, index).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Whether a cell holds a boolean that is true; null is not.
    #[must_use]
    pub fn is_true(&self, row: usize, index: usize) -> bool {
        self.cell(row, index) == Some(&[1])
    }

    /// A cell that holds a bigint, such as a count.
    #[must_use]
    pub fn int8(&self, row: usize, index: usize) -> Option<i64> {
        self.cell(row, index).and_then(|bytes| bytes.try_into().ok().map(i64::from_be_bytes))
    }

    /// Decodes a cell that was selected from the column `C` into the Rust type `T`.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes do not fit.
    pub fn decode<C: Expression, T: FromSql<C::SqlType, Pg>>(
        &self,
        row: usize,
        index: usize,
    ) -> Result<T, DecodeError> {
        let value = self.cell(row, index).map(|bytes| PgValue::new(bytes, &UNTYPED));
        T::from_nullable_sql(value).map_err(|error| DecodeError { cell: index, reason: error.to_string() })
    }
}

/// Decoders of the types we use never ask for the OID.
struct Untyped;
static UNTYPED: Untyped = Untyped;
impl TypeOidLookup for Untyped {
    fn lookup(&self) -> NonZeroU32 {
        NonZeroU32::MIN
    }
}
