//! Multipart bodies, written by hand so that wrong ones can be written, too.

/// A part of a form; without a file name it is a plain field.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Name of the field.
    pub field: &'a str,
    /// Name of the file.
    pub file: Option<&'a str>,
    /// The content.
    pub bytes: &'a [u8],
}

/// The media type and the body of a form.
pub fn form(parts: &[Part<'_>]) -> (&'static str, Vec<u8>) {
    let mut body = Vec::new();
    for Part { field, file, bytes } in parts {
        let file = file.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"{file}\r\n\r\n");
        body.extend(head.bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    ("multipart/form-data; boundary=edge", body)
}
