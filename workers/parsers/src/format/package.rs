//! A ZIP package as Office, `OpenDocument` and EPUB have it: parts by name and relationships between them, under limits that no real document meets.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};

use zip::{ZipArchive, result::ZipError};

use super::{
    properties,
    xml::{self, malformed, too_complex},
};
use crate::{DocumentBuilder, Reason, Rejection, charset};

const ENTRIES_MAX: usize = 20_000;
/// Inflated bytes of one part, and of all parts read. The text of the longest novels is 10 MB of XML.
const PART_BYTES_MAX: u64 = 64 * 1024 * 1024;
const PACKAGE_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// XML compresses ten to forty times; a bomb a thousand times. Small parts are let off.
const RATIO_MAX: u64 = 300;
const RATIO_FROM_BYTES: u64 = 4 * 1024 * 1024;
/// What is set aside for a part that is said to be large, and what more so that the end is found without growing.
const ROOM_BYTES_MAX: u64 = 256 * 1024;
const ROOM_BYTES_MORE: usize = 64;

pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    inflated_bytes: u64,
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Rejection> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| rejection_of(&error))?;
        if archive.len() > ENTRIES_MAX {
            return Err(too_complex("is a package with tens of thousands of members"));
        }
        Ok(Self { archive, inflated_bytes: 0 })
    }

    /// The text of a part, or `None` when there is no such part. Names are compared without case, as Office does.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<String>, Rejection> {
        let Some(index) = self.index_of(name) else { return Ok(None) };
        let mut file = self.archive.by_index(index).map_err(|error| rejection_of(&error))?;
        let compressed = file.compressed_size().max(1);
        // The stated size is not believed: it is a guess of what to set aside, and reading stops one byte over the limit.
        let stated = file.size().min(ROOM_BYTES_MAX);
        let mut bytes = Vec::with_capacity(usize::try_from(stated).unwrap_or_default() + ROOM_BYTES_MORE);
        let limit = PART_BYTES_MAX.min(PACKAGE_BYTES_MAX - self.inflated_bytes);
        let read = file.by_ref().take(limit + 1).read_to_end(&mut bytes);
        let inflated = bytes.len() as u64;
        if inflated > limit || (inflated > RATIO_FROM_BYTES && inflated / compressed > RATIO_MAX) {
            return Err(too_complex("inflates to far more than its size"));
        }
        read.map_err(|_| malformed("a part cannot be unpacked"))?;
        self.inflated_bytes += inflated;
        Ok(Some(charset::into_text(bytes)))
    }

    fn index_of(&self, name: &str) -> Option<usize> {
        let name = name.trim_start_matches('/');
        self.archive.index_for_name(name).or_else(|| {
            self.archive.file_names_raw().position(|other| other.eq_ignore_ascii_case(name.as_bytes()))
        })
    }

    /// Notes what the package says about its document: who wrote it, when, and what they call it.
    pub(super) fn read_properties(
        &mut self,
        roots: &Relationships,
        builder: &mut DocumentBuilder,
    ) -> Result<(), Rejection> {
        for kind in ["/core-properties", "/extended-properties", "/custom-properties"] {
            properties::read(&self.part_of(roots, kind)?, builder);
        }
        Ok(())
    }

    /// The part of a kind, or an empty text.
    pub(super) fn part_of(&mut self, of: &Relationships, kind: &str) -> Result<String, Rejection> {
        match of.target(kind) {
            Some(name) => self.part(&name).map(Option::unwrap_or_default),
            None => Ok(String::new()),
        }
    }

    /// The relationships of a part, or of the package itself for an empty name.
    pub(super) fn relationships(&mut self, of: &str) -> Result<Relationships, Rejection> {
        let (folder, file) = of.rsplit_once('/').unwrap_or(("", of));
        let separator = if folder.is_empty() { "" } else { "/" };
        let text = self.part(&format!("{folder}{separator}_rels/{file}.rels"))?.unwrap_or_default();
        let mut all = BTreeMap::new();
        xml::elements(&text, |element| {
            if element.is("Relationship") {
                let mut one = Relationship::default();
                let mut id = String::new();
                element.attributes(|name, value| match name {
                    "Id" => value.clone_into(&mut id),
                    "Type" => value.clone_into(&mut one.kind),
                    "Target" => value.clone_into(&mut one.target),
                    "TargetMode" => one.external = value == "External",
                    _ => {}
                });
                if !one.external {
                    one.target = resolve(folder, &one.target);
                }
                all.insert(id, one);
            }
        })?;
        Ok(Relationships(all))
    }
}

#[derive(Default)]
struct Relationship {
    kind: String,
    target: String,
    external: bool,
}

pub(super) struct Relationships(BTreeMap<String, Relationship>);

impl Relationships {
    /// The part of a kind; kinds are told by their last segment, which is the same in both editions of the standard.
    pub(super) fn target(&self, kind: &str) -> Option<String> {
        self.0.values().find(|one| one.kind.ends_with(kind) && !one.external).map(|one| one.target.clone())
    }

    /// The part with this id.
    pub(super) fn part(&self, id: &str) -> Option<&str> {
        self.0.get(id).filter(|one| !one.external).map(|one| one.target.as_str())
    }

    /// Names of files of one of these kinds that are embedded in the package.
    pub(super) fn file_names(&self, kinds: &[&str]) -> impl Iterator<Item = &str> {
        let embedded =
            |one: &&Relationship| !one.external && kinds.iter().any(|kind| one.kind.ends_with(kind));
        self.0
            .values()
            .filter(embedded)
            .map(|one| one.target.rsplit_once('/').map_or(one.target.as_str(), |(_, name)| name))
    }

    /// All parts of a kind, by their names.
    pub(super) fn targets(&self, kind: &str) -> Vec<String> {
        let of_kind = self.0.values().filter(|one| one.kind.ends_with(kind) && !one.external);
        let mut targets: Vec<String> = of_kind.map(|one| one.target.clone()).collect();
        targets.sort();
        targets
    }

    /// Where the hyperlink with this id leads.
    pub(super) fn link(&self, id: &str) -> Option<&str> {
        self.0.get(id).filter(|one| one.external).map(|one| one.target.as_str())
    }
}

/// A target as a path from the root of the package.
pub(super) fn resolve(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.join("/")
}

fn rejection_of(error: &ZipError) -> Rejection {
    match error {
        ZipError::UnsupportedArchive(what) if *what == ZipError::PASSWORD_REQUIRED => {
            Rejection::new(Reason::Encrypted, "the file is protected by a password; save a copy without one")
        }
        _ => malformed("the package cannot be opened or is cut short"),
    }
}
