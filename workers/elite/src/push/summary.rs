//! How a push ended, for programs and for people.

use serde::Serialize;

use super::{files::File, upload::Outcome};

/// How a push ended.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    /// Files there are to push.
    pub(crate) files: usize,
    /// Files that were sent and taken in.
    pub(crate) sent: usize,
    /// Files that were not sent, because the gateway has them.
    pub(crate) skipped: usize,
    /// Files and folders that ignore files leave out.
    pub(crate) ignored: usize,
    /// Bytes of the files that were sent and taken in.
    pub(crate) bytes: u64,
    /// Documents that are parsed now and were not there before.
    pub(crate) parsed: usize,
    /// Documents that were there before, be their files sent or skipped.
    pub(crate) already_there: usize,
    /// Documents that are taken in and not yet parsed.
    pub(crate) pending: usize,
    /// Longest that each document was waited for; none if it was only handed over.
    pub(crate) wait_seconds: Option<u64>,
    /// Documents nobody could read, with the reason.
    pub(crate) rejected: Vec<Refused>,
    /// Files that could not be handed over.
    pub(crate) failed: Vec<Refused>,
    /// Files that were not tried any more, because the gateway had stopped answering.
    pub(crate) not_sent: usize,
    /// Why the gateway was not asked what it has, if it was not.
    pub(crate) not_asked: Option<String>,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Documents sent and taken in a second.
    pub(crate) documents_per_second: f64,
}

/// A file and why it is not a document now.
#[derive(Debug, Serialize)]
pub(crate) struct Refused {
    /// Its name.
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: String,
}

impl Summary {
    /// Takes in how a file ended, and whether it was `sent` for that.
    pub(super) fn count(&mut self, file: File, outcome: Outcome, sent: bool) {
        let reason = match outcome {
            Outcome::Failed(reason) => {
                self.failed.push(Refused { name: file.name, reason });
                return;
            }
            Outcome::NotSent => {
                self.not_sent += 1;
                return;
            }
            Outcome::Parsed => {
                self.parsed += 1;
                None
            }
            Outcome::AlreadyThere => {
                self.already_there += 1;
                None
            }
            Outcome::Pending => {
                self.pending += 1;
                None
            }
            Outcome::Rejected(reason) => Some(reason),
        };
        if sent {
            self.sent += 1;
            self.bytes += file.size_bytes;
        } else {
            self.skipped += 1;
        }
        self.rejected.extend(reason.map(|reason| Refused { name: file.name, reason }));
    }

    /// Takes in how long it took.
    pub(super) fn took(&mut self, seconds: f64) {
        self.seconds = seconds;
        self.documents_per_second =
            f64::from(u32::try_from(self.sent).unwrap_or(u32::MAX)) / seconds.max(1e-9);
    }

    /// Whether every file is, or will be, a document.
    pub(super) fn is_clean(&self) -> bool {
        self.rejected.is_empty() && self.failed.is_empty() && self.not_sent == 0
    }

    /// Prints it for people.
    pub(super) fn print(&self) {
        for refused in &self.rejected {
            println!("rejected  {}: {}", refused.name, refused.reason);
        }
        for refused in &self.failed {
            println!("failed    {}: {}", refused.name, refused.reason);
        }
        let Self { files, sent, skipped, ignored, parsed, already_there, pending, not_sent, .. } = self;
        let (rejected, failed) = (self.rejected.len(), self.failed.len());
        let not_sent = if *not_sent > 0 { format!(", {not_sent} not sent") } else { String::new() };
        println!(
            "{files} files: {parsed} parsed, {already_there} already there, {pending} pending, {rejected} rejected, \
             {failed} failed{not_sent}; {sent} sent, {skipped} skipped, {ignored} ignored; \
             {:.1} s, {:.0} documents a second",
            self.seconds, self.documents_per_second,
        );
        if let Some(seconds) = self.wait_seconds.filter(|_| *pending > 0) {
            println!(
                "what is pending was not parsed within {seconds} s; --wait=SECONDS waits longer, pushing again asks again"
            );
        }
    }
}
