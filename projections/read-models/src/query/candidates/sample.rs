//! How common words are, from a sample: enough to know which words lead to few passages.

use std::collections::HashMap;

use read_store::{GenericClient, StoreError};

/// Most passages looked at.
const PASSAGES_MAX: i64 = 2_000;
/// Most of one document, so that long ones do not speak for all.
const OF_DOCUMENT_MAX: i32 = 20;

/// How many passages of a sample hold each word, and how many passages there are.
#[derive(Clone, Debug, Default)]
pub struct WordSample {
    held_by: HashMap<String, f64>,
    sampled: f64,
    passages: f64,
}

impl WordSample {
    /// Draws one. Ids of documents are hashes, so that the first in their order are as good as drawn by lot.
    #[expect(clippy::cast_precision_loss, reason = "counts of passages are far below 2^52")]
    pub async fn draw(client: &impl GenericClient, tenant: &str) -> Result<Self, StoreError> {
        let sample = "select c.search from elite.chunks c where c.tenant = $1 and c.ordinal < $2
             order by c.document_id, c.ordinal limit $3";
        let count = format!(
            "select (select count(*) from ({sample}) as drawn),
                    (select coalesce(sum(chunks), 0)::int8 from elite.documents where tenant = $1 and status = 'parsed')"
        );
        let row = client.query_one(&count, &[&tenant, &OF_DOCUMENT_MAX, &PASSAGES_MAX]).await?;
        let (sampled, passages): (i64, i64) = (row.get(0), row.get(1));
        let words = format!(
            "select lexeme, count(*) from ({sample}) as drawn, unnest(tsvector_to_array(drawn.search)) as lexeme
             group by lexeme having count(*) > 1"
        );
        let rows = client.query(&words, &[&tenant, &OF_DOCUMENT_MAX, &PASSAGES_MAX]).await?;
        let held_by = rows.iter().map(|row| (row.get(0), row.get::<_, i64>(1) as f64)).collect();
        Ok(Self { held_by, sampled: sampled as f64, passages: passages.max(sampled) as f64 })
    }

    /// How many passages there were when it was drawn.
    pub fn passages(&self) -> f64 {
        self.passages
    }

    /// About how many passages hold a word: at least one, since somebody asks for it.
    pub(super) fn held_by(&self, word: &str) -> f64 {
        let share = self.held_by.get(word).copied().unwrap_or(0.5) / self.sampled.max(1.0);
        (share * self.passages).max(1.0)
    }

    #[cfg(test)]
    pub(super) fn of(words: &[(&str, f64)], sampled: f64, passages: f64) -> Self {
        let held_by = words.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect();
        Self { held_by, sampled, passages }
    }
}
