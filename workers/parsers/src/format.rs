//! One document format per file.

pub(crate) mod docx;
pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod pdf;
pub(crate) mod plain_text;
pub(crate) mod source_code;
