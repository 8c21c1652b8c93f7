//! Migrations: how their files are named, and that the read store knows every one of them.

use crate::{Finding, Tree};

/// The folder of the SQL files.
pub const FOLDER: &str = "migrations/";
/// The file with the list.
pub const LIST: &str = "projections/read-store/src/migrate.rs";

/// Files whose name is not `YYYYMMDDHHMMSS_verb_noun.sql`.
pub fn misnamed(paths: &[String]) -> Vec<Finding> {
    let found = migration_files(paths).filter(|(_, name)| parts(name).is_none());
    let fix = "name it YYYYMMDDHHMMSS_verb_noun.sql, such as 20260131120000_create_users.sql";
    found.map(|(path, _)| Finding::new(path, 1, fix)).collect()
}

/// Files that the list in `migrate.rs` does not have.
pub fn unlisted(tree: &Tree) -> Vec<Finding> {
    missing_from(&tree.read(LIST), tree.files())
}

fn missing_from(list: &str, paths: &[String]) -> Vec<Finding> {
    let listed =
        |name: &str| parts(name).is_some_and(|(at, what)| list.contains(&format!("\"{at}\" \"{what}\"")));
    let found = migration_files(paths).filter(|(_, name)| !listed(name));
    found
        .map(|(path, _)| Finding::new(path, 1, format!("is never applied; add it to `MIGRATIONS` in {LIST}")))
        .collect()
}

fn migration_files(paths: &[String]) -> impl Iterator<Item = (&String, &str)> {
    paths.iter().filter_map(|path| Some((path, path.strip_prefix(FOLDER)?)))
}

/// The timestamp and the words of a file name.
fn parts(name: &str) -> Option<(&str, &str)> {
    let (at, what) = name.strip_suffix(".sql")?.split_once('_')?;
    let number = |range: std::ops::Range<usize>| at.get(range)?.parse::<u32>().ok();
    let a_time = at.len() == 14
        && at.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=12).contains(&number(4..6)?)
        && (1..=31).contains(&number(6..8)?)
        && number(8..10)? < 24
        && number(10..12)? < 60
        && number(12..14)? < 60;
    let words: Vec<&str> = what.split('_').collect();
    let spelled = words.iter().all(|word| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    (a_time && words.len() >= 2 && spelled).then_some((at, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_time_a_verb_and_a_noun() {
        assert!(parts("20261122140000_create_bookkeeping.sql").is_some());
        for wrong in [
            "20261322140000_create_bookkeeping.sql",
            "20261122_create_bookkeeping.sql",
            "20261122140000_bookkeeping.sql",
            "20261122140000_Create_bookkeeping.sql",
            "20261122140000_create_.sql",
            "20261122140000_create_bookkeeping.SQL",
        ] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_file_outside_the_list_is_found() {
        let path = ["migrations/20261122140000_create_bookkeeping.sql".to_owned()];
        assert_eq!(missing_from("\"20261122140000\" \"create_bookkeeping\",", &path), []);
        assert_eq!(missing_from("\"20261122140000\" \"create_book\",", &path).len(), 1);
    }
}
