//! What earlier rules made of a text, what changed since, and which documents newer rules have not judged yet.

use std::collections::BTreeMap;

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::unanswered::Unanswered;

/// Most earlier judgements shown of a document.
const EARLIER_MAX: i64 = 10;

/// What earlier rules made of a document's text, beside what the newest do.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct EarlierJudgement {
    /// Version of the set of rules.
    pub rules_version: i32,
    /// Whether every rule that decides passed.
    pub accepted: bool,
    /// Kind of text the rules were chosen for.
    pub profile: String,
    /// Share of the rules that passed, 0 to 1.
    pub quality: f64,
    /// When it was judged.
    pub validated_at: Option<Timestamp>,
    /// The event that judged it.
    pub event_id: Uuid,
    /// What the newest rules find differently, by the name of the rule.
    pub changes: Vec<ScoreChange>,
}

/// A rule that the newest version finds something else by.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ScoreChange {
    /// The rule.
    pub rule: String,
    /// What it found then; nothing if it was not measured.
    pub before: Option<RuleFound>,
    /// What it finds now; nothing if it is not measured any more.
    pub now: Option<RuleFound>,
    /// The change in words.
    pub in_words: String,
}

/// What a rule found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RuleFound {
    /// Version of the rule.
    pub version: i32,
    /// Whether the text satisfies it.
    pub passed: bool,
    /// What was measured.
    pub value: f64,
    /// The bound it was held against.
    pub threshold: f64,
}

/// Findings of one version of the rules, by the name of the rule.
type Found = BTreeMap<String, RuleFound>;

/// What earlier rules made of a document, newest first.
pub async fn earlier_judgements(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
) -> Result<Vec<EarlierJudgement>, StoreError> {
    let sql = "select (one->>'rules_version')::int4, (one->>'accepted')::boolean, one->>'profile', (one->>'quality')::float8,
                      (select max(e.recorded_at) from elite.events e where e.event_id = (one->>'event_id')::uuid),
                      (one->>'event_id')::uuid
               from elite.knowledge k, jsonb_array_elements(k.earlier) as one
               where k.tenant = $1 and k.document_id = $2 order by 1 desc limit $3";
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, &[&tenant, &document, &EARLIER_MAX]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut by_version = found(client, tenant, document).await?;
    let (now_version, now) = by_version.pop_last().unwrap_or_default();
    let judgement = |row: &read_store::Row| {
        let rules_version = row.get(0);
        let before = by_version.get(&rules_version);
        let changes = before.map(|before| changes((rules_version, before), (now_version, &now)));
        EarlierJudgement {
            rules_version,
            accepted: row.get(1),
            profile: row.get(2),
            quality: row.get(3),
            validated_at: row.get(4),
            event_id: row.get(5),
            changes: changes.unwrap_or_default(),
        }
    };
    Ok(rows.iter().map(judgement).collect())
}

async fn found(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
) -> Result<BTreeMap<i32, Found>, StoreError> {
    let sql = "select rules_version, rule, version, passed, value, threshold from elite.validation_scores
               where tenant = $1 and document_id = $2";
    let statement = client.prepare_cached(sql).await?;
    let mut by_version: BTreeMap<i32, Found> = BTreeMap::new();
    for row in client.query(&statement, &[&tenant, &document]).await? {
        let one =
            RuleFound { version: row.get(2), passed: row.get(3), value: row.get(4), threshold: row.get(5) };
        by_version.entry(row.get(0)).or_default().insert(row.get(1), one);
    }
    Ok(by_version)
}

fn changes((before_version, before): (i32, &Found), (now_version, now): (i32, &Found)) -> Vec<ScoreChange> {
    let mut rules: Vec<&String> = before.keys().chain(now.keys()).collect();
    rules.sort();
    rules.dedup();
    let change = |rule: &String| {
        let (before, now) = (before.get(rule).copied(), now.get(rule).copied());
        let told = told((before_version, before), (now_version, now))?;
        Some(ScoreChange { rule: rule.clone(), before, now, in_words: format!("rule {rule}: {told}") })
    };
    rules.into_iter().filter_map(change).collect()
}

