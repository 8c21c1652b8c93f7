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
/// What begins arguments of types that are two words.
const OF_TYPES: &[&str] = &["typename ", "class ", "const ", "dyn ", "impl ", "unsigned ", "struct ", "mut "];
/// Longer ones are none.
const PLACEHOLDER_BYTES_MAX: usize = 80;
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
        // Only how something begins is shown.
        _ if code.trim().ends_with('{') && !code.trim().contains('\n') => Cow::Owned(format!("{code} }}")),
        Grammar::Rust => Cow::Owned(by_line(code, |line| without_odd_names(&shown(line)))),
        Grammar::Python => Cow::Owned(by_line(&dedented(code), without_magic)),
        _ => Cow::Borrowed(code),
    })
}

/// Other readings, in which what was left out is a name, or nothing; none if nothing was.
pub(super) fn eased(grammar: Grammar, code: &str) -> Vec<String> {
    let base = if is_difference(code) { by_line(code, after_change) } else { code.to_owned() };
    let base = match grammar {
        Grammar::C | Grammar::Cpp => by_line(&base, without_macros),
        Grammar::JavaScript | Grammar::TypeScript | Grammar::Tsx => without_output(&base),
        Grammar::Rust => all_ended(&base),
        Grammar::Go | Grammar::Java | Grammar::Python => base,
    };
    let filled = |name: &str| {
        let is_left_out = |line: &str| LEFT_OUT.contains(&line.trim().trim_start_matches("//").trim());
        by_line(&base, |line| if is_left_out(line) { String::new() } else { filled(line, name) })
    };
    let mut readings = vec![filled(NAME), filled("")];
    readings.dedup();
    readings.retain(|reading| reading != code);
    readings
}

