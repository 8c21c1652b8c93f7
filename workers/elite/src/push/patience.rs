//! How often, and after what pauses, a gateway is asked the same again.

use std::time::Duration;

use tokio::time::sleep;

/// Tries before something counts as failed.
pub(super) const TRIES_MAX: u32 = 6;
const PAUSE_FIRST: Duration = Duration::from_millis(200);

/// What is left of it: about twelve seconds in all.
pub(super) struct Patience {
    tries: u32,
    pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 1, pause: PAUSE_FIRST }
    }
}

impl Patience {
    /// Waits before the next try, and for so long as was asked for; false if there is none left.
    pub(super) async fn wait(&mut self, asked: Option<Duration>) -> bool {
        if self.tries == TRIES_MAX {
            return false;
        }
        self.tries += 1;
        sleep(self.pause.max(asked.unwrap_or_default())).await;
        self.pause *= 2;
        true
    }
}
