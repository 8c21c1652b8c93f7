//! Which language a file is in, by its name.

/// The language a file name or an extension stands for, by the name fenced code blocks use.
pub(super) fn language(file_name: &str, extension: &str) -> Option<&'static str> {
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
    ("typescript", &["ts", "mts", "cts"]),
    ("tsx", &["tsx"]),
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
