//! What producers may send: every refusal names the attribute, and what was taken can be sent again.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use event_model::{DecodeError, EVENT_BYTES_MAX, Event, IncomingEvent, InvalidEvent, Tenant};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn accept(event: &Value) -> Result<Event, InvalidEvent> {
    let tenant = Tenant("acme".into());
    IncomingEvent::decode(event.to_string().as_bytes())?.accept(tenant, Timestamp::UNIX_EPOCH)
}

fn valid() -> Value {
    json!({
        "specversion": "1.0",
        "id": "order 66",
        "source": "/shop",
        "type": "interaction.prompted",
        "subject": "018f6b1e-0000-7000-8000-000000000003",
        "data": {"session": "018f6b1e-0000-7000-8000-000000000002", "prompt": "How?"},
    })
}

fn with(attribute: &str, value: impl Into<Value>) -> Value {
    let mut event = valid();
    event[attribute] = value.into();
    event
}

fn without(attribute: &str) -> Value {
    let mut event = valid();
    event.as_object_mut().unwrap().remove(attribute).unwrap();
    event
}

#[test]
fn a_refusal_names_the_attribute_that_is_wrong() {
    let cases = [
        ("specversion", with("specversion", "0.3")),
        ("id", with("id", "")),
        ("id", with("id", "x".repeat(257))),
        ("source", with("source", "")),
        ("source", with("source", "x".repeat(1025))),
        ("datacontenttype", with("datacontenttype", "text/xml")),
        ("subject", without("subject")),
        ("subject", with("subject", "")),
        ("data", without("data")),
        ("data", with("data", json!({"sealed": "xchacha20poly1305", "nonce": "", "ciphertext": ""}))),
    ];
    for (named, event) in cases {
        match accept(&event) {
            Err(InvalidEvent::Attribute { attribute, problem }) => {
                assert_eq!(attribute, named, "{event}");
                assert!(!problem.is_empty());
            }
            other => panic!("`{named}` is wrong in {event}, got {other:?}"),
        }
    }
}

#[test]
fn what_is_not_a_cloud_event_is_refused_with_the_name_of_what_is_missing_or_unknown() {
    for attribute in ["specversion", "id", "source", "type"] {
        let refused = accept(&without(attribute)).unwrap_err().to_string();
        assert!(refused.contains(&format!("`{attribute}`")), "{refused}");
    }
    let refused = accept(&with("colour", "red")).unwrap_err();
    assert!(matches!(refused, InvalidEvent::Malformed(_)) && refused.to_string().contains("`colour`"));
    for (attribute, value) in [("time", "yesterday"), ("correlationid", "42"), ("causationid", "42")] {
        assert!(matches!(accept(&with(attribute, value)), Err(InvalidEvent::Malformed(_))), "{attribute}");
    }
}

#[test]
fn a_type_a_schema_or_data_that_does_not_fit_is_refused_by_name() {
    let refused = accept(&with("type", "order.placed")).unwrap_err();
    assert!(matches!(&refused, InvalidEvent::Data(DecodeError::UnknownType(name)) if name == "order.placed"));
    let refused = accept(&with("dataschema", "https://example.org/schema")).unwrap_err();
    assert!(matches!(&refused, InvalidEvent::Data(DecodeError::Schema { .. })));
    let refused = accept(&with("dataschema", "urn:elite:schema:interaction.prompted:2")).unwrap_err();
    assert!(matches!(&refused, InvalidEvent::Data(DecodeError::Newer { known: 1, .. })));
    let refused = accept(&with("data", json!({"prompt": "How?"}))).unwrap_err();
    assert!(
        refused.to_string().contains("interaction.prompted") && refused.to_string().contains("`session`")
    );
}

#[test]
fn an_event_up_to_the_limit_is_taken_and_one_above_it_is_not() {
    let sized = |prompt_bytes: usize| {
        let mut event = valid();
        event["data"]["prompt"] = "x".repeat(prompt_bytes).into();
        event
    };
    let overhead = accept(&sized(0)).unwrap().encode().len();
    assert_eq!(accept(&sized(EVENT_BYTES_MAX - overhead)).unwrap().encode().len(), EVENT_BYTES_MAX);
    let refused = accept(&sized(EVENT_BYTES_MAX - overhead + 1));
    assert!(matches!(refused, Err(InvalidEvent::TooLarge(size)) if size == EVENT_BYTES_MAX + 1));
}

#[test]
fn elite_decides_tenant_partition_and_time_of_recording() {
    let mut forged = valid();
    forged["tenant"] = "another".into();
    forged["partitionkey"] = "another".into();
    forged["recordedtime"] = "2001-01-01T00:00:00Z".into();
    forged["sequence"] = "99".into();
    let event = accept(&forged).unwrap();
    assert_eq!(event.tenant, Tenant("acme".into()));
    assert_eq!(
        &*event.partitionkey, "018f6b1e-0000-7000-8000-000000000002",
        "a session's events stay together"
    );
    assert_eq!(event.recordedtime, Timestamp::UNIX_EPOCH);
}

proptest! {
    #[test]
    fn an_accepted_event_sent_again_is_the_same_event(
        id in ".{1,60}",
        source in "[a-z/]{1,20}",
        prompt in any::<String>(),
        subject in ".{1,60}",
        datasubject in prop::option::of(".{1,20}"),
    ) {
        let mut event = valid();
        (event["id"], event["source"], event["subject"]) = (id.into(), source.into(), subject.into());
        event["data"]["prompt"] = prompt.into();
        if let Some(datasubject) = datasubject {
            event["datasubject"] = datasubject.into();
        }
        let once = accept(&event).unwrap().encode();
        let twice = accept(&serde_json::from_slice(&once).unwrap()).unwrap().encode();
        prop_assert_eq!(String::from_utf8(once).unwrap(), String::from_utf8(twice).unwrap());
    }
}
