//! How loops wake each other. Only a hint: every loop also looks by itself now and then.

use std::{collections::HashMap, sync::Arc};

use read_store::{
    StoreError,
    listen::{Heard, Listener},
};
use tokio::sync::Notify;

/// One bell for each role.
#[derive(Clone, Debug, Default)]
pub struct Wakes(Arc<HashMap<&'static str, Arc<Notify>>>);

impl Wakes {
    /// Bells for these roles.
    pub fn new(roles: impl IntoIterator<Item = &'static str>) -> Self {
        Self(Arc::new(roles.into_iter().map(|role| (role, Arc::new(Notify::new()))).collect()))
    }

    /// There may be something to do for `role`.
    pub fn ring(&self, role: &str) {
        if let Some(bell) = self.0.get(role) {
            bell.notify_one();
        }
    }

    /// There may be something to do for everybody.
    pub fn ring_all(&self) {
        self.0.values().for_each(|bell| bell.notify_one());
    }

    /// Rings for what is committed by any process on the PostgreSQL server at `url`, until the listener is dropped.
    pub fn listen(&self, url: &str) -> Result<Listener, StoreError> {
        let wakes = self.clone();
        Listener::start(url, move |heard| match heard {
            Heard::Work(role) => wakes.ring(role),
            Heard::Anything => wakes.ring_all(),
        })
    }

    /// Returns after the bell of `role` rang; never, if it has none.
    pub async fn heard(&self, role: &str) {
        match self.0.get(role) {
            Some(bell) => bell.notified().await,
            None => std::future::pending().await,
        }
    }
}
