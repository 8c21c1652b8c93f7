//! Computes the cache key of a build step, the same way on every machine.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Version of the format. Raising it makes every stored result unreachable, so it changes with a major release only.
const KEY_FORMAT: u32 = 4;

/// Whether the code that runs was reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Trusted,
    Untrusted,
}

/// Everything that may change what a step produces.
pub struct Step<'a> {
    pub trust: Trust,
    pub arguments: &'a [String],
    pub environment: &'a BTreeMap<String, String>,
    pub toolchain: [u8; 32],
    /// Path below the root of the repository, and the digest of the content. The map keeps them sorted.
    pub inputs: &'a BTreeMap<String, [u8; 32]>,
}

/// The key under which the result of a step is stored.
pub fn cache_key(step: &Step<'_>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    field(&mut hasher, &KEY_FORMAT.to_be_bytes());
    field(&mut hasher, match step.trust {
        Trust::Trusted => b"trusted",
        Trust::Untrusted => b"untrusted",
    });
    count(&mut hasher, step.arguments.len());
    for argument in step.arguments {
        field(&mut hasher, argument.as_bytes());
    }
    count(&mut hasher, step.environment.len());
    for (name, value) in step.environment {
        field(&mut hasher, name.as_bytes());
        field(&mut hasher, value.as_bytes());
    }
    field(&mut hasher, &step.toolchain);
    count(&mut hasher, step.inputs.len());
    for (path, digest) in step.inputs {
        field(&mut hasher, path.as_bytes());
        field(&mut hasher, digest);
    }
    hasher.finalize().into()
}

/// Length first, so that "ab" + "c" and "a" + "bc" differ.
fn field(hasher: &mut Sha256, bytes: &[u8]) {
    count(hasher, bytes.len());
    hasher.update(bytes);
}

fn count(hasher: &mut Sha256, number: usize) {
    hasher.update((number as u64).to_be_bytes());
}
