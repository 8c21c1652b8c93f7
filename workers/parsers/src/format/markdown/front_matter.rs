//! Front matter: what stands between two fences at the very start of a file, as YAML (`---`) or TOML (`+++`), flattened to names and
//! values: `author: {name: Ada}` is `author.name`, and the items of a list are one value.

use toml::Value;

/// Deeper values are not metadata anybody looks for.
const DEPTH_MAX: usize = 8;
/// How many values one file has at most, and how many lines.
const VALUES_MAX: usize = 1_000;
const LINES_MAX: usize = 5_000;

/// Names and values in order; a name that comes again adds to its value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Values(Vec<(String, String)>);

impl Values {
    fn add(&mut self, name: &str, value: &str) {
        let (name, value) = (name.trim_matches('.'), value.trim());
        if name.is_empty() || value.is_empty() {
            return;
        }
        if let Some((_, values)) = self.0.iter_mut().find(|(known, _)| known == name) {
            values.extend([", ", value]);
        } else if self.0.len() < VALUES_MAX {
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The values of the front matter, and the text behind it. Without front matter that is the whole text: a rule at the start of a file
/// looks like a fence.
pub(super) fn split(text: &str) -> (Values, &str) {
    let Some((front, rest)) = fenced(text, "---", &["---", "..."]).filter(|(front, _)| is_mapping(front))
    else {
        let toml = fenced(text, "+++", &["+++"]).and_then(|(front, rest)| Some((of_toml(front)?, rest)));
        return toml.unwrap_or((Values::default(), text));
    };
    (of_yaml(front), rest)
}

fn fenced<'a>(text: &'a str, opening: &str, closings: &[&str]) -> Option<(&'a str, &'a str)> {
    let (first, body) = text.split_once('\n')?;
    if first.trim_end() != opening {
        return None;
    }
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        if closings.contains(&line.trim_end()) {
            return Some((&body[..at], &body[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// Whether the first line that says something names a value.
fn is_mapping(front: &str) -> bool {
    let mut lines = front.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| named(line).is_some())
}

fn of_toml(front: &str) -> Option<Values> {
    let mut values = Values::default();
    flatten("", &Value::Table(front.parse().ok()?), &mut values, 0);
    Some(values)
}

fn flatten(name: &str, value: &Value, values: &mut Values, depth: usize) {
    match value {
        Value::Table(table) if depth < DEPTH_MAX => {
            for (key, value) in table {
                flatten(&format!("{name}.{key}"), value, values, depth + 1);
            }
        }
        Value::Array(items) if depth < DEPTH_MAX => {
            for item in items {
                flatten(name, item, values, depth + 1);
            }
        }
        Value::String(text) => values.add(name, text),
        value => values.add(name, &value.to_string()),
    }
}

/// The block style of YAML that front matter is written in: mappings and lists by indentation, quoted and plain values, lists in brackets, and
/// texts of several lines.
fn of_yaml(front: &str) -> Values {
    let mut yaml = Yaml::default();
    for line in front.lines().take(LINES_MAX) {
        yaml.line(line);
    }
    yaml.end_text();
    yaml.values
}

#[derive(Default)]
struct Yaml {
    values: Values,
    /// Indentation and name of the mappings we are inside of.
    inside: Vec<(usize, String)>,
    /// A value of several lines: the indentation of its name, its name, and the lines so far.
    text: Option<(usize, String, String)>,
}

impl Yaml {
    fn line(&mut self, line: &str) {
        let indent = line.len() - line.trim_start().len();
        if let Some((outer, _, text)) =
            self.text.as_mut().filter(|(outer, ..)| indent > *outer || line.trim().is_empty())
        {
            let _ = outer;
            text.extend([line.trim(), " "]);
            return;
        }
        self.end_text();
        let mut rest = line.trim();
        if rest.is_empty() || rest.starts_with('#') {
            return;
        }
        let mut column = indent;
        let is_item = rest == "-" || rest.starts_with("- ");
        while let Some(item) =
            rest.strip_prefix("- ").or_else(|| rest.strip_prefix('-').filter(|rest| rest.is_empty()))
        {
            column += rest.len() - item.trim_start().len();
            rest = item.trim_start();
        }
        // The items of a list may stand as far left as its name.
        self.inside.retain(|(outer, _)| *outer < indent || (is_item && *outer == indent));
        match named(rest) {
            Some((name, value)) => self.value(column, name, value),
            None => self.values.add(&self.path(""), &plain(rest)),
        }
    }

    fn value(&mut self, column: usize, name: &str, value: &str) {
        let path = self.path(name);
        if value.starts_with(['|', '>']) {
            self.text = Some((column, path, String::new()));
        } else if let Some(items) = value.strip_prefix('[') {
            for item in items.trim_end_matches(']').split(',') {
                self.values.add(&path, &plain(item.trim()));
            }
        } else if value.is_empty() {
            if self.inside.len() < DEPTH_MAX {
                self.inside.push((column, unquoted(name).to_owned()));
            }
        } else {
            self.values.add(&path, &plain(value));
        }
    }

    fn path(&self, name: &str) -> String {
        let names = self.inside.iter().map(|(_, name)| name.as_str()).chain([unquoted(name)]);
        names.collect::<Vec<_>>().join(".")
    }

    fn end_text(&mut self) {
        if let Some((_, name, text)) = self.text.take() {
            self.values.add(&name, &text);
        }
    }
}

/// `name: value` or `name:`.
fn named(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(": ").or_else(|| Some((line.strip_suffix(':')?, "")))?;
    let sound = !name.is_empty() && !name.starts_with(['{', '[', '"', '\'']) || unquoted(name) != name;
    let value = value.trim();
    (sound && name.len() <= 100).then_some((name.trim(), if value.starts_with('#') { "" } else { value }))
}

/// A value without quotes, and without a remark if it has none.
fn plain(value: &str) -> String {
    let unquoted = unquoted(value);
    if unquoted.len() < value.len() {
        return unquoted.replace("\\\"", "\"").replace("''", "'");
    }
    value.split(" #").next().unwrap_or_default().trim().to_owned()
}

fn unquoted(text: &str) -> &str {
    let between = |quote| text.strip_prefix(quote).and_then(|text: &str| text.strip_suffix(quote));
    between('"').or_else(|| between('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        split(text).0.0
    }

    fn said(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn yaml_is_flattened() {
        let text = "---\n# for the site\ntitle: \"Herons: a guide\"\nauthors:\n- name: Ada # first\n  url: https://a.example\n- name: Ben\ntags: [fen, 'wet land']\n\
                    more:\n  draft: false\n  deep:\n    depth: 3\nabout: >-\n  Birds that\n  wait.\nkeys:\n  - one\n  - two\nempty:\n---\n# Text\n";
        let expected = [
            ("title", "Herons: a guide"),
            ("authors.name", "Ada, Ben"),
            ("authors.url", "https://a.example"),
            ("tags", "fen, wet land"),
            ("more.draft", "false"),
            ("more.deep.depth", "3"),
            ("about", "Birds that wait."),
            ("keys", "one, two"),
        ];
        assert_eq!(values(text), said(&expected));
        assert_eq!(split(text).1, "# Text\n");
    }

    #[test]
    fn toml_is_flattened() {
        let text = "+++\ntitle = \"Herons\"\ndate = 2026-11-22\n[extra]\ntags = [\"a\", \"b\"]\n[[extra.people]]\nname = \"Ada\"\n+++\nText\n";
        let mut found = values(text);
        found.sort();
        assert_eq!(
            found,
            said(&[
                ("date", "2026-11-22"),
                ("extra.people.name", "Ada"),
                ("extra.tags", "a, b"),
                ("title", "Herons")
            ])
        );
    }

    #[test]
    fn rules_at_the_start_are_no_front_matter() {
        for text in [
            "---\nFoo\n---\nBar\n",
            "---\ntitle: a\n",
            "+++\nnot toml\n+++\n",
            "---\n---\n",
            "--- \n\n- a: b\n",
        ] {
            assert_eq!(split(text), (Values::default(), text), "{text}");
        }
    }
}
