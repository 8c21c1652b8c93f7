//! What manuals write where a secret should be put.

/// Words of placeholders, in lower case.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "example", "your", "xxxx", "placeholder", "changeme", "change_me", "change-me", "dummy", "sample",
    "redacted", "****", "....", "replace", "insert", "secret", "password", "passw0rd", "12345678", "abcdefgh",
    "todo", "foobar", "-here", "_here", "fake",
];

/// Marks of a value that is filled in later.
const MARKS: [char; 8] = ['<', '>', '{', '}', '$', '[', ']', '%'];

/// Fewest different characters of a random value.
const DIFFERENT_MIN: usize = 5;

/// Whether a value stands in for a secret.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let mut bytes: Vec<u8> = lower.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len() < DIFFERENT_MIN || value.contains(MARKS) || WORDS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_random_values() {
        for value in
            ["your-api-key-here", "<token>", "${TOKEN}", "xxxxxxxxxxxx", "aaaabbbb", "AKIAIOSFODNN7EXAMPLE"]
        {
            assert!(is_placeholder(value), "{value}");
        }
        assert!(!is_placeholder("q7Zt2mXw9Lp4RvK8"));
    }
}
