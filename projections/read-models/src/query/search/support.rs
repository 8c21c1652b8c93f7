//! What the database can do for a search.

use read_store::{GenericClient, StoreError};

use super::nearest::index_name;

/// pgvector, by what it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VectorSupport {
    /// It is not there: vectors are kept, and nothing compares them.
    Missing,
    /// It is there; without an index every vector is looked at.
    Present {
        /// Its version.
        version: String,
        /// The index that finds the nearest, if there is one for the model and its number of dimensions.
        index: Option<IndexedBy>,
    },
}

/// The type of what is in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexedBy {
    /// Four bytes a number.
    Vector,
    /// Two bytes a number: half the memory, and as good for ranking.
    HalfVector,
}

/// The first pgvector that has half vectors. With an older one every vector is looked at.
const HALF_VECTORS_SINCE: (u32, u32) = (0, 7);

/// Whether a version of pgvector has no half vectors yet.
pub fn is_before_halves(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or_default());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default()) < HALF_VECTORS_SINCE
}

/// What there is for a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchSupport {
    /// Whether `pg_trgm` is there.
    pub trigrams: bool,
    /// What compares vectors.
    pub vectors: VectorSupport,
}

impl SearchSupport {
    /// Why each vector is looked at, if none can be in an index.
    pub(super) fn slow_vectors(&self) -> Option<String> {
        let VectorSupport::Present { version, .. } = &self.vectors else { return None };
        is_before_halves(version).then(|| {
            format!("every vector is compared, which takes long in a large collection: pgvector {version} is older than 0.7")
        })
    }
}

/// What there is for a search, and for vectors of a model with so many dimensions.
pub async fn search_support(
    client: &impl GenericClient,
    model: Option<(&str, usize)>,
) -> Result<SearchSupport, StoreError> {
    let statement = client
        .prepare_cached(
            "select exists (select from pg_catalog.pg_extension where extname = 'pg_trgm'),
                    (select extversion from pg_catalog.pg_extension where extname = 'vector'),
                    (select indexdef from pg_catalog.pg_indexes where schemaname = 'elite' and indexname = $1)",
        )
        .await?;
    let index = model.map(|(model, dimensions)| index_name(model, dimensions));
    let row = client.query_one(&statement, &[&index]).await?;
    let indexed = |definition: String| {
        if definition.contains("halfvec") { IndexedBy::HalfVector } else { IndexedBy::Vector }
    };
    let vectors = match row.get::<_, Option<String>>(1) {
        None => VectorSupport::Missing,
        Some(version) => {
            VectorSupport::Present { version, index: row.get::<_, Option<String>>(2).map(indexed) }
        }
    };
    Ok(SearchSupport { trigrams: row.get(0), vectors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_pgvector_is_told() {
        let told = |version: &str| {
            let vectors = VectorSupport::Present { version: version.to_owned(), index: None };
            SearchSupport { trigrams: true, vectors }.slow_vectors()
        };
        assert!(told("0.6.2").is_some_and(|note| note.contains("0.6.2 is older than 0.7")));
        assert_eq!((told("0.7.0"), told("1.0")), (None, None));
    }
}
