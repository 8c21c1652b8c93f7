//! Full-text search.
//!
//! First every word must be there, with quotes for phrases and a minus for exclusion. A question asked in plain words
//! often has no such passage; then passages that hold some of its words are given, those with the most telling words first.

use read_store::{GenericClient, StoreError};

use super::{
    PLACES_MAX, Place, SearchRequest,
    filter::{WANTED, Wanted},
};

/// Most passages that are ranked. A word that more of them hold tells too little for a better order to matter.
pub(super) const CANDIDATES_MAX: u32 = 5_000;
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

/// What stands between words for the index: passages are indexed without these, so that `tokio::select!` is two words in a
/// row and a path its parts. The same as in `chunks/create.sql`.
pub(crate) const MARKS: &str = "<>()[]{}:;,./\\|!?@#$%^&*+=~`\"_-";

/// `text` as it is indexed.
pub(crate) fn without_marks(text: &str) -> String {
    text.chars().map(|character| if MARKS.contains(character) { ' ' } else { character }).collect()
}

/// A query as `websearch_to_tsquery` wants it: without marks but for quotes and for the minus that excludes a word.
fn plain(query: &str) -> String {
    let mut plain = String::with_capacity(query.len());
    let mut characters = query.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        let excludes = character == '-'
            && (before.is_whitespace())
            && characters.peek().is_some_and(|next| next.is_alphanumeric() || *next == '"');
        let kept = character == '"' || excludes || !MARKS.contains(character);
        plain.push(if kept { character } else { ' ' });
        before = character;
    }
    plain
}

/// What a query excludes, as a query that any of it answers.
pub(super) fn excluded(query: &str) -> Option<String> {
    let plain = plain(query);
    let mut excluded: Vec<String> = Vec::new();
    for (at, _) in plain.match_indices('-') {
        let rest = &plain[at + 1..];
        let (rest, quoted) = rest.strip_prefix('"').map_or((rest, false), |phrase| (phrase, true));
        let words = rest
            .split(|character: char| if quoted { character == '"' } else { character.is_whitespace() })
            .next();
        excluded.extend(words.filter(|words| !words.trim().is_empty()).map(|words| format!("\"{words}\"")));
    }
    (!excluded.is_empty()).then(|| excluded.join(" OR "))
}

/// What was found by words.
pub(super) struct Worded {
    /// Whether passages hold `all` words or `some`.
    pub(super) matched: &'static str,
    /// Best first.
    pub(super) places: Vec<(Place, f64)>,
    /// The words as a `tsquery`, for marking them.
    pub(super) query: String,
}

/// The passages that match best.
pub(super) async fn find(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Worded, StoreError> {
    let query = plain(request.query);
    let request = SearchRequest { query: &query, ..request.clone() };
    let all = matching_all(client, &request).await?;
    if !all.places.is_empty() {
        return Ok(all);
    }
    matching_some(client, &request).await
}

async fn matching_all(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Worded, StoreError> {
    let sql = format!(
        "select document_id, ordinal, ts_rank_cd(search, query, 33)::float8 as score, query::text
         from (select c.document_id, c.ordinal, c.search, websearch_to_tsquery('elite.english', $9) as query
               from elite.chunks c
               where {WANTED} and c.search @@ websearch_to_tsquery('elite.english', $9) limit {CANDIDATES_MAX}) as matching
         order by score desc, document_id, ordinal limit {PLACES_MAX}"
    );
    let statement = client.prepare_cached(&sql).await?;
    let wanted = Wanted::of(request);
    let rows = client.query(&statement, &wanted.and(&[&request.query])).await?;
    Ok(Worded {
        matched: "all",
        places: rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect(),
        query: rows.first().map(|row| row.get(3)).unwrap_or_default(),
    })
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
        .query(&statement, &[&request.tenant, &request.query, &QUESTION_WORDS, &request.filter.document])
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
pub(in crate::query) fn quoted_lexeme(lexeme: &str) -> String {
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
) -> Result<Worded, StoreError> {
    let words = words(client, request).await?;
    let queries: Vec<&str> = words.iter().map(|word| word.query.as_str()).collect();
    let any = queries.join(" | ");
    if words.is_empty() {
        return Ok(Worded { matched: "some", places: Vec::new(), query: any });
    }
    let weights: Vec<f64> = words.iter().map(|word| word.weight).collect();
    let leading = leading(&words);
    let sql = format!(
        "select document_id, ordinal,
                ((select sum(word.weight) from unnest($11::text[], $12::float8[]) as word(query, weight)
                  where search @@ word.query::tsquery)
                 + ts_rank_cd(search, query, 33)) / (select 1 + sum(w) from unnest($12::float8[]) as w) as score
         from (select c.document_id, c.ordinal, c.search, $9::text::tsquery as query from elite.chunks c
               where {WANTED} and c.search @@ $10::text::tsquery limit {CANDIDATES_MAX}) as matching
         order by score desc, document_id, ordinal limit {PLACES_MAX}"
    );
    let statement = client.prepare_cached(&sql).await?;
    let wanted = Wanted::of(request);
    let rows = client.query(&statement, &wanted.and(&[&any, &leading, &queries, &weights])).await?;
    let places = rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect();
    Ok(Worded { matched: "some", places, query: any })
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

    #[test]
    fn marks_part_words_and_only_a_minus_of_its_own_excludes() {
        assert_eq!(plain("tokio::select! -async \"a b\""), "tokio  select  -async \"a b\"");
        assert_eq!(plain("git commit --no-verify"), "git commit   no verify");
        assert_eq!(plain("well-known"), "well known");
    }

    #[test]
    fn what_is_excluded_is_told_from_what_is_looked_for() {
        assert_eq!(
            excluded("tea -milk -\"black tea\" well-known --no-verify"),
            Some(r#""milk" OR "black tea""#.into())
        );
        assert_eq!(excluded("tea - milk"), None);
    }

    #[test]
    fn passages_are_indexed_without_the_same_marks() {
        let sql = include_str!("../../chunks/create.sql");
        let quoted = format!("'{}'", MARKS.replace('\'', "''"));
        assert_eq!(sql.matches(&quoted).count(), 2, "create.sql leaves out other marks than a query does");
    }
}
