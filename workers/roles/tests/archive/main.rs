//! Role `archive` on a log in memory, an archive in a directory, and PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod given;
mod keeping;
mod losing;
mod sharing;
