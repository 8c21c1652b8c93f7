//! The scripts that run in the server. What they are called with is said at their beginning.

use std::{fmt::Write, sync::LazyLock};

use redis::Cmd;

/// Ids that go to one command inside a script: Lua's stack holds 8,000 values.
const PORTION: usize = 3_000;

/// A script and the name the server keeps it under.
pub(crate) struct Script {
    text: String,
    hash: String,
}

/// Appends to a partition.
pub(crate) static APPEND: LazyLock<Script> = LazyLock::new(|| {
    let mut rest = String::new();
    for low in 0..100 {
        // Writing to a string does not fail.
        write!(rest, "'{low:02}-0',").ok();
    }
    let text = include_str!("script/append.lua").replace("REST", rest.trim_end_matches(','));
    Script::new(&text.replace("PORTION", &PORTION.to_string()))
});

/// Checks or makes a partition.
pub(crate) static OPEN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("script/open.lua")));

/// Lets go of what was archived.
pub(crate) static TRIM: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("script/trim.lua")));

/// Begins a new timeline.
pub(crate) static ACCEPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("script/accept.lua")));

/// Makes a partition that is restored.
pub(crate) static RESTORE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("script/restore.lua")));

/// Opens a partition that was restored.
pub(crate) static RESTORED: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("script/restored.lua")));

impl Script {
    fn new(text: &str) -> Self {
        // Comments are for readers; the server keeps and compiles what is left.
        let code = text.lines().filter(|line| !line.trim_start().starts_with("--"));
        let text = code.collect::<Vec<_>>().join("\n");
        let hash = redis::Script::new(&text).get_hash().to_owned();
        Self { text, hash }
    }

    /// The command that teaches a server this script.
    pub(crate) fn load(&self) -> Cmd {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(&self.text);
        load
    }

    /// The beginning of a call, up to the keys.
    pub(crate) fn call(&self, keys: usize) -> Cmd {
        let mut call = redis::cmd("EVALSHA");
        call.arg(&self.hash).arg(keys);
        call
    }

    /// The beginning of a call of a server that may not know the script.
    pub(crate) fn call_with_text(&self, keys: usize) -> Cmd {
        let mut call = redis::cmd("EVAL");
        call.arg(&self.text).arg(keys);
        call
    }
}
