//! What this format promises.
