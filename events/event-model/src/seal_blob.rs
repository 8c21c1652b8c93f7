//! The sealed form of a blob: what is stored for bytes that belong to a `datasubject`.
//!
//! ```text
//!   "ELITESB1"  frame 0  frame 1 ... frame n
//!   frame:      nonce (24 bytes)  ciphertext (64 KiB; the last frame has 0 to 64 KiB)  tag (16 bytes)
//! ```
//! XChaCha20-Poly1305 with a key made from the subject's for blobs alone. The associated data of a frame is its number,
//! whether it is the last, and the tag of the frame before: frames cannot be moved, dropped, cut off or taken from another
//! blob. Nonces are derived from key, place and plaintext, so sealing the same bytes again gives the same blob, in one pass
//! and without randomness; of two blobs of one subject it can be seen how far they begin alike, and nothing more.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest, Sha256};

use crate::{BlobRef, SealError, SubjectKey};

const MAGIC: &[u8; 8] = b"ELITESB1";
/// Bytes of plaintext in a frame.
const CHUNK: usize = 64 * 1024;
const NONCE: usize = 24;
const TAG: usize = 16;
const FRAME: usize = NONCE + CHUNK + TAG;

/// What both directions keep from frame to frame.
struct Chain {
    key: [u8; 32],
    cipher: XChaCha20Poly1305,
    number: u64,
    tag: [u8; TAG],
    waiting: Vec<u8>,
}

impl Chain {
    fn new(key: &SubjectKey) -> Self {
        let key: [u8; 32] = Sha256::new().chain_update(b"elite blob 1").chain_update(key.0).finalize().into();
        let cipher = XChaCha20Poly1305::new(&key.into());
        Self { key, cipher, number: 0, tag: [0; TAG], waiting: Vec::new() }
    }

    fn associated(&self, last: bool) -> Vec<u8> {
        [&self.number.to_be_bytes()[..], &[u8::from(last)], &self.tag].concat()
    }

    fn seal(&mut self, chunk: &[u8], last: bool, sealed: &mut Vec<u8>) -> Result<(), SealError> {
        let aad = self.associated(last);
        let digest = Sha256::new().chain_update(self.key).chain_update(&aad).chain_update(chunk).finalize();
        let nonce = XNonce::try_from(&digest[..NONCE]).map_err(|_| SealError::Refused)?;
        let frame = self.cipher.encrypt(&nonce, Payload { msg: chunk, aad: &aad });
        let frame = frame.map_err(|_| SealError::Refused)?;
        self.next(&frame)?;
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&frame);
        Ok(())
    }

    fn open(&mut self, frame: &[u8], last: bool, opened: &mut Vec<u8>) -> Result<(), SealError> {
        let (nonce, ciphertext) = frame.split_at_checked(NONCE).ok_or(SealError::NotSealed)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| SealError::NotSealed)?;
        let aad = self.associated(last);
        let chunk = self.cipher.decrypt(&nonce, Payload { msg: ciphertext, aad: &aad });
        opened.extend_from_slice(&chunk.map_err(|_| SealError::Refused)?);
        self.next(ciphertext)
    }

    fn next(&mut self, ciphertext: &[u8]) -> Result<(), SealError> {
        let tag = ciphertext.last_chunk::<TAG>().ok_or(SealError::NotSealed)?;
        (self.tag, self.number) = (*tag, self.number + 1);
        Ok(())
    }
}

/// Seals a blob piece by piece.
pub struct BlobSealer {
    chain: Chain,
    plain: Sha256,
    begun: bool,
}

impl BlobSealer {
    /// With the key of the subject whose bytes they are.
    pub fn new(key: &SubjectKey) -> Self {
        Self { chain: Chain::new(key), plain: Sha256::new(), begun: false }
    }

    /// Takes the next bytes in; what can be stored now comes out.
    pub fn update(&mut self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        self.plain.update(bytes);
        self.chain.waiting.extend_from_slice(bytes);
        let mut sealed = self.head();
        let mut waiting = std::mem::take(&mut self.chain.waiting);
        // The last frame says so, so a full one waits until it is known that more comes.
        let mut from = 0;
        while waiting.len() - from > CHUNK {
            self.chain.seal(&waiting[from..from + CHUNK], false, &mut sealed)?;
            from += CHUNK;
        }
        waiting.drain(..from);
        self.chain.waiting = waiting;
        Ok(sealed)
    }

    /// The rest of the sealed bytes, and the name that the plain bytes would have.
    pub fn finish(mut self) -> Result<(Vec<u8>, BlobRef), SealError> {
        let mut sealed = self.head();
        let waiting = std::mem::take(&mut self.chain.waiting);
        self.chain.seal(&waiting, true, &mut sealed)?;
        Ok((sealed, BlobRef::from_digest(self.plain.finalize().into())))
    }

    fn head(&mut self) -> Vec<u8> {
        if std::mem::replace(&mut self.begun, true) { Vec::new() } else { MAGIC.to_vec() }
    }
}

