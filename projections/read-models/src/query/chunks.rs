//! The passages of a document.

use read_store::{GenericClient, StoreError};
use uuid::Uuid;

use super::row;

row! {
    /// A passage.
    Chunk {
        /// Its number in the document, from 0.
        ordinal: i32 = "ordinal",
        /// What it is known by, from what it says.
        id: String = "id",
        /// Headings above it, outermost first.
        heading_path: Vec<String> = "heading_path",
        /// Page it starts on, where the format has pages.
        page: Option<i32> = "page",
        /// First character of the document's text.
        start_char: i32 = "start_char",
        /// One past the last character.
        end_char: i32 = "end_char",
        /// The passage.
        text: String = "text",
    }
}

/// Up to `limit` passages of a document from `ordinal` on.
pub async fn chunks_of(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
    ordinal: i32,
    limit: i64,
) -> Result<Vec<Chunk>, StoreError> {
    let sql = format!(
        "{} from elite.chunks where tenant = $1 and document_id = $2 and ordinal >= $3 order by ordinal limit $4",
        Chunk::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&tenant, &document, &ordinal, &limit]).await?;
    Ok(rows.iter().map(Chunk::read).collect())
}
