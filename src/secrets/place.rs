//! Where a sealed value belongs.

use uuid::Uuid;

/// The one cell of the database in which a value opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The tenant.
    pub tenant: Uuid,
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row's id.
    pub row: Uuid,
}

impl Place<'_> {
    /// What is authenticated together with a value: the value's own head (format and key id) and the place. Two
    /// different pairs never give the same bytes: every part has a fixed length or its length in front.
    pub(super) fn associated(&self, head: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(56 + head.len() + self.table.len() + self.column.len());
        bytes.extend_from_slice(self.tenant.as_bytes());
        bytes.extend_from_slice(self.row.as_bytes());
        for part in [head, self.table.as_bytes(), self.column.as_bytes()] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}
