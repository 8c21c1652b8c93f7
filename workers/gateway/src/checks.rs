//! What a check found, in the words that people read.

use serde_json::Value;

use crate::words::conflict_in_words;

/// A check, as it is read, in lines: what it comes to, then each claim with its evidence, what is missing and what is said otherwise.
pub fn check_in_words(check: &Value) -> Vec<String> {
    let mut lines = vec![summary(check), expected(check)];
    let detail = &check["detail"];
    lines.extend(detail["model"].as_object().map(|_| judge(&detail["model"])));
    for claim in list(&detail["claims"]) {
        lines.extend(told(claim));
    }
    let left_out = |what: &str, number: &Value| match number.as_u64() {
        None | Some(0) => None,
        Some(number) => Some(format!("{number} more {what} are not shown here.")),
    };
    lines.extend(left_out("claims", &detail["claims_left_out"]));
    lines.extend(left_out("passages were not looked at and", &detail["passages_left_out"]));
    lines
}

/// `3 of 5 claims are supported by trusted sources; 1 is not, of 1 nothing can be said.`
fn summary(check: &Value) -> String {
    let number = |name: &str| check[name].as_i64().unwrap_or_default();
    let is = |number: i64| if number == 1 { "is" } else { "are" };
    let (claims, supported) = (number("claims"), number("supported"));
    if claims == 0 {
        return "Held against trusted sources: it makes no claim that could be checked.".to_owned();
    }
    let mut rest = Vec::new();
    for (name, told) in [("unsupported", "not"), ("unclear", "unclear")] {
        let number = number(name);
        rest.extend((number > 0).then(|| format!("{number} {} {told}", is(number))));
    }
    let unsaid = number("unsaid");
    rest.extend((unsaid > 0).then(|| format!("of {unsaid} nothing can be said")));
    let rest = if rest.is_empty() { String::new() } else { format!("; {}", rest.join(", ")) };
    format!("{supported} of {claims} claims {} supported by trusted sources{rest}.", is(supported))
}

fn expected(check: &Value) -> String {
    let documents = match check["evidence_documents"].as_u64() {
        Some(1) => "1 document".to_owned(),
        number => format!("{} documents", number.unwrap_or_default()),
    };
    let judge = check["judge"].as_str().unwrap_or("?");
    let by = format!("checked by {judge} against {documents} of trusted and known sources");
    match (check["score"].as_f64(), check["low"].as_f64(), check["high"].as_f64()) {
        (Some(score), Some(low), Some(high)) => {
            format!("Share of supported claims to be expected: {score:.2} ({low:.2} to {high:.2}), {by}.")
        }
        _ => format!("It cannot be said how far: {}; {by}.", reason(&check["cannot_say"])),
    }
}

fn judge(model: &Value) -> String {
    let name = model["model"].as_str().unwrap_or("?");
    match model["cannot_say"].as_str() {
        Some(why) => format!("The model {name} said nothing: {why}."),
        None => format!(
            "The model {name} was asked about {} claims, {} times each, and abstained of {}.",
            model["asked"], model["samples"], model["abstained"]
        ),
    }
}

fn reason(reason: &Value) -> &str {
    match reason.as_str().unwrap_or_default() {
        "no_claim" => "it says nothing that could be looked for",
        "no_evidence" => "no trusted source speaks of it",
        "unknown_script" => "it is written in a script whose words are not known here",
        "unrelated" => "trusted sources speak of it in other words, or of something else",
        other => other,
    }
}

fn told(claim: &Value) -> Vec<String> {
    let verdict = claim["verdict"].as_str().unwrap_or_default().replace('_', " ");
    let text = one_line(&claim["text"]);
    let score = &claim["score"];
    let mut lines = vec![match score["value"].as_f64() {
        Some(value) => {
            let (low, high) =
                (score["low"].as_f64().unwrap_or_default(), score["high"].as_f64().unwrap_or_default());
            format!("{verdict}  {text} ({value:.2}, {low:.2} to {high:.2})")
        }
        None => format!("{verdict}  {text}: {}", reason(&claim["cannot_say"])),
    }];
    let evidence = &claim["evidence"];
    if evidence.is_object() {
        let (name, trust) =
            (evidence["name"].as_str().unwrap_or("?"), evidence["trust"].as_str().unwrap_or("?"));
        lines.push(format!("        {name} ({trust}): \"{}\"", one_line(&evidence["quote"])));
        lines.extend(missing(claim));
        lines.extend(list(&claim["mismatches"]).iter().map(|mismatch| otherwise(claim, mismatch)));
    }
    lines.extend(claim["likeness"].as_f64().map(|alike| format!("        {alike:.2} alike in meaning")));
    lines.extend(judged(&claim["judged"]));
    lines
}

