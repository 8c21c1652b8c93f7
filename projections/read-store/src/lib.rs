#![doc = include_str!("../README.md")]

pub mod bulk;
pub mod checkpoint;
pub mod completeness;
pub mod dead_letter;
#[cfg(feature = "embedded")]
pub mod embedded;
pub mod erasure;
mod error;
pub mod idempotency;
mod keyring;
pub mod lease;
pub mod listen;
pub mod migrate;
pub mod place;
mod progress;
pub mod recent_event;
pub mod row_diff;
pub mod scrub;
mod store;
pub mod todo;
pub mod upkeep;
pub mod worker;

pub use deadpool_postgres::{Client, GenericClient, Transaction};
pub use error::StoreError;
pub use keyring::StoreKeyring;
pub use postgres_types::{FromSql, Json, ToSql, Type};
pub use progress::Progress;
pub use store::{SessionLimits, Store, StoreKind};
pub use tokio_postgres::{IsolationLevel, Row};
