//! Every event type there is: the one place where a new type is registered.

use schemars::Schema;
use serde_json::value::RawValue;

use crate::{
    EventData,
    family::{
        check::{CheckedText, KnowledgeChecked},
        conflict::{ConflictDetected, ConflictResolved},
        dataset::{DatasetBuilt, DatasetPublished, DatasetRequested, DatasetWithdrawn},
        document::{DocumentDeleted, DocumentParsed, DocumentReceived, DocumentRejected, DocumentSuperseded},
        feedback::{FeedbackGiven, FeedbackWithdrawn},
        interaction::{InteractionAnswered, InteractionFailed, InteractionPrompted, InteractionStep},
        knowledge::{
            KnowledgeCompared, KnowledgeEmbedded, KnowledgeFailed, KnowledgeReviewed, KnowledgeValidated,
        },
        model::{ModelPromoted, ModelRegistered},
        operations::{EventDropped, EventRedriven, SubjectErased},
        session::{SessionEnded, SessionStarted},
    },
};

/// Why `data` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Nobody knows this type.
    #[error("unknown event type `{0}`")]
    UnknownType(String),
    /// The `dataschema` does not belong to the type.
    #[error(
        "dataschema `{dataschema}` is not a version of `{event_type}`; expected `urn:elite:schema:{event_type}:1` or later"
    )]
    Schema {
        /// What the event says.
        dataschema: String,
        /// Its type.
        event_type: &'static str,
    },
    /// Written by a later release.
    #[error(
        "`{dataschema}` is newer than version {known}, the last this release knows; upgrade before reading it"
    )]
    Newer {
        /// What the event says.
        dataschema: String,
        /// Last known version.
        known: usize,
    },
    /// `data` does not have the shape its type asks for.
    #[error("data of `{event_type}` is invalid: {source}")]
    Invalid {
        /// The type.
        event_type: &'static str,
        /// What is wrong and where.
        source: serde_json::Error,
    },
}

/// One event type, as people and programs ask about it.
#[derive(Clone, Copy)]
pub struct TypeEntry {
    /// Name, such as `document.received`.
    pub name: &'static str,
    /// The `dataschema` written today.
    pub dataschema: fn() -> String,
    /// JSON Schema (2020-12) of `data`.
    pub schema: fn() -> Schema,
}

macro_rules! facts {
    ($($name:ident),+ $(,)?) => {
        /// A decoded payload of any type.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Fact {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)+
        }

        /// All event types, in the order of interfaces.
        pub const TYPES: &[TypeEntry] = &[$(TypeEntry {
            name: $name::TYPE,
            dataschema: $name::dataschema,
            schema: || schemars::schema_for!($name),
        },)+];

        impl Fact {
            /// Reads `data` of an event type, upcasting old versions.
            pub fn decode(event_type: &str, dataschema: &str, data: &RawValue) -> Result<Self, DecodeError> {
                match event_type {
                    $($name::TYPE => $name::decode(dataschema, data).map(Self::$name),)+
                    unknown => Err(DecodeError::UnknownType(unknown.to_owned())),
                }
            }

            /// Its event type.
            pub fn event_type(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::TYPE,)+ }
            }
        }

        $(impl From<$name> for Fact {
            fn from(data: $name) -> Self {
                Self::$name(data)
            }
        })+
    };
}

facts! {
    DocumentReceived, DocumentParsed, DocumentRejected, DocumentSuperseded, DocumentDeleted,
    KnowledgeEmbedded, KnowledgeValidated, KnowledgeFailed, KnowledgeReviewed, KnowledgeCompared,
    KnowledgeChecked,
    ConflictDetected, ConflictResolved,
    SessionStarted, SessionEnded,
    InteractionPrompted, InteractionStep, InteractionAnswered, InteractionFailed,
    FeedbackGiven, FeedbackWithdrawn,
    DatasetRequested, DatasetBuilt, DatasetPublished, DatasetWithdrawn,
    ModelRegistered, ModelPromoted,
    SubjectErased, EventDropped, EventRedriven,
}

/// The entry of an event type.
pub fn type_entry(event_type: &str) -> Option<&'static TypeEntry> {
    TYPES.iter().find(|entry| entry.name == event_type)
}

impl Fact {
    /// The key that orders this fact: a session's interactions, the checks of its answers and feedback follow their session, the rest
    /// its subject.
    /// Producers do not choose it, because a row is folded from one key only.
    pub fn partition_key<'a>(&self, subject: &'a str) -> std::borrow::Cow<'a, str> {
        let session = match self {
            Self::InteractionPrompted(data) => data.session,
            Self::InteractionStep(data) => data.session,
            Self::InteractionAnswered(data) => data.session,
            Self::InteractionFailed(data) => data.session,
            Self::FeedbackGiven(data) => data.session,
            Self::FeedbackWithdrawn(data) => data.session,
            Self::KnowledgeChecked(KnowledgeChecked { of: CheckedText::Answer { session, .. }, .. }) => {
                *session
            }
            _ => return subject.into(),
        };
        session.to_string().into()
    }
}
