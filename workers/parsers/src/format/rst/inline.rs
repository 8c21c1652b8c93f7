//! Text inside of a line: literals, emphasis, roles, links and substitutions.

use std::collections::BTreeMap;

use event_model::SpanStyle;

use crate::RichText;

/// Where names lead and what they stand for, by their names in lower case.
#[derive(Default)]
pub(super) struct Names {
    targets: BTreeMap<String, String>,
    substitutions: BTreeMap<String, String>,
}

const ALIASES_MAX: usize = 8;
/// How far the end of what was opened is looked for, in bytes: no mark spans more than a paragraph.
const MARKED_BYTES_MAX: usize = 2_000;
/// Roles whose text is a name or a command.
const CODE_ROLES: &[&str] = &[
    "code", "literal", "class", "func", "meth", "mod", "attr", "data", "exc", "obj", "const", "file",
    "command", "option", "envvar", "program", "samp", "kbd", "type", "macro", "member",
];

impl Names {
    /// Collects the names that lines of a whole document define.
    pub(super) fn of(lines: &[String]) -> Self {
        let mut names = Self::default();
        for line in lines.iter().map(|line| line.trim_start()) {
            let Some(rest) = line.strip_prefix(".. ") else { continue };
            if let Some((name, target)) = rest.strip_prefix('_').and_then(|rest| rest.split_once(':')) {
                let name = key(name.trim_matches('`'));
                names.targets.entry(name).or_insert_with(|| target.trim().replace(' ', ""));
            } else if let Some((name, text)) =
                rest.strip_prefix('|').and_then(|rest| rest.split_once("| replace::"))
            {
                names.substitutions.entry(key(name)).or_insert_with(|| text.trim().to_owned());
            }
        }
        names
    }

    /// Where a name leads; one that only stands for another place of the document leads nowhere.
    fn target(&self, name: &str) -> Option<&str> {
        let mut target = self.targets.get(&key(name))?;
        for _ in 0..ALIASES_MAX {
            match target.strip_suffix('_').and_then(|alias| self.targets.get(&key(alias.trim_matches('`')))) {
                Some(next) => target = next,
                None => break,
            }
        }
        (!target.is_empty()).then_some(target)
    }

    /// A text with its marks.
    pub(super) fn text(&self, text: &str) -> RichText {
        let mut rich = RichText::default();
        let mut rest = text;
        let mut before = ' ';
        while let Some(next) = rest.chars().next() {
            let opens =
                before.is_whitespace() || "([{<\"'-/:".contains(before) || before.is_ascii_punctuation();
            let near = &rest[..rest.floor_char_boundary(MARKED_BYTES_MAX)];
            let taken = match next {
                '\\' => self.escaped(near, &mut rich),
                '`' | '*' | '|' | ':' | '[' if opens => self.marked(near, &mut rich),
                _ => None,
            };
            let taken = taken.or_else(|| self.reference(near, before, &mut rich)).unwrap_or_else(|| {
                rich.push(&rest[..next.len_utf8()]);
                next.len_utf8()
            });
            before = rest[..taken].chars().next_back().unwrap_or(' ');
            rest = &rest[taken..];
        }
        rich
    }

    /// A backslash takes the meaning of what follows; before white space it takes both away.
    #[expect(clippy::unused_self, reason = "one of three ways on which a text goes on")]
    fn escaped(&self, text: &str, rich: &mut RichText) -> Option<usize> {
        let escaped = text[1..].chars().next()?;
        if !escaped.is_whitespace() {
            rich.push(&text[1..=escaped.len_utf8()]);
        }
        Some(1 + escaped.len_utf8())
    }

    /// What two marks hold; how much of the text that takes.
    fn marked(&self, text: &str, rich: &mut RichText) -> Option<usize> {
        if let Some((inner, end)) = between(text, "``", "``") {
            let start = rich.place();
            rich.push(inner);
            rich.mark(start, SpanStyle::Code);
            return Some(end);
        }
        for (sign, style) in [("**", SpanStyle::Strong), ("*", SpanStyle::Emphasis)] {
            if let Some((inner, end)) = between(text, sign, sign) {
                let start = rich.place();
                rich.push(inner);
                rich.mark(start, style);
                return Some(end);
            }
        }
        if let Some((name, end)) = between(text, "|", "|") {
            let replaced = self.substitutions.get(&key(name)).map_or(name, String::as_str);
            rich.push(replaced);
            return Some(end);
        }
        if let Some((mark, end)) = between(text, "[", "]_") {
            rich.push(&format!("[{}]", mark.trim_start_matches('#')));
            return Some(end);
        }
        self.interpreted(text, rich)
    }

    /// A text in single quotes with a role or a link: `` :role:`text` ``, `` `text <target>`_ ``.
    fn interpreted(&self, text: &str, rich: &mut RichText) -> Option<usize> {
        let role = text.strip_prefix(':').and_then(|rest| rest.split_once(":`")).map(|(role, _)| role);
        let role = role
            .filter(|role| role.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.+".contains(&byte)));
        let skipped = role.map_or(0, |role| role.len() + 2);
        let (inner, end) = between(&text[skipped..], "`", "`")?;
        let end = skipped + end;
        let underscores = text[end..].len() - text[end..].trim_start_matches('_').len();
        let (shown, stated) = match inner.strip_suffix('>').and_then(|inner| inner.rsplit_once('<')) {
            Some((shown, target)) => {
                (if shown.trim().is_empty() { target } else { shown.trim() }, Some(target))
            }
            None => (inner, None),
        };
        let start = rich.place();
        rich.push(shown.trim_start_matches(['~', '!']));
        let of_role = role.map(|role| role.rsplit(':').next().unwrap_or(role));
        if of_role.is_some_and(|role| CODE_ROLES.contains(&role)) {
            rich.mark(start, SpanStyle::Code);
        } else if role.is_none() && underscores > 0 {
            let alias = stated.and_then(|target| target.strip_suffix('_')).and_then(|name| self.target(name));
            let target = alias.or(stated).or_else(|| self.target(shown));
            if let Some(target) = target {
                rich.mark(start, SpanStyle::Link { target: target.to_owned() });
            }
        }
        Some(end + underscores.min(2))
    }

    /// A word that is a reference, `name_`, or an address.
    fn reference(&self, text: &str, before: char, rich: &mut RichText) -> Option<usize> {
        if before.is_alphanumeric() || !text.starts_with(|c: char| c.is_alphanumeric()) {
            return None;
        }
        let start = rich.place();
        if text.starts_with("http://") || text.starts_with("https://") {
            let end = text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`'));
            let address =
                text[..end.unwrap_or(text.len())].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
            rich.push(address);
            rich.mark(start, SpanStyle::Link { target: address.to_owned() });
            return Some(address.len());
        }
        let end = text.find(|c: char| !c.is_alphanumeric() && !"-.+".contains(c))?;
        let name = &text[..end];
        let after = text[end..].strip_prefix('_')?;
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let target = self.target(name).filter(|_| ends)?;
        rich.push(name);
        rich.mark(start, SpanStyle::Link { target: target.to_owned() });
        Some(name.len() + 1)
    }
}

fn key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What stands between two signs at the beginning of a text, and how much of it that takes with the signs. Neither end of it is
/// white space.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, usize)> {
    let rest = text.strip_prefix(open).filter(|rest| !rest.starts_with(char::is_whitespace))?;
    let end = rest
        .match_indices(close)
        .map(|(end, _)| end)
        .find(|end| *end > 0 && !rest[..*end].ends_with(|c: char| c.is_whitespace() || c == '\\'))?;
    Some((&rest[..end], open.len() + end + close.len()))
}
