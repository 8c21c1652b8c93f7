//! What is asked of a single Rust file. Every function takes the path below the root and masked source, unless it says so.

use crate::{
    Finding,
    function::{functions, item_end, line_of, word_offsets},
};

/// Most lines of a function, from its `fn` to its closing brace.
pub const FUNCTION_LINES_MAX: usize = 70;
/// Most lines of a file.
pub const FILE_LINES_MAX: usize = 600;

/// Where the environment may be read: the configuration, and the one switch of the tests.
const ENVIRONMENT_READERS: &[&str] =
    &["workers/elite/src/config/", "tests/acceptance/src/", "tests/servers/src/"];
/// Where a log or a database may be chosen.
const WIRING: &str = "workers/elite/src/wire";

/// A file that is too long.
pub fn long_file(path: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    let problem = || format!("{lines} lines, at most {FILE_LINES_MAX}; move a concept to a file of its own");
    (lines > FILE_LINES_MAX).then(|| Finding::new(path, FILE_LINES_MAX + 1, problem()))
}

/// Functions that are too long.
pub fn long_functions(path: &str, masked: &str) -> Vec<Finding> {
    let long = functions(masked).into_iter().filter(|function| function.lines > FUNCTION_LINES_MAX);
    long.map(|function| {
        let problem = format!(
            "`{}` has {} lines, at most {FUNCTION_LINES_MAX}; give its steps names",
            function.name, function.lines
        );
        Finding::new(path, function.line, problem)
    })
    .collect()
}

/// A file that does not say what it is. Takes the text as it is.
pub fn without_opening(path: &str, text: &str) -> Option<Finding> {
    let opens = text.starts_with("//! ") || text.starts_with("#![doc = include_str!(\"../README.md\")]");
    (!opens).then(|| Finding::new(path, 1, "open the file with `//!`: what it is, and what it is not"))
}

/// Marks of unfinished work.
pub fn unfinished(path: &str, masked: &str) -> Vec<Finding> {
    let marks = [
        ("todo!(", "write it, or leave it out"),
        ("unimplemented!(", "write it, or return an error that says what to do instead"),
        ("#[ignore", "a test that does not run proves nothing; make it run or remove it"),
    ];
    let found =
        marks.iter().flat_map(|(mark, fix)| masked.match_indices(mark).map(move |(at, _)| (at, mark, fix)));
    found.map(|(at, mark, fix)| Finding::new(path, line_of(masked, at), format!("`{mark}`: {fix}"))).collect()
}

/// Sleeps in tests: in files below a `tests` folder, in contract suites, and in items under `#[cfg(test)]`.
pub fn sleeping_tests(path: &str, masked: &str) -> Vec<Finding> {
    let whole_file =
        path.split('/').any(|part| matches!(part, "tests" | "contract" | "tests.rs" | "testing.rs"));
    let items = test_items(masked);
    let sleeps = ["sleep", "sleep_ms", "sleep_until"].iter().flat_map(|word| {
        word_offsets(masked, word).filter(|at| masked[at + word.len()..].trim_start().starts_with('('))
    });
    let in_tests = sleeps.filter(|at| whole_file || items.iter().any(|item| item.contains(at)));
    let fix =
        "a test that sleeps is slow or flaky; wait for the event itself, or pause the clock and advance it";
    in_tests.map(|at| Finding::new(path, line_of(masked, at), fix)).collect()
}

fn test_items(masked: &str) -> Vec<std::ops::Range<usize>> {
    masked.match_indices("#[cfg(test)]").map(|(at, _)| at..item_end(masked, at)).collect()
}

/// The environment read where it should not be, by code or by an argument parser.
pub fn environment_readers(path: &str, masked: &str) -> Vec<Finding> {
    if ENVIRONMENT_READERS.iter().any(|reader| path.starts_with(reader)) {
        return Vec::new();
    }
    let code =
        masked.match_indices("env::").filter(|(at, _)| names_a_reader(&masked[at + 5..])).map(|(at, _)| at);
    let arguments = masked.match_indices("#[arg(").filter(|(at, _)| {
        let attribute = masked[*at..].split(']').next().unwrap_or_default();
        word_offsets(attribute, "env").next().is_some()
    });
    let fix = "the environment is read in workers/elite/src/config only; take the value as a parameter";
    code.chain(arguments.map(|(at, _)| at)).map(|at| Finding::new(path, line_of(masked, at), fix)).collect()
}

/// Whether what follows `env::` is, or imports, a function that reads or writes variables.
fn names_a_reader(rest: &str) -> bool {
    let group = rest.strip_prefix('{').and_then(|list| list.split('}').next());
    let word = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let names = group.map_or_else(|| vec![word], |list| list.split(',').map(str::trim).collect());
    names.iter().any(|name| matches!(*name, "var" | "var_os" | "vars" | "vars_os" | "set_var" | "remove_var"))
}

/// A concrete log or database named by the binary outside its wiring.
pub fn backends_outside_the_wiring(path: &str, masked: &str) -> Vec<Finding> {
    if !path.starts_with("workers/") || path.starts_with(WIRING) || !path.contains("/src/") {
        return Vec::new();
    }
    let found = word_offsets(masked, "event_log_embedded");
    let fix = "a concrete log is named in workers/elite/src/wire.rs only; take an `Arc<dyn EventLog>`";
    found.map(|at| Finding::new(path, line_of(masked, at), fix)).collect()
}

#[cfg(test)]
mod tests;
