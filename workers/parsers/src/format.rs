//! One document format per file.

pub(crate) mod plain_text;
pub(crate) mod source_code;
