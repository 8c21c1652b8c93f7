//! Every role that acts: what asks it for work, and what answers.

use event_model::{
    Envelope, EventData,
    family::{
        check::KnowledgeChecked,
        dataset::{DatasetBuilt, DatasetRequested},
        document::{DocumentParsed, DocumentReceived, DocumentRejected},
        interaction::{InteractionAnswered, InteractionFailed, InteractionPrompted},
        knowledge::{KnowledgeCompared, KnowledgeEmbedded, KnowledgeFailed, KnowledgeValidated},
    },
};
use read_store::todo::{Cause, Change};

/// A role that acts.
#[derive(Clone, Copy, Debug)]
pub struct ActingRole {
    /// Its name, which is also its list's.
    pub name: &'static str,
    /// Part of its results' ids; raised when the work has to be done anew for old causes.
    pub version: u32,
    /// Types that ask it for work.
    causes: &'static [&'static str],
    /// Types that answer, by naming the cause.
    results: &'static [&'static str],
}

pub(crate) const PARSE: ActingRole = ActingRole {
    name: "parse",
    version: 1,
    causes: &[DocumentReceived::TYPE],
    results: &[DocumentParsed::TYPE, DocumentRejected::TYPE],
};

pub(crate) const VALIDATE: ActingRole = ActingRole {
    name: "validate",
    version: 1,
    causes: &[DocumentParsed::TYPE],
    results: &[KnowledgeValidated::TYPE, KnowledgeFailed::TYPE],
};

/// No event asks it for work: which documents lack vectors depends on the model that is set, and is found in the read models.
/// A task's cause is the `document.parsed` of such a document.
pub(crate) const EMBED: ActingRole =
    ActingRole { name: "embed", version: 1, causes: &[], results: &[KnowledgeEmbedded::TYPE] };

pub(crate) const COMPARE: ActingRole = ActingRole {
    name: "compare",
    version: 1,
    causes: &[KnowledgeValidated::TYPE],
    results: &[KnowledgeCompared::TYPE],
};

/// No event asks it for work: which texts lack a check depends on which sources are trusted, and is found in the read models. A task's
/// cause is the `document.parsed` of a document, or an `interaction.answered`.
pub(crate) const CHECK: ActingRole =
    ActingRole { name: "check", version: 1, causes: &[], results: &[KnowledgeChecked::TYPE] };

pub(crate) const ANSWER: ActingRole = ActingRole {
    name: "answer",
    version: 1,
    causes: &[InteractionPrompted::TYPE],
    results: &[InteractionAnswered::TYPE, InteractionFailed::TYPE],
};

pub(crate) const BUILD: ActingRole = ActingRole {
    name: "build",
    version: 1,
    causes: &[DatasetRequested::TYPE],
    results: &[DatasetBuilt::TYPE],
};

/// All of them.
pub const ACTING: &[ActingRole] = &[PARSE, EMBED, VALIDATE, COMPARE, CHECK, ANSWER, BUILD];

/// What `event`, at its place in the log, does to the to-do lists. One that cannot be read any more asks for nothing.
pub(crate) fn todo_changes(
    event: &Envelope<'_>,
    partition: u16,
    position: u64,
    readable: bool,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for role in ACTING {
        if readable && role.causes.contains(&&*event.event_type) {
            changes.push(Change::Add(Cause {
                role: role.name,
                cause_id: event.id,
                tenant: event.tenant.0.clone(),
                key: format!("{}/{}", event.tenant, &*event.partitionkey),
                partition,
                position,
                enqueued_at: event.recordedtime,
            }));
        }
        if let Some(cause_id) = event.causationid.filter(|_| role.results.contains(&&*event.event_type)) {
            changes.push(Change::Done { role: role.name, cause_id });
        }
    }
    changes
}
