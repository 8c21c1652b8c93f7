//! A link of the chain as a file: which segment comes next, or that the end of the chain is void. Each names the hash of the one
//! before, so that history cannot be altered unseen.
//!
//! `{"version":1,"sha256":"sha256:…","link":{…}}`, where the hash covers the bytes of `link`. There is one way to write a link: a
//! file that says the same in other bytes counts as damaged.

use event_log::{Position, RollingDigest};
use event_model::{BlobRef, PartitionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The format that this release writes, and the only one there is.
const VERSION: u32 = 1;

/// A range of positions and where its events are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The first position.
    pub first: Position,
    /// The last position.
    pub last: Position,
    /// The first event.
    pub first_id: Uuid,
    /// The last event.
    pub last_id: Uuid,
    /// When the first event was taken in.
    pub first_recordedtime: Timestamp,
    /// When the last event was taken in.
    pub last_recordedtime: Timestamp,
    /// The segment's key on the shelf.
    pub key: String,
    /// The hash of its bytes.
    pub sha256: BlobRef,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// How many bytes its events have in their JSON form.
    pub events_bytes: u64,
    /// The rolling digest of the partition at `last`.
    pub digest: RollingDigest,
}

impl Segment {
    /// How many events it has.
    pub fn events(&self) -> u64 {
        self.last.0 + 1 - self.first.0
    }
}

/// The log lost what came after `last` and gave those positions to other events: earlier links are void from there on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fork {
    /// The last position that still holds; 0 if none does.
    pub last: Position,
    /// The event there.
    pub last_id: Option<Uuid>,
    /// What happened, for people.
    pub reason: String,
    /// The rolling digest of the partition at `last`.
    pub digest: RollingDigest,
}

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Segment(Segment),
    Fork(Fork),
}

/// One link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    pub(crate) partition: PartitionId,
    pub(crate) index: u64,
    /// The hash of the file of the link before; none for the first.
    pub(crate) previous: Option<BlobRef>,
    pub(crate) kind: Kind,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    version: u32,
    sha256: BlobRef,
    #[serde(borrow)]
    link: &'a RawValue,
}

/// Enough of a file of any version to say which one it is.
#[derive(Deserialize)]
struct AnyVersion {
    version: u32,
}

impl Link {
    /// The file.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let link = serde_json::value::to_raw_value(self)?;
        serde_json::to_vec(&File {
            version: VERSION,
            sha256: BlobRef::of(link.get().as_bytes()),
            link: &link,
        })
    }

    /// The link in a file, or what is wrong with it.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let unreadable = |error: serde_json::Error| format!("it cannot be read: {error}");
        let AnyVersion { version } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if version != VERSION {
            return Err(format!(
                "it has format {version} and this release reads {VERSION}; use a newer release"
            ));
        }
        let file: File<'_> = serde_json::from_slice(bytes).map_err(unreadable)?;
        if BlobRef::of(file.link.get().as_bytes()) != file.sha256 {
            return Err("its bytes do not have the hash that it names".to_owned());
        }
        let link: Self = serde_json::from_str(file.link.get()).map_err(unreadable)?;
        if link.encode().map_err(unreadable)? != bytes {
            return Err("it is not written the way links are written".to_owned());
        }
        Ok(link)
    }
}
