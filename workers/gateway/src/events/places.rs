//! A position in every partition, as one string: what makes a stream resume exactly where it broke off.

use std::fmt;

use crate::problem::{Answer, Problem};

/// The last position that was seen of each partition, in the order of partitions. Written with dots between: `12.7.0.3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places(pub(super) Vec<u64>);

impl Places {
    /// Reads what [`fmt::Display`] writes, for a log of so many partitions.
    pub(super) fn parse(text: &str, partitions: usize) -> Answer<Self> {
        let places: Result<Vec<u64>, _> = text.split('.').map(str::parse).collect();
        places.ok().filter(|places| places.len() == partitions).map(Self).ok_or_else(|| {
            Problem::malformed(format!(
                "`{text}` is not a place in this log: it has {partitions} partitions, and a place is their positions \
                 joined by dots, as every event's `id` in the stream"
            ))
        })
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, place) in self.0.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            write!(f, "{dot}{place}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let places = Places(vec![12, 0, 7]);
        assert_eq!(places.to_string(), "12.0.7");
        assert_eq!(Places::parse("12.0.7", 3).unwrap(), places);
        for wrong in ["", "12.0", "12.0.7.1", "12.x.7", "12.-1.7"] {
            assert!(Places::parse(wrong, 3).is_err(), "{wrong}");
        }
    }
}
