//! One CloudEvents 1.0 event as it is stored. Not the payload: `data` stays the bytes that were written.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{BlobRef, EventData, PartitionId, Tenant, partition_of};

/// What every `dataschema` starts with; the event type and the version follow, separated by a colon.
pub const SCHEMA_PREFIX: &str = "urn:elite:schema:";

/// A string that borrows from the decoded bytes when it has no escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text<'static> {
    fn from(text: &str) -> Self {
        Self(Cow::Owned(text.to_owned()))
    }
}

impl From<String> for Text<'static> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl Text<'_> {
    fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }
}

/// An event: CloudEvents attributes, Elite's extensions, and `data` untouched.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope<'a> {
    /// Always `1.0`.
    #[serde(borrow)]
    pub specversion: Text<'a>,
    /// Identity of the event; appending it twice has the effect of once.
    pub id: Uuid,
    /// Who says so, a URI reference such as `/gateway` or `/roles/parse/1`.
    #[serde(borrow)]
    pub source: Text<'a>,
    /// Event type, such as `document.received`.
    #[serde(rename = "type", borrow)]
    pub event_type: Text<'a>,
    /// What it happened to: the id of a document, a session, a dataset.
    #[serde(borrow)]
    pub subject: Text<'a>,
    /// When it happened.
    pub time: Timestamp,
    /// Media type of `data`: always `application/json`.
    #[serde(borrow)]
    pub datacontenttype: Text<'a>,
    /// Type and version of `data`'s shape.
    #[serde(borrow)]
    pub dataschema: Text<'a>,
    /// W3C trace context of where the story began.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<Text<'a>>,
    /// The story this event belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlationid: Option<Uuid>,
    /// The event that led to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causationid: Option<Uuid>,
    /// Events with one key are kept in order.
    #[serde(borrow)]
    pub partitionkey: Text<'a>,
    /// When Elite took it in.
    pub recordedtime: Timestamp,
    /// Whose data it is.
    pub tenant: Tenant,
    /// The person whose key seals `data`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub datasubject: Option<Text<'a>>,
    /// The payload, as written.
    #[serde(borrow, deserialize_with = "borrow_raw")]
    pub data: Cow<'a, RawValue>,
}

/// An event that owns its parts.
pub type Event = Envelope<'static>;

fn borrow_raw<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'a, RawValue>, D::Error> {
    <&'de RawValue>::deserialize(deserializer).map(Cow::Borrowed)
}

impl<'a> Envelope<'a> {
    /// Decodes the structured JSON form, borrowing from `json`.
    pub fn decode(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// The structured JSON form.
    ///
    /// # Panics
    /// Never: an envelope has only string keys and values that JSON can carry.
    #[expect(clippy::expect_used, reason = "an envelope always has a JSON form")]
    pub fn encode(&self) -> Vec<u8> {
        // Room for the attributes of most events, so that the buffer is not moved while it grows.
        let mut json = Vec::with_capacity(768 + self.data.get().len());
        serde_json::to_writer(&mut json, self).expect("an envelope has a JSON form");
        json
    }

    /// The partition this event belongs to in a log of `partitions`.
    pub fn partition(&self, partitions: u16) -> PartitionId {
        partition_of(&self.tenant, &self.partitionkey, partitions)
    }

    /// The same event with parts of its own.
    pub fn into_owned(self) -> Event {
        Envelope {
            specversion: self.specversion.into_owned(),
            id: self.id,
            source: self.source.into_owned(),
            event_type: self.event_type.into_owned(),
            subject: self.subject.into_owned(),
            time: self.time,
            datacontenttype: self.datacontenttype.into_owned(),
            dataschema: self.dataschema.into_owned(),
            traceparent: self.traceparent.map(Text::into_owned),
            correlationid: self.correlationid,
            causationid: self.causationid,
            partitionkey: self.partitionkey.into_owned(),
            recordedtime: self.recordedtime,
            tenant: self.tenant,
            datasubject: self.datasubject.map(Text::into_owned),
            data: Cow::Owned(self.data.into_owned()),
        }
    }

    /// SHA-256 over what a producer decides: type, subject and data. Two appends under one idempotency key must agree on it.
    pub fn fingerprint(&self) -> BlobRef {
        let text = format!("{}\u{1f}{}\u{1f}{}", &*self.event_type, &*self.subject, self.data.get());
        BlobRef::of(text.as_bytes())
    }
}

/// What the maker of an event decides; the rest follows.
#[derive(Clone, Debug)]
pub struct EventDraft<T> {
    /// Identity, derived rather than drawn wherever a repeat is possible.
    pub id: Uuid,
    /// Who says so.
    pub source: String,
    /// What it happened to.
    pub subject: String,
    /// Order is kept among events with this key.
    pub partitionkey: String,
    /// Whose data it is.
    pub tenant: Tenant,
    /// When it happened, which is also when it is recorded.
    pub time: Timestamp,
    /// The payload.
    pub data: T,
}

impl<T: EventData> EventDraft<T> {
    /// The event, with no cause and no data subject.
    ///
    /// # Errors
    /// When `data` has no JSON form (a map with non-string keys, a failing `Serialize`).
    pub fn build(self) -> Result<Event, serde_json::Error> {
        Ok(Envelope {
            specversion: "1.0".into(),
            id: self.id,
            source: self.source.into(),
            event_type: T::TYPE.into(),
            subject: self.subject.into(),
            time: self.time,
            datacontenttype: "application/json".into(),
            dataschema: T::dataschema().into(),
            traceparent: None,
            correlationid: None,
            causationid: None,
            partitionkey: self.partitionkey.into(),
            recordedtime: self.time,
            tenant: self.tenant,
            datasubject: None,
            data: Cow::Owned(serde_json::value::to_raw_value(&self.data)?),
        })
    }
}

impl Envelope<'_> {
    /// Names the event that led to this one; the story goes on.
    #[must_use]
    pub fn caused_by(mut self, cause: &Envelope<'_>) -> Self {
        self.causationid = Some(cause.id);
        self.correlationid = Some(cause.correlationid.unwrap_or(cause.id));
        self.traceparent = cause.traceparent.clone().map(Text::into_owned);
        self
    }
}
