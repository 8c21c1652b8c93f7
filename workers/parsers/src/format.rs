//! One document format per file.

mod grid;
mod package;
mod properties;
mod xml;

pub(crate) mod csv;
pub(crate) mod docx;
pub(crate) mod epub;
pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod notebook;
pub(crate) mod odt;
pub(crate) mod pdf;
pub(crate) mod plain_text;
pub(crate) mod pptx;
pub(crate) mod rst;
pub(crate) mod rtf;
pub(crate) mod source_code;
pub(crate) mod xlsx;
