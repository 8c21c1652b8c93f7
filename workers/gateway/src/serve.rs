//! Answering on a socket until told to stop.

use axum::{Router, serve::Listener};
use tokio_util::sync::CancellationToken;

/// Serves `router` on `listener` until `stopping`; then takes no more connections and returns when all are answered.
pub async fn serve<L>(listener: L, router: Router, stopping: CancellationToken) -> std::io::Result<()>
where
    L: Listener,
    L::Addr: std::fmt::Debug,
{
    axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await
}
