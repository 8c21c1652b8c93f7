//! What can go wrong between us and PostgreSQL, and what to do about it.

use tokio_postgres::error::SqlState;

/// Why the read store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection could be had.
    #[error("no connection to PostgreSQL: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The address is not one.
    #[error("`DATABASE_URL` is not a PostgreSQL address: {0}")]
    Url(String),
    /// The server said no, or the connection broke.
    #[error("PostgreSQL: {}", told(.0))]
    Database(#[from] tokio_postgres::Error),
    /// The embedded server did not start.
    #[error("the embedded PostgreSQL did not start: {0}")]
    Embedded(String),
    /// A row that the binary form has no place for.
    #[error("a row cannot be copied: {0}")]
    Row(String),
    /// The schema is not what this release needs.
    #[error("{0}")]
    Schema(String),
    /// A file could not be read or moved.
    #[error("failed to {action} `{path}`: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

/// The server's own words, which `Display` of the driver's error leaves out.
fn told(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(
        || error.to_string(),
        |db| {
            let detail = db.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("{} [{}]{detail}", db.message(), db.code().code())
        },
    )
}

impl StoreError {
    /// Whether the rows are at fault, so that other rows may fare better: a value, a constraint, a size, or an exception
    /// that SQL raised. Anything else (a missing table, a missing right, a damaged file) hits every row.
    pub fn is_about_the_data(&self) -> bool {
        let Self::Database(error) = self else { return matches!(self, Self::Row(_)) };
        match error.code() {
            // No code and no broken connection: a parameter that has no form on the wire.
            None => !self.is_transient(),
            // 21 cardinality, 22 data, 23 integrity, 44 view check, 54 limits, P0 raised.
            Some(code) => matches!(&code.code()[..2], "21" | "22" | "23" | "44" | "54" | "P0"),
        }
    }

    /// Whether the server stopped a statement because it took too long: fewer rows at once may do better.
    pub fn is_too_slow(&self) -> bool {
        matches!(self, Self::Database(error) if error.code() == Some(&SqlState::QUERY_CANCELED))
    }

    /// Whether trying again may help: the connection broke, or the server asks for a retry.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Pool(_) => true,
            Self::Database(error) => match error.code() {
                // No code: the connection broke. 08 connection, 40 rollback, 53 resources, 55 lock, 57 operator, and
                // 25P03: the session stood still in a transaction for longer than it may.
                None => {
                    !error.to_string().contains("error serializing")
                        && !error.to_string().contains("error deserializing")
                }
                Some(code) => {
                    matches!(&code.code()[..2], "08" | "40" | "53" | "55" | "57") || code.code() == "25P03"
                }
            },
            _ => false,
        }
    }
}
