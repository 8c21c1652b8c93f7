//! Pages of API documentation and manuals: known by the program that made them, or by how much of their main part is code. Of these
//! everything counts, so only what leads around the site is left out, and only by certain marks.

use scraper::{ElementRef, Html as Dom};

use super::{
    article::Choice,
    elements::{attribute, classes},
    head::Head,
    page::{Kept, Page, Part},
};

/// Programs that make documentation, as they name themselves in `<meta name="generator">`.
const GENERATORS: &[&str] = &[
    "rustdoc",
    "sphinx",
    "docutils",
    "mkdocs",
    "javadoc",
    "doxygen",
    "docusaurus",
    "typedoc",
    "jsdoc",
    "exdoc",
    "ex_doc",
    "vitepress",
    "vuepress",
    "dokka",
    "docfx",
    "docsify",
    "gitbook",
    "mdbook",
    "asciidoctor",
    "antora",
    "yard",
    "pdoc",
    "starlight",
    "nextra",
    "haddock",
    "scaladoc",
    "pkgdown",
    "quarto",
    "docbook",
    "slate",
    "hexdocs",
    "readme.io",
    "redoc",
];
/// Classes and ids that only such programs give to `<html>`, `<body>` or the block of the text, for those that do not name themselves.
const TRACES: &[&str] = &[
    "rustdoc",
    "sphinxsidebar",
    "sphinxsidebarwrapper",
    "wy-body-for-nav",
    "rst-content",
    "bd-article-container",
    "md-content__inner",
    "md-typeset",
    "class-declaration-page",
    "package-declaration-page",
    "module-declaration-page",
    "memdoc",
    "memproto",
    "mdbook-version",
    "mdbook-help-container",
    "sidebar-toggle-anchor",
    "theme-doc-markdown",
    "tsd-page-title",
    "main-page-content",
];
/// The block that holds the text, the most certain first.
const MAINS: &[&str] = &["main-content", "doc-content", "md-content__inner", "body", "document", "content"];
/// A main part is a reference when at least this part of it is code, in percent, or it defines so many terms with an id.
const CODE_PERCENT_MIN: usize = 12;
const TERMS_MIN: usize = 3;

/// Classes and ids of what leads around a site of documentation.
const LEADING: &[&str] = &[
    "sidebar",
    "sphinxsidebar",
    "sidetoc",
    "toc-sidebar",
    "navbar",
    "navigation",
    "breadcrumb",
    "breadcrumbs",
    "rustdoc-breadcrumbs",
    "nav-wrapper",
    "nav-chapters",
    "related",
    "footer",
    "footer-container",
    "md-footer",
    "md-nav",
    "md-search",
    "md-skip",
    "md-tabs",
    "md-top",
    "md-header",
    "md-sidebar",
    "search",
    "searchbox",
    "search-form",
    "skip-main-content",
    "skip-link",
    "skip-nav",
    "headerlink",
    "header-anchor",
    "hash-link",
    "anchorjs-link",
    "anchor",
    "doc-anchor",
    "copybtn",
    "copy-button",
    "md-clipboard",
    "viewcode-link",
    "viewcode-back",
    "src",
    "srclink",
    "test-arrow",
    "md-content__button",
    "theme-doc-breadcrumbs",
    "theme-doc-toc-mobile",
    "theme-doc-footer",
    "pagination-nav",
    "table-of-contents",
    "page-toc",
    "bd-sidebar",
    "prev-next-footer",
    "prev-next-area",
    "wy-breadcrumbs",
    "rst-footer-buttons",
    "rst-versions",
    "edit-this-page",
    "sub-nav",
    "top-nav",
    "bottom-nav",
    "main-grid-toc",
    "hideme",
    "language-selector",
    "article-footer",
    "on-this-page",
    "menu-bar",
    "mobile-nav-chapters",
    "sidetoggle",
    "memitem-anchor",
    "permalink",
    "titlearea",
    "navrow1",
    "memtitle-anchor",
    "self-link",
    "nav-path",
    "nav-tree",
    "side-nav",
    "main-nav",
    "page-footer",
    "back-to-top",
];

/// Whether a page is a reference.
pub(super) fn is_reference(dom: &Dom, head: &Head) -> bool {
    let elements = || dom.root_element().descendent_elements();
    GENERATORS.iter().any(|known| head.generator.contains(known))
        || elements().any(|element| names(element).any(|name| TRACES.contains(&name)))
        || (!head.is_article && main_element(dom).is_some_and(is_made_of_code))
}

fn main_element(dom: &Dom) -> Option<ElementRef<'_>> {
    dom.root_element().descendent_elements().find(|element| is_main(*element))
}

fn is_main(element: ElementRef<'_>) -> bool {
    element.value().name() == "main" || attribute(element, "role") == Some("main")
}

fn is_made_of_code(main: ElementRef<'_>) -> bool {
    let length = |element: ElementRef<'_>| element.text().map(|text| text.trim().len()).sum::<usize>();
    let inner = || main.descendent_elements();
    let code: usize = inner().filter(|element| element.value().name() == "pre").map(length).sum();
    let terms = inner()
        .filter(|element| element.value().name() == "dt" && attribute(*element, "id").is_some())
        .take(TERMS_MIN)
        .count();
    code * 100 >= length(main) * CODE_PERCENT_MIN && code > 0 || terms == TERMS_MIN
}

/// Everything in the main part but what leads elsewhere.
pub(super) fn choose(page: &Page<'_>) -> Choice {
    let mut left_out = vec![false; page.parts.len()];
    for at in 1..page.parts.len() {
        let part = page.part(at);
        if !left_out[at] && leads_elsewhere(part) {
            left_out[at..part.end].fill(true);
        }
    }
    Choice { root: root(page, &left_out), left_out, is_article: false }
}

fn leads_elsewhere(part: &Part<'_>) -> bool {
    let role = attribute(part.element, "role");
    matches!(part.name(), "nav" | "search" | "rustdoc-topbar" | "rustdoc-toolbar")
        || (matches!(part.name(), "footer" | "aside" | "form") && part.all.link_density() > 0.3)
        || matches!(role, Some("navigation" | "search" | "contentinfo" | "banner" | "menubar"))
        || names(part.element).any(|name| LEADING.contains(&name))
}

/// What the main part holds of the text at least: some of it, if HTML itself calls it that, and most of it, if only its name does.
const SOME: f32 = 0.1;
const MOST: f32 = 0.6;

/// The main part, if it holds most of what is kept; some pages have none, or one that is not it.
fn root(page: &Page<'_>, left_out: &[bool]) -> usize {
    let kept = Kept::of(page, left_out);
    let all = kept.letters(page, 0);
    let holds = |at: usize, share: f32| !left_out[at] && kept.letters(page, at) > share * all;
    let holds_most = |at: &usize| holds(*at, MOST);
    let places = || 0..page.parts.len();
    let main = places().find(|at| is_main(page.part(*at).element) && holds(*at, SOME));
    let named = || {
        MAINS.iter().find_map(|main| {
            places().find(|at| names(page.part(*at).element).any(|name| name == *main) && holds_most(at))
        })
    };
    main.or_else(named).unwrap_or_default()
}

fn names(element: ElementRef<'_>) -> impl Iterator<Item = &str> {
    classes(element).chain(attribute(element, "id"))
}
