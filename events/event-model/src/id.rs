//! Identities: tenants, content-addressed blobs, and ids derived rather than drawn, so a repeat gets the same one.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{SubjectKey, decode_hex, encode_hex};

/// Namespace of every `UUIDv5` that Elite derives.
const NAMESPACE: Uuid = Uuid::from_u128(0x8f1d_0f66_5a2e_5c0b_9c52_6b0e_4f3a_7d11);

/// Whose data it is. Every event and every row has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Tenant(pub String);

impl Default for Tenant {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Name of a blob: `sha256:` and 64 lower-case hexadecimal digits of the stored bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct BlobRef(#[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))] String);

/// A string that is not a blob name.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a blob name; expected `sha256:` and 64 lower-case hexadecimal digits")]
pub struct InvalidBlobRef(String);

impl BlobRef {
    /// The name of bytes whose SHA-256 digest is `digest`.
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(format!("sha256:{}", encode_hex(&digest)))
    }

    /// The name of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::{Digest, Sha256};
        Self::from_digest(Sha256::digest(bytes).into())
    }

    /// The 64 hexadecimal digits.
    pub fn hex(&self) -> &str {
        &self.0["sha256:".len()..]
    }

    /// The digest itself.
    pub fn digest(&self) -> [u8; 32] {
        // A name has 64 digits, or it would not be one.
        decode_hex(self.hex()).unwrap_or_default()
    }

    /// The whole name, with its prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BlobRef {
    type Err = InvalidBlobRef;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let hex = name.strip_prefix("sha256:").unwrap_or_default();
        let valid = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if valid { Ok(Self(name.to_owned())) } else { Err(InvalidBlobRef(name.to_owned())) }
    }
}

impl<'de> Deserialize<'de> for BlobRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn derive(kind: &str, parts: &[&str]) -> Uuid {
    // The unit separator cannot occur in a tenant or a role, so two different lists never join to one string.
    Uuid::new_v5(&NAMESPACE, format!("{kind}\u{1f}{}", parts.join("\u{1f}")).as_bytes())
}

/// The id of a producer's event: the same tenant and idempotency key give the same id.
pub fn derived_event_id(tenant: &Tenant, idempotency_key: &str) -> Uuid {
    derive("event", &[&tenant.0, idempotency_key])
}

/// The id of the `ordinal`th result of `cause` by a role, so that repeating the work has no effect.
pub fn result_event_id(role: &str, role_version: u32, cause: Uuid, ordinal: u32) -> Uuid {
    derive("result", &[role, &role_version.to_string(), &cause.to_string(), &ordinal.to_string()])
}

/// The id of the event that says that the version which `newer` brought took the place of the one which `older` brought: the
/// same whoever finds it out.
pub fn superseded_event_id(older: Uuid, newer: Uuid) -> Uuid {
    derive("superseded", &[&older.to_string(), &newer.to_string()])
}

/// The id of the conflict of two passages, in whichever order they are given: of each the document and the words, so that
/// both documents' comparisons tell the same conflict, and a document that is chunked anew keeps its conflicts.
pub fn conflict_id(tenant: &Tenant, one: (Uuid, &str), other: (Uuid, &str)) -> Uuid {
    let place = |(document, text): (Uuid, &str)| format!("{document} {}", BlobRef::of(text.as_bytes()).hex());
    let mut places = [place(one), place(other)];
    places.sort();
    derive("conflict", &[&tenant.0, &places[0], &places[1]])
}

/// The id of the event that says that the rules of some version found a conflict: the same whoever finds it.
pub fn detected_event_id(conflict: Uuid, rules_version: u32) -> Uuid {
    derive("detected", &[&conflict.to_string(), &rules_version.to_string()])
}

/// The id of a document: its tenant, its name and its bytes. The same file pushed again is the same document.
pub fn document_id(tenant: &Tenant, name: &str, content: &BlobRef) -> Uuid {
    derive("document", &[&tenant.0, content.as_str(), name])
}

/// Stands for `name` where a person's bytes are told apart by it: only who has the subject's key can find out whether it
/// stands for bytes they know, and nobody can once the key is destroyed.
pub fn keyed_name(key: &SubjectKey, name: &BlobRef) -> BlobRef {
    use sha2::{Digest, Sha256};
    let digest = Sha256::new().chain_update(b"elite name 1").chain_update(key.0).chain_update(name.as_str());
    BlobRef::from_digest(digest.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_name_is_read_back_and_anything_else_is_refused() {
        let name = BlobRef::of(b"abc");
        assert_eq!(name.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(name.as_str().parse::<BlobRef>().unwrap(), name);
        for wrong in ["", "sha256:", "sha256:XYZ", "md5:abc", &name.as_str().to_uppercase()] {
            assert!(wrong.parse::<BlobRef>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn derived_ids_depend_on_every_part() {
        let tenant = Tenant::default();
        let cause = derived_event_id(&tenant, "k");
        assert_eq!(cause, derived_event_id(&tenant, "k"));
        assert_ne!(cause, derived_event_id(&Tenant("other".into()), "k"));
        assert_ne!(result_event_id("parse", 1, cause, 0), result_event_id("parse", 1, cause, 1));
        assert_ne!(result_event_id("parse", 1, cause, 0), result_event_id("parse", 2, cause, 0));
        let content = BlobRef::of(b"x");
        assert_ne!(document_id(&tenant, "a", &content), document_id(&tenant, "b", &content));
        let (one, other) = ((Uuid::from_u128(1), "It is."), (Uuid::from_u128(2), "It is not."));
        let conflict = conflict_id(&tenant, one, other);
        assert_eq!(conflict, conflict_id(&tenant, other, one));
        assert_ne!(conflict, conflict_id(&tenant, one, (other.0, "It was not.")));
        assert_ne!(conflict, conflict_id(&tenant, (one.0, other.1), (other.0, one.1)));
        assert_ne!(detected_event_id(conflict, 1), detected_event_id(conflict, 2));
    }
}
