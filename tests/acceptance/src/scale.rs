//! How long the tests may take.

/// Whether the long runs are asked for, as `./tests/run --full` does.
#[expect(clippy::disallowed_methods, reason = "the one switch of the tests")]
pub fn full() -> bool {
    std::env::var_os("ELITE_TESTS_FULL").is_some_and(|value| value == "1")
}
