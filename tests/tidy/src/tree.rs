//! The repository as the rules see it: its files and its crates. Read once, never written.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::Manifest;

/// Every file of the repository that people write.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
    files: Vec<String>,
}

impl Tree {
    /// The repository this crate is part of.
    ///
    /// # Panics
    /// When a folder cannot be read.
    pub fn of_workspace() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", root.display()));
        Self::below(root)
    }

    /// The files below any folder.
    ///
    /// # Panics
    /// When a folder cannot be read.
    pub fn below(root: PathBuf) -> Self {
        let mut files = Vec::new();
        walk(&root, &root, &mut files);
        files.sort();
        Self { root, files }
    }

    /// Paths below the root, with `/`, sorted.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Whether there is such a file.
    pub fn has(&self, path: &str) -> bool {
        self.files.binary_search_by(|file| file.as_str().cmp(path)).is_ok()
    }

    /// The text of a file; bytes that are no UTF-8 are replaced.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn read(&self, path: &str) -> String {
        let bytes = fs::read(self.root.join(path)).unwrap_or_else(|error| panic!("{path}:1: {error}"));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Every Rust file with its text. Sample documents are data, not code.
    pub fn rust_files(&self) -> impl Iterator<Item = (&str, String)> {
        let rust = self.files.iter().filter(|path| is_rust(path) && !path.starts_with("samples/"));
        rust.map(|path| (path.as_str(), self.read(path)))
    }

    /// Every crate of the workspace. The fuzz targets are none: they are built on their own, with marks in the code.
    pub fn crates(&self) -> Vec<Manifest> {
        let manifests =
            self.files.iter().filter(|path| path.ends_with("/Cargo.toml") && !path.starts_with("fuzz/"));
        manifests.map(|path| Manifest::parse(path, &self.read(path))).collect()
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

/// Build output is marked by cargo with a `CACHEDIR.TAG`; of the hidden folders only the CI scripts are ours.
fn walk(root: &Path, folder: &Path, files: &mut Vec<String>) {
    if folder.join("CACHEDIR.TAG").exists() {
        return;
    }
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.is_dir() && (!name.starts_with('.') || name == ".ci") && name != "target" {
            walk(root, &entry.path(), files);
        } else if kind.is_file() {
            let path = entry.path();
            let below = path.strip_prefix(root).unwrap_or(&path);
            files.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
}