fn missing(claim: &Value) -> Option<String> {
    let words: Vec<String> = list(&claim["missing"])
        .iter()
        .filter_map(|range| cut(&claim["text"], &claim["range"], range))
        .collect();
    (!words.is_empty()).then(|| format!("        not found there: {}", words.join(", ")))
}

fn otherwise(claim: &Value, mismatch: &Value) -> String {
    let kind = mismatch["kind"].as_str().unwrap_or_default();
    let kind = if kind == "only" { "one says only, the other does not" } else { conflict_in_words(kind) };
    let evidence = &claim["evidence"];
    let here = cut(&claim["text"], &claim["range"], &mismatch["claim"]);
    let there = cut(&evidence["quote"], &evidence["range"], &mismatch["evidence"]);
    match (here, there) {
        (Some(here), Some(there)) => format!("        {kind}: \"{here}\" here, \"{there}\" there"),
        (Some(words), None) | (None, Some(words)) => format!("        {kind}: \"{words}\""),
        (None, None) => format!("        {kind}"),
    }
}

fn judged(judged: &Value) -> Option<String> {
    let verdict = judged["verdict"].as_str()?.replace('_', " ");
    Some(match judged["cannot_say"].as_str() {
        Some(why) => format!("        the model {verdict}: {why}"),
        None => format!("        {} samples of the model: {verdict}", judged["agreed"]),
    })
}

/// The words at `range` of a text that stands at `whole`; none if it is not in it.
fn cut(text: &Value, whole: &Value, range: &Value) -> Option<String> {
    let at = |range: &Value, end: &str| usize::try_from(range[end].as_u64()?).ok();
    let (first, start, end) = (at(whole, "start")?, at(range, "start")?, at(range, "end")?);
    let words = text.as_str()?.chars().skip(start.checked_sub(first)?).take(end.checked_sub(start)?);
    let words: String = words.collect();
    (!words.is_empty()).then(|| words.replace('\n', " "))
}

fn one_line(text: &Value) -> String {
    text.as_str().unwrap_or_default().replace('\n', " ")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_check_is_told_in_words() {
        let range = |start: u32, end: u32| json!({ "start": start, "end": end });
        let check = json!({
            "claims": 3, "supported": 1, "unsupported": 1, "unclear": 0, "unsaid": 1, "judge": "support/1", "evidence_documents": 2,
            "score": 0.5, "low": 0.4, "high": 0.61, "cannot_say": null,
            "detail": { "claims_left_out": 4, "passages_left_out": 0, "model": { "model": "m", "cannot_say": "it is away" }, "claims": [
                { "verdict": "unsupported", "text": "The bridge is 140 m long", "range": range(10, 34),
                  "score": { "value": 0.3, "low": 0.2, "high": 0.4 }, "missing": [range(24, 29)], "likeness": 0.7,
                  "mismatches": [{ "kind": "number", "claim": range(24, 29), "evidence": range(104, 107) }],
                  "evidence": { "name": "a.md", "trust": "trusted", "quote": "It is 120 m.", "range": range(98, 110) } },
                { "verdict": "cannot_say", "text": "Cheese\nmelts here", "range": range(0, 9), "cannot_say": "no_evidence" },
            ] },
        });
        assert_eq!(
            check_in_words(&check),
            [
                "1 of 3 claims is supported by trusted sources; 1 is not, of 1 nothing can be said.",
                "Share of supported claims to be expected: 0.50 (0.40 to 0.61), checked by support/1 against 2 documents of trusted \
                 and known sources.",
                "The model m said nothing: it is away.",
                "unsupported  The bridge is 140 m long (0.30, 0.20 to 0.40)",
                "        a.md (trusted): \"It is 120 m.\"",
                "        not found there: 140 m",
                "        different amounts: \"140 m\" here, \"120\" there",
                "        0.70 alike in meaning",
                "cannot say  Cheese melts here: no trusted source speaks of it",
                "4 more claims are not shown here.",
            ]
        );
    }

    #[test]
    fn without_claims_or_scores_it_is_said_why() {
        let check = json!({ "claims": 0, "cannot_say": "no_claim", "judge": "support/1", "evidence_documents": 1, "detail": {} });
        let told = check_in_words(&check);
        assert!(told[0].contains("no claim") && told[1].starts_with("It cannot be said how far"), "{told:?}");
        assert!(told[1].contains("against 1 document of"), "{told:?}");
    }
}
