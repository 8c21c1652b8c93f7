//! How an event is written as the fields of a stream entry, and read back as the structured JSON it was.
//!
//! CloudEvents binary mode with the names of the Kafka binding: an attribute is `ce_` and its name, `datacontenttype` is
//! `content-type`, values are UTF-8. The table in the README says the same in words.

use std::borrow::Cow;

use bytes::Bytes;
use event_log::LogError;
use event_model::Event;

/// The number of fields an event can have.
pub(crate) const FIELDS: usize = 16;

/// Field name, attribute name, and whether every event has it; in the order of the structured form.
const BINDING: [(&str, &str, bool); FIELDS] = [
    ("ce_specversion", "specversion", true),
    ("ce_id", "id", true),
    ("ce_source", "source", true),
    ("ce_type", "type", true),
    ("ce_subject", "subject", true),
    ("ce_time", "time", true),
    ("content-type", "datacontenttype", true),
    ("ce_dataschema", "dataschema", true),
    ("ce_traceparent", "traceparent", false),
    ("ce_correlationid", "correlationid", false),
    ("ce_causationid", "causationid", false),
    ("ce_partitionkey", "partitionkey", true),
    ("ce_recordedtime", "recordedtime", true),
    ("ce_tenant", "tenant", true),
    ("ce_datasubject", "datasubject", false),
    ("data", "data", true),
];
const SUBJECT: usize = 4;
const TIME: usize = 5;
const CONTENT_TYPE: usize = 6;
const PARTITION_KEY: usize = 11;
const RECORDED_TIME: usize = 12;
const DATA: usize = 15;
/// What `data` always is, so nothing says it.
const JSON: &str = "application/json";

/// The values of the fields; `None` is a field that is not written.
pub(crate) type Values<'a> = [Option<Cow<'a, str>>; FIELDS];

/// The name of a field.
pub(crate) fn name(field: usize) -> &'static str {
    BINDING[field].0
}

/// The fields of an event. What an attribute is when nothing is said is not written: each field costs a tenth of an append.
pub(crate) fn fields(event: &Event) -> Values<'_> {
    [
        Some((&*event.specversion).into()),
        Some(event.id.to_string().into()),
        Some((&*event.source).into()),
        Some((&*event.event_type).into()),
        Some((&*event.subject).into()),
        Some(event.time.to_string().into()),
        (&*event.datacontenttype != JSON).then(|| (&*event.datacontenttype).into()),
        Some((&*event.dataschema).into()),
        event.traceparent.as_deref().map(Cow::Borrowed),
        event.correlationid.map(|id| id.to_string().into()),
        event.causationid.map(|id| id.to_string().into()),
        (event.partitionkey != event.subject).then(|| (&*event.partitionkey).into()),
        (event.recordedtime != event.time).then(|| event.recordedtime.to_string().into()),
        Some(event.tenant.0.as_str().into()),
        event.datasubject.as_deref().map(Cow::Borrowed),
        Some(event.data.get().into()),
    ]
}

/// Fields of an entry as they are read, in any order.
#[derive(Default)]
pub(crate) struct Entry<'a> {
    values: [Option<&'a [u8]>; FIELDS],
    next: usize,
}

impl<'a> Entry<'a> {
    /// Takes a field. One that is not of the binding is somebody else's and is left alone.
    pub(crate) fn take(&mut self, field: &[u8], value: &'a [u8]) {
        // Fields come in the order they were written in, so the next one is rarely far.
        let found = (self.next..FIELDS).chain(0..self.next).find(|at| name(*at).as_bytes() == field);
        if let Some(at) = found {
            self.values[at] = Some(value);
            self.next = at + 1;
        }
    }

    /// The structured JSON form, byte for byte as [`event_model::Envelope::encode`] writes it.
    pub(crate) fn json(mut self) -> Result<Bytes, LogError> {
        self.values[CONTENT_TYPE] = self.values[CONTENT_TYPE].or(Some(JSON.as_bytes()));
        self.values[PARTITION_KEY] = self.values[PARTITION_KEY].or(self.values[SUBJECT]);
        self.values[RECORDED_TIME] = self.values[RECORDED_TIME].or(self.values[TIME]);
        let length: usize = self.values.iter().flatten().map(|value| value.len()).sum();
        // Room for the names and the punctuation, so that the buffer is not moved while it grows.
        let mut json = Vec::with_capacity(length + 320);
        for (at, (value, (field, attribute, required))) in self.values.iter().zip(BINDING).enumerate() {
            let Some(value) = value else {
                if required {
                    return Err(LogError::Damaged(format!("an entry has no field `{field}`")));
                }
                continue;
            };
            json.push(if json.is_empty() { b'{' } else { b',' });
            json.push(b'"');
            json.extend_from_slice(attribute.as_bytes());
            json.extend_from_slice(b"\":");
            if at == DATA {
                json.extend_from_slice(value);
            } else {
                write_text(&mut json, value, field)?;
            }
        }
        json.push(b'}');
        Ok(json.into())
    }
}

fn write_text(json: &mut Vec<u8>, value: &[u8], field: &str) -> Result<(), LogError> {
    let damaged = || LogError::Damaged(format!("the field `{field}` of an entry is not UTF-8"));
    let text = std::str::from_utf8(value).map_err(|_| damaged())?;
    serde_json::to_writer(json, text).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use event_log::{Clock, ManualClock};
    use event_model::{Envelope, EventDraft, Tenant, family::session::SessionStarted};
    use uuid::Uuid;

    use super::*;

    fn event() -> Event {
        let draft = EventDraft {
            id: Uuid::from_u128(7),
            source: "/a \"quoted\" source\n\u{1}\u{2028}ü".into(),
            subject: "the subject".into(),
            partitionkey: "the subject".into(),
            tenant: Tenant("größe".into()),
            time: ManualClock::default().now(),
            data: SessionStarted { user: None, title: Some("\u{7f} </script> \\ \"".into()) },
        };
        draft.build().unwrap()
    }

    fn again(event: &Event) -> Bytes {
        let values = fields(event);
        let mut entry = Entry::default();
        for (at, value) in values.iter().enumerate() {
            if let Some(value) = value {
                entry.take(name(at).as_bytes(), value.as_bytes());
            }
        }
        entry.json().unwrap()
    }

    #[test]
    fn what_is_read_back_is_the_structured_form_byte_for_byte() {
        let plain = event();
        let mut full = event();
        full.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into());
        full.correlationid = Some(Uuid::from_u128(1));
        full.causationid = Some(Uuid::from_u128(2));
        full.partitionkey = "another key".into();
        full.recordedtime = ManualClock::default().now() + jiff::SignedDuration::from_nanos(1_000_100);
        full.datacontenttype = "application/cbor".into();
        full.datasubject = Some("ada".into());
        for event in [plain, full] {
            assert_eq!(again(&event), event.encode());
            assert_eq!(Envelope::decode(&again(&event)).unwrap().id, event.id);
        }
    }

    #[test]
    fn an_entry_without_an_attribute_is_damage_and_a_foreign_field_is_not() {
        let mut entry = Entry::default();
        entry.take(b"something else", b"x");
        assert!(matches!(entry.json(), Err(LogError::Damaged(words)) if words.contains("ce_specversion")));
    }
}
