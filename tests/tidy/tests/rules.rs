//! The rules of the house, one sentence each, run on the whole repository.

use tidy::{Finding, Tree, arrows, assert_clean, mask, migrations, names, purity, quarantine, source};

/// What a rule finds in the masked source of every Rust file.
fn in_code<R: IntoIterator<Item = Finding>>(rule: impl Fn(&str, &str) -> R) -> Vec<Finding> {
    Tree::of_workspace().rust_files().flat_map(|(path, text)| rule(path, &mask(&text))).collect()
}

/// What a rule finds in the text of every Rust file.
fn in_text<R: IntoIterator<Item = Finding>>(rule: impl Fn(&str, &str) -> R) -> Vec<Finding> {
    Tree::of_workspace().rust_files().flat_map(|(path, text)| rule(path, &text)).collect()
}

#[test]
fn no_arrow_between_crates_points_up() {
    let crates = Tree::of_workspace().crates();
    assert!(crates.len() > 10, "the walk found {} crates only", crates.len());
    assert_clean(arrows::arrows_that_point_up(&crates));
}

#[test]
fn every_crate_has_its_place_in_the_drawing() {
    assert_clean(arrows::crates_without_a_place(&Tree::of_workspace().crates()));
}

#[test]
fn a_quarantined_dependency_is_named_by_its_owner_only() {
    assert_clean(quarantine::strangers(&Tree::of_workspace().crates()));
}

#[test]
fn the_model_the_rules_and_the_parsers_do_no_io_and_read_no_clock() {
    let dependencies = purity::impure_dependencies(&Tree::of_workspace().crates());
    assert_clean([dependencies, in_code(purity::impure_paths)].concat());
}

#[test]
fn a_concrete_log_is_named_in_the_wiring_only() {
    assert_clean(in_code(source::backends_outside_the_wiring));
}

#[test]
fn the_environment_is_read_in_the_configuration_only() {
    assert_clean(in_code(source::environment_readers));
}

#[test]
fn a_function_has_at_most_70_lines() {
    assert_clean(in_code(source::long_functions));
}

#[test]
fn a_file_has_at_most_600_lines() {
    assert_clean(in_text(source::long_file));
}

#[test]
fn every_file_opens_with_what_it_is() {
    assert_clean(in_text(source::without_opening));
}

#[test]
fn nothing_is_left_unfinished_and_no_test_is_ignored() {
    assert_clean(in_code(source::unfinished));
}

#[test]
fn no_test_sleeps() {
    assert_clean(in_code(source::sleeping_tests));
}

#[test]
fn a_module_is_foo_rs_and_its_name_says_something() {
    let tree = Tree::of_workspace();
    assert_clean([names::mod_files(tree.files()), names::empty_names(tree.files())].concat());
}

#[test]
fn every_migration_is_named_by_the_rule_and_applied() {
    let tree = Tree::of_workspace();
    assert_clean([migrations::misnamed(tree.files()), migrations::unlisted(&tree)].concat());
}

#[test]
fn every_crate_has_a_readme_and_takes_lints_and_versions_from_the_workspace() {
    let tree = Tree::of_workspace();
    let mut findings = Vec::new();
    for found in tree.crates() {
        if !tree.has(&format!("{}/README.md", found.folder())) {
            findings.push(Finding::new(&found.path, 1, "has no README.md beside it; say what the crate is"));
        }
        if !found.workspace_lints {
            findings.push(Finding::new(&found.path, 1, "add `[lints]` with `workspace = true`"));
        }
        for dependency in found.dependencies.iter().filter(|dependency| !dependency.from_workspace) {
            let problem = format!("take `{}` from [workspace.dependencies]", dependency.name);
            findings.push(Finding::new(&found.path, dependency.line, problem));
        }
    }
    assert_clean(findings);
}

#[test]
fn every_crate_is_a_member_of_the_workspace() {
    let tree = Tree::of_workspace();
    let root = tree.read("Cargo.toml");
    let crates = tree.crates();
    let stray = crates.iter().filter(|found| !root.contains(&format!("\"{}\"", found.folder())));
    assert_clean(stray.map(|found| Finding::new(&found.path, 1, "add its folder to `members`")).collect());
}

#[test]
fn the_changelog_has_room_for_the_next_change() {
    let changelog = Tree::of_workspace().read("CHANGELOG.md");
    assert!(changelog.lines().any(|line| line == "## [Unreleased]"), "CHANGELOG.md:1: add `## [Unreleased]`");
}
