//! What a parser made of a document: its blocks with their places, and all of it as Markdown.

use axum::{Json, extract::State, http::header, response::IntoResponse};
use event_model::{BlobRef, Block, PageNote, ParsedDocument};
use read_models::query::Document;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cursor::page_limit,
    extract::{Id, Params},
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
};

/// Documents read at once. One may take 64 MiB as JSON, and a few times that in memory.
static READING: Semaphore = Semaphore::const_new(4);

/// The routes of this file.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get_blocks)).routes(routes!(get_markdown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    limit: Option<i64>,
    cursor: Option<usize>,
}

/// One block, with its text and how it is written in Markdown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ExtractedBlock {
    /// Its number in reading order, from 0.
    ordinal: usize,
    #[serde(flatten)]
    block: Block,
    /// Its text.
    text: String,
    /// The same as Markdown.
    markdown: String,
}

/// Blocks in reading order.
#[derive(Serialize, JsonSchema)]
pub(crate) struct BlockPage {
    /// How many there are in the document.
    total: usize,
    /// How the pages were read on which these blocks stand.
    pages: Vec<PageNote>,
    /// The blocks, without their printed lines.
    blocks: Vec<ExtractedBlock>,
    /// Where the next page begins, if there is one.
    next: Option<usize>,
}

/// List a document's blocks
///
/// What the parser found: headings, paragraphs, tables and so on in reading order, each with its page, its place on it where the
/// format has one, and its Markdown. The same as `elite parse FILE --format json` prints.
#[utoipa::path(
    get, path = "/documents/{id}/blocks", operation_id = "listBlocks", tag = "documents",
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("limit" = Option<i64>, Query, description = "1 to 500; 50 when not given"),
        ("cursor" = Option<usize>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = ref("#/components/schemas/BlockPage")),
        (status = 404, description = "No such document, or none that was parsed"),
        (status = 410, description = "It belonged to a data subject who was erased"),
    )
)]
pub(crate) async fn get_blocks(
    State(app): State<Shared>,
    Id(id): Id,
    Params(listing): Params<Listing>,
) -> Answer<Json<BlockPage>> {
    let limit = usize::try_from(page_limit(listing.limit)?).unwrap_or(1);
    let row = app.document(id).await?;
    let from = listing.cursor.unwrap_or(0);
    app.extracted(&row, move |document| block_page(document, from, limit)).await.map(Json)
}

/// Read a document as Markdown
#[utoipa::path(
    get, path = "/documents/{id}/markdown", operation_id = "getMarkdown", tag = "documents",
    params(("id" = Uuid, Path, description = "The document")),
    responses(
        (status = 200, description = "All of its text", content_type = "text/markdown"),
        (status = 404, description = "No such document, or none that was parsed"),
        (status = 410, description = "It belonged to a data subject who was erased"),
    )
)]
pub(crate) async fn get_markdown(State(app): State<Shared>, Id(id): Id) -> Answer {
    let row = app.document(id).await?;
    let markdown = app.extracted(&row, |document| document.to_markdown()).await?;
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], markdown).into_response())
}

impl App {
    /// What `look` sees in the parsed document of `row`.
    async fn extracted<T: Send + 'static>(
        &self,
        row: &Document,
        look: impl FnOnce(ParsedDocument) -> T + Send + 'static,
    ) -> Answer<T> {
        let Some(parsed) = &row.parsed else { return Err(not_parsed(row)) };
        let damaged =
            || Problem::new(ProblemKind::Internal, format!("blob `{parsed}` is not a parsed document"));
        let blob: BlobRef = parsed.parse().map_err(|_| damaged())?;
        let key = self.opening_key(row.datasubject.as_deref()).await?;
        let _reading = READING.acquire().await.map_err(|_| damaged())?;
        let bytes = self.blobs.get_opened(key.as_ref(), &blob).await?.ok_or_else(damaged)?;
        let seen = tokio::task::spawn_blocking(move || serde_json::from_slice(&bytes).map(look));
        seen.await.ok().and_then(Result::ok).ok_or_else(damaged)
    }
}

fn not_parsed(row: &Document) -> Problem {
    let why = row.rejection_detail.as_deref().unwrap_or("no worker has come to it yet");
    Problem::new(ProblemKind::NotFound, format!("the document `{}` has no text: {why}", row.id))
        .with("document_status", row.status.clone())
}

fn block_page(document: ParsedDocument, from: usize, limit: usize) -> BlockPage {
    let markdown = document.markdown_blocks();
    let ParsedDocument { text, blocks, page_notes, .. } = document;
    let total = blocks.len();
    let (mut characters, mut at) = (text.chars(), 0);
    let mut extracted = Vec::new();
    for (ordinal, (mut block, markdown)) in
        blocks.into_iter().zip(markdown).enumerate().skip(from).take(limit)
    {
        let (start, end) = (block.range.start as usize, block.range.end as usize);
        // Blocks stand one behind the other.
        let text =
            characters.by_ref().skip(start.saturating_sub(at)).take(end.saturating_sub(start)).collect();
        at = end;
        block.lines.clear();
        extracted.push(ExtractedBlock { ordinal, block, text, markdown });
    }
    let seen = |page: u32| extracted.iter().any(|one| one.block.page == Some(page));
    let pages = page_notes.into_iter().filter(|note| seen(note.page)).collect();
    let next = Some(from.saturating_add(limit)).filter(|next| *next < total);
    BlockPage { total, pages, blocks: extracted, next }
}

#[cfg(test)]
mod tests {
    use event_model::{BlockKind, TextRange};

    use super::*;

    #[test]
    fn a_page_holds_its_blocks_with_their_own_text_and_says_where_to_go_on() {
        let block = |kind, start, end, page| Block::new(kind, TextRange { start, end }, Some(page));
        let note = |page| PageNote { page, engine: "own".into(), ..PageNote::default() };
        let document = ParsedDocument {
            text: "Über\n\nEins zwei.\n\nEnde".into(),
            blocks: vec![
                block(BlockKind::Heading { level: 2 }, 0, 4, 1),
                block(BlockKind::Paragraph, 6, 16, 1),
                block(BlockKind::Paragraph, 18, 22, 2),
            ],
            page_notes: vec![note(1), note(2)],
            ..ParsedDocument::default()
        };
        let first = block_page(document.clone(), 0, 2);
        let seen: Vec<_> =
            first.blocks.iter().map(|one| (one.text.as_str(), one.markdown.as_str())).collect();
        assert_eq!(seen, [("Über", "## Über"), ("Eins zwei.", "Eins zwei.")]);
        assert_eq!((first.total, first.next, first.pages.len()), (3, Some(2), 1));
        let last = block_page(document.clone(), 2, 2);
        assert_eq!((last.blocks[0].text.as_str(), last.blocks[0].ordinal, last.next), ("Ende", 2, None));
        assert_eq!(last.pages[0].page, 2);
        assert!(block_page(document, usize::MAX, 2).blocks.is_empty());
    }
}
