//! Names that say nothing, in paths of files and crates.

use crate::Finding;

const EMPTY_WORDS: &[&str] = &[
    "common",
    "commons",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "miscellaneous",
    "service",
    "services",
    "util",
    "utilities",
    "utils",
];

/// Paths with a word that says nothing. Sample documents are data and keep their names.
pub fn empty_names(paths: &[String]) -> Vec<Finding> {
    let ours = paths.iter().filter(|path| !path.starts_with("samples/"));
    let empty = |path: &str| {
        let words = path.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
        words.into_iter().find(|word| EMPTY_WORDS.contains(&word.as_str()))
    };
    ours.filter_map(|path| {
        let word = empty(path)?;
        Some(Finding::new(
            path,
            1,
            format!("`{word}` says nothing; name the file after the concept it holds"),
        ))
    })
    .collect()
}

/// `mod.rs` files.
pub fn mod_files(paths: &[String]) -> Vec<Finding> {
    let found = paths.iter().filter(|path| path.ends_with("/mod.rs"));
    found.map(|path| Finding::new(path, 1, "use `foo.rs` beside `foo/` instead of `foo/mod.rs`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_word_is_found_as_a_word_only() {
        let paths = ["workers/x/src/text_utils.rs", "tests/common/a.rs", "workers/x/src/utility_bill.rs"];
        let paths = paths.map(str::to_owned);
        assert_eq!(empty_names(&paths).len(), 2);
    }

    #[test]
    fn a_mod_file_is_found() {
        assert_eq!(mod_files(&["a/src/b/mod.rs".to_owned(), "a/src/b.rs".to_owned()]).len(), 1);
    }
}
