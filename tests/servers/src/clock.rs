//! A clock that is ahead, for one server: a library that answers in the kernel's place, loaded before the server's own.
//!
//! faketime does this for programs of ours, but Debian's Redis does not start under it: it asks for the time while its
//! allocator is set up, and faketime allocates to answer. This library does nothing but ask the kernel and add.

use std::{fs, path::Path, process::Command, time::Duration};

use crate::program::{program, run};

/// What the library is made of.
const SOURCE: &str = include_str!("clock/ahead.c");

/// What to start a server with, so that its clock is `ahead`. The library is compiled into the server's directory, with the C
/// compiler that building Elite needs anyway.
pub(crate) fn clock_ahead(ahead: Duration, directory: &Path) -> Vec<String> {
    let library = directory.join("ahead.so");
    let source = library.with_extension("c");
    fs::write(&source, SOURCE).expect("a file can be written");
    run(Command::new(program("cc")).args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source));
    vec![
        program("env").display().to_string(),
        format!("CLOCK_AHEAD_SECONDS={}", ahead.as_secs()),
        format!("LD_PRELOAD={}", library.display()),
    ]
}
