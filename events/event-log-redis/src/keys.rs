//! The keys of a log in Redis. Those of one partition have one hash tag, so a cluster keeps them on one node.

use event_model::PartitionId;

/// The creation record of the log.
pub(crate) const LOG: &str = "elite:log";

/// The number of slots of a cluster.
const SLOTS: u16 = 16_384;

/// The keys of one partition.
#[derive(Debug)]
pub(crate) struct Keys {
    /// A hash: incarnation, tail and what else was fixed when the log was made.
    pub(crate) log: String,
    /// The stream of events.
    pub(crate) events: String,
    /// What the keys of the hashes of event ids begin with; a colon and the generation follow.
    pub(crate) ids: String,
    /// The slot all of them are in.
    pub(crate) slot: u16,
}

impl Keys {
    /// The keys of `partition`.
    pub(crate) fn of(partition: PartitionId) -> Self {
        Self {
            log: format!("elite:{{{partition}}}:log"),
            events: format!("elite:{{{partition}}}:events"),
            ids: format!("elite:{{{partition}}}:ids"),
            slot: slot_of(&partition.to_string()),
        }
    }
}

/// The slot of a key that is, or whose hash tag is, `tag`: CRC16 (XMODEM) modulo the number of slots.
pub(crate) fn slot_of(tag: &str) -> u16 {
    let crc = tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    });
    crc % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_what_the_cluster_specification_says() {
        assert_eq!(slot_of("123456789"), 0x31c3);
        assert_eq!(slot_of("foo"), 12_182);
        assert_eq!(Keys::of(PartitionId(7)).slot, slot_of("7"));
    }
}
