//! Source code: one code block for each top-level part, so that chunks end where the code does. The language comes from the
//! name; nothing is parsed by its grammar.

use event_model::{BlockKind, ParsedDocument};

use crate::{DocumentBuilder, DocumentParser, Rejection, Sniffed, Source, charset};

const MEDIA_TYPE: &str = "text/x-source-code";

/// See the module.
#[derive(Debug)]
pub(crate) struct SourceCode;

impl DocumentParser for SourceCode {
    fn name(&self) -> &'static str {
        "source_code"
    }

    fn version(&self) -> u32 {
        1
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.is_text && language(&sniffed.file_name, &sniffed.extension).is_some()
    }

    fn parse(&self, bytes: &[u8], source: &Source) -> Result<ParsedDocument, Rejection> {
        let language = language(&source.file_name(), &source.extension());
        let (text, charset) = charset::decode(bytes, None);
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        builder.metadata("charset", charset);
        builder.metadata("language", language.unwrap_or_default());
        for part in top_level_parts(&text) {
            builder.block(BlockKind::Code { language: language.map(str::to_owned) }, part, None);
        }
        builder.finish()
    }
}

/// Cuts before a line that starts in the first column after an empty line.
fn top_level_parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut at, mut after_empty) = (Vec::new(), 0, 0, false);
    for line in text.split_inclusive('\n') {
        let empty = line.trim().is_empty();
        let closes = line.starts_with(['}', ')', ']']);
        if after_empty && !empty && !closes && !line.starts_with([' ', '\t']) {
            parts.push(&text[start..at]);
            start = at;
        }
        after_empty = empty;
        at += line.len();
    }
    parts.push(&text[start..]);
    parts
}

/// The language a file name or an extension stands for, by the name fenced code blocks use.
fn language(file_name: &str, extension: &str) -> Option<&'static str> {
    match file_name {
        "dockerfile" | "containerfile" => return Some("dockerfile"),
        "makefile" | "gnumakefile" => return Some("makefile"),
        "justfile" => return Some("just"),
        "cmakelists.txt" => return Some("cmake"),
        _ => {}
    }
    LANGUAGES.iter().find(|(_, extensions)| extensions.contains(&extension)).map(|(language, _)| *language)
}

const LANGUAGES: &[(&str, &[&str])] = &[
    ("rust", &["rs"]),
    ("python", &["py", "pyi", "pyw"]),
    ("javascript", &["js", "mjs", "cjs", "jsx"]),
    ("typescript", &["ts", "mts", "cts", "tsx"]),
    ("c", &["c", "h"]),
    ("cpp", &["cpp", "cc", "cxx", "hpp", "hh", "hxx"]),
    ("csharp", &["cs"]),
    ("java", &["java"]),
    ("kotlin", &["kt", "kts"]),
    ("scala", &["scala", "sc"]),
    ("go", &["go"]),
    ("ruby", &["rb"]),
    ("php", &["php"]),
    ("perl", &["pl", "pm"]),
    ("lua", &["lua"]),
    ("swift", &["swift"]),
    ("zig", &["zig"]),
    ("haskell", &["hs"]),
    ("ocaml", &["ml", "mli"]),
    ("elixir", &["ex", "exs"]),
    ("erlang", &["erl", "hrl"]),
    ("clojure", &["clj", "cljs"]),
    ("r", &["r"]),
    ("julia", &["jl"]),
    ("dart", &["dart"]),
    ("bash", &["sh", "bash", "zsh"]),
    ("powershell", &["ps1", "psm1"]),
    ("sql", &["sql"]),
    ("css", &["css", "scss", "less"]),
    ("vue", &["vue"]),
    ("svelte", &["svelte"]),
    ("toml", &["toml"]),
    ("yaml", &["yaml", "yml"]),
    ("json", &["json", "jsonl", "ndjson"]),
    ("xml", &["xml", "xsd", "xsl", "svg"]),
    ("ini", &["ini", "cfg", "conf"]),
    ("protobuf", &["proto"]),
    ("graphql", &["graphql", "gql"]),
    ("nix", &["nix"]),
    ("terraform", &["tf"]),
    ("assembly", &["asm", "s"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_cut_between_top_level_parts_only() {
        let code = b"use a;\n\nfn one() {\n    a();\n\n    b();\n\n}\n\n#[test]\nfn two() {}\n";
        let document = SourceCode.parse(code, &Source::named("src/lib.rs")).unwrap();
        assert_eq!(document.blocks.len(), 3);
        assert_eq!(document.text.as_bytes(), code.trim_ascii_end());
        assert_eq!(document.blocks[0].kind, BlockKind::Code { language: Some("rust".into()) });
    }
}
