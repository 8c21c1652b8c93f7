//! Headings that are spelled nearly as the query is: for those who mistype, and for words that stems do not join.

use read_store::{GenericClient, StoreError};

use super::{
    PLACES_MAX, Place, SearchRequest,
    filter::{WANTED, Wanted},
};

/// Passages under such headings, the nearest first.
pub(super) async fn find(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Vec<(Place, f64)>, StoreError> {
    let sql = format!(
        "select c.document_id, c.ordinal, word_similarity($9, c.heading)::float8 as nearness
         from elite.chunks c where {WANTED} and c.heading %> $9
         order by nearness desc, length(c.heading), c.document_id, c.ordinal limit {PLACES_MAX}"
    );
    let statement = client.prepare_cached(&sql).await?;
    let wanted = Wanted::of(request);
    let rows = client.query(&statement, &wanted.and(&[&request.query])).await?;
    Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect())
}
