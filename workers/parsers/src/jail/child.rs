//! The child's side: lock up, say hello, then read, parse and answer until the pipe closes.

use std::{
    io::{self, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::Instant,
};

use event_model::ParsedDocument;

use super::{
    frame::{read_frame, write_frame},
    sandbox,
};
use crate::{
    Answer, CountTokens, DocumentParser, Estimate, PARSERS, Reason, Rejection, Source,
    protocol::Task,
    registry::{parse_with, read_answer},
};

/// The whole life of a parser child, whose passages are as long as `count` says. Call it before anything else starts threads or opens
/// files.
pub fn child_main(count: &dyn CountTokens) -> ExitCode {
    child_main_with(PARSERS, count)
}

/// [`child_main`] with other parsers than the registered ones.
pub fn child_main_with(parsers: &[&'static dyn DocumentParser], count: &dyn CountTokens) -> ExitCode {
    match serve(parsers, count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(io::stderr(), "parser child: {error}").ok(); // Nobody is left to tell when stderr is gone.
            ExitCode::FAILURE
        }
    }
}

/// A built-in parser as a plugin: locks itself up, reads a document called `name` on standard input, and writes a draft of it on
/// standard output.
pub fn processor_main(name: &str) -> ExitCode {
    let processed = || -> io::Result<()> {
        std::panic::set_hook(Box::new(|_| {}));
        sandbox::enter()?;
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        let task = Task { source: Source::named(name), answer_of: None };
        let answer = Answer::from(work_or_panic(PARSERS, &bytes, &task, &Estimate));
        let mut output = io::stdout().lock();
        output.write_all(&serde_json::to_vec(&answer)?)?;
        output.flush()
    };
    match processed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(io::stderr(), "parser: {error}").ok(); // Nobody is left to tell when stderr is gone.
            ExitCode::FAILURE
        }
    }
}

fn serve(parsers: &[&'static dyn DocumentParser], count: &dyn CountTokens) -> io::Result<()> {
    // A panic's message quotes the document; it must reach no log.
    std::panic::set_hook(Box::new(|_| {}));
    let report = sandbox::enter()?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    write_frame(&mut output, &serde_json::to_vec(&report)?)?;
    let mut busy_seconds = 0.0;
    while let Some(header) = read_frame(&mut input)? {
        let task: Task = serde_json::from_slice(&header)?;
        let bytes = read_frame(&mut input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        sandbox::allow_processor_time(busy_seconds)?;
        let begun = Instant::now();
        let reply = work_or_panic(parsers, &bytes, &task, count);
        write_frame(&mut output, &serde_json::to_vec(&reply)?)?;
        busy_seconds += begun.elapsed().as_secs_f64();
    }
    Ok(())
}

/// A parser is pure, so nothing of a panic stays behind and the child can go on.
fn work_or_panic(
    parsers: &[&'static dyn DocumentParser],
    bytes: &[u8],
    task: &Task,
    count: &dyn CountTokens,
) -> Result<ParsedDocument, Rejection> {
    let work = || match &task.answer_of {
        Some(asked) => read_answer(bytes, asked, count),
        None => parse_with(parsers, bytes, &task.source, count),
    };
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Rejection::new(
            Reason::Crashed,
            "the parser failed on this document; save it again with another program or convert it to PDF or text",
        ))
    })
}
