//! A panic in a fold costs the event that caused it, not the projector.

use std::{any::Any, panic::AssertUnwindSafe};

use futures::FutureExt;

use crate::WorkError;

/// The outcome of `work`, or the last words of its panic. What it leaves behind half done must not be trusted: a transaction
/// is rolled back when it is dropped, and what a projector remembers of its leases is proven by the epochs.
pub async fn outlived<T>(work: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| last_words(&*panic))
}

/// As [`outlived`], with the panic as an error of the event: it is tried alone, a few times, and parked then.
pub(super) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, WorkError> {
    outlived(work).await.map_err(|words| WorkError {
        bounded: true,
        ..WorkError::retry(format!("the fold panicked: {words}"))
    })
}

fn last_words(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    message.unwrap_or("without a message").to_owned()
}
