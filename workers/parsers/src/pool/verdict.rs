//! What a child's death says about the document it was reading.

use std::os::unix::process::ExitStatusExt;

use super::{
    PoolConfig,
    child::{Death, End},
};
use crate::{Reason, Rejection};

/// Signal numbers are the same on all systems we run on.
const SIGABRT: i32 = 6;
const SIGXCPU: i32 = 24;
/// The words of the Rust runtime when memory is refused.
const OUT_OF_MEMORY: &str = "memory allocation of";
/// And when the stack is used up.
const STACK_OVERFLOW: &str = "has overflowed its stack";

pub(super) fn rejection_of(death: Death, end: &End, config: &PoolConfig) -> Rejection {
    let signal = end.status.and_then(|status| status.signal());
    match death {
        Death::TimeLimit => time_limit(config),
        Death::OutputLimit => Rejection::new(
            Reason::OutputLimit,
            format!("the parsed document is larger than {} bytes; split the file", config.output_bytes_max),
        ),
        Death::Ended if signal == Some(SIGXCPU) => time_limit(config),
        Death::Ended if signal == Some(SIGABRT) && end.last_words.contains(OUT_OF_MEMORY) => Rejection::new(
            Reason::MemoryLimit,
            "reading the document takes more memory than a parser is given; split the file or convert it to text",
        ),
        Death::Ended if end.last_words.contains(STACK_OVERFLOW) => Rejection::new(
            Reason::TooComplex,
            "the document is nested more deeply than its parser can follow; save it again with another program",
        ),
        Death::Ended => Rejection::new(
            Reason::Crashed,
            format!(
                "the parser was ended by {} while reading the document; save it again with another program",
                signal.map_or_else(|| "itself".to_owned(), |signal| format!("signal {signal}"))
            ),
        ),
    }
}

fn time_limit(config: &PoolConfig) -> Rejection {
    let seconds = config.time_limit.as_secs_f64();
    Rejection::new(
        Reason::TimeLimit,
        format!("the parser did not finish in {seconds} s; split the document or convert it to text"),
    )
}
