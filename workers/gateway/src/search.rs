//! `GET /search`: passages that match, best first, with the words marked.

use axum::{Json, extract::State};
use read_models::query::{HIGHLIGHT_END, HIGHLIGHT_START, Reader, SearchRequest, search};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    extract::Params,
    problem::{Answer, Problem},
    state::Shared,
};

const HITS: i64 = 10;
const HITS_MAX: i64 = 100;
const QUERY_BYTES_MAX: usize = 1_000;

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
}

/// Search passages
///
/// Full text: every word must be there, quotes make a phrase, a minus excludes. When no passage holds all the words,
/// those that hold the most are given and `matched` is `some`. `highlight` is HTML in which only `<mark>` occurs.
#[utoipa::path(
    get, path = "/search", operation_id = "search", tag = "search",
    params(
        ("q" = String, Query, description = "Words", example = "borrow checker"),
        ("limit" = Option<i64>, Query, description = "1 to 100; 10 when not given"),
        ("document" = Option<Uuid>, Query, description = "In this document only"),
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
    let (tenant, document) = (&*app.tenant.0, asked.document);
    let request = SearchRequest { tenant, query, document, readable_by: Reader::All, limit };
    let client = app.store.client().await?;
    let mut found = search(&client, &request).await?;
    drop(client);
    for hit in &mut found.hits {
        hit.highlight = marked(&hit.highlight);
    }
    Ok(Json(json!({ "query": query, "matched": found.matched, "hits": found.hits })))
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
