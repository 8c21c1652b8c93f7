//! The passages behind places, with the words marked.

use std::collections::HashMap;

use event_model::TextRange;
use read_store::{GenericClient, Row, StoreError};
use uuid::Uuid;

use super::{Place, SearchHit, SearchRequest, Why};

// What looks like a tag would be left out of a highlight, so angle brackets are other characters meanwhile.
const OPENING: char = '\u{e002}';
const CLOSING: char = '\u{e003}';

const HITS: &str = "select c.document_id, d.name, d.title, c.ordinal, c.heading_path, c.page, c.start_char, c.end_char, c.text,
        ts_headline('elite.english', translate(left(c.text, 100000), U&'<>\\E000\\E001', U&'\\E002\\E003'), $3::text::tsquery,
            U&'StartSel=\\E000, StopSel=\\E001, MaxFragments=2, MaxWords=40, MinWords=15, FragmentDelimiter=\" … \"')
            as highlight
    from unnest($1::uuid[], $2::int4[]) as found(document_id, ordinal)
    join elite.chunks c on c.document_id = found.document_id and c.ordinal = found.ordinal
    join elite.documents d on d.id = c.document_id
    where c.tenant = $4";

/// The passages at `places`, in that order. One that has gone meanwhile is left out.
pub(super) async fn fetch(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
    query: &str,
    places: Vec<(Place, f64, Why)>,
) -> Result<Vec<SearchHit>, StoreError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let (documents, ordinals): (Vec<Uuid>, Vec<i32>) = places.iter().map(|(place, ..)| *place).unzip();
    let statement = client.prepare_cached(HITS).await?;
    let rows = client.query(&statement, &[&documents, &ordinals, &query, &request.tenant]).await?;
    let mut found: HashMap<Place, SearchHit> =
        rows.iter().map(hit).map(|hit| ((hit.document_id, hit.ordinal), hit)).collect();
    let hits = places.into_iter().filter_map(|(place, score, why)| {
        let hit = found.remove(&place)?;
        Some(SearchHit { score, why, ..hit })
    });
    Ok(hits.collect())
}

fn hit(row: &Row) -> SearchHit {
    SearchHit {
        document_id: row.get("document_id"),
        name: row.get("name"),
        title: row.get("title"),
        ordinal: row.get("ordinal"),
        heading_path: row.get("heading_path"),
        page: row.get("page"),
        range: TextRange {
            start: row.get::<_, i32>("start_char").unsigned_abs(),
            end: row.get::<_, i32>("end_char").unsigned_abs(),
        },
        text: row.get("text"),
        highlight: row.get::<_, String>("highlight").replace(OPENING, "<").replace(CLOSING, ">"),
        score: 0.0,
        why: Why::default(),
    }
}
