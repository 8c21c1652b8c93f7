//! What documentation does to code that no compiler would take, taken back: prompts, hidden lines, ellipses, placeholders, marks of
//! a difference. A line stays on its line.

use std::borrow::Cow;

use super::Grammar;

/// Stands where something was left out: a name in every language.
const NAME: &str = "etc";
/// What begins a line that is typed into a shell, or into an interpreter whose answers are between the lines.
const PROMPTS: &[&str] = &["$ ", "> ", ">> ", "% ", "❯ ", "➜ ", "In ["];
/// A line that stands for others.
const LEFT_OUT: &[&str] = &["...", "…", "....", "[...]", "[…]", "...,", "…,", "...;", "(...)", "..", "…;"];
const TEMPLATES: &[(&str, &str)] = &[("{{", "}}"), ("{%", "%}"), ("<%", "%>"), ("${{", "}}")];

/// The code without what its own documentation tools take away; nothing if it is no code but what was said at a prompt.
pub(super) fn plain(grammar: Grammar, code: &str) -> Option<Cow<'_, str>> {
    let first = code.lines().find(|line| !line.trim().is_empty())?.trim_start();
    if grammar == Grammar::Python && first.starts_with(">>>") {
        return Some(Cow::Owned(by_line(code, |line| typed(line).unwrap_or_default().to_owned())));
    }
    if PROMPTS.iter().any(|prompt| first.starts_with(prompt)) {
        return None;
    }
    Some(match grammar {
        Grammar::Rust if code.lines().any(is_hidden) => Cow::Owned(by_line(code, shown)),
        Grammar::Python => Cow::Owned(by_line(&dedented(code), without_magic)),
        _ => Cow::Borrowed(code),
    })
}

/// Other readings, in which what was left out is a name, or nothing; none if nothing was.
pub(super) fn eased(code: &str) -> Vec<String> {
    let base = if is_difference(code) { by_line(code, after_change) } else { code.to_owned() };
    let filled = |name: &str| {
        by_line(&base, |line| {
            if LEFT_OUT.contains(&line.trim().trim_start_matches("//").trim()) {
                String::new()
            } else {
                filled(line, name)
            }
        })
    };
    let mut readings = vec![filled(NAME), filled("")];
    readings.dedup();
    readings.retain(|reading| reading != code);
    readings
}

fn by_line(code: &str, change: impl Fn(&str) -> String) -> String {
    code.lines().map(change).collect::<Vec<_>>().join("\n")
}

/// What was typed at a prompt of Python; nothing in a line of output.
fn typed(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let behind = line.strip_prefix(">>>").or_else(|| line.strip_prefix("..."))?;
    Some(behind.strip_prefix(' ').unwrap_or(behind))
}

/// A line that rustdoc compiles and does not show.
fn is_hidden(line: &str) -> bool {
    let line = line.trim_start();
    line == "#" || line.starts_with("# ")
}

fn shown(line: &str) -> String {
    if is_hidden(line) { line.replacen('#', " ", 1) } else { line.to_owned() }
}

/// Commands of notebooks are in no language.
fn without_magic(line: &str) -> String {
    if line.trim_start().starts_with(['%', '!']) { String::new() } else { line.to_owned() }
}

fn dedented(code: &str) -> String {
    let margin = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let common = code.lines().filter(|line| !line.trim().is_empty()).map(margin).min().unwrap_or(0);
    by_line(code, |line| line.get(common..).unwrap_or_default().to_owned())
}

/// Whether every line has the mark of a difference and some are added or gone.
fn is_difference(code: &str) -> bool {
    let lines = || code.lines().filter(|line| !line.trim().is_empty());
    lines().all(|line| line.starts_with(['+', '-', ' ', '\t', '@']))
        && lines().any(|line| line.starts_with(['+', '-']))
}

fn after_change(line: &str) -> String {
    if line.starts_with(['-', '@']) { String::new() } else { line.get(1..).unwrap_or_default().to_owned() }
}

/// The line with `name` for every ellipsis, template and placeholder.
fn filled(line: &str, name: &str) -> String {
    let mut line = line.replace("...", name).replace('…', name);
    for (open, close) in TEMPLATES {
        while let Some((before, rest)) = line.split_once(open)
            && let Some((_, behind)) = rest.split_once(close)
        {
            line = format!("{before}{name}{behind}");
        }
    }
    without_placeholders(&line, name)
}

/// `<your token>` and `<YOUR-TOKEN>`, but no arguments of types.
fn without_placeholders(line: &str, name: &str) -> String {
    let (mut filled, mut rest) = (String::new(), line);
    while let Some((before, behind)) = rest.split_once('<') {
        filled.push_str(before);
        let inner = behind.split_once('>').filter(|(inner, _)| is_placeholder(inner));
        match inner {
            Some((_, behind)) => {
                filled.push_str(name);
                rest = behind;
            }
            None => {
                filled.push('<');
                rest = behind;
            }
        }
    }
    filled + rest
}

fn is_placeholder(inner: &str) -> bool {
    let words = || inner.split([' ', '-', '_']);
    words().count() > 1
        && words().all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_a_name_or_nothing() {
        assert_eq!(eased("a(...)\n// ...\nb"), ["a(etc)\n\nb", "a()\n\nb"]);
        assert_eq!(eased("let a = <your token>;"), ["let a = etc;", "let a = ;"]);
        assert_eq!(eased("let a: Vec<u8> = {{ b }};"), ["let a: Vec<u8> = etc;", "let a: Vec<u8> = ;"]);
        assert_eq!(eased("a"), [""; 0]);
    }

    #[test]
    fn of_a_difference_what_is_new_is_read() {
        assert_eq!(eased(" a\n-b\n+c"), ["a\n\nc"]);
        assert_eq!(eased("a\n-b"), [""; 0], "that is a subtraction");
    }

    #[test]
    fn what_stands_at_a_prompt_is_no_code() {
        assert_eq!(plain(Grammar::Rust, "\n$ cargo run"), None);
        assert_eq!(plain(Grammar::Python, ">>> a\n1\n... b").as_deref(), Some("a\n\nb"));
        assert_eq!(plain(Grammar::Rust, "# use a;\n#[b]\nc").as_deref(), Some("  use a;\n#[b]\nc"));
    }
}
