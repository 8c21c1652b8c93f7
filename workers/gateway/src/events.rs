//! The log itself, in and out: CloudEvents appended, followed, and listed.

mod intake;
mod listing;
mod places;
mod stream;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Shared;

/// Largest batch of events. One event has at most 64 KiB.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The routes of this folder.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(listing::get_events, intake::append_events))
        .layer(DefaultBodyLimit::max(BATCH_BYTES_MAX))
}