/// What changed of one rule, if anything did.
fn told(
    (before_version, before): (i32, Option<RuleFound>),
    (now_version, now): (i32, Option<RuleFound>),
) -> Option<String> {
    let verb = |found: RuleFound| if found.passed { "passes" } else { "fails" };
    Some(match (before, now) {
        (Some(before), Some(now)) if before.passed != now.passed => {
            let earlier = if before.passed { "passed" } else { "failed" };
            format!("{earlier} under {before_version}, {} under {now_version}", verb(now))
        }
        #[expect(clippy::float_cmp, reason = "a bound is a constant; any difference is another bound")]
        (Some(before), Some(now)) if before.threshold != now.threshold => {
            let (was, is) = (before.threshold, now.threshold);
            format!(
                "{} as before; the bound was {was} under {before_version} and is {is} under {now_version}",
                verb(now)
            )
        }
        (Some(_), Some(_)) | (None, None) => return None,
        (None, Some(now)) => {
            format!("not measured under {before_version}, {} under {now_version}", verb(now))
        }
        (Some(before), None) => {
            let earlier = if before.passed { "passed" } else { "failed" };
            format!("{earlier} under {before_version}, not measured under {now_version}")
        }
    })
}

/// Documents that rules of a version below `rules_version` judged last and that are neither on the list of `role` nor parked by it:
/// as many as bring that list to `listed_max`.
pub async fn outdated_judgements(
    client: &impl GenericClient,
    role: &str,
    rules_version: u32,
    listed_max: i64,
) -> Result<Vec<Unanswered>, StoreError> {
    // In the order of the index, so that those in order cost nothing to pass over.
    let statement = client
        .prepare_cached(
            "select d.id, d.tenant, parsed.partitionkey, parsed.event_id, parsed.partition, parsed.position, parsed.recorded_at
             from elite.knowledge k
             join elite.documents d on d.id = k.document_id
             join elite.events parsed on parsed.event_id = d.decided_event
             where k.rules_version < $2
               and not exists (select from elite.todo t where t.role = $1 and t.cause_id = d.decided_event)
               and not exists (select from elite.dead_letter l
                               where l.subscription = $1 and l.event_id = d.decided_event)
             order by k.rules_version
             limit $3 - (select count(*) from (select from elite.todo where role = $1 limit $3) as listed)",
        )
        .await?;
    let rules_version = i32::try_from(rules_version).unwrap_or(i32::MAX);
    let rows = client.query(&statement, &[&role, &rules_version, &listed_max]).await?;
    Ok(rows.iter().map(Unanswered::read).collect())
}

/// The comparison that answered another judgement of the same `document.parsed`, by rules of conflict of `rules_version` or later:
/// the data of its `knowledge.compared`.
pub async fn compared_before(
    client: &impl GenericClient,
    tenant: &str,
    parsed_event: Uuid,
    parsed: &str,
    rules_version: u32,
) -> Result<Option<Value>, StoreError> {
    let statement = client
        .prepare_cached(
            "select c.data from elite.events judged
             join elite.events c on c.causation_id = judged.event_id and c.type = 'knowledge.compared'
             where judged.causation_id = $2 and judged.type = 'knowledge.validated' and judged.tenant = $1
               and c.tenant = $1 and c.datasubject is null and c.data->>'parsed' = $3
               and (c.data->>'rules_version')::int8 >= $4
             order by (c.data->>'rules_version')::int8 desc, c.position desc limit 1",
        )
        .await?;
    let row =
        client.query_opt(&statement, &[&tenant, &parsed_event, &parsed, &i64::from(rules_version)]).await?;
    Ok(row.map(|row| row.get(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rules: &[(&str, bool, f64)]) -> Found {
        let one = |passed, threshold| RuleFound { version: 1, passed, value: 3.0, threshold };
        rules.iter().map(|(rule, passed, threshold)| ((*rule).to_owned(), one(*passed, *threshold))).collect()
    }

    #[test]
    fn what_later_rules_find_differently_is_told_in_words_and_what_is_the_same_is_not() {
        let before = found(&[
            ("a", true, 5.0),
            ("b", false, 5.0),
            ("c", true, 5.0),
            ("d", true, 5.0),
            ("e", true, 5.0),
        ]);
        let now = found(&[
            ("a", false, 2.0),
            ("b", true, 5.0),
            ("c", true, 4.0),
            ("e", true, 5.0),
            ("f", false, 1.0),
        ]);
        let told: Vec<String> =
            changes((1, &before), (2, &now)).into_iter().map(|change| change.in_words).collect();
        assert_eq!(
            told,
            [
                "rule a: passed under 1, fails under 2",
                "rule b: failed under 1, passes under 2",
                "rule c: passes as before; the bound was 5 under 1 and is 4 under 2",
                "rule d: passed under 1, not measured under 2",
                "rule f: not measured under 1, fails under 2",
            ]
        );
    }
}
