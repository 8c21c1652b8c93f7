//! One number for all events of a partition up to a position, so that two who read or folded the same events can tell. Not
//! about what the events say: the archive's hashes are.

use std::fmt;

use event_model::{PartitionId, decode_hex, encode_hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Position;

/// SHA-256 over the digest before, the position and the event's id; all zero before the first event.
///
/// Equal digests at equal positions mean that the same events were passed in the same order, none left out and none twice.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RollingDigest(pub [u8; 32]);

impl RollingDigest {
    /// Before the first event.
    pub const START: Self = Self([0; 32]);

    /// With one more event.
    #[must_use]
    pub fn with(self, partition: PartitionId, position: Position, id: Uuid) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(partition.0.to_be_bytes());
        hash.update(position.0.to_be_bytes());
        hash.update(id.as_bytes());
        Self(hash.finalize().into())
    }
}

impl fmt::Display for RollingDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.0))
    }
}

impl fmt::Debug for RollingDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<RollingDigest> for String {
    fn from(digest: RollingDigest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for RollingDigest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        decode_hex(&text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(events: &[(u64, u128)]) -> RollingDigest {
        events.iter().fold(RollingDigest::START, |digest, (position, id)| {
            digest.with(PartitionId(3), Position(*position), Uuid::from_u128(*id))
        })
    }

    #[test]
    fn an_event_left_out_doubled_or_moved_is_seen() {
        let right = of(&[(1, 10), (2, 11), (3, 12)]);
        let wrong: [&[(u64, u128)]; 4] = [
            &[(1, 10), (3, 12)],
            &[(1, 10), (2, 11), (2, 11), (3, 12)],
            &[(1, 10), (2, 12), (3, 11)],
            &[(1, 10), (2, 11), (3, 13)],
        ];
        assert!(wrong.iter().all(|events| of(events) != right));
        assert_ne!(right, RollingDigest::START.with(PartitionId(4), Position(1), Uuid::from_u128(10)));
    }

    #[test]
    fn the_text_form_is_read_back_and_anything_else_refused() {
        let digest = of(&[(1, 10)]);
        assert_eq!(RollingDigest::try_from(digest.to_string()), Ok(digest));
        for wrong in ["", "00", &"g".repeat(64), &"é".repeat(32), &"+1".repeat(32)] {
            assert!(RollingDigest::try_from((*wrong).to_owned()).is_err(), "{wrong}");
        }
    }
}