/// Opens a blob piece by piece. Pieces may come out before the end is seen; without [`BlobOpener::finish`] they are only a
/// part of it.
pub struct BlobOpener {
    chain: Chain,
    begun: bool,
}

impl BlobOpener {
    /// With the key it was sealed with.
    pub fn new(key: &SubjectKey) -> Self {
        Self { chain: Chain::new(key), begun: false }
    }

    /// Takes the next sealed bytes in; what could be proved comes out.
    pub fn update(&mut self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        self.chain.waiting.extend_from_slice(bytes);
        if !self.begun {
            if self.chain.waiting.len() < MAGIC.len() {
                return Ok(Vec::new());
            }
            let rest = self.chain.waiting.strip_prefix(MAGIC).ok_or(SealError::NotSealed)?.to_vec();
            (self.chain.waiting, self.begun) = (rest, true);
        }
        let mut opened = Vec::new();
        let mut waiting = std::mem::take(&mut self.chain.waiting);
        let mut from = 0;
        while waiting.len() - from > FRAME {
            self.chain.open(&waiting[from..from + FRAME], false, &mut opened)?;
            from += FRAME;
        }
        waiting.drain(..from);
        self.chain.waiting = waiting;
        Ok(opened)
    }

    /// The rest of the bytes; an error if they were cut off.
    pub fn finish(mut self) -> Result<Vec<u8>, SealError> {
        let (mut opened, waiting) = (Vec::new(), std::mem::take(&mut self.chain.waiting));
        if !self.begun {
            return Err(SealError::NotSealed);
        }
        self.chain.open(&waiting, true, &mut opened)?;
        Ok(opened)
    }
}

/// Seals bytes that are whole in memory.
pub fn seal_blob(key: &SubjectKey, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut sealer = BlobSealer::new(key);
    let head = sealer.update(bytes)?;
    Ok([head, sealer.finish()?.0].concat())
}

/// Opens bytes that are whole in memory.
pub fn open_blob(key: &SubjectKey, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut opener = BlobOpener::new(key);
    let head = opener.update(sealed)?;
    Ok([head, opener.finish()?].concat())
}

/// Number of plain bytes in a sealed blob of `sealed_bytes`; `None` if no sealed blob has that size.
pub fn opened_size(sealed_bytes: u64) -> Option<u64> {
    let (frame, overhead) = (FRAME as u64, (NONCE + TAG) as u64);
    let frames = sealed_bytes.checked_sub(MAGIC.len() as u64).filter(|bytes| *bytes > 0)?;
    frames.checked_sub(frames.div_ceil(frame) * overhead)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: SubjectKey = SubjectKey([7; 32]);

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
    }

    #[test]
    fn any_length_in_any_pieces_comes_back_and_has_the_same_sealed_form() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17] {
            let plain = bytes(length);
            let whole = seal_blob(&KEY, &plain).unwrap();
            assert_eq!(opened_size(whole.len() as u64), Some(length as u64));
            for piece in [1_000, CHUNK, 100_000] {
                let (mut sealer, mut written) = (BlobSealer::new(&KEY), Vec::new());
                for part in plain.chunks(piece) {
                    written.extend(sealer.update(part).unwrap());
                }
                let (rest, name) = sealer.finish().unwrap();
                written.extend(rest);
                assert_eq!((&written, name), (&whole, BlobRef::of(&plain)));
                let (mut opener, mut read) = (BlobOpener::new(&KEY), Vec::new());
                for part in written.chunks(piece) {
                    read.extend(opener.update(part).unwrap());
                }
                read.extend(opener.finish().unwrap());
                assert_eq!(read, plain);
            }
        }
    }

    #[test]
    fn what_is_cut_moved_altered_or_anothers_does_not_open() {
        let plain = bytes(3 * CHUNK);
        let sealed = seal_blob(&KEY, &plain).unwrap();
        let refused = |bytes: &[u8]| open_blob(&KEY, bytes).is_err();
        assert_eq!(open_blob(&SubjectKey([8; 32]), &sealed), Err(SealError::Refused));
        let (head, frames) = sealed.split_at(MAGIC.len());
        for cut in [0, 1, FRAME, 2 * FRAME, frames.len() - 1] {
            assert!(refused(&[head, &frames[..cut]].concat()), "cut after {cut}");
        }
        let moved = [head, &frames[FRAME..2 * FRAME], &frames[..FRAME], &frames[2 * FRAME..]].concat();
        assert!(refused(&moved) && refused(&[&sealed[..], b"x"].concat()) && refused(b"plain bytes"));
        for at in (0..sealed.len()).step_by(9_973) {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(refused(&altered), "byte {at}");
        }
        // A frame of another blob of the same subject, at the same place.
        let mut other = plain.clone();
        other[0] ^= 1;
        let other = seal_blob(&KEY, &other).unwrap();
        let spliced = [&other[..MAGIC.len() + FRAME], &sealed[MAGIC.len() + FRAME..]].concat();
        assert!(refused(&spliced), "spliced");
        assert!(!sealed.windows(64).any(|window| plain.windows(64).next() == Some(window)));
    }
}
