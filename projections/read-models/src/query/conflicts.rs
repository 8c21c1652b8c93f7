//! Conflicts, with where they stand and between which documents.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use serde_json::Value;
use uuid::Uuid;

use super::{Before, row};

row! {
    /// Two passages that contradict each other.
    Conflict {
        /// Its id: derived from both places.
        id: Uuid = "c.id",
        /// `open`, `decided`, or `outdated` while one of its documents is not in use.
        state: String = "s.state",
        /// `negation`, `opposite`, `other`, `number`, `date`, `version`, `default` or `signature`.
        kind: String = "c.kind",
        /// How sure it is, 0 to 1.
        confidence: f64 = "c.confidence",
        /// Version of the rules that found it.
        rules_version: Option<i32> = "c.rules_version",
        /// One side: document, range, text, and, where they are known, the span of the words that differ, headings and chunk.
        left: Value = "c.left_passage",
        /// Name of its document.
        left_name: Option<String> = "s.left_name",
        /// Title of its document.
        left_title: Option<String> = "s.left_title",
        /// State of its document.
        left_status: Option<String> = "s.left_status",
        /// The other side.
        right: Value = "c.right_passage",
        /// Name of its document.
        right_name: Option<String> = "s.right_name",
        /// Title of its document.
        right_title: Option<String> = "s.right_title",
        /// State of its document.
        right_status: Option<String> = "s.right_status",
        /// When it was found.
        detected_at: Timestamp = "c.detected_at",
        /// The event that says so.
        event_id: Uuid = "c.event_id",
        /// When a person decided.
        resolved_at: Option<Timestamp> = "c.resolved_at",
        /// Who.
        resolved_by: Option<String> = "c.resolved_by",
        /// The document whose side holds; none if both do.
        keep: Option<Uuid> = "c.keep",
        /// What they said.
        comment: Option<String> = "c.comment",
    }
}

const FROM: &str = "from elite.conflicts c join elite.conflict_states s on s.id = c.id";

/// Which conflicts, and from where on.
#[derive(Clone, Debug)]
pub struct ConflictFilter<'a> {
    /// Whose.
    pub tenant: &'a str,
    /// In this state only.
    pub state: Option<&'a str>,
    /// With this document on one side.
    pub document: Option<Uuid>,
    /// Of this kind only.
    pub kind: Option<&'a str>,
    /// Found before this one.
    pub before: Option<Before>,
    /// At most so many.
    pub limit: i64,
}

/// Conflicts, those found last first.
pub async fn conflicts(
    client: &impl GenericClient,
    filter: &ConflictFilter<'_>,
) -> Result<Vec<Conflict>, StoreError> {
    let (time, id) = (filter.before.map(|before| before.time), filter.before.map(|before| before.id));
    let sql = format!(
        "{} {FROM} where c.tenant = $1 and ($2::text is null or s.state = $2)
         and ($3::uuid is null or $3 in (c.left_document, c.right_document)) and ($4::text is null or c.kind = $4)
         and ($5::timestamptz is null or (c.detected_at, c.id) < ($5, $6::uuid))
         order by c.detected_at desc, c.id desc limit $7",
        Conflict::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(
            &statement,
            &[&filter.tenant, &filter.state, &filter.document, &filter.kind, &time, &id, &filter.limit],
        )
        .await?;
    Ok(rows.iter().map(Conflict::read).collect())
}

/// One conflict.
pub async fn conflict_of(
    client: &impl GenericClient,
    tenant: &str,
    id: Uuid,
) -> Result<Option<Conflict>, StoreError> {
    let sql = format!("{} {FROM} where c.tenant = $1 and c.id = $2", Conflict::COLUMNS);
    Ok(client.query_opt(&sql, &[&tenant, &id]).await?.as_ref().map(Conflict::read))
}

/// How many conflicts stand open.
pub async fn open_conflicts(client: &impl GenericClient, tenant: &str) -> Result<i64, StoreError> {
    let sql = "select count(*) from elite.conflict_states where tenant = $1 and state = 'open'";
    Ok(client.query_one(sql, &[&tenant]).await?.get(0))
}
