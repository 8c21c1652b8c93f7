//! Which partition a key belongs to. One rule for every log, fixed for the life of a log.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Tenant;

/// Number of a partition, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartitionId(pub u16);

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The partition of `key`: the first eight bytes (big-endian) of SHA-256 over tenant, a zero byte and key, modulo `partitions`.
pub fn partition_of(tenant: &Tenant, key: &str, partitions: u16) -> PartitionId {
    let digest = Sha256::new().chain_update(&tenant.0).chain_update([0]).chain_update(key).finalize();
    let mut head = [0; 8];
    head.copy_from_slice(&digest[..8]);
    let slot = u64::from_be_bytes(head) % u64::from(partitions.max(1));
    PartitionId(u16::try_from(slot).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_never_changes() {
        let tenant = Tenant::default();
        let slots: Vec<u16> =
            ["a", "b", "c", "d"].iter().map(|key| partition_of(&tenant, key, 16).0).collect();
        assert_eq!(slots, [5, 8, 13, 14], "a log written with another rule could not be read");
    }
}
