//! What is spelled with marks is meant letter by letter: `tokio::select!`, `--no-verify`, `3.14`.
//!
//! Full-text search looks at words alone, so candidates are passages that hold the words in a row, and of them those count that
//! hold the spelling itself. Each is put into small letters once, and only those that hold one are ranked: of a search, this is what takes
//! longest.

use read_store::{GenericClient, StoreError};

use super::{
    PLACES_MAX, Place, SearchRequest,
    filter::{WANTED, Wanted},
    words::{CANDIDATES_MAX, without_marks},
};

/// Most spellings of one query that are looked at.
const LITERALS_MAX: usize = 8;

/// The parts of a query that are meant letter by letter. Marks around a word are mostly punctuation, and a single minus before
/// one excludes it; marks within, and what only code begins or ends with, are meant.
fn literals(query: &str) -> Vec<&str> {
    let is_spelled = |token: &'_ str| -> bool {
        let inner = token.trim_matches(|character: char| !character.is_alphanumeric());
        let marks_within =
            inner.chars().any(|character| character.is_ascii_punctuation() && character != '\'');
        !inner.is_empty()
            && (marks_within || token.starts_with("--") || token.starts_with(['#', '@', '$', '.', '_']))
    };
    query
        .split_whitespace()
        .map(|token| {
            token.trim_matches(['"', '`', '\'', '(', ')', ',', ';', '?']).trim_end_matches(['.', ':'])
        })
        .filter(|token| is_spelled(token))
        .take(LITERALS_MAX)
        .collect()
}

/// Passages that hold such spellings, those with the most first.
pub(super) async fn find(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Vec<(Place, f64)>, StoreError> {
    let literals = literals(request.query);
    if literals.is_empty() {
        return Ok(Vec::new());
    }
    let phrases: Vec<String> = literals.iter().map(|literal| without_marks(literal)).collect();
    let sql = format!(
        "with asked as (select string_agg('(' || phrase::text || ')', ' | ')::tsquery as query
                        from (select phraseto_tsquery('elite.english', unnest($9::text[])) as phrase) as phrases
                        where numnode(phrase) > 0)
         select document_id, ordinal, held::float8 from (
             select document_id, ordinal, search, query,
                    (select count(*) from unnest($10::text[]) as literal where strpos(spelling, lower(literal)) > 0) as held
             from (select c.document_id, c.ordinal, c.search, lower(c.heading || E'\\n' || c.text) as spelling, asked.query
                   from elite.chunks c, asked
                   where {WANTED} and c.search @@ asked.query limit {CANDIDATES_MAX}) as candidates) as spelled
         where held > 0
         order by held desc, ts_rank_cd(search, query) desc, document_id, ordinal limit {PLACES_MAX}"
    );
    let statement = client.prepare_cached(&sql).await?;
    let wanted = Wanted::of(request);
    let rows = client.query(&statement, &wanted.and(&[&phrases, &literals])).await?;
    Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_told_from_punctuation() {
        let cases: [(&str, &[&str]); 9] = [
            ("what does tokio::select! do?", &["tokio::select!"]),
            ("git commit --no-verify", &["--no-verify"]),
            ("`Vec<String>`, please.", &["Vec<String>"]),
            ("since 1.2.3.", &["1.2.3"]),
            ("snake_case and #[derive(Debug)]", &["snake_case", "#[derive(Debug)]"]),
            ("tea -milk \"black tea\"", &[]),
            ("it's plain, isn't it?!", &[]),
            ("=> ::", &[]),
            (".gitignore $HOME", &[".gitignore", "$HOME"]),
        ];
        for (query, expected) in cases {
            assert_eq!(literals(query), expected, "{query}");
        }
    }
}
