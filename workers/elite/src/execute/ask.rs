//! Searching and asking.

use std::time::Duration;

use event_model::family::{interaction::InteractionPrompted, session::SessionStarted};
use event_model::{EventData, Tenant};
use inference::embedded_query;
use read_models::query::{self, Filter, QueryVector, Reader, SearchRequest};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Executed, events::append_about, told};
use crate::{
    lifecycle::Node,
    request::{Failure, Search},
};

/// How long an answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_mins(5);
/// How often the answer is looked for, after the projector has moved.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(super) async fn search(node: &Node, asked: &Search) -> Executed {
    let text = &asked.query;
    if text.trim().is_empty() {
        return Err(Failure::wrong_use("the query is empty; give the words to look for"));
    }
    let tenant = Tenant::default();
    let embedded = embedded_query(node.embedder.as_deref(), text).await;
    let filter = Filter {
        document: asked.document,
        kind: asked.kind.as_deref(),
        language: asked.language.as_deref(),
        quality_min: asked.quality_min,
        support_min: asked.support_min,
    };
    let request = SearchRequest {
        tenant: &tenant.0,
        query: text,
        vector: embedded.vector.as_ref().map(|(model, values)| QueryVector { model, values }),
        filter,
        readable_by: Reader::All,
        limit: asked.limit.into(),
    };
    let client = node.store.client().await?;
    let mut found = query::search(&client, &request).await?;
    found.notes.extend(embedded.note);
    told(&found)
}

pub(super) async fn ask(node: &Node, question: String) -> Executed {
    if question.trim().is_empty() {
        return Err(Failure::wrong_use("the question is empty"));
    }
    let session = node.clock.fresh_id();
    let title = question.chars().take(80).collect();
    let started = SessionStarted { user: None, title: Some(title) };
    append(node, session, session, started).await?;
    let interaction = node.clock.fresh_id();
    append(node, interaction, session, InteractionPrompted { session, prompt: question }).await?;
    let asked = Instant::now();
    while asked.elapsed() < ANSWER_TIME_MAX {
        let found = {
            let client = node.store.client().await?;
            query::interaction(&client, &Tenant::default().0, interaction).await?
        };
        if let Some(found) = found.filter(|found| found.status != "prompted") {
            return told(&found);
        }
        sleep(LOOK_EVERY).await;
    }
    Err(Failure::failed(format!(
        "no answer within {} s; it will be in session {session}",
        ANSWER_TIME_MAX.as_secs()
    )))
}

async fn append<T: EventData>(node: &Node, subject: Uuid, key: Uuid, data: T) -> Executed {
    append_about(node, Tenant::default(), &subject.to_string(), &key.to_string(), data).await
}
