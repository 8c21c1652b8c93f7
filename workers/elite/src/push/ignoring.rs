//! What ignore files say of the files below them. `.eliteignore` has the last word over `.gitignore`, and in each of the two the
//! deeper file over the one above it.

use std::{fs, io, path::Path};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

const OURS: &str = ".eliteignore";
const GITS: &str = ".gitignore";

/// What is said of a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing.
    Nothing,
    /// To leave it out.
    Ignore,
    /// To take it, as with `!name`: even if it is hidden.
    Take,
}

/// The rules that hold in a folder, those of the deepest last. Paths are absolute.
#[derive(Default)]
pub(super) struct Rules {
    ours: Vec<Gitignore>,
    gits: Vec<Gitignore>,
}

/// How many rules held before a folder's own.
#[must_use]
pub(super) struct Before {
    ours: usize,
    gits: usize,
}

impl Rules {
    /// Those that hold above `folder`: what its repository says, if it is in one.
    pub(super) fn above(folder: &Path) -> io::Result<Self> {
        let mut rules = Self::default();
        let mut above: Vec<&Path> = folder.ancestors().collect();
        let Some(top) = above.iter().position(|folder| folder.join(".git").exists()) else {
            return Ok(rules);
        };
        above.truncate(top + 1);
        let exclude = above[top].join(".git/info/exclude");
        rules.gits.extend(read(above[top], &exclude, false)?);
        for folder in above.into_iter().skip(1).rev() {
            rules.enter(folder)?;
        }
        Ok(rules)
    }

    /// From here on the rules of `folder` hold, too.
    #[must_use = "they hold until the folder is left"]
    pub(super) fn entered(&mut self, folder: &Path) -> io::Result<Before> {
        let before = Before { ours: self.ours.len(), gits: self.gits.len() };
        self.enter(folder)?;
        Ok(before)
    }

    /// The rules of the folder that was entered hold no longer.
    pub(super) fn left(&mut self, before: &Before) {
        self.ours.truncate(before.ours);
        self.gits.truncate(before.gits);
    }

    /// What they say of `path`.
    pub(super) fn say(&self, path: &Path, is_folder: bool) -> Said {
        for rules in [&self.ours, &self.gits] {
            let said = rules.iter().rev().map(|rules| rules.matched(path, is_folder));
            match said.into_iter().find(|said| !said.is_none()) {
                Some(Match::Ignore(_)) => return Said::Ignore,
                Some(Match::Whitelist(_)) => return Said::Take,
                _ => {}
            }
        }
        Said::Nothing
    }

    fn enter(&mut self, folder: &Path) -> io::Result<()> {
        self.ours.extend(read(folder, &folder.join(OURS), true)?);
        self.gits.extend(read(folder, &folder.join(GITS), false)?);
        Ok(())
    }
}

/// The rules of `file` for what is in `folder`; none if there is no such file. A line that is no pattern is an error if the file is
/// `strict`; git passes over it.
fn read(folder: &Path, file: &Path, strict: bool) -> io::Result<Option<Gitignore>> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(told(file, &error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut rules = GitignoreBuilder::new(folder);
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match rules.add_line(None, line) {
            Err(error) if strict => return Err(told(file, &format!("line {}: {error}", number + 1))),
            _ => {}
        }
    }
    rules.build().map(Some).map_err(|error| told(file, &error))
}

fn told(file: &Path, error: &impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("`{}` cannot be used ({error}); mend it, or use --no-ignore", file.display()))
}
