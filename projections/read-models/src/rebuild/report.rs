//! What a replay found.

use serde::Serialize;
use serde_json::Value;

/// What happens to the replayed tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They are compared and dropped.
    Verify,
    /// They are compared and take the place of the live ones.
    Rebuild,
    /// Tables that were live before are brought up to date, compared, and take the place of the live ones again.
    Rollback,
}

/// What a difference between live and replayed rows means for the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDifference {
    /// There is none: a person looks first.
    Stop,
    /// The replayed rows are right.
    Promote,
}

/// How far a replay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Events replayed.
    pub events_done: u64,
    /// Events up to the live checkpoints; grows while the projector goes on.
    pub events_total: u64,
}

/// The outcome of a replay.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was done with the replayed tables.
    pub mode: Mode,
    /// Whether the replayed tables are the live ones now.
    pub promoted: bool,
    /// Each projection.
    pub projections: Vec<ProjectionReport>,
    /// Events that were folded.
    pub events_replayed: u64,
    /// Events that were left out because they are parked, were dropped, or repeat another.
    pub events_skipped: u64,
    /// Keys whose events are parked; their rows are as of the event before.
    pub blocked_keys: Vec<String>,
    /// Where the tables are kept that were live before; none if nothing was switched, or nothing was there before.
    pub retired: Option<String>,
    /// How long nobody could fold, in the transaction that switched.
    pub folding_paused_ms: f64,
    /// Events replayed or left out in each second of filling the tables.
    pub events_per_second: f64,
    /// How long it took.
    pub seconds: f64,
}

/// The outcome for one projection.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectionReport {
    /// Its name.
    pub name: &'static str,
    /// The version that was replayed.
    pub version: u32,
    /// The version that was live; none if the read model is new and there was nothing to compare with.
    pub version_live: Option<u32>,
    /// Columns that readers did not have before; they are not compared.
    pub columns_new: Vec<String>,
    /// Columns that readers do not have any more.
    pub columns_gone: Vec<String>,
    /// Whether every live table holds exactly the replayed rows, in the columns that both have.
    pub equal: bool,
    /// Its tables, the one that readers see first; of another version only that one is compared.
    pub tables: Vec<TableReport>,
}

/// The outcome for one table.
#[derive(Clone, Debug, Serialize)]
pub struct TableReport {
    /// The table.
    pub table: &'static str,
    /// Number of live rows.
    pub rows_live: i64,
    /// Number of replayed rows.
    pub rows_replayed: i64,
    /// Digest of the live rows.
    pub digest_live: String,
    /// Digest of the replayed rows.
    pub digest_replayed: String,
    /// Whether they are equal.
    pub equal: bool,
    /// Up to five rows that differ, by primary key.
    pub differences: Vec<Difference>,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The live row; none if the log has one that is not there.
    pub live: Option<Value>,
    /// The replayed row; none if nothing in the log makes the live one.
    pub replayed: Option<Value>,
}

impl Report {
    /// Whether every live table held exactly what the log says.
    pub fn is_equal(&self) -> bool {
        self.projections.iter().all(|projection| projection.equal)
    }

    /// The projections whose rows differ.
    pub fn different(&self) -> Vec<&'static str> {
        self.projections
            .iter()
            .filter(|projection| !projection.equal)
            .map(|projection| projection.name)
            .collect()
    }
}
