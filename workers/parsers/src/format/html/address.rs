//! Resolves the links of a page against the address it has or states, as RFC 3986 (section 5.2) says. Nothing is fetched.

/// What the links of a page are relative to; without a scheme and a host they stay as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    scheme: String,
    host: String,
    /// Up to and with its last slash.
    folder: String,
    file: String,
    query: String,
}

/// Targets of links that lead nowhere a reader could go.
const SCRIPTS: &[&str] = &["javascript:", "data:", "vbscript:", "blob:", "about:"];
/// A longer address is none.
const BYTES_MAX: usize = 8 * 1024;

impl Address {
    /// The parts of an absolute address on the web or in a file system.
    pub(super) fn parse(address: &str) -> Option<Self> {
        let address = address.trim();
        let (scheme, rest) = address.split_once("://")?;
        let known = ["http", "https", "file", "ftp"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        if !known || address.len() > BYTES_MAX {
            return None;
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (folder, file) = path.rfind('/').map_or(("/", path), |at| path.split_at(at + 1));
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            host: host.to_owned(),
            folder: folder.to_owned(),
            file: file.to_owned(),
            query: query.to_owned(),
        })
    }

    /// Where a link leads; `None` when that is nowhere.
    pub(super) fn resolve(&self, target: &str) -> Option<String> {
        let target: String =
            target.trim().chars().filter(|sign| !matches!(sign, '\n' | '\r' | '\t')).collect();
        let lower = target.get(..16.min(target.len())).unwrap_or(&target).to_ascii_lowercase();
        if target.is_empty()
            || target.len() > BYTES_MAX
            || SCRIPTS.iter().any(|script| lower.starts_with(script))
        {
            return None;
        }
        Some(if has_scheme(&target) || self.scheme.is_empty() { target } else { self.join(&target) })
    }

    fn join(&self, target: &str) -> String {
        let Self { scheme, host, folder, file, query } = self;
        if target.starts_with("//") {
            return format!("{scheme}:{target}");
        }
        let root = format!("{scheme}://{host}");
        if target.starts_with('#') || target.starts_with('?') {
            let query = if target.starts_with('#') && !query.is_empty() {
                format!("?{query}")
            } else {
                String::new()
            };
            return format!("{root}{folder}{file}{query}{target}");
        }
        let end = target.find(['?', '#']).unwrap_or(target.len());
        let (path, rest) = target.split_at(end);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{folder}{path}") };
        format!("{root}{}{rest}", without_dots(&path))
    }
}

/// Whether a target begins with a scheme (`mailto:`, `https:`).
fn has_scheme(target: &str) -> bool {
    let Some((scheme, _)) = target.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|sign| sign.is_ascii_alphanumeric() || "+-.".contains(sign))
}

/// A path without `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    for (at, part) in parts.iter().enumerate() {
        let last = at + 1 == parts.len();
        match *part {
            "." | ".." => {
                if *part == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            part => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From RFC 3986, section 5.4.
    #[test]
    fn links_lead_where_a_browser_would_go() {
        let base = Address::parse("http://a/b/c/d;p?q").unwrap();
        let cases = [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            (";x", "http://a/b/c/;x"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("mailto:a@b.c", "mailto:a@b.c"),
        ];
        for (target, expected) in cases {
            assert_eq!(base.resolve(target).as_deref(), Some(expected), "{target}");
        }
    }

    #[test]
    fn a_page_without_an_address_keeps_its_links_as_written() {
        assert_eq!(Address::default().resolve(" ../a b ").as_deref(), Some("../a b"));
        assert_eq!(Address::default().resolve("JavaScript:void(0)"), None);
        assert_eq!(Address::parse("notes/a.html"), None);
    }
}