/// Attributes that are macros, and macros that stand for declarations, as a compiler sees them that knows them.
fn without_macros(line: &str) -> String {
    let is_macro = |word: &str| {
        word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let trimmed = line.trim();
    if trimmed.ends_with(')') && trimmed.split_once('(').is_some_and(|(name, _)| is_macro(name)) {
        return String::new();
    }
    let words = line.split_inclusive(' ');
    words.map(|word| if is_macro(word.trim_end()) { " " } else { word }).collect()
}

/// What a program printed is often shown behind it, under an arrow.
fn without_output(code: &str) -> String {
    let begins = |line: &str| {
        let line = line.trim();
        line == "=>" || line.starts_with("//") && line.ends_with(['{', '[', '(']) && line.contains("=>")
    };
    let mut printed = false;
    let lines = code.lines().map(|line| {
        printed |= begins(line);
        if printed { "" } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Declarations without a body are often listed without their semicolons.
fn all_ended(code: &str) -> String {
    let mut lines = code.lines().peekable();
    let mut all = Vec::new();
    while let Some(line) = lines.next() {
        let goes_on = lines.peek().is_some_and(|next| {
            ["where", "{", "->", ")"].iter().any(|begin| next.trim_start().starts_with(begin))
        });
        all.push(if goes_on { line.to_owned() } else { ended(line) });
    }
    all.join("\n")
}

fn ended(line: &str) -> String {
    let (declared, remark) = line.split_once("//").unwrap_or((line, ""));
    let name = declared.trim_start().trim_start_matches("pub ").trim_start_matches("async ");
    let is_whole = name.starts_with("fn ") && !declared.trim_end().ends_with([';', '{', '}', ',', '(']);
    if is_whole && declared.contains(')') {
        format!("{}; // {remark}", declared.trim_end())
    } else {
        line.to_owned()
    }
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

/// What only macros read, and what became a keyword later, as names. Not longer than it was, so that places stay.
fn without_odd_names(line: &str) -> String {
    line.replace("try!(", "etc!(").replace('~', "_")
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
    if let Some((before, rest)) = line.split_once("(/*")
        && let Some((_, behind)) = rest.split_once("*/)")
    {
        line = format!("{before}({name}){behind}");
    }
    for (open, close) in TEMPLATES {
        line = without_templates(&line, (open, close), name);
    }
    without_placeholders(&line, name)
}

fn without_templates(line: &str, (open, close): (&str, &str), name: &str) -> String {
    let (mut filled, mut rest) = (String::new(), line);
    while let Some((before, inner)) = rest.split_once(open)
        && let Some((_, behind)) = inner.split_once(close)
    {
        filled.extend([before, name]);
        rest = behind;
    }
    filled + rest
}

/// `<your token>` and `<YOUR-TOKEN>`, but no arguments of types.
fn without_placeholders(line: &str, name: &str) -> String {
    let (mut filled, mut rest) = (String::new(), line);
    while let Some((before, behind)) = rest.split_once('<') {
        filled.push_str(before);
        let near = &behind[..behind.floor_char_boundary(PLACEHOLDER_BYTES_MAX)];
        let inner = near.split_once('>').filter(|(inner, _)| is_placeholder(inner));
        if let Some((inner, _)) = inner {
            filled.push_str(name);
            rest = &behind[inner.len() + 1..];
        } else {
            filled.push('<');
            rest = behind;
        }
    }
    filled + rest
}

fn is_placeholder(inner: &str) -> bool {
    let words = || inner.trim().split([' ', '-', '_']);
    !OF_TYPES.iter().any(|begin| inner.starts_with(begin))
        && words().count() > 1
        && words().all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_a_name_or_nothing() {
        assert_eq!(eased(Grammar::Rust, "a(...)\n// ...\nb"), ["a(etc)\n\nb", "a()\n\nb"]);
        assert_eq!(eased(Grammar::Rust, "let a = <your token>;"), ["let a = etc;", "let a = ;"]);
        assert_eq!(
            eased(Grammar::Rust, "let a: Vec<u8> = {{ b }};"),
            ["let a: Vec<u8> = etc;", "let a: Vec<u8> = ;"]
        );
        assert_eq!(eased(Grammar::Rust, "a"), [""; 0]);
    }

    #[test]
    fn what_is_left_open_a_million_times_takes_no_time_of_note() {
        for part in ["{{", "<", "<a b", "{{ a }}", "<% ", "..."] {
            assert!(eased(Grammar::Java, &part.repeat(500_000)).len() <= 2, "{part}");
        }
    }

    #[test]
    fn of_a_difference_what_is_new_is_read() {
        assert_eq!(eased(Grammar::Rust, " a\n-b\n+c"), ["a\n\nc"]);
        assert_eq!(eased(Grammar::Rust, "a\n-b"), [""; 0], "that is a subtraction");
    }

    #[test]
    fn what_is_not_of_the_language_is_taken_away_and_what_ends_a_line_is_added() {
        assert_eq!(eased(Grammar::C, "A_B int c(int d);\nE_F(g, h)"), [" int c(int d);"]);
        assert_eq!(eased(Grammar::C, "int c = A_B(1);"), [""; 0]);
        assert_eq!(eased(Grammar::JavaScript, "a()\n=>\n[ 'b',"), ["a()\n"]);
        assert_eq!(eased(Grammar::Rust, "fn a()\n    where A: B;"), [""; 0]);
        assert_eq!(
            eased(Grammar::Rust, "pub fn a() -> u8\nfn b(&self) // c"),
            ["pub fn a() -> u8; // \nfn b(&self); //  c"]
        );
    }

    #[test]
    fn what_stands_at_a_prompt_is_no_code() {
        assert_eq!(plain(Grammar::Rust, "\n$ cargo run"), None);
        assert_eq!(plain(Grammar::Python, ">>> a\n1\n... b").as_deref(), Some("a\n\nb"));
        assert_eq!(plain(Grammar::Rust, "a = try!(b~N)").as_deref(), Some("a = etc!(b_N)"));
        assert_eq!(plain(Grammar::Rust, "# use a;\n#[b]\nc").as_deref(), Some("  use a;\n#[b]\nc"));
    }
}
