//! What holds for every envelope and every sealed body.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::borrow::Cow;

use event_model::{
    Envelope, Event, IncomingEvent, SealError, SubjectKey, Tenant, Text, is_sealed, open, seal,
};
use jiff::Timestamp;
use proptest::{option, prelude::*};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use uuid::Uuid;

fn text() -> impl Strategy<Value = Text<'static>> {
    any::<String>().prop_map(Text::from)
}

fn id() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn time() -> impl Strategy<Value = Timestamp> {
    // From year 0 to year 9000, to the nanosecond.
    (-62_000_000_000_i64..220_000_000_000, 0..1_000_000_000)
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
}

fn json() -> impl Strategy<Value = Box<RawValue>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    value.prop_map(|value| to_raw_value(&value).unwrap())
}

prop_compose! {
    fn event()(
        (id, correlationid, causationid) in (id(), option::of(id()), option::of(id())),
        (source, event_type, subject, dataschema) in (text(), text(), text(), text()),
        (partitionkey, traceparent, datasubject) in (text(), option::of(text()), option::of(text())),
        (time, recordedtime, tenant, data) in (time(), time(), any::<String>(), json()),
    ) -> Event {
        Envelope {
            specversion: "1.0".into(), id, source, event_type, subject, time,
            datacontenttype: "application/json".into(), dataschema, traceparent, correlationid, causationid,
            partitionkey, recordedtime, tenant: Tenant(tenant), datasubject, data: Cow::Owned(data),
        }
    }
}

fn is_borrowed(text: &Text<'_>) -> bool {
    matches!(text.0, Cow::Borrowed(_))
}

proptest! {
    #[test]
    fn an_encoded_envelope_decodes_to_itself(event in event()) {
        let json = event.encode();
        let decoded = Envelope::decode(&json).unwrap();
        prop_assert_eq!(format!("{decoded:?}"), format!("{event:?}"));
        prop_assert_eq!(decoded.encode(), json.clone());
        prop_assert_eq!(decoded.into_owned().encode(), json);
    }

    #[test]
    fn decoding_copies_no_plain_string_and_no_data(mut event in event(), plain in "[ -!#-\\[\\]-~]{0,40}") {
        let plain = || Text::from(plain.clone());
        (event.source, event.event_type, event.subject) = (plain(), plain(), plain());
        (event.dataschema, event.partitionkey) = (plain(), plain());
        (event.traceparent, event.datasubject) = (Some(plain()), Some(plain()));
        let json = event.encode();
        let decoded = Envelope::decode(&json).unwrap();
        let texts = [
            &decoded.specversion, &decoded.source, &decoded.event_type, &decoded.subject, &decoded.datacontenttype,
            &decoded.dataschema, &decoded.partitionkey,
            decoded.traceparent.as_ref().unwrap(), decoded.datasubject.as_ref().unwrap(),
        ];
        prop_assert!(texts.into_iter().all(is_borrowed));
        prop_assert!(matches!(decoded.data, Cow::Borrowed(_)));
        let data = decoded.data.get().as_bytes().as_ptr_range();
        prop_assert!(json.as_ptr_range().start <= data.start && data.end <= json.as_ptr_range().end);
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        IncomingEvent::decode(&bytes).ok();
        Envelope::decode(&bytes).ok();
    }

    #[test]
    fn no_damage_to_an_event_makes_decoding_or_accepting_it_panic(
        event in event(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut json = event.encode();
        let at = at.index(json.len());
        json[at] = byte;
        if let Ok(incoming) = IncomingEvent::decode(&json) {
            incoming.accept(Tenant::default(), Timestamp::UNIX_EPOCH).ok();
        }
        Envelope::decode(&json).ok();
    }

    #[test]
    fn what_is_sealed_opens_to_the_same_bytes(key in any::<[u8; 32]>(), id in id(), data in json()) {
        let key = SubjectKey(key);
        let sealed = seal(&key, id, &data).unwrap();
        prop_assert!(is_sealed(&sealed));
        let (again, opened) = (seal(&key, id, &data).unwrap(), open(&key, id, &sealed).unwrap());
        prop_assert_eq!(again.get(), sealed.get(), "a repeat gives the same bytes");
        prop_assert_eq!(opened.get(), data.get());
    }

    #[test]
    fn another_key_or_another_event_opens_nothing(
        key in any::<[u8; 32]>(),
        other_key in any::<[u8; 32]>(),
        (id, other_id) in (id(), id()),
        data in json(),
    ) {
        prop_assume!(key != other_key && id != other_id);
        let sealed = seal(&SubjectKey(key), id, &data).unwrap();
        prop_assert_eq!(open(&SubjectKey(other_key), id, &sealed).unwrap_err(), SealError::Refused);
        prop_assert_eq!(open(&SubjectKey(key), other_id, &sealed).unwrap_err(), SealError::Refused);
    }
}
