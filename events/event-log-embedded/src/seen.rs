//! Which ids the index may hold: a Bloom filter that spares a new event the search for a repeat, which was the most
//! expensive part of an append.
//!
//! Blocked (Putze, Sanders, Singler: "Cache-, Hash- and Space-Efficient Bloom Filters", 2007): an id has six bits in one
//! cache line. Four million ids fit at about 3 % false answers; with more, more searches are made. It is filled from the
//! index after opening, a little at a time while the writer has nothing to do, and until then every id may be there.

use fjall::Keyspace;

/// Blocks of 512 bits: 4 MiB.
const BLOCKS: usize = 1 << 16;
const WORDS_PER_BLOCK: usize = 8;
const PROBES: u32 = 6;
/// Ids that are read from the index at a time.
const PORTION: usize = 1_000;

/// The filter.
pub(crate) struct Seen {
    words: Vec<u64>,
    filling: Filling,
}

enum Filling {
    /// What is left to be read.
    From(fjall::Iter),
    Done,
    /// The index could not be read to its end, so an id that is not in the filter may still be in the index.
    Failed,
}

impl Seen {
    /// A filter of what `ids` holds now.
    pub(crate) fn of(ids: &Keyspace) -> Self {
        Self { words: vec![0; BLOCKS * WORDS_PER_BLOCK], filling: Filling::From(ids.iter()) }
    }

    /// A filter for an index that cannot be read: every id may be there.
    pub(crate) fn unknown() -> Self {
        Self { words: vec![0; BLOCKS * WORDS_PER_BLOCK], filling: Filling::Failed }
    }

    /// Whether [`Seen::fill`] has something to do.
    pub(crate) fn is_filling(&self) -> bool {
        matches!(self.filling, Filling::From(_))
    }

    /// Reads a portion of the index.
    pub(crate) fn fill(&mut self) {
        for _ in 0..PORTION {
            let Filling::From(ids) = &mut self.filling else { return };
            match ids.next().map(fjall::Guard::key) {
                Some(Ok(key)) => self.insert(&key),
                Some(Err(error)) => {
                    tracing::warn!(%error, "the id index cannot be read to its end; appends search it instead");
                    self.filling = Filling::Failed;
                }
                None => self.filling = Filling::Done,
            }
        }
    }

    /// Remembers the key of an id.
    pub(crate) fn insert(&mut self, key: &[u8]) {
        for (word, bit) in probes(key) {
            self.words[word] |= bit;
        }
    }

    /// False when the index certainly does not hold `key`.
    pub(crate) fn may_hold(&self, key: &[u8]) -> bool {
        !matches!(self.filling, Filling::Done) || probes(key).all(|(word, bit)| self.words[word] & bit != 0)
    }
}

/// The places of the bits of `key`: a word and a bit in it.
fn probes(key: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    let hash = key.chunks(8).fold(0, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mixed(hash ^ u64::from_le_bytes(word))
    });
    let block = usize::try_from(hash % BLOCKS as u64).unwrap_or_default() * WORDS_PER_BLOCK;
    let places = mixed(hash);
    (0..PROBES).map(move |probe| {
        let place = places >> (9 * probe) & 511;
        (block + usize::try_from(place / 64).unwrap_or_default(), 1 << (place % 64))
    })
}

/// The finalizer of `SplitMix64` (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
fn mixed(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use event_log::EventLog;
    use event_model::PartitionId;
    use uuid::Uuid;

    use super::*;
    use crate::{
        store::id_key,
        testing::{event, open},
    };

    fn key(id: u128) -> [u8; 18] {
        id_key(PartitionId(3), Uuid::from_u128(id))
    }

    #[tokio::test]
    async fn what_the_index_holds_may_be_there_and_little_else() {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        log.append((0..5_000).map(event).collect()).await.unwrap();
        let mut seen = Seen::of(&log.tables().ids);
        assert!(seen.may_hold(&key(7)), "before it is filled, everything may be there");
        while seen.is_filling() {
            seen.fill();
        }
        for id in 0..5_000 {
            assert!(seen.may_hold(&id_key(PartitionId(0), Uuid::from_u128(id))));
        }
        assert!(
            !(0..5_000).any(|id| seen.may_hold(&key(id))),
            "the same ids in another partition are others"
        );
    }

    #[test]
    fn with_as_many_ids_as_it_is_made_for_few_answers_are_false() {
        let mut seen = Seen { words: vec![0; BLOCKS * WORDS_PER_BLOCK], filling: Filling::Done };
        for id in 0..4_000_000 {
            seen.insert(&key(id));
        }
        let wrong = (4_000_000..4_100_000).filter(|id| seen.may_hold(&key(*id))).count();
        assert!(wrong < 5_000, "{wrong} of 100,000 answers are false");
    }
}
