//! What the server says when it is spoken to: to the schema of a judge a judgement, else a sentence.

use serde_json::{Value, json};

use super::Manner;

/// Share of a claim's words that its passage has to have.
const SUPPORTED_MIN: f64 = 0.9;

/// The answer to a chat.
pub(super) fn said(request: &[u8], manner: Manner) -> String {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let content = match manner {
        _ if request["format"].is_null() => "The passages say so [1].".to_owned(),
        Manner::Garbage => r#"{"claims":[{"claim":1,"verdict":NaN,"quote":"#.to_owned(),
        _ => judgement(&request, manner).to_string(),
    };
    json!({ "model": request["model"], "message": { "role": "assistant", "content": content }, "done": true })
        .to_string()
}

fn judgement(request: &Value, manner: Manner) -> Value {
    let asked = request["messages"].as_array().and_then(|messages| messages.last());
    let asked = asked.and_then(|message| message["content"].as_str()).unwrap_or_default();
    let seed = request["options"]["seed"].as_u64().unwrap_or_default();
    let judged = asked.split("<claim number=\"").skip(1).filter_map(|part| {
        let (number, rest) = part.split_once("\">\n")?;
        let (claim, rest) = rest.split_once("\n</claim>")?;
        let passage = rest.split_once("\">\n")?.1.split_once("\n</passage>")?.0;
        Some(opinion(number.parse().ok()?, claim, passage, (manner, seed)))
    });
    json!({ "claims": judged.collect::<Vec<_>>() })
}

fn opinion(number: u64, claim: &str, passage: &str, (manner, seed): (Manner, u64)) -> Value {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|character: char| !character.is_alphanumeric());
        words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let (of_claim, of_passage) = (words(claim), words(passage));
    let found = of_claim.iter().filter(|word| of_passage.contains(word)).count();
    #[expect(clippy::cast_precision_loss, reason = "a handful of words")]
    let supported = found as f64 >= SUPPORTED_MIN * of_claim.len() as f64;
    let verdict = match manner {
        Manner::Disagrees => {
            ["supported", "not_stated", "cannot_say"][usize::try_from(seed % 3).unwrap_or(0)]
        }
        _ if supported => "supported",
        _ => "contradicted",
    };
    let quote = match manner {
        Manner::Invents => "As everybody knows, it is so.",
        _ => passage.lines().next_back().unwrap_or_default(),
    };
    json!({ "claim": number, "verdict": verdict, "quote": quote })
}
