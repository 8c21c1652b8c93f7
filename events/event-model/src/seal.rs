//! The sealed form of `data`: what is stored for an event that names a `datasubject`.
//!
//! XChaCha20-Poly1305 with the subject's key; the event id is the associated data, so a sealed body cannot be moved
//! to another event. The nonce is derived from key, id and plaintext: repeating an append gives the same bytes, and no
//! randomness is needed here. Destroying the key erases the data wherever the event was copied.

use base64::{Engine, prelude::BASE64_STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ALGORITHM: &str = "xchacha20poly1305";

/// The 256-bit key of one data subject.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectKey(pub [u8; 32]);

impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubjectKey(..)")
    }
}

/// Why `data` could not be sealed or opened.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    /// `data` does not have the sealed form.
    #[error("data is not in the sealed form")]
    NotSealed,
    /// Another key, another event, or altered bytes.
    #[error("the subject's key does not open this event")]
    Refused,
}

#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are the stored form, and `sealed` marks it")]
struct Sealed {
    sealed: String,
    nonce: String,
    ciphertext: String,
}

/// Whether `data` has the sealed form, however it is spaced.
pub fn is_sealed(data: &RawValue) -> bool {
    serde_json::from_str::<Sealed>(data.get()).is_ok_and(|sealed| sealed.sealed == ALGORITHM)
}

/// The sealed form of `data` for event `id`.
pub fn seal(key: &SubjectKey, id: Uuid, data: &RawValue) -> Result<Box<RawValue>, SealError> {
    let digest =
        Sha256::new().chain_update(key.0).chain_update(id.as_bytes()).chain_update(data.get()).finalize();
    let nonce = XNonce::try_from(&digest[..24]).map_err(|_| SealError::Refused)?;
    let payload = Payload { msg: data.get().as_bytes(), aad: id.as_bytes() };
    let ciphertext = cipher(key)?.encrypt(&nonce, payload).map_err(|_| SealError::Refused)?;
    let sealed = Sealed {
        sealed: ALGORITHM.to_owned(),
        nonce: BASE64_STANDARD.encode(nonce),
        ciphertext: BASE64_STANDARD.encode(ciphertext),
    };
    serde_json::value::to_raw_value(&sealed).map_err(|_| SealError::Refused)
}

/// The plain `data` of event `id`.
pub fn open(key: &SubjectKey, id: Uuid, data: &RawValue) -> Result<Box<RawValue>, SealError> {
    let sealed: Sealed = serde_json::from_str(data.get()).map_err(|_| SealError::NotSealed)?;
    if sealed.sealed != ALGORITHM {
        return Err(SealError::NotSealed);
    }
    let nonce = BASE64_STANDARD.decode(sealed.nonce).map_err(|_| SealError::Refused)?;
    let ciphertext = BASE64_STANDARD.decode(sealed.ciphertext).map_err(|_| SealError::Refused)?;
    let nonce = XNonce::try_from(nonce.as_slice()).map_err(|_| SealError::Refused)?;
    let payload = Payload { msg: &ciphertext, aad: id.as_bytes() };
    let plain = cipher(key)?.decrypt(&nonce, payload).map_err(|_| SealError::Refused)?;
    let plain = String::from_utf8(plain).map_err(|_| SealError::Refused)?;
    RawValue::from_string(plain).map_err(|_| SealError::Refused)
}

fn cipher(key: &SubjectKey) -> Result<XChaCha20Poly1305, SealError> {
    XChaCha20Poly1305::new_from_slice(&key.0).map_err(|_| SealError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_and_the_event_it_was_sealed_for_open_it() {
        let (key, id) = (SubjectKey([7; 32]), Uuid::from_u128(1));
        let data = RawValue::from_string(r#"{"prompt":"my name is Ada"}"#.into()).unwrap();
        let sealed = seal(&key, id, &data).unwrap();
        assert!(is_sealed(&sealed) && !is_sealed(&data) && !sealed.get().contains("Ada"));
        let spaced = RawValue::from_string(sealed.get().replace(':', ": ")).unwrap();
        assert!(is_sealed(&spaced));
        assert_eq!(open(&key, id, &sealed).unwrap().get(), data.get());
        assert_eq!(open(&SubjectKey([8; 32]), id, &sealed).unwrap_err(), SealError::Refused);
        assert_eq!(open(&key, Uuid::from_u128(2), &sealed).unwrap_err(), SealError::Refused);
        assert_eq!(open(&key, id, &data).unwrap_err(), SealError::NotSealed);
    }
}
