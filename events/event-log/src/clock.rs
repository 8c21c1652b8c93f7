//! Time and fresh ids as a parameter, so tests and simulations decide what they are.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use uuid::Uuid;

/// Tells the time and makes ids that nobody has had before.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// An id for something new.
    fn fresh_id(&self) -> Uuid;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else takes")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else takes")]
    fn fresh_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A clock that moves by one millisecond at each look and counts its ids.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let millis = self.0.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn fresh_id(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).unsigned_abs().into())
    }
}
