//! What rules and conflicts are, in the words that people read: the same on the page and on the command line.

use std::{collections::HashMap, sync::OnceLock};

/// Which rule looks at what; the page reads the same file.
const RULES: &str = include_str!("../ui/rules.json");

/// What a rule looks at. A rule that nobody described is called by its name.
pub fn rule_in_words(rule: &str) -> String {
    static WORDS: OnceLock<HashMap<String, String>> = OnceLock::new();
    let words = WORDS.get_or_init(|| serde_json::from_str(RULES).unwrap_or_default());
    let repeated = rule.strip_prefix("duplicated_").and_then(|rest| rest.strip_suffix("_n_grams"));
    match (words.get(rule), repeated) {
        (Some(words), _) => words.clone(),
        (None, Some(length)) => format!("text in repeated runs of {length} words"),
        (None, None) => rule.replace('_', " "),
    }
}

/// What two passages do that contradict each other in a kind.
pub fn conflict_in_words(kind: &str) -> &str {
    match kind {
        "negation" => "one denies what the other says",
        "opposite" => "they say opposites",
        "other" => "they name different things",
        "number" => "different amounts",
        "date" => "different dates",
        "version" => "different versions",
        "default" => "different defaults",
        "signature" => "different declarations of one function",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_told_in_words() {
        assert_eq!(rule_in_words("long_word"), "longest word");
        assert_eq!(rule_in_words("duplicated_7_n_grams"), "text in repeated runs of 7 words");
        assert_eq!(rule_in_words("a_new_rule"), "a new rule");
        assert_eq!(conflict_in_words("number"), "different amounts");
    }
}
