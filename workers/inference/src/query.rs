//! The vector of a query, or why there is none: a search goes on by words when a model is away.

use std::time::Duration;

use crate::Embedder;

/// How long a search waits for a model. Somebody sits before it.
const TIME_MAX: Duration = Duration::from_secs(3);

/// A query as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedQuery {
    /// The model and the vector.
    pub vector: Option<(String, Vec<f32>)>,
    /// Why there is none, for people.
    pub note: Option<String>,
}

/// The vector of `query` by `embedder`, if one is set and answers in time.
pub async fn embedded_query(embedder: Option<&dyn Embedder>, query: &str) -> EmbeddedQuery {
    let without =
        |why: String| EmbeddedQuery { vector: None, note: Some(format!("search is lexical: {why}")) };
    let Some(embedder) = embedder else {
        return without("no model makes vectors; set ELITE_EMBED_MODEL".to_owned());
    };
    match tokio::time::timeout(TIME_MAX, embedder.embed(&[query])).await {
        Ok(Ok(vectors)) => {
            let vector = vectors.into_iter().next().map(|vector| (embedder.model().to_owned(), vector));
            EmbeddedQuery { vector, note: None }
        }
        Ok(Err(error)) => without(error.to_string()),
        Err(_) => without(format!("{} did not answer within {} s", embedder.model(), TIME_MAX.as_secs())),
    }
}
