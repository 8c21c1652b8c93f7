//! What holds inside of a group and ends with it.

use encoding_rs::Encoding;

/// Where the text of a group goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Body,
    /// Nowhere.
    Skipped,
    /// Names of fonts; their charsets count.
    Fonts,
    /// Names of styles.
    Styles,
    /// A property of the document.
    Property(&'static str),
    /// The mark before an item of a list.
    Mark,
    /// What a field does.
    Instruction,
    Footnote,
}

/// The state that a group inherits and gives back.
#[derive(Clone, Copy)]
pub(super) struct Group {
    pub(super) destination: Destination,
    pub(super) encoding: Option<&'static Encoding>,
    /// Bytes that stand for a character of Unicode in old programs, and follow it.
    pub(super) fallback: usize,
    /// Bold, italic and struck out.
    pub(super) marks: [bool; 3],
    pub(super) hidden: bool,
    /// Whether the group is what a field shows: then where its text begins.
    pub(super) field_start: Option<usize>,
}

impl Group {
    pub(super) fn new() -> Self {
        Self {
            destination: Destination::Body,
            encoding: None,
            fallback: 1,
            marks: [false; 3],
            hidden: false,
            field_start: None,
        }
    }
}

/// The destination that a word opens.
pub(super) fn destination(word: &[u8]) -> Option<Destination> {
    Some(match word {
        b"fonttbl" => Destination::Fonts,
        b"stylesheet" => Destination::Styles,
        b"title" => Destination::Property("title"),
        b"author" => Destination::Property("author"),
        b"operator" => Destination::Property("last_modified_by"),
        b"subject" => Destination::Property("subject"),
        b"keywords" => Destination::Property("keywords"),
        b"doccomm" => Destination::Property("description"),
        b"company" => Destination::Property("company"),
        b"creatim" => Destination::Property("created"),
        b"revtim" => Destination::Property("modified"),
        b"pntext" | b"listtext" => Destination::Mark,
        b"fldinst" => Destination::Instruction,
        b"footnote" => Destination::Footnote,
        b"colortbl"
        | b"pict"
        | b"object"
        | b"objdata"
        | b"header"
        | b"headerl"
        | b"headerr"
        | b"headerf"
        | b"footer"
        | b"footerl"
        | b"footerr"
        | b"footerf"
        | b"ftnsep"
        | b"ftnsepc"
        | b"ftncn"
        | b"aftnsep"
        | b"aftnsepc"
        | b"nonshppict"
        | b"listtable"
        | b"listoverridetable"
        | b"revtbl"
        | b"rsidtbl"
        | b"generator"
        | b"themedata"
        | b"colorschememapping"
        | b"datastore"
        | b"latentstyles"
        | b"xmlnstbl"
        | b"filetbl"
        | b"bkmkstart"
        | b"bkmkend"
        | b"tc"
        | b"xe"
        | b"printim"
        | b"buptim"
        | b"template"
        | b"private"
        | b"pgdsctbl" => Destination::Skipped,
        _ => return None,
    })
}

/// Destinations that old programs are told to skip, and that are text all the same.
pub(super) fn is_text_all_the_same(word: &[u8]) -> bool {
    matches!(
        word,
        b"shppict"
            | b"shptxt"
            | b"shpinst"
            | b"shprslt"
            | b"fldinst"
            | b"listtext"
            | b"pntext"
            | b"company"
            | b"upr"
            | b"ud"
    )
}
