//! Explicit markup, `.. …`: directives, footnotes, and what defines names or says nothing to a reader.

use event_model::BlockKind;

use super::{
    lines::{self, dedented, field},
    reader::Reader,
};

/// Directives whose contents are for a program, or are somewhere else.
const SILENT: &[&str] = &[
    "toctree",
    "contents",
    "include",
    "literalinclude",
    "raw",
    "index",
    "meta",
    "highlight",
    "sectnum",
    "default-role",
    "role",
    "currentmodule",
    "module",
    "testsetup",
    "testcleanup",
    "tabularcolumns",
    "bibliography",
    "autosummary",
];
const CODE: &[&str] = &[
    "code-block",
    "code",
    "sourcecode",
    "parsed-literal",
    "prompt",
    "testcode",
    "testoutput",
    "doctest",
    "ipython",
    "literal",
];

impl Reader<'_> {
    /// Reads a block of explicit markup: its first line without the dots, and the lines that belong to it.
    pub(super) fn explicit(&mut self, first: &str, rest: &[String]) {
        if let Some((mark, text)) = first.strip_prefix('[').and_then(|first| first.split_once(']')) {
            let mut whole = vec![text.trim().to_owned()];
            whole.extend(dedented(rest));
            let mark = format!("[{}] ", mark.trim_start_matches('#'));
            let text = self.names.text(&whole.join(" ")).behind(&mark);
            return self.builder.block(BlockKind::Footnote, text, None);
        }
        if first.starts_with(['_', '|']) {
            return;
        }
        let Some((name, argument)) = first.split_once("::") else { return };
        let name = name.trim().rsplit(':').next().unwrap_or_default();
        if name.is_empty() || name.contains(' ') || SILENT.contains(&name) {
            return;
        }
        let body = dedented(rest);
        let options: Vec<(&str, &str)> = body.iter().map_while(|line| field(line)).collect();
        let content = dedented(&body[options.len()..]);
        let option = |wanted: &str| options.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        self.directive(name, argument.trim(), &option, &content);
    }

    fn directive<'o>(
        &mut self,
        name: &str,
        argument: &str,
        option: &dyn Fn(&str) -> Option<&'o str>,
        content: &[String],
    ) {
        if let Some(alert) = alert(name) {
            let mut text = vec![argument.to_owned()];
            text.extend_from_slice(content);
            return self.quoted(Some(alert), &dedented(&text));
        }
        match name {
            name if CODE.contains(&name) => {
                let language = argument.split_whitespace().next().map(str::to_lowercase);
                self.builder.block(BlockKind::Code { language }, &content.join("\n"), None);
            }
            "image" | "figure" => {
                let words = option("alt").map(|words| format!("[{words}]")).unwrap_or_default();
                self.builder.block(BlockKind::Paragraph, &words, None);
                self.body(content);
            }
            "math" => {
                let formula = [argument.to_owned(), content.join("\n")].join("\n");
                self.builder.block(BlockKind::Equation, &formula, None);
            }
            "csv-table" => {
                self.emit(argument);
                let header = option("header").map(str::to_owned);
                let records =
                    header.into_iter().chain(content.iter().cloned()).collect::<Vec<_>>().join("\n");
                self.builder.table(crate::format::csv::records(&records), None);
            }
            "list-table" => {
                self.emit(argument);
                self.builder.table(rows_of_lists(content), None);
            }
            _ => {
                self.emit(argument);
                self.body(content);
            }
        }
    }
}

/// The alert of GitHub's that is closest to an admonition.
fn alert(name: &str) -> Option<&'static str> {
    Some(match name {
        "note" | "seealso" | "admonition" | "versionadded" | "versionchanged" => "note",
        "tip" | "hint" => "tip",
        "important" | "attention" => "important",
        "warning" | "deprecated" => "warning",
        "caution" | "danger" | "error" => "caution",
        _ => return None,
    })
}

/// Rows of a table that is written as a list of lists.
fn rows_of_lists(content: &[String]) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in content {
        let trimmed = line.trim_start();
        let (row, rest) = match trimmed.strip_prefix("* ") {
            Some(rest) if lines::indent(line) == 0 => (true, rest.trim_start()),
            _ => (false, trimmed),
        };
        if row {
            rows.push(Vec::new());
        }
        let Some(cells) = rows.last_mut() else { continue };
        match (
            rest.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' ')),
            cells.last_mut(),
        ) {
            (Some(cell), _) => cells.push(cell.trim().to_owned()),
            (None, Some(cell)) if !rest.is_empty() => cell.extend([" ", rest]),
            _ => {}
        }
    }
    rows
}
