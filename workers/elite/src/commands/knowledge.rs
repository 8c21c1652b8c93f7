//! `elite knowledge`: what is thought of a document's text, with what shows it.

use std::process::ExitCode;

use anyhow::Result;
use gateway::{check_in_words, conflict_in_words, rule_in_words};
use serde_json::Value;
use uuid::Uuid;

use crate::{asking::ask, config::Config, output, output::text, request::Request};

/// `elite knowledge …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// Explain every score of a document, with its evidence, what it repeats, what contradicts it and what supports it
    Show {
        /// The document's id
        id: Uuid,
    },
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let Args::Show { id } = args;
    let found = ask(config, Request::KnowledgeShow { id }, |_| {}).await?;
    if config.json {
        output::json(&found);
    } else {
        for line in told(&found) {
            println!("{line}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything in lines for people.
fn told(found: &Value) -> Vec<String> {
    let document = &found["document"];
    let title = if document["title"].is_string() { &document["title"] } else { &document["name"] };
    let mut lines =
        vec![format!("{} ({}, {})", text(title), text(&document["name"]), text(&document["status"]))];
    lines.extend(verdict(&found["knowledge"], list(&found["scores"])));
    for repeat in list(&found["duplicates"]) {
        lines.push(format!(
            "Its text is a {} repeat of document {}.",
            text(&repeat["kind"]),
            text(&repeat["duplicate_of"])
        ));
    }
    lines.extend(cluster(&found["cluster"], &document["id"]));
    lines.push(String::new());
    lines.extend(list(&found["scores"]).iter().flat_map(score));
    lines.extend(list(&found["earlier"]).iter().flat_map(earlier));
    let conflicts = list(&found["conflicts"]);
    lines.push(String::new());
    lines.push(if conflicts.is_empty() {
        "No passage of another document is known to contradict it.".to_owned()
    } else {
        "Passages of other documents that contradict it:".to_owned()
    });
    lines.extend(conflicts.iter().flat_map(|one| conflict(one, &document["id"])));
    if !found["check"].is_null() {
        lines.push(String::new());
        lines.extend(check_in_words(&found["check"]));
    }
    lines
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn verdict(knowledge: &Value, scores: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(failure) = knowledge["failure"].as_str() {
        lines.push(format!("It could not be judged: {failure}"));
    }
    match knowledge["quality"].as_f64() {
        None => lines.push("It is not judged yet.".to_owned()),
        Some(quality) => {
            let passed = scores.iter().filter(|score| score["passed"] == true).count();
            let accepted = if knowledge["accepted"] == true { "accepted" } else { "not accepted" };
            lines.push(format!(
                "Judged as {} by rules of version {}: {accepted}; {:.0} % of the rules that decide passed, {passed} of all {}.",
                text(&knowledge["profile"]), text(&knowledge["rules_version"]), quality * 100.0, scores.len()
            ));
        }
    }
    if let Some(review) = knowledge["review"].as_str() {
        let comment =
            knowledge["review_comment"].as_str().map(|said| format!(", \"{said}\"")).unwrap_or_default();
        lines.push(format!(
            "{} says: {review}{comment}. That stands above the rules.",
            text(&knowledge["reviewer"])
        ));
    }
    lines
}

/// Which near duplicates it is one of; nothing if there is no other.
fn cluster(cluster: &Value, document: &Value) -> Vec<String> {
    let size = cluster["size"].as_u64().unwrap_or_default();
    if size < 2 {
        return Vec::new();
    }
    let others = list(&cluster["members"]).iter().filter(|member| member["document_id"] != *document);
    let names: Vec<String> = others.map(|member| text(&member["name"])).collect();
    let beginning = match cluster["id"].as_str() {
        Some(id) => format!("It is one of {size} near duplicates, cluster {id}, with"),
        None => format!("It is one of {size} near duplicates and more, with"),
    };
    let left_out = size.saturating_sub(1 + names.len() as u64);
    let more = if left_out > 0 { format!(" and {left_out} more") } else { String::new() };
    vec![format!("{beginning} {}{more}.", names.join(", "))]
}

/// What earlier rules made of the text, and what they found differently.
fn earlier(judgement: &Value) -> Vec<String> {
    let accepted = if judgement["accepted"] == true { "accepted" } else { "not accepted" };
    let quality = judgement["quality"].as_f64().unwrap_or_default() * 100.0;
    let (version, changes) = (text(&judgement["rules_version"]), list(&judgement["changes"]));
    let told = if changes.is_empty() { "; nothing else was found" } else { "" };
    let mut lines =
        vec![String::new(), format!("Rules of version {version} said: {accepted}, {quality:.0} %{told}.")];
    lines.extend(changes.iter().map(|change| format!("        {}", text(&change["in_words"]))));
    lines
}

/// What a rule measured, which bound it was held against, and what shows it.
fn score(score: &Value) -> Vec<String> {
    let (value, threshold) = (number(&score["value"]), number(&score["threshold"]));
    let passed = score["passed"] == true;
    let above = score["value"].as_f64() >= score["threshold"].as_f64();
    let needs = match (passed == above, value == threshold) {
        // Of what stands at its bound nobody can tell on which side it should be.
        (true, true) if threshold != "0" => "the bound itself".to_owned(),
        (true, false) if threshold != "0" => format!("needs at least {threshold}"),
        _ => format!("needs at most {threshold}"),
    };
    let sign = if passed { "passed" } else { "FAILED" };
    let rule = text(&score["rule"]);
    let mut lines = vec![format!(
        "{sign}  {}: {value}, {needs}  ({rule} {})",
        rule_in_words(&rule),
        text(&score["version"])
    )];
    lines.extend(
        score["evidence"].as_str().map(|evidence| format!("        {}", evidence.replace('\n', " "))),
    );
    lines
}

fn number(value: &Value) -> String {
    let value = value.as_f64().unwrap_or_default();
    if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.3}") }
}

/// One conflict: this document's words first.
fn conflict(conflict: &Value, document: &Value) -> Vec<String> {
    let (here, there) =
        if conflict["left"]["document"] == *document { ("left", "right") } else { ("right", "left") };
    let decision = match (conflict["state"].as_str(), &conflict["keep"]) {
        (Some("decided"), Value::Null) => {
            format!("{} decided that both hold", text(&conflict["resolved_by"]))
        }
        (Some("decided"), keep) if keep == document => {
            format!("{} decided that this document holds", text(&conflict["resolved_by"]))
        }
        (Some("decided"), _) => {
            format!("{} decided that the other document holds", text(&conflict["resolved_by"]))
        }
        (state, _) => state.unwrap_or_default().to_owned(),
    };
    let confidence = conflict["confidence"].as_f64().unwrap_or_default();
    vec![
        format!("{decision}  {} (confidence {confidence:.2})", conflict_in_words(&text(&conflict["kind"]))),
        format!("        here: {}", text(&conflict[here]["text"]).replace('\n', " ")),
        format!(
            "        {}: {}",
            text(&conflict[format!("{there}_name")]),
            text(&conflict[there]["text"]).replace('\n', " ")
        ),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scores_and_conflicts_are_told_in_words() {
        let found = json!({
            "document": { "id": "a", "name": "a.md", "title": null, "status": "parsed" },
            "knowledge": { "quality": 0.5, "accepted": false, "profile": "prose", "rules_version": 3, "review": "accepted",
                           "reviewer": "ada", "review_comment": "fine" },
            "scores": [
                { "rule": "long_word", "version": 1, "passed": false, "value": 1200.0, "threshold": 1000.0, "evidence": "aaa" },
                { "rule": "gopher_short_doc", "version": 1, "passed": true, "value": 60.0, "threshold": 50.0, "evidence": null },
            ],
            "earlier": [{ "rules_version": 2, "accepted": true, "quality": 1.0,
                          "changes": [{ "in_words": "rule long_word: passed under 2, fails under 3" }] }],
            "cluster": { "id": "a", "size": 4, "complete": true, "members": [
                { "document_id": "a", "name": "a.md" }, { "document_id": "b", "name": "b.md" }, { "document_id": "c", "name": "c.md" } ] },
            "duplicates": [{ "document_id": "a", "duplicate_of": "b", "kind": "near" }],
            "conflicts": [{ "state": "open", "kind": "number", "confidence": 0.83, "left_name": "b.md", "right_name": "a.md",
                            "left": { "document": "b", "text": "It is 2." }, "right": { "document": "a", "text": "It is 1." } }],
        });
        assert_eq!(
            told(&found),
            [
                "a.md (a.md, parsed)",
                "Judged as prose by rules of version 3: not accepted; 50 % of the rules that decide passed, 1 of all 2.",
                "ada says: accepted, \"fine\". That stands above the rules.",
                "Its text is a near repeat of document b.",
                "It is one of 4 near duplicates, cluster a, with b.md, c.md and 1 more.",
                "",
                "FAILED  longest word: 1200, needs at most 1000  (long_word 1)",
                "        aaa",
                "passed  number of words: 60, needs at least 50  (gopher_short_doc 1)",
                "",
                "Rules of version 2 said: accepted, 100 %.",
                "        rule long_word: passed under 2, fails under 3",
                "",
                "Passages of other documents that contradict it:",
                "open  different amounts (confidence 0.83)",
                "        here: It is 1.",
                "        b.md: It is 2.",
            ]
        );
    }
}
