//! Full-text search over passages.
//!
//! First every word must be there, with quotes for phrases and a minus for exclusion. A question asked in plain words
//! often has no such passage; then passages that hold some of its words are given, those with the most telling words first.

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

/// Whose passages may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader<'a> {
    /// Everybody's.
    All,
    /// Those that are about nobody, and those about this data subject.
    Subject(Option<&'a str>),
}

impl Reader<'_> {
    /// The condition on a passage `c`, with the numbers of its two parameters.
    fn condition([all, subject]: [usize; 2]) -> String {
        format!(
            "(${all}::bool or not exists (select from elite.documents about where about.id = c.document_id
                and about.datasubject is not null and about.datasubject is distinct from ${subject}::text))"
        )
    }

    fn parameters(&self) -> (bool, Option<&str>) {
        match self {
            Self::All => (true, None),
            Self::Subject(subject) => (false, *subject),
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct SearchRequest<'a> {
    /// In whose documents.
    pub tenant: &'a str,
    /// Words, as a person types them.
    pub query: &'a str,
    /// In this document only.
    pub document: Option<Uuid>,
    /// Who reads.
    pub readable_by: Reader<'a>,
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

/// Most passages that are ranked. A word that more of them hold tells too little for a better order to matter.
const CANDIDATES_MAX: u32 = 5_000;
/// How far passages with a word are counted.
const COUNTED_MAX: u32 = 2_000;
/// How far all passages are counted.
const ALL_MAX: u32 = 20_000;
/// Most words of a question that are looked at.
const WORDS_MAX: u32 = 40;

/// Words that say how a question is put, not what it is about. Left out only where some words are enough.
const QUESTION_WORDS: &str = "a an and any are as at be but by can could did do does for from had has have how i if in \
    into is it its me my of on one or our should so some than that the their them then there these they this to use was \
    we were what when where which who why will with would you your";

/// The passages that match best.
pub async fn search(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Searched, StoreError> {
    // As the passages are indexed: what stands in angle brackets is text.
    let query = request.query.replace(['<', '>'], " ");
    let request = SearchRequest { query: &query, ..*request };
    let all = matching_all(client, &request).await?;
    if !all.is_empty() {
        return Ok(Searched { matched: "all", hits: all });
    }
    Ok(Searched { matched: "some", hits: matching_some(client, &request).await? })
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
    let readable = Reader::condition([5, 6]);
    let sql = format!(
        "{HIT} from (
             select matching.*, ts_rank_cd(matching.search, matching.query, 33)::float8 as score
             from (select c.*, websearch_to_tsquery('elite.english', $2) as query
                   from elite.chunks c
                   where c.tenant = $1 and ($3::uuid is null or c.document_id = $3) and {readable}
                     and c.search @@ websearch_to_tsquery('elite.english', $2) limit {CANDIDATES_MAX}) as matching
             order by score desc, matching.document_id, matching.ordinal limit $4) as found
         join elite.documents d on d.id = found.document_id
         order by found.score desc, found.document_id, found.ordinal"
    );
    let statement = client.prepare_cached(&sql).await?;
    let (all, subject) = request.readable_by.parameters();
    let rows = client
        .query(
            &statement,
            &[&request.tenant, &request.query, &request.document, &request.limit, &all, &subject],
        )
        .await?;
    Ok(rows.iter().map(hit).collect())
}

/// A word of a question, and how much it tells.
#[derive(Clone, Debug, PartialEq)]
struct Word {
    /// As a query of its own.
    query: String,
    /// Passages that hold it, counted up to [`COUNTED_MAX`].
    held_by: f64,
    /// Inverse document frequency, as in BM25 (Robertson and Zaragoza 2009, section 3).
    weight: f64,
}

/// The words of the question that occur, rarest first. Words that only say how a question is put count if there are no
/// others.
async fn words(client: &impl GenericClient, request: &SearchRequest<'_>) -> Result<Vec<Word>, StoreError> {
    let sql = format!(
        "with said as (select unnest(tsvector_to_array(to_tsvector('elite.english', $2))) as lexeme limit {WORDS_MAX}),
              common as (select unnest(tsvector_to_array(to_tsvector('elite.english', $3))) as lexeme),
              telling as (select lexeme from said except select lexeme from common),
              wanted as (select lexeme from telling
                         union all select lexeme from said where not exists (select from telling))
         select lexeme,
                (select count(*) from (select from elite.chunks c
                     where c.tenant = $1 and ($4::uuid is null or c.document_id = $4)
                       and c.search @@ array_to_tsvector(array[lexeme])::text::tsquery limit {COUNTED_MAX}) as holding),
                (select count(*) from (select from elite.chunks c where c.tenant = $1 limit {ALL_MAX}) as passages)
         from wanted"
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(&statement, &[&request.tenant, &request.query, &QUESTION_WORDS, &request.document])
        .await?;
    let mut words: Vec<Word> = rows
        .iter()
        .map(|row| word(row.get(0), row.get(1), row.get(2)))
        .filter(|word| word.held_by > 0.0)
        .collect();
    words.sort_by(|one, other| {
        one.held_by.total_cmp(&other.held_by).then_with(|| one.query.cmp(&other.query))
    });
    Ok(words)
}

#[expect(clippy::cast_precision_loss, reason = "counts are bounded by the limits of the query")]
fn word(lexeme: &str, held_by: i64, all: i64) -> Word {
    let (held_by, all) = (held_by as f64, all as f64);
    let weight = (1.0 + (all - held_by).max(0.0) / (held_by + 0.5)).ln().max(0.05);
    Word { query: quoted_lexeme(lexeme), held_by, weight }
}

/// A lexeme as the text form of a `tsquery` wants it.
fn quoted_lexeme(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', "\\\\").replace('\'', "''"))
}

/// The rarest words, as many as lead to a bounded number of passages, and at least one. Passages are looked up by these
/// and ranked by all.
fn leading(words: &[Word]) -> String {
    let mut candidates = 0.0;
    let few = words.iter().take_while(|word| {
        let first = candidates == 0.0;
        candidates += word.held_by;
        first || candidates <= f64::from(CANDIDATES_MAX)
    });
    few.map(|word| word.query.as_str()).collect::<Vec<_>>().join(" | ")
}

async fn matching_some(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Vec<SearchHit>, StoreError> {
    let words = words(client, request).await?;
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let queries: Vec<&str> = words.iter().map(|word| word.query.as_str()).collect();
    let weights: Vec<f64> = words.iter().map(|word| word.weight).collect();
    let (any, leading) = (queries.join(" | "), leading(&words));
    let (all, subject) = request.readable_by.parameters();
    let readable = Reader::condition([8, 9]);
    let sql = format!(
        "{HIT} from (
             select matching.*,
                    ((select sum(word.weight) from unnest($4::text[], $5::float8[]) as word(query, weight)
                      where matching.search @@ word.query::tsquery)
                     + ts_rank_cd(matching.search, matching.query, 33)) / (select 1 + sum(w) from unnest($5::float8[]) as w)
                    as score
             from (select c.*, $2::text::tsquery as query from elite.chunks c
                   where c.tenant = $1 and ($6::uuid is null or c.document_id = $6) and {readable}
                     and c.search @@ $3::text::tsquery limit {CANDIDATES_MAX}) as matching
             order by score desc, matching.document_id, matching.ordinal limit $7) as found
         join elite.documents d on d.id = found.document_id
         order by found.score desc, found.document_id, found.ordinal"
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(
            &statement,
            &[
                &request.tenant,
                &any,
                &leading,
                &queries,
                &weights,
                &request.document,
                &request.limit,
                &all,
                &subject,
            ],
        )
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
    use super::*;

    #[test]
    fn a_rare_word_tells_more_and_leads() {
        let (rare, common) = (word("ferrocene", 2, 1_000), word("rust", 900, 1_000));
        assert!(rare.weight > 10.0 * common.weight);
        let (some, all) = (word("trait", 1_500, 20_000), word("fn", 2_000, 20_000));
        assert_eq!(
            leading(&[rare.clone(), some.clone(), all.clone(), all.clone()]),
            "'ferrocene' | 'trait' | 'fn'"
        );
        assert_eq!(leading(&[all]), "'fn'", "one word leads, however common it is");
    }

    #[test]
    fn a_lexeme_cannot_become_an_operator() {
        assert_eq!(quoted_lexeme("it's"), "'it''s'");
        assert_eq!(quoted_lexeme(r"a\' | b"), r"'a\\'' | b'");
    }
}
