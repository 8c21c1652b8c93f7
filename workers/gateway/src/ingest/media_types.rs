//! Media types that a raw upload may declare. What the bytes really are is found out later, by looking at them.

/// Types outside `text/` that may be documents; the structured suffixes `+json`, `+xml` and `+yaml` may be too.
const DOCUMENT_TYPES: &[&str] = &[
    "application/octet-stream",
    "application/pdf",
    "application/x-pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
    "application/vnd.openxmlformats-officedocument.presentationml.template",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
    "application/vnd.ms-word.document.macroenabled.12",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.text-template",
    "application/epub+zip",
    "application/msword",
    // What Windows calls CSV.
    "application/vnd.ms-excel",
    "application/csv",
    "application/rtf",
    "application/json",
    "application/jsonl",
    "application/x-ndjson",
    "application/xml",
    "application/yaml",
    "application/x-yaml",
    "application/toml",
    "application/javascript",
    "application/x-javascript",
    "application/typescript",
    "application/x-typescript",
    "application/sql",
    "application/x-sh",
    "application/x-shellscript",
    "application/x-python",
    "application/x-python-code",
    "application/x-httpd-php",
    "application/x-tex",
    "application/markdown",
];

/// Whether a document may declare this type (lower case, without parameters).
pub(super) fn may_be_document(media_type: &str) -> bool {
    media_type.starts_with("text/")
        || DOCUMENT_TYPES.contains(&media_type)
        || ["+json", "+xml", "+yaml"]
            .iter()
            .any(|suffix| media_type.starts_with("application/") && media_type.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::may_be_document;

    #[test]
    fn pictures_programs_and_unknown_types_are_not_documents() {
        for declared in
            ["image/png", "image/svg+xml", "video/mp4", "application/x-executable", "application/x-none", ""]
        {
            assert!(!may_be_document(declared), "{declared}");
        }
        for declared in
            ["text/x-rust", "application/pdf", "application/xhtml+xml", "application/octet-stream"]
        {
            assert!(may_be_document(declared), "{declared}");
        }
    }

    #[test]
    fn what_a_browser_says_of_office_files_and_books_may_be_declared() {
        for declared in [
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.oasis.opendocument.text",
            "application/epub+zip",
            "application/rtf",
            "application/x-ipynb+json",
            "application/vnd.ms-excel",
        ] {
            assert!(may_be_document(declared), "{declared}");
        }
    }
}
