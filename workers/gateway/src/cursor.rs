//! Where a listing goes on. Cursors are opaque to callers.

use std::fmt;

use jiff::Timestamp;
use read_models::query;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use uuid::Uuid;

use crate::problem::{Answer, Problem};

const LIMIT: i64 = 50;
const LIMIT_MAX: i64 = 500;

/// What a listing that is newest first can be asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    pub(crate) limit: Option<i64>,
    pub(crate) cursor: Option<Before>,
}

/// The size of a page.
pub(crate) fn page_limit(asked: Option<i64>) -> Answer<i64> {
    match asked.unwrap_or(LIMIT) {
        limit @ 1..=LIMIT_MAX => Ok(limit),
        limit => {
            let detail = format!("`limit` is {limit}; it is 1 to {LIMIT_MAX}");
            Err(Problem::malformed(detail).with("field", "limit"))
        }
    }
}

/// After this row, in a listing that is newest first. Written as microseconds and id, joined by a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) time: Timestamp,
    pub(crate) id: Uuid,
}

impl From<Before> for query::Before {
    fn from(before: Before) -> Self {
        Self { time: before.time, id: before.id }
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.time.as_microsecond(), self.id.simple())
    }
}

impl Serialize for Before {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Before {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parse = || {
            let (micros, id) = text.split_once('.')?;
            let time = Timestamp::from_microsecond(micros.parse().ok()?).ok()?;
            Some(Self { time, id: id.parse().ok()? })
        };
        parse().ok_or_else(|| D::Error::custom("`cursor` is not one; send `next` of the page before"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let before = Before {
            time: Timestamp::from_microsecond(1_800_000_000_000_001).unwrap(),
            id: Uuid::from_u128(7),
        };
        let text = serde_json::to_string(&before).unwrap();
        assert_eq!(serde_json::from_str::<Before>(&text).unwrap(), before);
        for wrong in ["\"\"", "\"1\"", "\"x.y\"", "\"99999999999999999999.00\""] {
            assert!(serde_json::from_str::<Before>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_page_has_one_to_five_hundred_rows() {
        assert_eq!(page_limit(None).unwrap(), 50);
        assert_eq!(page_limit(Some(500)).unwrap(), 500);
        assert!(
            page_limit(Some(0)).is_err() && page_limit(Some(501)).is_err() && page_limit(Some(-1)).is_err()
        );
    }
}
