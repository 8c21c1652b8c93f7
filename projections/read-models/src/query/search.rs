//! Full-text search over passages.
//!
//! First every word must be there, with quotes for phrases and a minus for exclusion. A question asked in plain words
//! often has no such passage; then passages that hold some of its words are given, those with the most words first.

use read_store::{GenericClient, Row, StoreError};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use event_model::TextRange;

/// Stands before a highlighted word; a character of private use that is removed from the text itself.
pub const HIGHLIGHT_START: char = '\u{e000}';
/// Stands after a highlighted word.
pub const HIGHLIGHT_END: char = '\u{e001}';
// What looks like a tag would be left out of a highlight, so angle brackets are other characters meanwhile.
const OPENING: char = '\u{e002}';
const CLOSING: char = '\u{e003}';

/// What is looked for.
#[derive(Clone, Debug)]
pub struct SearchRequest<'a> {
    /// In whose documents.
    pub tenant: &'a str,
    /// Words, as a person types them.
    pub query: &'a str,
    /// In this document only.
    pub document: Option<Uuid>,
    /// At most so many passages.
    pub limit: i64,
}

/// A passage that was found.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SearchHit {
    /// The document.
    pub document_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Which passage.
    pub ordinal: i32,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Page it starts on, where the format has pages.
    pub page: Option<i32>,
    /// Where in the document's text.
    pub range: TextRange,
    /// The passage.
    pub text: String,
    /// The best places, with [`HIGHLIGHT_START`] and [`HIGHLIGHT_END`] around the words that match.
    pub highlight: String,
    /// How well it matches, 0 to 1; comparable within one answer only.
    pub score: f64,
}

/// What was found, and how.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Searched {
    /// Whether a hit holds `all` words, or only `some` because no passage holds them all.
    pub matched: &'static str,
    /// Best first.
    pub hits: Vec<SearchHit>,
}

/// Words that say how a question is put, not what it is about. Left out only where some words are enough.
const QUESTION_WORDS: &str = "a an and any are as at be but by can could did do does for from had has have how i if in \
    into is it its me my of on one or our should so some than that the their them then there these they this to use was \
    we were what when where which who why will with would you your";

/// The passages that match best.
pub async fn search(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Searched, StoreError> {
    let all = matching_all(client, request).await?;
    if !all.is_empty() {
        return Ok(Searched { matched: "all", hits: all });
    }
    Ok(Searched { matched: "some", hits: matching_some(client, request).await? })
}

const HIT: &str = "select found.document_id, d.name, d.title, found.ordinal, found.heading_path, found.page,
        found.start_char, found.end_char, found.text, found.score,
        ts_headline('elite.english', translate(left(found.text, 100000), U&'<>\\E000\\E001', U&'\\E002\\E003'), found.query,
            U&'StartSel=\\E000, StopSel=\\E001, MaxFragments=2, MaxWords=40, MinWords=15, FragmentDelimiter=\" … \"')
            as highlight";

async fn matching_all(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Vec<SearchHit>, StoreError> {
    let sql = format!(
        "{HIT} from (
             select c.*, websearch_to_tsquery('elite.english', $2) as query,
                    ts_rank_cd(c.search, websearch_to_tsquery('elite.english', $2), 33)::float8 as score
             from elite.chunks c
             where c.tenant = $1 and ($3::uuid is null or c.document_id = $3)
               and c.search @@ websearch_to_tsquery('elite.english', $2)
             order by score desc, c.document_id, c.ordinal limit $4) as found
         join elite.documents d on d.id = found.document_id
         order by found.score desc, found.document_id, found.ordinal"
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(&statement, &[&request.tenant, &request.query, &request.document, &request.limit])
        .await?;
    Ok(rows.iter().map(hit).collect())
}

/// The words of the question as one query each. What would exclude is left out: it is not looked for.
async fn words(client: &impl GenericClient, query: &str) -> Result<Vec<String>, StoreError> {
    let statement = client
        .prepare_cached(
            "with said as (select unnest(tsvector_to_array(to_tsvector('elite.english', $1))) as lexeme),
                  common as (select unnest(tsvector_to_array(to_tsvector('elite.english', $2))) as lexeme),
                  telling as (select lexeme from said except select lexeme from common)
             select lexeme from telling
             union all select lexeme from said where not exists (select from telling)
             order by lexeme limit 40",
        )
        .await?;
    let rows = client.query(&statement, &[&query, &QUESTION_WORDS]).await?;
    Ok(rows.iter().map(|row| quoted_lexeme(row.get(0))).collect())
}

/// A lexeme as the text form of a `tsquery` wants it.
fn quoted_lexeme(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', "\\\\").replace('\'', "''"))
}

async fn matching_some(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Vec<SearchHit>, StoreError> {
    let words = words(client, request.query).await?;
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let any = words.join(" | ");
    let sql = format!(
        "{HIT} from (
             select matching.*,
                    (matching.held - 1 + ts_rank_cd(matching.search, $2::text::tsquery, 33)) / $6 as score
             from (select c.*, $2::text::tsquery as query,
                          (select count(*) from unnest($3::text[]) as word where c.search @@ word::tsquery)::float8 as held
                   from elite.chunks c
                   where c.tenant = $1 and ($4::uuid is null or c.document_id = $4)
                     and c.search @@ $2::text::tsquery) as matching
             order by score desc, matching.document_id, matching.ordinal limit $5) as found
         join elite.documents d on d.id = found.document_id
         order by found.score desc, found.document_id, found.ordinal"
    );
    #[expect(clippy::cast_precision_loss, reason = "there are at most 40 words")]
    let total = words.len() as f64;
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(&statement, &[&request.tenant, &any, &words, &request.document, &request.limit, &total])
        .await?;
    Ok(rows.iter().map(hit).collect())
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
        score: row.get("score"),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted_lexeme;

    #[test]
    fn a_lexeme_cannot_become_an_operator() {
        assert_eq!(quoted_lexeme("it's"), "'it''s'");
        assert_eq!(quoted_lexeme(r"a\' | b"), r"'a\\'' | b'");
    }
}
