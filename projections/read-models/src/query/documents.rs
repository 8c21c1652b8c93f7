//! Documents, with what was found about their text where that is known.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{Before, row};

row! {
    /// A document.
    Document {
        /// Its id: derived from tenant, name and bytes.
        id: Uuid = "d.id",
        /// The name it was given; never a path.
        name: String = "d.name",
        /// The person whose key seals its bytes, if it has one.
        datasubject: Option<String> = "d.datasubject",
        /// `received`, `parsed`, `rejected`, `superseded` or `deleted`.
        status: String = "d.status",
        /// The blob of its bytes.
        content: String = "d.content",
        /// Number of bytes.
        size_bytes: i64 = "d.size_bytes",
        /// Media type the producer claimed.
        declared_type: Option<String> = "d.declared_type",
        /// Media type found by looking at the bytes.
        media_type: Option<String> = "d.media_type",
        /// Title.
        title: Option<String> = "d.title",
        /// Number of pages, where the format has pages.
        pages: Option<i32> = "d.pages",
        /// Characters of text.
        characters: Option<i64> = "d.characters",
        /// Number of passages.
        chunks: Option<i32> = "d.chunks",
        /// The blob of the parsed document.
        parsed: Option<String> = "d.parsed",
        /// Parser and version.
        parser: Option<String> = "d.parser",
        /// Why it was rejected, for programs.
        rejection_reason: Option<String> = "d.rejection_reason",
        /// Why it was rejected and what to do, for people.
        rejection_detail: Option<String> = "d.rejection_detail",
        /// The document that took its place.
        superseded_by: Option<Uuid> = "d.superseded_by",
        /// When it arrived.
        received_at: Timestamp = "d.received_at",
        /// When it last changed.
        changed_at: Timestamp = "d.changed_at",
        /// The event that brought it.
        received_event: Uuid = "d.received_event",
        /// The event that parsed or rejected it.
        decided_event: Option<Uuid> = "d.decided_event",
        /// Its partition in the log.
        partition: i32 = "d.partition",
        /// Position of the last event that changed it.
        position: i64 = "d.position",
        /// Share of the quality rules its text passed, 0 to 1.
        quality: Option<f64> = "k.quality",
        /// Whether the validators accept its text.
        accepted: Option<bool> = "k.accepted",
        /// A person's verdict, `accepted` or `rejected`.
        review: Option<String> = "k.review",
    }
}

const FROM: &str =
    "from elite.documents d left join elite.knowledge k on k.document_id = d.id and k.tenant = d.tenant";

/// Which documents, and from where on.
#[derive(Clone, Debug)]
pub struct DocumentFilter<'a> {
    /// Whose.
    pub tenant: &'a str,
    /// In this state only; when none is given, every one but `superseded` and `deleted`.
    pub status: Option<&'a str>,
    /// With this text in name or title, whatever the case.
    pub name: Option<&'a str>,
    /// Older than this.
    pub before: Option<Before>,
    /// At most so many.
    pub limit: i64,
}

/// Documents, newest first.
pub async fn documents(
    client: &impl GenericClient,
    filter: &DocumentFilter<'_>,
) -> Result<Vec<Document>, StoreError> {
    let pattern = filter.name.map(like_pattern);
    let time = filter.before.map(|before| before.time);
    let id = filter.before.map(|before| before.id);
    let sql = format!(
        "{} {FROM} where d.tenant = $1
         and (($2::text is null and d.status not in ('superseded', 'deleted')) or d.status = $2)
         and ($3::text is null or d.name ilike $3 or d.title ilike $3)
         and ($4::timestamptz is null or (d.received_at, d.id) < ($4, $5::uuid))
         order by d.received_at desc, d.id desc limit $6",
        Document::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(&statement, &[&filter.tenant, &filter.status, &pattern, &time, &id, &filter.limit])
        .await?;
    Ok(rows.iter().map(Document::read).collect())
}

fn like_pattern(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// One document.
pub async fn document(
    client: &impl GenericClient,
    tenant: &str,
    id: Uuid,
) -> Result<Option<Document>, StoreError> {
    Ok(documents_among(client, tenant, &[id]).await?.pop())
}

/// Those of `ids` that are there, in no particular order.
pub async fn documents_among(
    client: &impl GenericClient,
    tenant: &str,
    ids: &[Uuid],
) -> Result<Vec<Document>, StoreError> {
    let sql = format!("{} {FROM} where d.tenant = $1 and d.id = any($2)", Document::COLUMNS);
    let statement = client.prepare_cached(&sql).await?;
    Ok(client.query(&statement, &[&tenant, &ids]).await?.iter().map(Document::read).collect())
}

/// Whether the bytes of any document are the blob of this name.
pub async fn is_content(client: &impl GenericClient, blob: &str) -> Result<bool, StoreError> {
    let sql = "select exists (select from elite.documents where content = $1)";
    Ok(client.query_one(sql, &[&blob]).await?.get(0))
}

/// Those of `ids` about which it is decided what they are. A newer version may take a document's place before that.
pub async fn decided_documents(
    client: &impl GenericClient,
    tenant: &str,
    ids: &[Uuid],
) -> Result<Vec<Document>, StoreError> {
    let sql = format!(
        "{} {FROM} where d.tenant = $1 and d.id = any($2) and d.status <> 'received'
         and (d.decided_event is not null or d.status = 'deleted')",
        Document::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    Ok(client.query(&statement, &[&tenant, &ids]).await?.iter().map(Document::read).collect())
}

/// How many documents there are in each state.
pub async fn document_counts(
    client: &impl GenericClient,
    tenant: &str,
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = client
        .query(
            "select status, count(*) from elite.documents where tenant = $1 group by status order by status",
            &[&tenant],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// A document whose text another one has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Duplicate {
    /// The later document.
    pub document_id: Uuid,
    /// The earliest one with that text.
    pub duplicate_of: Uuid,
    /// `exact` or `near`.
    pub kind: String,
}

/// What those of `ids` repeat.
pub async fn duplicates_of(
    client: &impl GenericClient,
    tenant: &str,
    ids: &[Uuid],
) -> Result<Vec<Duplicate>, StoreError> {
    let statement = client
        .prepare_cached(
            "select document_id, duplicate_of, kind from elite.duplicates
             where tenant = $1 and document_id = any($2) order by document_id, kind",
        )
        .await?;
    let rows = client.query(&statement, &[&tenant, &ids]).await?;
    let duplicate = |row: &read_store::Row| Duplicate {
        document_id: row.get(0),
        duplicate_of: row.get(1),
        kind: row.get(2),
    };
    Ok(rows.iter().map(duplicate).collect())
}

#[cfg(test)]
mod tests {
    use super::like_pattern;

    #[test]
    fn wildcards_in_a_name_are_ordinary_characters() {
        assert_eq!(like_pattern(r"50%_\a"), r"%50\%\_\\a%");
    }
}
