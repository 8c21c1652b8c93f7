//! Rows as the TRL library reads them: exactly these keys, one style for a whole dataset.
//!
//! Shapes: <https://huggingface.co/docs/trl/dataset_formats>. The prompt is never repeated inside an answer.

use event_model::family::dataset::DatasetKind;
use serde::Serialize;

use crate::Example;

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum RowShape<'a> {
    Sft { messages: [Message<'a>; 2] },
    Preference { prompt: &'a str, chosen: &'a str, rejected: &'a str },
    Kto { prompt: &'a str, completion: &'a str, label: bool },
    Completion { prompt: &'a str, completion: &'a str },
}

/// The example as one line of JSON without its line break; `None` if a text is missing or empty.
pub fn render(example: &Example) -> Option<String> {
    let prompt = written(Some(&example.prompt))?;
    let completion = || written(example.completion.as_ref());
    let shape = match example.kind {
        DatasetKind::Sft => RowShape::Sft {
            messages: [
                Message { role: "user", content: prompt },
                Message { role: "assistant", content: completion()? },
            ],
        },
        DatasetKind::Preference => RowShape::Preference {
            prompt,
            chosen: written(example.chosen.as_ref())?,
            rejected: written(example.rejected.as_ref())?,
        },
        DatasetKind::Kto => RowShape::Kto { prompt, completion: completion()?, label: example.label? },
        DatasetKind::Completion => RowShape::Completion { prompt, completion: completion()? },
    };
    serde_json::to_string(&shape).ok()
}

fn written(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::SourceKind;

    fn example(kind: DatasetKind) -> Example {
        Example {
            id: Uuid::nil(),
            tenant: "default".into(),
            kind,
            source_kind: SourceKind::Interaction,
            source_id: Uuid::nil(),
            ordinal: 0,
            prompt: "Why?\n\"Really\"".into(),
            completion: Some("Because.".into()),
            chosen: Some("Good".into()),
            rejected: Some("Bad".into()),
            label: Some(false),
            event_ids: Vec::new(),
            row_digest: String::new(),
        }
    }

    #[test]
    fn every_kind_has_exactly_the_keys_that_trl_reads() {
        let line = |kind| render(&example(kind)).unwrap();
        assert_eq!(
            line(DatasetKind::Sft),
            r#"{"messages":[{"role":"user","content":"Why?\n\"Really\""},{"role":"assistant","content":"Because."}]}"#
        );
        assert_eq!(
            line(DatasetKind::Preference),
            r#"{"prompt":"Why?\n\"Really\"","chosen":"Good","rejected":"Bad"}"#
        );
        assert_eq!(
            line(DatasetKind::Kto),
            r#"{"prompt":"Why?\n\"Really\"","completion":"Because.","label":false}"#
        );
        assert_eq!(line(DatasetKind::Completion), r#"{"prompt":"Why?\n\"Really\"","completion":"Because."}"#);
    }

    #[test]
    fn a_row_without_its_texts_is_no_row() {
        let without = |change: fn(&mut Example), kind| {
            let mut example = example(kind);
            change(&mut example);
            render(&example)
        };
        assert_eq!(without(|example| example.completion = None, DatasetKind::Sft), None);
        assert_eq!(without(|example| example.chosen = Some(" \n".into()), DatasetKind::Preference), None);
        assert_eq!(without(|example| example.label = None, DatasetKind::Kto), None);
        assert_eq!(without(|example| example.prompt = String::new(), DatasetKind::Completion), None);
    }
}
