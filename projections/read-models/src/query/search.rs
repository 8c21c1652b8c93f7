//! Hybrid search over passages: words, exact spelling, headings that are nearly right, and meaning, each ranked for itself and
//! then fused.
//!
//! Every part is optional but the words: headings need `pg_trgm`, meaning needs pgvector and a vector of the query. What took part
//! is said with the answer, and each hit says which part found it and where it stood there.

mod filter;
mod fusion;
mod headings;
mod hits;
mod literal;
mod nearest;
mod support;
mod words;

use event_model::TextRange;
use read_store::{GenericClient, StoreError};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

pub(super) use self::fusion::Fused;
pub(crate) use self::nearest::{compared, index_name, indexed_rows};
pub(super) use self::words::{quoted_lexeme, without_marks};
pub use self::{
    filter::{Filter, Reader},
    nearest::QueryVector,
    support::{IndexedBy, SearchSupport, VectorSupport, is_before_halves, search_support},
};

/// Stands before a highlighted word; a character of private use that is removed from the text itself.
pub const HIGHLIGHT_START: char = '\u{e000}';
/// Stands after a highlighted word.
pub const HIGHLIGHT_END: char = '\u{e001}';

/// Most places that one part hands on.
const PLACES_MAX: i64 = 100;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct SearchRequest<'a> {
    /// In whose documents.
    pub tenant: &'a str,
    /// Words, as a person types them.
    pub query: &'a str,
    /// The query's vector, where a model made one.
    pub vector: Option<QueryVector<'a>>,
    /// Among which passages.
    pub filter: Filter<'a>,
    /// Who reads.
    pub readable_by: Reader<'a>,
    /// At most so many passages.
    pub limit: i64,
}

/// A passage, as the parts of a search name it: its document and its number there.
pub(super) type Place = (Uuid, i32);

/// Where a passage stood in one part of a search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Standing {
    /// From 1, the best.
    pub rank: u32,
    /// What that part measured; comparable within the part only.
    pub score: f64,
}

/// Why a passage was found: its standing in each part that found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Why {
    /// It holds the words. The score weighs how rare they are and how close they stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Standing>,
    /// It holds what was asked for letter by letter, such as `--no-verify`. The score counts how many such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub literal: Option<Standing>,
    /// A heading above it is spelled nearly so. The score is the share of letter triples in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading: Option<Standing>,
    /// It means something alike. The score is the cosine of the two vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<Standing>,
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
    /// Which part of the search found it.
    pub why: Why,
}

/// How a search was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By words and by meaning.
    Hybrid,
    /// By words only.
    Lexical,
}

/// What was found, and how.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Searched {
    /// Whether hits hold `all` words, or only `some` because no passage holds them all.
    pub matched: &'static str,
    /// Whether meaning counted.
    pub mode: Mode,
    /// What kept a part of the search out, for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Best first.
    pub hits: Vec<SearchHit>,
}

/// The passages that match best.
pub async fn search(
    client: &impl GenericClient,
    request: &SearchRequest<'_>,
) -> Result<Searched, StoreError> {
    let model = request.vector.map(|vector| (vector.model, vector.values.len()));
    let support = search_support(client, model).await?;
    let mut notes = Vec::new();
    let worded = words::find(client, request).await?;
    let mut fused = fusion::Fused::default();
    fused.add(&worded.places, |why, standing| why.words = Some(standing));
    fused.add(&literal::find(client, request).await?, |why, standing| why.literal = Some(standing));
    if support.trigrams {
        fused.add(&headings::find(client, request).await?, |why, standing| why.heading = Some(standing));
    }
    let mut mode = Mode::Lexical;
    match &request.vector {
        Some(vector) if support.vectors == VectorSupport::Missing => {
            notes.push(format!(
                "search is lexical: vectors of {} are there, but PostgreSQL has no pgvector to compare them with",
                vector.model
            ));
        }
        Some(vector) => {
            mode = Mode::Hybrid;
            notes.extend(support.slow_vectors());
            let near = nearest::find(client, request, vector, &support.vectors).await?;
            fused.add(&near, |why, standing| why.meaning = Some(standing));
        }
        None => {}
    }
    let hits = hits::fetch(client, request, &worded.query, fused.best(request.limit)).await?;
    Ok(Searched { matched: worded.matched, mode, notes, hits })
}
