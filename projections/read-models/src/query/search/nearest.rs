//! Passages whose vectors are nearest to the query's.

use read_store::{GenericClient, StoreError};
use uuid::Uuid;

use super::{
    PLACES_MAX, Place, SearchRequest,
    filter::{WANTED, Wanted},
    support::{IndexedBy, VectorSupport},
};

/// Vectors that are looked at before what is not wanted is left out, where only some passages are.
const NARROWED_MAX: i64 = 1_000;

/// A query as a vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueryVector<'a> {
    /// The model that made it; only its vectors are compared.
    pub model: &'a str,
    /// Its numbers.
    pub values: &'a [f32],
}

/// What the index on a model's vectors is called.
pub(crate) fn index_name(model: &str, dimensions: usize) -> String {
    let (digest, ..) = Uuid::new_v5(&Uuid::NAMESPACE_OID, model.as_bytes()).as_fields();
    format!("embeddings_near_{digest:08x}_{dimensions}")
}

/// The vector of a row of `embeddings` as it is compared and indexed.
pub(crate) fn compared(by: Option<IndexedBy>, dimensions: usize) -> String {
    match by {
        Some(IndexedBy::HalfVector) => format!("((vector::vector({dimensions}))::halfvec({dimensions}))"),
        Some(IndexedBy::Vector) | None => format!("(vector::vector({dimensions}))"),
    }
}

/// The rows that the index on a model's vectors has.
pub(crate) fn indexed_rows(model: &str, dimensions: usize) -> String {
    format!(
        "model = '{}' and in_use and array_length(vector, 1) = {dimensions}",
        model.replace('\\', "").replace('\'', "''")
    )
}

/// The nearest, with the cosine of the angle between.
pub(super) async fn find(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
    vector: &QueryVector<'_>,
    support: &VectorSupport,
) -> Result<Vec<(Place, f64)>, StoreError> {
    let VectorSupport::Present { index, .. } = support else { return Ok(Vec::new()) };
    let dimensions = vector.values.len();
    let column = compared(*index, dimensions);
    let asked = compared(*index, dimensions).replace("vector::", "$9::real[]::");
    let rows = indexed_rows(vector.model, dimensions);
    // Of one document all vectors are looked at: the nearest of all would mostly be in others.
    let document = if request.filter.document.is_some() { "and document_id = $4" } else { "" };
    let limit = if request.filter.is_narrow() { NARROWED_MAX } else { 2 * PLACES_MAX };
    let sql = format!(
        "select c.document_id, c.ordinal, 1 - near.distance as nearness
         from (select document_id, ordinal, {column} <=> {asked} as distance from elite.embeddings
               where {rows} {document} order by {column} <=> {asked} limit {limit}) as near
         join elite.chunks c on c.document_id = near.document_id and c.ordinal = near.ordinal
         where {WANTED}
         order by near.distance, c.document_id, c.ordinal limit {PLACES_MAX}"
    );
    let statement = client.prepare_cached(&sql).await?;
    let wanted = Wanted::of(request);
    let rows = client.query(&statement, &wanted.and(&[&vector.values])).await?;
    Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_is_text_wherever_it_stands() {
        assert!(indexed_rows("o'model\\", 3).starts_with("model = 'o''model' and"));
        assert_ne!(index_name("one", 3), index_name("other", 3));
        assert!(index_name(&"long".repeat(100), 4_096).len() < 64);
    }
}
