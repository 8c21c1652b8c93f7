//! The parser child of this crate's own tests and measurements: the registered parsers, and one that misbehaves when a text
//! asks for it. The shipped child is `elite`'s and knows the registered ones only.

use std::{
    fs, hint,
    net::{TcpStream, UdpSocket},
    os::unix::{net::UnixStream, process::CommandExt},
    process::{Command, ExitCode},
};

use event_model::{BlockKind, ParsedDocument};
use nix::{
    sys::{ptrace, signal},
    unistd,
};
use parsers::{DocumentBuilder, DocumentParser, Estimate, PARSERS, Reason, Rejection, Sniffed, Source};

const PLEASE: &str = "misbehave: ";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1..).unwrap_or_default() {
        [role, order] if role == "plugin-child" => return parsers::jail::launch_main(order),
        [role, name] if role == "process" => return parsers::jail::processor_main(name),
        _ => {}
    }
    let parsers: Vec<&'static dyn DocumentParser> =
        std::iter::once(&Misbehaving as &dyn DocumentParser).chain(PARSERS.iter().copied()).collect();
    parsers::jail::child_main_with(&parsers, &Estimate)
}

/// Does what the text after [`PLEASE`] says.
struct Misbehaving;

impl DocumentParser for Misbehaving {
    fn name(&self) -> &'static str {
        "misbehaving"
    }

    fn version(&self) -> u32 {
        1
    }

    fn media_types(&self) -> &'static [&'static str] {
        &["text/plain"]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.head.starts_with(PLEASE.as_bytes())
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let text = String::from_utf8_lossy(bytes);
        let outcome = match text.trim_start_matches(PLEASE).trim() {
            "abort" => std::process::abort(),
            "panic" => panic!("as asked"),
            "overflow the stack" => overflow(0).to_string(),
            "hang" => loop {
                hint::spin_loop();
            },
            "hog memory" => vec![1_u8; 1 << 30].len().to_string(),
            "flood" => "flood ".repeat(200_000),
            "exit" => std::process::exit(0),
            "tell the process id" => std::process::id().to_string(),
            "read a file" => outcome(&fs::read("/etc/hostname")),
            "write a file" => outcome(&fs::write("/tmp/parser-child-was-here", "")),
            "start a program" => outcome(&Command::new("/bin/true").status()),
            "connect" => outcome(&TcpStream::connect("127.0.0.1:9")),
            "open a datagram socket" => outcome(&UdpSocket::bind("127.0.0.1:0")),
            "open a local socket" => outcome(&UnixStream::pair()),
            "become a program" => Command::new("/bin/true").exec().to_string(),
            "fork" => outcome(&unistd::daemon(true, true)),
            "let itself be traced" => outcome(&ptrace::traceme()),
            "trace a process" => outcome(&ptrace::attach(unistd::Pid::from_raw(1))),
            // No signal, only the question whether one could be sent.
            "send a signal" => outcome(&signal::kill(unistd::Pid::from_raw(1), None)),
            "send itself a signal" => outcome(&signal::kill(unistd::Pid::this(), None)),
            "send a group a signal" => outcome(&signal::killpg(unistd::Pid::from_raw(1), None)),
            "start a thread" => outcome(&std::thread::Builder::new().spawn(|| ())),
            other => {
                return Err(Rejection::new(Reason::Malformed, format!("unknown misbehaviour `{other}`")));
            }
        };
        let mut builder = DocumentBuilder::new("text/plain", self.tool());
        builder.block(BlockKind::Paragraph, &outcome, None);
        builder.finish()
    }
}

fn outcome<T, E>(result: &Result<T, E>) -> String {
    if result.is_ok() { "allowed" } else { "denied" }.to_owned()
}

#[expect(unconditional_recursion, reason = "that is what it is for")]
fn overflow(depth: u64) -> u64 {
    let frame = hint::black_box([depth; 64]);
    overflow(depth + 1) + frame[0]
}
