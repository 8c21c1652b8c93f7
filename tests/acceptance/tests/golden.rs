//! Logs that earlier releases wrote still fold to the rows that they folded to then.
//!
//! `.ci/make-golden` writes such a log when a release is made. None of its files is ever changed; a new version of a read model
//! adds its line to `digests.txt`, once it was seen to be right.

use std::{collections::BTreeMap, fs, path::Path};

use acceptance::elite;

/// Rows and digest of each table, as `name rows digest` lines.
fn expected(golden: &Path) -> BTreeMap<String, String> {
    let lines = fs::read_to_string(golden.join("digests.txt")).expect("a golden log has digests");
    let pair = |line: &str| line.split_once(' ').map(|(table, rest)| (table.to_owned(), rest.to_owned()));
    lines.lines().filter_map(pair).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_log_ever_released_folds_to_the_same_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden");
    let mut seen = 0;
    for entry in fs::read_dir(&folder).expect("there are golden logs") {
        let golden = entry.expect("it can be listed").path();
        let home = tempfile::tempdir().expect("a directory can be made");
        // Only read, so that it stays as it is.
        let blobs = format!("file:{}", golden.display());
        let environment = [("ELITE_BLOB_URL", blobs.as_str())];
        let restored = elite(home.path(), &environment, &["restore", "--data-dir", "data", "--json"]).await;
        let report = restored.expect(0).json();
        let expected = expected(&golden);
        for table in report["tables"].as_array().expect("tables are a list") {
            let name = table["table"].as_str().expect("a table has a name");
            let found = format!("{} {}", table["rows"], table["md5"].as_str().unwrap_or_default());
            let wanted = expected.get(name).unwrap_or_else(|| {
                panic!("{} has no line for {name}; if this is right, add `{name} {found}`", golden.display())
            });
            assert_eq!(*wanted, found, "{name} of {}", golden.display());
        }
        println!("{}: {} events, {} tables equal", golden.display(), report["events"], expected.len());
        seen += 1;
    }
    assert!(seen > 0);
}
