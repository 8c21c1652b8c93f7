//! Each rule on a sample that breaks it and one that does not.

use super::*;
use crate::mask;

fn lines(findings: &[Finding]) -> Vec<usize> {
    findings.iter().map(|finding| finding.line).collect()
}

#[test]
fn a_file_may_have_as_many_lines_as_the_limit_and_no_more() {
    assert_eq!(long_file("a.rs", &"x\n".repeat(FILE_LINES_MAX)), None);
    assert!(long_file("a.rs", &"x\n".repeat(FILE_LINES_MAX + 1)).is_some());
}

#[test]
fn a_function_may_have_as_many_lines_as_the_limit_and_no_more() {
    let function = |lines: usize| format!("\nfn f() {{\n{}}}\n", "    x();\n".repeat(lines - 2));
    assert_eq!(long_functions("a.rs", &function(FUNCTION_LINES_MAX)), []);
    assert_eq!(lines(&long_functions("a.rs", &function(FUNCTION_LINES_MAX + 1))), [2]);
}

#[test]
fn a_file_opens_with_what_it_is_or_with_its_readme() {
    assert_eq!(without_opening("a.rs", "//! A thing.\n"), None);
    assert_eq!(without_opening("a/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n"), None);
    assert!(without_opening("a.rs", "// A thing.\n").is_some());
    assert!(without_opening("a.rs", "").is_some());
}

#[test]
fn unfinished_work_is_found_in_code_and_not_in_words() {
    let source = "fn a() { todo!() }\nfn b() { unimplemented!(\"x\") }\n#[ignore = \"slow\"]\n// todo!(\nconst C: &str = \"todo!(\";\n";
    assert_eq!(lines(&unfinished("a.rs", &mask(source))), [1, 2, 3]);
}

#[test]
fn a_sleep_counts_in_tests_only() {
    let source = "fn wait() { sleep(POLL); }\n#[cfg(test)]\nmod tests {\n    fn t() { thread::sleep(d) }\n}\nfn z() { sleep(d) }\n";
    assert_eq!(lines(&sleeping_tests("a/src/a.rs", source)), [4]);
    assert_eq!(lines(&sleeping_tests("a/tests/a.rs", source)), [1, 4, 6]);
    assert_eq!(sleeping_tests("a/tests/a.rs", "use tokio::time::sleep; fn asleep() { oversleep(1) }"), []);
}

#[test]
fn the_environment_is_read_in_one_place() {
    let source = "let a = std::env::var(NAME);\nuse std::env::{args, var_os};\nlet b = std::env::args();\n#[arg(long, env = \"A\")]\nlet c = env!(\"B\");\n";
    let masked = mask(source);
    assert_eq!(lines(&environment_readers("workers/gateway/src/a.rs", &masked)), [1, 2, 4]);
    assert_eq!(environment_readers("workers/elite/src/config/sources.rs", &masked), []);
}

#[test]
fn a_concrete_log_is_named_by_the_wiring_only() {
    let source = "use event_log_embedded::EmbeddedLog;\n";
    assert_eq!(lines(&backends_outside_the_wiring("workers/elite/src/doctor.rs", source)), [1]);
    assert_eq!(backends_outside_the_wiring("workers/elite/src/wire.rs", source), []);
    assert_eq!(backends_outside_the_wiring("events/event-log-embedded/tests/a.rs", source), []);
}
