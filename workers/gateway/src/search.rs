//! `GET /search`: passages that match, best first, with the words marked and the reason why each was found.

use axum::{Json, extract::State};
use inference::embedded_query;
use read_models::query::{
    Filter, HIGHLIGHT_END, HIGHLIGHT_START, QueryVector, Reader, SearchRequest, search,
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    extract::{Params, one_of},
    problem::{Answer, Problem},
    state::Shared,
};

const HITS: i64 = 10;
const HITS_MAX: i64 = 100;
const QUERY_BYTES_MAX: usize = 1_000;
const KINDS: [&str; 3] = ["prose", "code", "chat"];

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(find))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    q: Option<String>,
    limit: Option<i64>,
    document: Option<Uuid>,
    kind: Option<String>,
    language: Option<String>,
    quality_min: Option<f64>,
    support_min: Option<f64>,
}

/// Search passages
///
/// By words and, where a model makes vectors, by meaning (`mode` is `hybrid`); the rankings are fused, and `why` says which
/// found a hit and where it stood there. What a minus excludes is found by no part. Of the words every one must be there, and quotes make a phrase. When no passage holds
/// all the words, those that hold the most are given and `matched` is `some`. What is spelled with marks, such as
/// `tokio::select!`, is also looked for letter by letter. `highlight` is HTML in which only `<mark>` occurs.
#[utoipa::path(
    get, path = "/search", operation_id = "search", tag = "search",
    params(
        ("q" = String, Query, description = "Words", example = "borrow checker"),
        ("limit" = Option<i64>, Query, description = "1 to 100; 10 when not given"),
        ("document" = Option<Uuid>, Query, description = "In this document only"),
        ("kind" = Option<String>, Query, description = "In documents of this kind only: `prose`, `code` or `chat`"),
        ("language" = Option<String>, Query, description = "In documents in this language only, as BCP 47", example = "en"),
        ("quality_min" = Option<f64>, Query, description = "In documents that satisfy this share of the rules, 0 to 1"),
        ("support_min" = Option<f64>, Query, description = "Not in documents that were checked and have less support from trusted sources than this, 0 to 1"),
    ),
    responses(
        (status = 200, description = "Best first", body = ref("#/components/schemas/SearchResult")),
        (status = 400, description = "No words, or a parameter is wrong"),
    )
)]
pub(crate) async fn find(State(app): State<Shared>, Params(asked): Params<Search>) -> Answer<Json<Value>> {
    let query = asked.q.as_deref().map(str::trim).unwrap_or_default();
    if query.is_empty() || query.len() > QUERY_BYTES_MAX || query.contains('\0') {
        let detail = format!("`q` must have 1 to {QUERY_BYTES_MAX} bytes of words to look for");
        return Err(Problem::malformed(detail).with("field", "q"));
    }
    let limit = asked.limit.unwrap_or(HITS);
    if !(1..=HITS_MAX).contains(&limit) {
        let detail = format!("`limit` is {limit}; it is 1 to {HITS_MAX}");
        return Err(Problem::malformed(detail).with("field", "limit"));
    }
    let embedded = embedded_query(app.embedder.as_deref(), query).await;
    let request = SearchRequest {
        tenant: &app.tenant.0,
        query,
        vector: embedded.vector.as_ref().map(|(model, values)| QueryVector { model, values }),
        filter: filter(&asked)?,
        readable_by: Reader::All,
        limit,
    };
    let client = app.store.client().await?;
    let mut found = search(&client, &request).await?;
    drop(client);
    found.notes.extend(embedded.note);
    for hit in &mut found.hits {
        hit.highlight = marked(&hit.highlight);
    }
    Ok(Json(json!({
        "query": query,
        "matched": found.matched,
        "mode": found.mode,
        "notes": found.notes,
        "hits": found.hits,
    })))
}

fn filter(asked: &Search) -> Result<Filter<'_>, Problem> {
    let kind = one_of("kind", asked.kind.as_deref(), &KINDS)?;
    let quality_min = share("quality_min", asked.quality_min)?;
    let support_min = share("support_min", asked.support_min)?;
    let language = asked.language.as_deref();
    if language.is_some_and(|language| language.is_empty() || language.len() > 35 || language.contains('\0'))
    {
        let detail = "`language` is a BCP 47 tag, such as `en` or `de`";
        return Err(Problem::malformed(detail).with("field", "language"));
    }
    Ok(Filter { document: asked.document, kind, language, quality_min, support_min })
}

fn share(name: &str, least: Option<f64>) -> Result<Option<f64>, Problem> {
    if let Some(least) = least.filter(|least| !(0.0..=1.0).contains(least)) {
        let detail = format!("`{name}` is {least}; it is 0 to 1");
        return Err(Problem::malformed(detail).with("field", name));
    }
    Ok(least)
}

/// The highlight as HTML: everything is escaped but the marks.
fn marked(highlight: &str) -> String {
    let mut html = String::with_capacity(highlight.len() + 64);
    for character in highlight.chars() {
        match character {
            HIGHLIGHT_START => html.push_str("<mark>"),
            HIGHLIGHT_END => html.push_str("</mark>"),
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_highlight_is_html_in_which_only_marks_occur() {
        let text = format!("<script>{HIGHLIGHT_START}alert{HIGHLIGHT_END}('&')</script>");
        assert_eq!(marked(&text), "&lt;script&gt;<mark>alert</mark>(&#39;&amp;&#39;)&lt;/script&gt;");
    }
}
