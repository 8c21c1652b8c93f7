//! The child's side: lock up, say hello, then read, parse and answer until the pipe closes.

use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::Instant,
};

use event_model::ParsedDocument;

use super::{
    frame::{read_frame, write_frame},
    sandbox,
};
use crate::{DocumentParser, PARSERS, Reason, Rejection, Source, registry::parse_with};

/// The whole life of a parser child. Call it before anything else starts threads or opens files.
pub fn child_main() -> ExitCode {
    child_main_with(PARSERS)
}

/// [`child_main`] with other parsers than the registered ones.
pub fn child_main_with(parsers: &[&'static dyn DocumentParser]) -> ExitCode {
    match serve(parsers) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(io::stderr(), "parser child: {error}").ok(); // Nobody is left to tell when stderr is gone.
            ExitCode::FAILURE
        }
    }
}

fn serve(parsers: &[&'static dyn DocumentParser]) -> io::Result<()> {
    // A panic's message quotes the document; it must reach no log.
    std::panic::set_hook(Box::new(|_| {}));
    let report = sandbox::enter()?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    write_frame(&mut output, &serde_json::to_vec(&report)?)?;
    let mut busy_seconds = 0.0;
    while let Some(header) = read_frame(&mut input)? {
        let source: Source = serde_json::from_slice(&header)?;
        let bytes = read_frame(&mut input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        sandbox::allow_processor_time(busy_seconds)?;
        let begun = Instant::now();
        let reply = parse_or_panic(parsers, &bytes, &source);
        write_frame(&mut output, &serde_json::to_vec(&reply)?)?;
        busy_seconds += begun.elapsed().as_secs_f64();
    }
    Ok(())
}

/// A parser is pure, so nothing of a panic stays behind and the child can go on.
fn parse_or_panic(
    parsers: &[&'static dyn DocumentParser],
    bytes: &[u8],
    source: &Source,
) -> Result<ParsedDocument, Rejection> {
    catch_unwind(AssertUnwindSafe(|| parse_with(parsers, bytes, source))).unwrap_or_else(|_| {
        Err(Rejection::new(
            Reason::Crashed,
            "the parser failed on this document; save it again with another program or convert it to PDF or text",
        ))
    })
}
