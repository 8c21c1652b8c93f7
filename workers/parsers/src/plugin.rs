//! Processors in any language: an executable that is declared for some types and comes before the built-in parsers for them. How
//! it is jailed is in [`crate::jail`], how it is run in the pool.

use std::{
    fs,
    path::{Path, PathBuf},
};

use event_model::Tool;
use serde::{Deserialize, Serialize};

use crate::{DocumentParser, Source, jail::Launch, parser_for};

/// Where a command without a slash is looked for; also the `PATH` of a plugin.
pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
const MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;
const SECONDS_MAX: f64 = 10.0;

/// A declared plugin: a `[[plugin]]` table of `elite.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// Stable name, which documents it read are recorded with.
    pub name: String,
    /// Raised whenever its output may change.
    #[serde(default = "one")]
    pub version: u32,
    /// Media types it reads.
    #[serde(default)]
    pub media_types: Vec<String>,
    /// Extensions of names it reads, lower case, without the dot.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// The program and its arguments. The program, and files among the arguments, may be named from where `elite.toml` is.
    pub command: Vec<String>,
    /// Files and folders it may read besides those.
    #[serde(default)]
    pub read_paths: Vec<PathBuf>,
    /// Address space for one document, in bytes.
    #[serde(default = "memory_bytes_max")]
    pub memory_bytes_max: u64,
    /// Wall time and processor time for one document, in seconds.
    #[serde(default = "seconds_max")]
    pub seconds_max: f64,
    /// Where relative paths start and the program runs.
    #[serde(skip)]
    pub directory: PathBuf,
}

fn one() -> u32 {
    1
}

fn memory_bytes_max() -> u64 {
    MEMORY_BYTES_MAX
}

fn seconds_max() -> f64 {
    SECONDS_MAX
}

impl Plugin {
    /// What is wrong with the declaration, if anything.
    pub fn fault(&self) -> Option<String> {
        let fits = |text: &str| !text.is_empty() && text.len() <= 100 && !text.contains(char::is_control);
        let name = &self.name;
        if !fits(name) {
            return Some("a plugin has no name, or one that is too long".to_owned());
        }
        if self.command.first().is_none_or(String::is_empty) {
            return Some(format!(
                "the plugin `{name}` has no command; give it a list: the program and its arguments"
            ));
        }
        if self.media_types.is_empty() && self.extensions.is_empty() {
            return Some(format!(
                "the plugin `{name}` is for nothing; give it `media_types` or `extensions`"
            ));
        }
        let dotted =
            |extension: &String| extension.starts_with('.') || *extension != extension.to_lowercase();
        if let Some(extension) = self.extensions.iter().find(|extension| dotted(extension)) {
            return Some(format!(
                "the plugin `{name}` is for the extension `{extension}`; write it in lower case, without a dot"
            ));
        }
        if !(0.1..=600.0).contains(&self.seconds_max) {
            return Some(format!(
                "seconds_max of the plugin `{name}` is {}; choose 0.1 to 600",
                self.seconds_max
            ));
        }
        if self.memory_bytes_max < 16 << 20 {
            return Some(format!(
                "memory_bytes_max of the plugin `{name}` is under 16 MiB; nothing runs in that"
            ));
        }
        None
    }

    /// Name and version, as a document is recorded with.
    pub fn tool(&self) -> Tool {
        Tool { name: self.name.clone(), version: self.version }
    }

    /// Its program's file, if there is one that may be executed.
    pub fn program(&self) -> Option<PathBuf> {
        let named = self.command.first()?;
        find_program(named, &self.directory)
    }

    pub(crate) fn media_type(&self, source: &Source) -> String {
        let declared = source.declared_type.as_ref().filter(|declared| self.media_types.contains(declared));
        let first = || self.media_types.first().cloned();
        declared.cloned().or_else(first).unwrap_or_else(|| "application/octet-stream".to_owned())
    }

    /// Whether it is for this document: by the name's extension, by the type the producer says, or by the type the bytes show.
    fn takes(&self, source: &Source, shown: &[&str]) -> bool {
        let declared = source.declared_type.as_deref().map(essence);
        let is_for = |wanted: &str| self.media_types.iter().any(|own| own == wanted);
        self.extensions.contains(&source.extension())
            || declared.is_some_and(|declared| is_for(&declared))
            || shown.iter().any(|shown| is_for(shown))
    }

    /// What the launcher is told; `None` when the program is not there.
    pub(crate) fn launch(&self) -> Option<Launch> {
        let program = self.program()?;
        let named = |argument: &String| Some(self.directory.join(argument)).filter(|path| path.is_file());
        let declared = self.read_paths.iter().map(|path| self.directory.join(path));
        let mut executables = vec![program.clone()];
        executables.extend(interpreters(&program, &self.directory));
        Some(Launch {
            read_paths: self.command[1..].iter().filter_map(named).chain(declared).collect(),
            args: self.command[1..].to_vec(),
            memory_bytes_max: self.memory_bytes_max,
            seconds_max: self.seconds_max,
            executables,
            program,
        })
    }
}

/// A media type without its parameters, lower case.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The first plugin that takes the document.
pub(crate) fn plugin_for<'a>(plugins: &'a [Plugin], bytes: &[u8], source: &Source) -> Option<&'a Plugin> {
    if plugins.is_empty() || bytes.is_empty() {
        return None;
    }
    // A parser of many types cannot say which one it is before it has read the document.
    let shown = parser_for(bytes, source).map(DocumentParser::media_types).unwrap_or_default();
    let shown = if shown.len() <= 2 { shown } else { &[] };
    plugins.iter().find(|plugin| plugin.takes(source, shown))
}

fn find_program(named: &str, directory: &Path) -> Option<PathBuf> {
    let executable = |path: &PathBuf| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    if named.contains('/') {
        return Some(directory.join(named)).filter(executable).and_then(|path| path.canonicalize().ok());
    }
    PATH.split(':').map(|folder| Path::new(folder).join(named)).find(executable)
}

/// The programs that the first line of a script names: `#!/usr/bin/env python3` names two.
fn interpreters(script: &Path, directory: &Path) -> Vec<PathBuf> {
    let mut head = Vec::new();
    let read = fs::File::open(script).and_then(|file| {
        use std::io::Read;
        file.take(256).read_to_end(&mut head)
    });
    let head = String::from_utf8_lossy(&head);
    let Some(line) = head.strip_prefix("#!").and_then(|rest| rest.lines().next()).filter(|_| read.is_ok())
    else {
        return Vec::new();
    };
    line.split_whitespace().filter_map(|word| find_program(word, directory)).collect()
}
