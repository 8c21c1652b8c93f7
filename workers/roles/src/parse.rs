//! Role `parse`: bytes in, text and structure out, or a reason why not. The bytes are read in the jailed child only.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use blob_store::BlobStore;
use event_log::Clock;
use event_model::{
    Event, EventData, Fact, ParsedDocument, SubjectKey,
    family::document::{DocumentParsed, DocumentReceived, DocumentRejected},
};
use parsers::{ParserPool, Rejection, Source};
use read_store::Store;
use worker_runtime::{Act, Limits, WorkError};

use crate::{catalogue::PARSE, outcome, reading::opened_blob, supersede::superseded};

/// Parses documents.
pub struct Parse {
    store: Store,
    blobs: BlobStore,
    pool: Arc<ParserPool>,
    clock: Arc<dyn Clock>,
}

impl Parse {
    /// A parser over a pool of jailed children.
    pub fn new(store: Store, blobs: BlobStore, pool: Arc<ParserPool>, clock: Arc<dyn Clock>) -> Self {
        Self { store, blobs, pool, clock }
    }

    async fn read(
        &self,
        document: &DocumentReceived,
        key: Option<&SubjectKey>,
    ) -> Result<Result<ParsedDocument, Rejection>, WorkError> {
        if let Err(rejection) = self.pool.config().check_size(document.size_bytes) {
            return Ok(Err(rejection));
        }
        let bytes = opened_blob(&self.blobs, &document.content, key).await?;
        let source = Source { name: document.name.clone(), declared_type: document.declared_type.clone() };
        self.pool.parse(&bytes, &source).await.map_err(WorkError::retry)
    }

    async fn store(
        &self,
        document: &DocumentReceived,
        parsed: ParsedDocument,
        key: Option<&SubjectKey>,
    ) -> Result<DocumentParsed, WorkError> {
        let json = serde_json::to_vec(&parsed).map_err(WorkError::dead_letter)?;
        let name = match key {
            Some(key) => self.blobs.put_sealed(key, &json).await,
            None => self.blobs.put(json.into()).await,
        };
        let name = name.map_err(WorkError::retry)?;
        Ok(DocumentParsed {
            content: document.content.clone(),
            parsed: name,
            characters: parsed.text.chars().count() as u64,
            chunks: u32::try_from(parsed.chunks.len()).unwrap_or(u32::MAX),
            media_type: parsed.media_type,
            parser: parsed.parser,
            chunker: parsed.chunker,
            title: parsed.title.map(|title| title.chars().take(500).collect()),
            pages: parsed.pages,
        })
    }
}

#[async_trait]
impl Act for Parse {
    fn role(&self) -> &'static str {
        PARSE.name
    }

    fn limits(&self) -> Limits {
        // Waiting for a child counts, so the bound is far above one document's.
        Limits { concurrency: self.pool.config().children * 4, attempts_max: 5, time: Duration::from_mins(2) }
    }

    async fn act(&self, cause: &Event, key: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError> {
        let Fact::DocumentReceived(document) = outcome::fact(cause)? else {
            return Err(outcome::foreign(&PARSE, cause));
        };
        let clock = &*self.clock;
        let event = match self.read(&document, key).await? {
            Ok(parsed) => outcome::result(&PARSE, cause, clock, self.store(&document, parsed, key).await?)?,
            Err(rejection) => {
                let (content, reason) = (document.content, rejection.reason.as_str().to_owned());
                let data = DocumentRejected { content, reason, detail: rejection.detail };
                outcome::result(&PARSE, cause, clock, data)?
            }
        };
        Ok(vec![event])
    }

    /// What is parsed is looked at once that is folded, by role `validate`. Nobody looks at what is rejected after this.
    async fn follows(&self, cause: &Event, results: &[Event]) -> Result<Vec<Event>, WorkError> {
        if results.iter().all(|result| &*result.event_type != DocumentRejected::TYPE) {
            return Ok(Vec::new());
        }
        superseded(&self.store, &PARSE, cause, false, &*self.clock).await
    }
}
