//! What a producer sends, in the structured JSON form of CloudEvents, checked before anything is stored.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{DecodeError, Envelope, Event, Fact, Tenant, Text, derived_event_id, is_sealed, type_entry};

/// Largest encoded event; anything larger is a blob that the event names.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;

/// A CloudEvent as it arrives. Attributes that Elite sets itself are not read from producers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncomingEvent {
    specversion: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    event_type: String,
    subject: Option<String>,
    time: Option<Timestamp>,
    datacontenttype: Option<String>,
    dataschema: Option<String>,
    traceparent: Option<String>,
    correlationid: Option<Uuid>,
    causationid: Option<Uuid>,
    datasubject: Option<String>,
    data: Option<Box<RawValue>>,
    // Set by Elite; taken and ignored so that what `GET /events` prints can be sent again.
    #[serde(rename = "partitionkey")]
    _partitionkey: Option<String>,
    #[serde(rename = "sequence")]
    _sequence: Option<String>,
    #[serde(rename = "recordedtime")]
    _recordedtime: Option<Timestamp>,
    #[serde(rename = "tenant")]
    _tenant: Option<String>,
}

/// Why an event was refused.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEvent {
    /// Not a CloudEvent.
    #[error("not a CloudEvent in structured JSON form: {0}")]
    Malformed(#[from] serde_json::Error),
    /// An attribute is missing or wrong.
    #[error("attribute `{attribute}` {problem}")]
    Attribute {
        /// Which.
        attribute: &'static str,
        /// What is wrong and what to send instead.
        problem: String,
    },
    /// The payload is wrong.
    #[error(transparent)]
    Data(#[from] DecodeError),
    /// Larger than an event may be.
    #[error(
        "event is {0} bytes, the limit is {EVENT_BYTES_MAX}; put large content in a document and name it"
    )]
    TooLarge(usize),
}

fn wrong(attribute: &'static str, problem: impl Into<String>) -> InvalidEvent {
    InvalidEvent::Attribute { attribute, problem: problem.into() }
}

impl IncomingEvent {
    /// Reads one event.
    pub fn decode(json: &[u8]) -> Result<Self, InvalidEvent> {
        Ok(serde_json::from_slice(json)?)
    }

    /// The event that will be stored for `tenant`, recorded at `now`.
    ///
    /// An id that is not a UUID becomes one derived from tenant, source and id, so a repeat still has no effect.
    pub fn accept(self, tenant: Tenant, now: Timestamp) -> Result<Event, InvalidEvent> {
        self.check_attributes()?;
        let entry =
            type_entry(&self.event_type).ok_or_else(|| DecodeError::UnknownType(self.event_type.clone()))?;
        let subject = self.subject.filter(|subject| !subject.is_empty());
        let subject =
            subject.ok_or_else(|| wrong("subject", "is missing; send the id of what it happened to"))?;
        let dataschema = self.dataschema.unwrap_or_else(|| (entry.dataschema)());
        let data = self.data.ok_or_else(|| wrong("data", "is missing; send a JSON object"))?;
        if is_sealed(&data) {
            return Err(wrong(
                "data",
                "has the sealed form, which only Elite gives it; send it open and name the `datasubject`",
            ));
        }
        let fact = Fact::decode(entry.name, &dataschema, &data)?;
        let id = self
            .id
            .parse()
            .unwrap_or_else(|_| derived_event_id(&tenant, &format!("{} {}", self.source, self.id)));
        let partitionkey = Text::from(fact.partition_key(&subject).into_owned());
        let event = Envelope {
            specversion: "1.0".into(),
            id,
            source: self.source.into(),
            event_type: entry.name.into(),
            subject: subject.into(),
            time: self.time.unwrap_or(now),
            datacontenttype: "application/json".into(),
            dataschema: dataschema.into(),
            traceparent: self.traceparent.map(Text::from),
            correlationid: self.correlationid,
            causationid: self.causationid,
            partitionkey,
            recordedtime: now,
            tenant,
            datasubject: self.datasubject.map(Text::from),
            data: Cow::Owned(data),
        };
        let size = event.encode().len();
        if size > EVENT_BYTES_MAX { Err(InvalidEvent::TooLarge(size)) } else { Ok(event) }
    }

    fn check_attributes(&self) -> Result<(), InvalidEvent> {
        if self.specversion != "1.0" {
            return Err(wrong("specversion", format!("is `{}`; only `1.0` is known", self.specversion)));
        }
        if self.id.is_empty() || self.id.len() > 256 {
            return Err(wrong("id", "must have 1 to 256 bytes"));
        }
        if self.source.is_empty() || self.source.len() > 1024 {
            return Err(wrong("source", "must be a URI reference of 1 to 1024 bytes"));
        }
        match self.datacontenttype.as_deref() {
            None | Some("application/json") => Ok(()),
            Some(other) => {
                Err(wrong("datacontenttype", format!("is `{other}`; only `application/json` is known")))
            }
        }
    }
}
