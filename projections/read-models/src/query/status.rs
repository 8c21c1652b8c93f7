//! Counts for dashboards.

use read_store::{GenericClient, StoreError};
use schemars::JsonSchema;
use serde::Serialize;

/// How many rows a read model has for one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusCount {
    /// The read model.
    pub name: &'static str,
    /// Its rows.
    pub rows: i64,
}

/// Rows of the read models that people ask about.
pub async fn view_counts(client: &impl GenericClient, tenant: &str) -> Result<Vec<StatusCount>, StoreError> {
    const VIEWS: [&str; 5] = ["chunks", "sessions", "interactions", "feedback", "datasets"];
    let counts = VIEWS.map(|view| format!("(select count(*) from elite.{view} where tenant = $1)"));
    let row = client.query_one(&format!("select {}", counts.join(", ")), &[&tenant]).await?;
    Ok(VIEWS.iter().enumerate().map(|(at, name)| StatusCount { name, rows: row.get(at) }).collect())
}
