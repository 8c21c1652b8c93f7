//! What the demo prints: counts a reader can check, and where to look.

use serde::Serialize;
use serde_json::Value;

use crate::{output, push::Summary};

/// What happened.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) pushed: Summary,
    pub(super) documents: Value,
    pub(super) knowledge: Vec<Value>,
    pub(super) search: Value,
    pub(super) answers: Vec<Value>,
    pub(super) datasets: Vec<Value>,
    pub(super) verification: Value,
    pub(super) stats: Value,
}

impl Report {
    /// Whether all of it worked: every readable sample parsed and judged, found, asked about, turned into training data,
    /// and every row proved against the log.
    pub(super) fn is_complete(&self) -> bool {
        let found = self.search["hits"].as_array().is_some_and(|hits| !hits.is_empty());
        let cited =
            |answer: &Value| answer["citations"].as_array().is_some_and(|citations| !citations.is_empty());
        let filled = |dataset: &Value| dataset["rows"].as_u64() > Some(0);
        let equal = |projection: &Value| projection["equal"] == true;
        let verified = self.verification["projections"].as_array().is_some_and(|all| all.iter().all(equal));
        self.pushed.parsed > 0
            && self.pushed.rejected.len() == 1
            && self.knowledge.len() == self.pushed.parsed
            && found
            && self.answers.iter().all(cited)
            && self.datasets.iter().all(filled)
            && verified
    }

    pub(super) fn print(&self, kept: bool) {
        self.print_documents();
        self.print_answers();
        self.print_datasets();
        println!("Log: {} events, of them", self.stats["events"]);
        for (kind, count) in self.stats["types"].as_object().into_iter().flatten() {
            println!("  {count:>4}  {kind}");
        }
        let verified = self.verification["projections"].as_array().map_or(0, Vec::len);
        println!("Proof: {verified} read models replayed from the log and compared row by row.");
        println!(
            "\n{}",
            if self.is_complete() { "Everything worked." } else { "SOMETHING DID NOT WORK, see above." }
        );
        let again = if kept {
            "Run `elite up` to look around."
        } else {
            "Run `elite demo --keep`, then `elite up`, to look around."
        };
        println!("{again} Your own documents: `elite up`, then `elite push PATH`.");
    }

    fn print_documents(&self) {
        let Summary { files, parsed, rejected, seconds, .. } = &self.pushed;
        println!("Documents: {files} pushed, {parsed} parsed, {} rejected, {seconds:.2} s\n", rejected.len());
        let mut rows = Vec::new();
        for document in self.documents.as_array().into_iter().flatten() {
            let judged = self.knowledge.iter().find(|knowledge| knowledge["document_id"] == document["id"]);
            rows.push(row(document, judged));
        }
        rows.sort();
        output::table(&["NAME", "STATUS", "CHUNKS", "QUALITY", "VERDICT"], &rows);
        println!();
        for refused in rejected {
            println!("Rejected, and why: {}: {}\n", refused.name, refused.reason);
        }
    }

    fn print_answers(&self) {
        for answer in &self.answers {
            println!("Q: {}", output::text(&answer["prompt"]));
            for line in output::text(&answer["answer"]).lines().filter(|line| !line.trim().is_empty()).take(4)
            {
                println!("   {}", line.chars().take(150).collect::<String>());
            }
            let names = answer["citations"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|citation| output::text(&citation["name"]));
            println!(
                "   from {} (by {})\n",
                names.collect::<Vec<_>>().join(", "),
                output::text(&answer["model"])
            );
        }
    }

    fn print_datasets(&self) {
        let fields = ["name", "kind", "rows", "left_out", "content"];
        let datasets = Value::Array(self.datasets.clone());
        output::table(
            &["DATASET", "KIND", "ROWS", "LEFT OUT", "SHA-256 OF THE ROWS"],
            &output::rows(&datasets, &fields),
        );
        println!();
    }
}

fn row(document: &Value, judged: Option<&Value>) -> Vec<String> {
    let quality = judged.and_then(|knowledge| knowledge["quality"].as_f64());
    let duplicate =
        judged.is_some_and(|knowledge| knowledge["duplicates"].as_array().is_some_and(|all| !all.is_empty()));
    let verdict = match judged.map(|knowledge| &knowledge["accepted"]) {
        _ if duplicate => "duplicate".to_owned(),
        Some(Value::Bool(true)) => "accepted".to_owned(),
        Some(Value::Bool(false)) => "not accepted".to_owned(),
        _ => output::text(&document["rejection_reason"]),
    };
    vec![
        output::text(&document["name"]),
        output::text(&document["status"]),
        output::text(&document["chunks"]),
        quality.map_or_else(|| "-".to_owned(), |quality| format!("{quality:.2}")),
        verdict,
    ]
}
