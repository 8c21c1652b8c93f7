//! Events that a role has not answered as it would now: what it is asked to do, for the first time or anew. Which these are, each
//! role's own query says.

use jiff::Timestamp;
use read_store::Row;
use uuid::Uuid;

/// An event without the result that is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The document or interaction.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: String,
    /// What orders its events.
    pub partitionkey: String,
    /// The event that made it what it is.
    pub event: Uuid,
    /// Where that is in the log.
    pub partition: u16,
    /// Where that is in the log.
    pub position: u64,
    /// When that was recorded.
    pub recorded_at: Timestamp,
}

impl Unanswered {
    /// From a row of its fields, in their order.
    pub(super) fn read(row: &Row) -> Self {
        Self {
            id: row.get(0),
            tenant: row.get(1),
            partitionkey: row.get(2),
            event: row.get(3),
            partition: u16::try_from(row.get::<_, i32>(4)).unwrap_or_default(),
            position: row.get::<_, i64>(5).unsigned_abs(),
            recorded_at: row.get(6),
        }
    }
}
