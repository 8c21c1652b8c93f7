//! What a page tells search engines about its article, as JSON-LD in the words of schema.org.

use serde_json::Value;

/// How many values are looked at for one that describes an article.
const VALUES_MAX: usize = 10_000;

/// What is told; empty where nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Article {
    pub(super) headline: String,
    pub(super) author: String,
    pub(super) created: String,
    pub(super) modified: String,
    pub(super) site: String,
    pub(super) language: String,
    pub(super) description: String,
    pub(super) keywords: String,
    /// The text of the article, for comparison; some pages shorten it.
    pub(super) body: String,
}

/// The description of an article among the scripts of a page; the one with the longest text when there are several.
pub(super) fn article(scripts: &[String]) -> Article {
    let mut found: Vec<Article> = Vec::new();
    let mut looked_at = 0;
    for script in scripts {
        let Some(value) = read(script) else { continue };
        let mut waiting = vec![value];
        while let Some(value) = waiting.pop().filter(|_| looked_at < VALUES_MAX) {
            looked_at += 1;
            match value {
                Value::Array(values) => waiting.extend(values.into_iter().rev()),
                Value::Object(fields) if is_article(&fields) => found.push(described(&fields)),
                Value::Object(fields) => waiting.extend(fields.into_iter().map(|(_, value)| value)),
                _ => {}
            }
        }
    }
    found
        .into_iter()
        .reduce(|best, next| if next.body.len() > best.body.len() { next } else { best })
        .unwrap_or_default()
}

/// JSON, also where its strings hold line ends or it stands in a comment.
fn read(script: &str) -> Option<Value> {
    let script = script.trim().trim_start_matches("<!--").trim_end_matches("-->").trim();
    serde_json::from_str(script).ok().or_else(|| {
        let plain: String = script.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
        serde_json::from_str(plain.trim_end_matches([' ', ';'])).ok()
    })
}

fn is_article(fields: &serde_json::Map<String, Value>) -> bool {
    let article = |kind: &str| {
        kind.ends_with("Article")
            || kind.ends_with("Posting")
            || matches!(kind, "Report" | "Review" | "Recipe")
    };
    match fields.get("@type") {
        Some(Value::String(kind)) => article(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(article),
        _ => false,
    }
}

fn described(fields: &serde_json::Map<String, Value>) -> Article {
    let text = |name: &str| fields.get(name).map(words).unwrap_or_default();
    Article {
        headline: [text("headline"), text("name")]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default(),
        author: text("author"),
        created: text("datePublished"),
        modified: text("dateModified"),
        site: text("publisher"),
        language: text("inLanguage"),
        description: text("description"),
        keywords: text("keywords"),
        body: text("articleBody"),
    }
}

/// A text; the name of a person or an organisation; or a list of these.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Object(fields) => fields.get("name").map(words).unwrap_or_default(),
        Value::Array(values) => {
            let each: Vec<String> = values.iter().map(words).filter(|words| !words.is_empty()).collect();
            each.join(", ")
        }
        _ => String::new(),
    }
}
