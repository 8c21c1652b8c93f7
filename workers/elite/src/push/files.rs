//! Finding what to push. Hidden files and links are passed over; names are relative to the folder that was named.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;

/// A file to push.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// What the document will be called.
    pub(crate) name: String,
    /// Number of bytes.
    pub(crate) size_bytes: u64,
    /// Where its bytes are.
    pub(crate) content: Content,
}

/// Where the bytes of a file are.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// On disk, read when it is sent.
    OnDisk(PathBuf),
    /// In memory.
    InMemory(Bytes),
}

impl File {
    /// A file that is part of the program.
    pub(crate) fn in_memory(name: &str, bytes: &'static [u8]) -> Self {
        let content = Content::InMemory(Bytes::from_static(bytes));
        Self { name: name.to_owned(), size_bytes: bytes.len() as u64, content }
    }
}

/// Every file of `paths`, in the order of names; the error names a path that cannot be read.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    for path in paths {
        let told = |error| format!("`{}` cannot be read: {error}", path.display());
        let root = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
        collect(path, root, &mut files).map_err(told)?;
    }
    if files.is_empty() {
        return Err("there is no file in what was named".to_owned());
    }
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(files)
}

fn collect(path: &Path, root: &Path, files: &mut Vec<File>) -> std::io::Result<()> {
    let about = fs::metadata(path)?;
    if about.is_file() {
        let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
        files.push(File { name, size_bytes: about.len(), content: Content::OnDisk(path.to_owned()) });
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && !entry.file_type()?.is_symlink() {
            collect(&entry.path(), root, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_and_names_are_relative_to_them() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("docs");
        fs::create_dir_all(inner.join(".git")).unwrap();
        for name in ["b.md", "a.md", ".hidden", ".git/config"] {
            fs::write(inner.join(name), name).unwrap();
        }
        fs::write(directory.path().join("c.md"), "c").unwrap();
        let names = |paths: &[PathBuf]| -> Vec<String> {
            find(paths).unwrap().into_iter().map(|file| file.name).collect()
        };
        assert_eq!(names(&[directory.path().to_owned()]), ["c.md", "docs/a.md", "docs/b.md"]);
        assert_eq!(names(&[inner.join("a.md")]), ["a.md"]);
        assert!(find(&[directory.path().join("nothing")]).unwrap_err().contains("nothing"));
        assert!(find(&[inner.join(".git/objects")]).is_err());
    }
}
