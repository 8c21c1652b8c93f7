//! Finding what to push. Hidden files, links and what ignore files leave out are passed over; names are relative to the folder that
//! was named. What is named itself is taken whatever any rule says.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;

use super::ignoring::{Rules, Said};

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
#[derive(Clone, Debug, PartialEq, Eq)]
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

    fn on_disk(name: &Path, path: &Path, size_bytes: u64) -> Self {
        Self { name: name.display().to_string(), size_bytes, content: Content::OnDisk(path.to_owned()) }
    }
}

/// What there is to push.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The files, in the order of names.
    pub(crate) files: Vec<File>,
    /// Files and folders that ignore files leave out; what is in such a folder is not looked at.
    pub(crate) ignored: usize,
}

/// The files of `paths`, without what ignore files leave out if `ignoring`; the error names a path that cannot be read.
pub(crate) fn find(paths: &[PathBuf], ignoring: bool) -> Result<Found, String> {
    let mut found = Found::default();
    for path in paths {
        let told = |error| format!("`{}` cannot be read: {error}", path.display());
        named(path, ignoring, &mut found).map_err(told)?;
    }
    if found.files.is_empty() {
        let none = "there is no file in what was named";
        return Err(match found.ignored {
            0 => none.to_owned(),
            ignored => format!("{none}: ignore files leave out {ignored}; --no-ignore sends them"),
        });
    }
    found.files.sort_by(|left, right| left.name.cmp(&right.name));
    found.files.dedup_by(|left, right| left.name == right.name && left.content == right.content);
    Ok(found)
}

fn named(path: &Path, ignoring: bool, found: &mut Found) -> io::Result<()> {
    let about = fs::metadata(path)?;
    if about.is_dir() {
        // Rules speak of folders by their real place.
        let root = path.canonicalize()?;
        let rules = if ignoring { Some(Rules::above(&root)?) } else { None };
        return Search { root: &root, rules, found }.folder(&root);
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    let place = if parent.as_os_str().is_empty() { Path::new(".") } else { parent }.canonicalize()?;
    let name = Path::new(path.file_name().unwrap_or(path.as_os_str()));
    found.files.push(File::on_disk(name, &place.join(name), about.len()));
    Ok(())
}

/// A walk through a folder that was named.
struct Search<'a> {
    root: &'a Path,
    /// None if ignore files do not count.
    rules: Option<Rules>,
    found: &'a mut Found,
}

impl Search<'_> {
    fn folder(&mut self, folder: &Path) -> io::Result<()> {
        let before = self.rules.as_mut().map(|rules| rules.entered(folder)).transpose()?;
        for entry in fs::read_dir(folder)? {
            self.entry(&entry?)?;
        }
        if let (Some(rules), Some(before)) = (&mut self.rules, &before) {
            rules.left(before);
        }
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry) -> io::Result<()> {
        let (path, name, kind) = (entry.path(), entry.file_name(), entry.file_type()?);
        let is_document = kind.is_dir() || kind.is_file();
        if !is_document || name == ".git" {
            return Ok(());
        }
        let said = self.rules.as_ref().map_or(Said::Nothing, |rules| rules.say(&path, kind.is_dir()));
        let hidden = name.to_string_lossy().starts_with('.') && said != Said::Take;
        if hidden {
            return Ok(());
        }
        if said == Said::Ignore {
            self.found.ignored += 1;
            return Ok(());
        }
        if kind.is_dir() {
            return self.folder(&path);
        }
        let name = path.strip_prefix(self.root).unwrap_or(&path);
        self.found.files.push(File::on_disk(name, &path, entry.metadata()?.len()));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
