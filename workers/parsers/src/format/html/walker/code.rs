//! Code: the text of a `<pre>` as it stands, and the language it is in.

use event_model::BlockKind;
use scraper::{ElementRef, Node};

use super::{
    super::elements::{attribute, classes, is_shown},
    Walker,
};

/// Prefixes of class names that a language follows: HTML's own, GitHub's, Sphinx', `SyntaxHighlighter`'s.
const PREFIXES: &[&str] =
    &["language-", "lang-", "highlight-source-", "highlight-text-", "highlight-", "brush:"];
/// Classes beside which the language stands on its own: highlight.js, pandoc, Prettify, rustdoc.
const COMPANIONS: &[&str] =
    &["hljs", "sourceCode", "prettyprint", "code", "rust-example-rendered", "item-decl"];
/// Names that stand there and are no language.
const NO_LANGUAGE: &[&str] = &[
    "none",
    "default",
    "plain",
    "text",
    "plaintext",
    "nohighlight",
    "no-highlight",
    "notranslate",
    "highlight",
    "auto",
];
/// Attributes that name a language.
const ATTRIBUTES: &[&str] = &["data-lang", "data-language", "data-code-language"];
/// Class names of the numbers of lines.
const MARGINS: &[&str] = &[
    "linenos",
    "lineno",
    "line-number",
    "line-numbers-rows",
    "linenodiv",
    "gutter",
    "hljs-ln-numbers",
    "blob-num",
];

impl Walker<'_> {
    pub(super) fn code(&mut self, at: usize) {
        self.flush();
        let element = self.part(at).element;
        let mut text = String::new();
        verbatim(element, &mut text);
        let language = language_of(element);
        self.item = None;
        self.builder.block(BlockKind::Code { language }, &text, None);
    }
}

/// Classes of the declaration of what is documented: Sphinx', Javadoc's, Doxygen's.
const SIGNATURES: &[&str] = &["sig", "member-signature", "type-signature", "memname"];
/// What Sphinx calls the languages of its declarations.
const DOMAINS: &[(&str, &str)] = &[("py", "python"), ("c", "c"), ("cpp", "cpp"), ("js", "javascript")];

impl Walker<'_> {
    /// Reads a declaration as the code it is; false if the element is none.
    pub(super) fn signature(&mut self, at: usize) -> bool {
        let element = self.part(at).element;
        let kind = matches!(element.value().name(), "dt" | "div" | "table");
        if self.reading.choice.is_article
            || !kind
            || !classes(element).any(|class| SIGNATURES.contains(&class))
        {
            return false;
        }
        self.flush();
        self.flat = true;
        self.children(at);
        self.flat = false;
        let text = self.text.take();
        let language = domain_of(element);
        self.builder.block(BlockKind::Code { language }, text.as_str().trim(), None);
        true
    }
}

fn domain_of(signature: ElementRef<'_>) -> Option<String> {
    if classes(signature).any(|class| matches!(class, "member-signature" | "type-signature")) {
        return Some("java".to_owned());
    }
    let list = signature.parent().and_then(ElementRef::wrap)?;
    let named = |class: &str| DOMAINS.iter().find(|(domain, _)| *domain == class);
    classes(list).find_map(named).map(|(_, language)| (*language).to_owned())
}

/// Whether an element holds numbers of lines beside code: it is named so, or it leads to itself under its number.
pub(super) fn is_margin(element: ElementRef<'_>) -> bool {
    let leads_to_itself = || {
        let target = attribute(element, "href").and_then(|href| href.strip_prefix('#'));
        target.is_some_and(|id| attribute(element, "id") == Some(id) && element.text().eq([id]))
    };
    (classes(element).any(|class| MARGINS.contains(&class)) || leads_to_itself())
        && element.text().all(|text| text.chars().all(|sign| sign.is_ascii_digit() || sign.is_whitespace()))
}

fn verbatim(element: ElementRef<'_>, text: &mut String) {
    for child in element.children() {
        if let Node::Text(part) = child.value() {
            text.push_str(part);
        }
        let Some(inner) = ElementRef::wrap(child).filter(|inner| is_shown(*inner) && !is_margin(*inner))
        else {
            continue;
        };
        let line = matches!(inner.value().name(), "div" | "li" | "p" | "tr");
        if inner.value().name() == "br" || (line && !text.is_empty() && !text.ends_with('\n')) {
            text.push('\n');
        }
        verbatim(inner, text);
    }
}

/// The language that the element, one inside of it, or one of the next three around it names.
fn language_of(pre: ElementRef<'_>) -> Option<String> {
    let inside = pre.descendent_elements().take(3);
    let around = pre.ancestors().take(3).filter_map(ElementRef::wrap);
    inside.chain(around.filter(|around| around.value().name() != "body")).find_map(named_by)
}

fn named_by<'a>(element: ElementRef<'a>) -> Option<String> {
    let all = || classes(element);
    let stated = || ATTRIBUTES.iter().find_map(|name| attribute(element, name));
    let behind = |class: &'a str| PREFIXES.iter().find_map(|prefix| class.strip_prefix(prefix));
    let prefixed = || all().filter_map(behind).find(|language| !language.is_empty());
    let brush = || all().skip_while(|class| *class != "brush:").nth(1);
    let beside = || {
        let companion = all().any(|class| COMPANIONS.contains(&class));
        all().find(|class| companion && !COMPANIONS.contains(class) && is_language(class))
    };
    let language = stated().or_else(prefixed).or_else(brush).or_else(beside)?;
    let language = language.trim_end_matches(';').to_lowercase();
    (is_language(&language) && !NO_LANGUAGE.contains(&language.as_str())).then_some(language)
}

/// Names of languages are short and plain (`c++`, `objective-c`, `x86asm`).
fn is_language(name: &str) -> bool {
    (1..=24).contains(&name.len())
        && name.chars().all(|sign| sign.is_ascii_alphanumeric() || "+#-_.".contains(sign))
}
