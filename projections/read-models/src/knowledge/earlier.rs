//! What earlier versions of the rules made of a text: the list in a row of `knowledge`, newest first, one judgement a version.

use event_model::family::knowledge::KnowledgeValidated;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::KnowledgeRow;
use crate::{projection::Projected, table::integer};

/// One judgement. Readers see it as it is written here; when it was made is in its event, to the digit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Judged {
    pub(super) rules_version: i32,
    accepted: bool,
    profile: String,
    quality: f64,
    event_id: Uuid,
}

impl Judged {
    pub(super) fn by(data: &KnowledgeValidated, event: &Projected) -> Self {
        Self {
            rules_version: integer(data.rules_version),
            accepted: data.accepted,
            profile: data.profile.clone(),
            quality: data.quality,
            event_id: event.event.id,
        }
    }

    /// The judgement that a row holds, if it holds one.
    pub(super) fn of_row(row: &KnowledgeRow) -> Option<Self> {
        Some(Self {
            rules_version: row.rules_version?,
            accepted: row.accepted?,
            profile: row.profile.clone()?,
            quality: row.quality?,
            event_id: row.event_id?,
        })
    }
}

fn version(judged: &Value) -> i64 {
    judged["rules_version"].as_i64().unwrap_or_default()
}

/// Whether rules of this version are among them.
pub(super) fn has(earlier: &Value, rules_version: i32) -> bool {
    earlier.as_array().is_some_and(|all| all.iter().any(|one| version(one) == i64::from(rules_version)))
}

/// Adds a judgement in its place, or instead of the one by the same rules.
pub(super) fn put(earlier: &mut Value, judged: &Judged) {
    let (Value::Array(all), Ok(one)) = (earlier, serde_json::to_value(judged)) else { return };
    all.retain(|other| version(other) != i64::from(judged.rules_version));
    all.push(one);
    all.sort_by_key(|one| std::cmp::Reverse(version(one)));
}
