//! Old `data` in, today's shape out: a chain of steps on the raw JSON, one per schema version.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use crate::{DecodeError, envelope::SCHEMA_PREFIX};

/// One step: `data` of version n becomes `data` of version n + 1.
pub type Upcaster = fn(Value) -> Value;

/// The payload of one event type.
///
/// A compatible change (a new optional field) keeps the version. A breaking change adds one step to `UPCASTERS`, which
/// raises the version by one; stored events stay as they are.
pub trait EventData: Serialize + DeserializeOwned + JsonSchema {
    /// The event type, such as `document.received`.
    const TYPE: &'static str;
    /// Step `i` brings version `i + 1` to version `i + 2`.
    const UPCASTERS: &'static [Upcaster] = &[];

    /// Version written today, from 1.
    fn version() -> usize {
        Self::UPCASTERS.len() + 1
    }

    /// The `dataschema` written today.
    fn dataschema() -> String {
        format!("{SCHEMA_PREFIX}{}:{}", Self::TYPE, Self::version())
    }

    /// Reads `data` written under `dataschema`, upcasting when it is older than today's.
    fn decode(dataschema: &str, data: &RawValue) -> Result<Self, DecodeError> {
        let version = version_of(dataschema, Self::TYPE)?;
        let invalid = |source| DecodeError::Invalid { event_type: Self::TYPE, source };
        if version == Self::version() {
            return serde_json::from_str(data.get()).map_err(invalid);
        }
        if version > Self::version() {
            return Err(DecodeError::Newer { dataschema: dataschema.to_owned(), known: Self::version() });
        }
        let old: Value = serde_json::from_str(data.get()).map_err(invalid)?;
        let new = Self::UPCASTERS[version - 1..].iter().fold(old, |data, step| step(data));
        serde_json::from_value(new).map_err(invalid)
    }
}

fn version_of(dataschema: &str, event_type: &'static str) -> Result<usize, DecodeError> {
    dataschema
        .strip_prefix(SCHEMA_PREFIX)
        .and_then(|rest| rest.strip_prefix(event_type))
        .and_then(|rest| rest.strip_prefix(':'))
        .and_then(|version| version.parse().ok())
        .filter(|version| *version >= 1)
        .ok_or_else(|| DecodeError::Schema { dataschema: dataschema.to_owned(), event_type })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::{Value, json, value::to_raw_value};

    use super::*;

    /// Version 1 had `stars` (0-5), version 2 had `rating` (0-5), version 3 has `rating` as a share.
    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Rated {
        rating: f64,
    }

    impl EventData for Rated {
        const TYPE: &'static str = "test.rated";
        const UPCASTERS: &'static [Upcaster] = &[
            |old| json!({"rating": old["stars"]}),
            |old| json!({"rating": old["rating"].as_f64().unwrap_or_default() / 5.0}),
        ];
    }

    fn decode(version: usize, data: &Value) -> Result<Rated, DecodeError> {
        Rated::decode(&format!("{SCHEMA_PREFIX}test.rated:{version}"), &to_raw_value(data).unwrap())
    }

    proptest! {
        #[test]
        fn every_version_of_a_fact_decodes_to_the_same_value(stars in 0_u8..=5) {
            let expected = Rated { rating: f64::from(stars) / 5.0 };
            prop_assert_eq!(&decode(1, &json!({"stars": stars})).unwrap(), &expected);
            prop_assert_eq!(&decode(2, &json!({"rating": stars})).unwrap(), &expected);
            prop_assert_eq!(&decode(3, &json!({"rating": expected.rating})).unwrap(), &expected);
        }
    }

    #[test]
    fn a_newer_or_foreign_schema_is_refused_by_name() {
        assert!(matches!(decode(4, &json!({})), Err(DecodeError::Newer { known: 3, .. })));
        assert!(matches!(decode(0, &json!({})), Err(DecodeError::Schema { .. })));
        let foreign = Rated::decode("urn:other", &to_raw_value(&json!({})).unwrap());
        assert!(matches!(foreign, Err(DecodeError::Schema { .. })));
    }
}
