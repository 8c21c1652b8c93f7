//! Which files of a folder are sent.

use super::*;

/// A folder with these files; `name: text` is a file with a text of its own, others hold their names.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let (name, text) = file.split_once(": ").unwrap_or((file, file));
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn names(path: &Path, ignoring: bool) -> (Vec<String>, usize) {
    let found = find(&[path.to_owned()], ignoring).unwrap();
    (found.files.into_iter().map(|file| file.name).collect(), found.ignored)
}

#[test]
fn folders_are_searched_and_names_are_relative_to_them() {
    let here = folder(&["docs/b.md", "docs/a.md", "docs/.hidden", "docs/.git/config", "c.md"]);
    let docs = here.path().join("docs");
    for ignoring in [true, false] {
        assert_eq!(names(here.path(), ignoring).0, ["c.md", "docs/a.md", "docs/b.md"]);
        assert_eq!(names(&docs.join("a.md"), ignoring).0, ["a.md"]);
        assert_eq!(names(&docs.join(".hidden"), ignoring).0, [".hidden"], "a file that is named is taken");
    }
    assert!(find(&[here.path().join("nothing")], true).unwrap_err().contains("nothing"));
    assert!(find(&[docs.join(".git/objects")], true).is_err());
    let twice = [docs.clone(), docs.join("a.md"), docs];
    assert_eq!(find(&twice, true).unwrap().files.len(), 2, "what is named twice is pushed once");
}

#[test]
fn ignore_files_leave_out_files_and_folders_and_deeper_ones_decide() {
    let here = folder(&[
        ".gitignore: target/\n*.log\n/top.md\n",
        "top.md",
        "a.md",
        "a.log",
        "target/deep/b.md",
        "docs/top.md",
        "docs/.gitignore: !kept.log\n",
        "docs/kept.log",
        "docs/other.log",
        "docs/target: a file, not a folder",
    ]);
    let taken = ["a.md", "docs/kept.log", "docs/target", "docs/top.md"];
    assert_eq!(names(here.path(), true), (taken.map(String::from).to_vec(), 4));
    let all = names(here.path(), false);
    assert_eq!((all.0.len(), all.1), (8, 0), "{all:?}");
    assert_eq!(names(&here.path().join("a.log"), true).0, ["a.log"], "a file that is named is taken");
}

#[test]
fn eliteignore_has_the_last_word_and_can_take_what_is_hidden() {
    let here = folder(&[
        ".eliteignore: drafts\n!made.md\n!.github\n!.git\n",
        "docs/.gitignore: made.md\nother.md\n",
        "docs/made.md",
        "docs/other.md",
        "drafts/a.md",
        ".github/guide.md",
        ".git/config",
        ".secret",
    ]);
    let taken = [".github/guide.md", "docs/made.md"].map(String::from).to_vec();
    assert_eq!(names(here.path(), true), (taken, 2));
}

#[test]
fn a_folder_in_a_repository_obeys_the_rules_above_it_and_no_further() {
    let here = folder(&[
        ".gitignore: *.md\n",
        "repository/.git/info/exclude: excluded.txt\n",
        "repository/.gitignore: *.log\n/docs/absolute.txt\n",
        "repository/.eliteignore: secret.txt\n",
        "repository/docs/a.md",
        "repository/docs/a.log",
        "repository/docs/absolute.txt",
        "repository/docs/excluded.txt",
        "repository/docs/secret.txt",
        "plain/b.md",
    ]);
    assert_eq!(names(&here.path().join("repository/docs"), true), (vec!["a.md".to_owned()], 4));
    assert_eq!(
        names(&here.path().join("plain"), true),
        (vec!["b.md".to_owned()], 0),
        "it is in no repository"
    );
}

#[test]
fn a_pattern_that_cannot_be_read_is_named_where_it_is_ours() {
    let here = folder(&[".gitignore: a[z-a]\n", "a.md"]);
    assert_eq!(names(here.path(), true).0, ["a.md"], "git passes over it");
    fs::write(here.path().join(".eliteignore"), "# drafts\nb[z-a]\n").unwrap();
    let told = find(&[here.path().to_owned()], true).unwrap_err();
    assert!(
        told.contains(".eliteignore") && told.contains("line 2") && told.contains("--no-ignore"),
        "{told}"
    );
    assert_eq!(names(here.path(), false).0, ["a.md"]);
    fs::write(here.path().join(".eliteignore"), "*\n").unwrap();
    let told = find(&[here.path().to_owned()], true).unwrap_err();
    assert!(told.contains("leave out 1") && told.contains("--no-ignore"), "{told}");
}
