//! Pages as generators of documentation make them: nothing of what they document is lost, and the way around the site is left out.

use event_model::ParsedDocument;

use crate::{outline, parse};

fn read(page: &str) -> ParsedDocument {
    let page = format!("<!DOCTYPE html>{page}");
    parse(page.as_bytes(), "wade.html").unwrap()
}

#[track_caller]
fn leaves_out(document: &ParsedDocument, words: &[&str]) {
    for word in words {
        assert!(!document.text.contains(word), "`{word}` in {}", document.text);
    }
}

#[test]
fn rustdoc() {
    let document = read(
        r##"<html lang="en"><head><meta name="generator" content="rustdoc"><title>Heron in birds - Rust</title></head><body class="rustdoc struct">
        <a class="skip-main-content" href="#main-content">Skip to main content</a><rustdoc-topbar><h2><a href="#">Heron</a></h2></rustdoc-topbar>
        <nav class="sidebar"><h2><a href="../birds/index.html">birds</a></h2><ul><li><a href="#method.wade">wade</a></li></ul></nav>
        <main><section id="main-content" class="content"><div class="main-heading"><div class="rustdoc-breadcrumbs"><a href="index.html">birds</a></div>
        <h1>Struct <span class="struct">Heron</span>&nbsp;<button id="copy-path">Copy item path</button></h1><span class="sub-heading">
        <span class="since">1.2.0</span> · <a class="src" href="../src/birds.rs.html">Source</a></span></div>
        <pre class="rust item-decl"><code>pub struct Heron { <span class="comment">/* private fields */</span> }</code></pre>
        <details class="toggle top-doc" open><summary class="hideme"><span>Expand description</span></summary><div class="docblock"><p>A wading bird.</p></div></details>
        <h2 id="implementations" class="section-header">Implementations<a href="#implementations" class="anchor">§</a></h2>
        <details class="toggle method-toggle" open><summary><section id="method.wade" class="method"><a class="src rightside" href="../src/birds.rs.html#7">Source</a>
        <h4 class="code-header">pub fn <a href="#method.wade" class="fn">wade</a>(&amp;self, depth: <a class="primitive" href="p.html">u8</a>) -&gt; bool</h4></section></summary>
        <div class="docblock"><p>Wades in.</p><h5 id="examples"><a class="doc-anchor" href="#examples">§</a>Examples</h5>
        <div class="example-wrap"><pre class="rust rust-example-rendered"><code>heron.wade(3);</code></pre><a class="test-arrow" href="https://play.example">Run</a></div></div></details>
        <details class="toggle implementors-toggle"><summary><section id="impl-Clone"><h3 class="code-header">impl Clone for Heron</h3></section></summary></details>
        </section></main></body></html>"##,
    );
    assert_eq!(
        outline(&document),
        [
            "h1: Struct Heron",
            "p: 1.2.0",
            "code rust: pub struct Heron { /* private fields */ }",
            "p: A wading bird.",
            "h2: Implementations",
            "h4: pub fn wade(&self, depth: u8) -> bool",
            "p: Wades in.",
            "h5: Examples",
            "code rust: heron.wade(3);",
            "h3: impl Clone for Heron",
        ]
    );
}

#[test]
fn sphinx() {
    let document = read(
        r##"<html><head><title>birds — Fen 1.0 documentation</title></head><body class="wy-body-for-nav"><div class="related" role="navigation"><h3>Navigation</h3></div>
        <div class="document"><div class="documentwrapper"><div class="bodywrapper"><div class="body" role="main"><section id="birds">
        <h1>birds<a class="headerlink" href="#birds" title="Permalink">¶</a></h1><div class="toctree-wrapper"><p class="caption">Contents</p></div>
        <dl class="py class"><dt class="sig sig-object py" id="birds.Heron"><em class="property"><span class="pre">class</span> </em><span class="sig-prename">birds.</span><span class="sig-name">Heron</span>(<em class="sig-param">depth: int = 3</em>)<a class="reference internal" href="_modules/birds.html"><span class="viewcode-link">[source]</span></a><a class="headerlink" href="#birds.Heron">¶</a></dt>
        <dd><p>A wading bird.</p><dl class="py method"><dt class="sig sig-object py" id="birds.Heron.wade">wade()<a class="headerlink" href="#birds.Heron.wade">¶</a></dt>
        <dd><dl class="field-list simple"><dt>Returns</dt><dd><p>Whether it stands.</p></dd></dl></dd></dl></dd></dl>
        <div class="highlight-python notranslate"><div class="highlight"><pre>heron.wade()</pre></div></div>
        <div class="sphinx-tabs"><div role="tabpanel" id="p1"><p>On Linux.</p></div><div role="tabpanel" id="p2" hidden="true"><p>On others.</p></div></div>
        </section></div></div></div><div class="sphinxsidebar" role="navigation"><h3>Table of Contents</h3><div id="searchbox"><h3>Quick search</h3></div></div></div>
        <div class="footer" role="contentinfo">Created using Sphinx</div></body></html>"##,
    );
    assert_eq!(
        outline(&document),
        [
            "h1: birds",
            "p: Contents",
            "code python: class birds.Heron(depth: int = 3)",
            "p: A wading bird.",
            "code python: wade()",
            "p: Returns",
            "p: Whether it stands.",
            "code python: heron.wade()",
            "p: On Linux.",
            "p: On others.",
        ]
    );
}

#[test]
fn javadoc() {
    let document = read(
        r##"<html lang="en"><head><title>Heron (Fen)</title><meta name="generator" content="javadoc/ClassWriter"></head><body class="class-declaration-page">
        <div class="flex-box"><header role="banner" class="flex-header"><nav role="navigation"><div class="top-nav" id="navbar-top"><ul><li><a href="../index.html">Overview</a></li></ul></div>
        <div class="sub-nav"><input type="text" id="search-input" placeholder="Search"></div></nav></header><div class="flex-content"><main role="main">
        <div class="header"><div class="sub-title"><span>Package</span>&nbsp;<a href="package-summary.html">fen.birds</a></div><h1 title="Class Heron" class="title">Class Heron</h1></div>
        <section class="class-description"><div class="type-signature"><span class="modifiers">public class </span><span class="element-name">Heron</span></div><div class="block">A wading bird.</div></section>
        <section class="summary"><ul class="summary-list"><li><section class="method-summary"><h2>Method Summary</h2><div class="table-tabs" role="tablist"><button>All Methods</button></div>
        <div role="tabpanel"><div class="summary-table three-column-summary"><div class="table-header col-first">Modifier and Type</div><div class="table-header col-second">Method</div>
        <div class="col-first even-row-color"><code>boolean</code></div><div class="col-second even-row-color"><code><a href="#wade(int)">wade</a>(int depth)</code></div><div class="col-last"><div class="block">Wades in.</div></div></div></div></section></li></ul></section>
        <section class="details"><ul class="details-list"><li><section class="method-details"><h2>Method Details</h2><ul class="member-list"><li><section class="detail" id="wade(int)"><h3>wade</h3>
        <div class="member-signature"><span class="modifiers">public</span>&nbsp;<span class="return-type">boolean</span>&nbsp;<span class="element-name">wade</span><wbr><span class="parameters">(int&nbsp;depth)</span></div>
        <div class="block">Wades in, slowly.</div><dl class="notes"><dt>Parameters:</dt><dd><code>depth</code> - in cm</dd></dl></section></li></ul></section></li></ul></section>
        </main><footer role="contentinfo"><hr><p>Copyright Fen</p></footer></div></div></body></html>"##,
    );
    assert_eq!(
        outline(&document),
        [
            "p: Package fen.birds",
            "h1: Class Heron",
            "code java: public class Heron",
            "p: A wading bird.",
            "h2: Method Summary",
            "p: Modifier and Type",
            "p: Method",
            "p: boolean",
            "p: wade(int depth)",
            "p: Wades in.",
            "h2: Method Details",
            "h3: wade",
            "code java: public boolean wade(int depth)",
            "p: Wades in, slowly.",
            "p: Parameters:",
            "p: depth - in cm",
        ]
    );
}

#[test]
fn mkdocs() {
    let document = read(
        r##"<html lang="en"><head><title>Heron - Fen</title><meta name="generator" content="mkdocs-1.6, mkdocs-material-9.5"></head><body>
        <div class="md-header"><a href="/">Fen</a><div class="md-search" role="dialog">Type to start searching</div></div><div class="md-container"><main class="md-main"><div class="md-main__inner">
        <div class="md-sidebar md-sidebar--primary"><ul><li><a href="/">Home</a></li></ul></div><div class="md-content"><article class="md-content__inner md-typeset">
        <a href="edit" class="md-content__button">Edit this page</a><h1 id="heron">Heron<a class="headerlink" href="#heron">&para;</a></h1><p>A wading bird.</p>
        <div class="admonition note"><p class="admonition-title">Note</p><p>It stands.</p></div><div class="language-toml highlight"><pre><span></span><code>depth = 3
</code></pre></div><aside><p>Mind the depth, since it <em>matters</em>.</p></aside><details class="tip"><summary>More</summary><p>It strikes.</p></details></article></div></div></main>
        <footer class="md-footer"><a href="/next">Next</a> Made with Material</footer></div></body></html>"##,
    );
    assert_eq!(
        outline(&document),
        [
            "h1: Heron",
            "p: A wading bird.",
            "p: Note",
            "p: It stands.",
            "code toml: depth = 3",
            "p: Mind the depth, since it matters.",
            "p: More",
            "p: It strikes.",
        ]
    );
}

#[test]
fn doxygen() {
    let document = read(
        r##"<html><head><meta name="generator" content="Doxygen 1.9.8"/><title>Fen: Heron Class Reference</title></head><body>
        <div id="top"><div id="titlearea"><table><tr><td id="projectname">Fen</td></tr></table></div><div id="main-nav"></div><div id="navrow1" class="tabs"><a href="index.html">Main Page</a></div></div>
        <div class="header"><div class="headertitle"><div class="title">Heron Class Reference</div></div></div><div class="contents"><p>A wading bird.</p>
        <table class="memberdecls"><tr class="heading"><td colspan="2"><h2 class="groupheader">Public Member Functions</h2></td></tr>
        <tr class="memitem:a1"><td class="memItemLeft">bool&#160;</td><td class="memItemRight"><a class="el" href="#a1">wade</a> (int depth)</td></tr>
        <tr class="memdesc:a1"><td class="mdescLeft">&#160;</td><td class="mdescRight">Wades in.</td></tr>
        <tr class="memitem:a2 inherit" style="display: none;"><td class="memItemLeft">void&#160;</td><td class="memItemRight">fly ()</td></tr></table>
        <h2 class="memtitle"><span class="permalink"><a href="#a1">&#9670;&#160;</a></span>wade()</h2><div class="memitem"><div class="memproto"><table class="memname">
        <tr><td class="memname">bool Heron::wade </td><td>(</td><td class="paramtype">int&#160;</td><td class="paramname"><em>depth</em></td><td>)</td><td></td></tr></table></div>
        <div class="memdoc"><p>Wades in, slowly.</p></div></div></div><hr class="footer"/><address class="footer"><small>Generated by doxygen</small></address></body></html>"##,
    );
    assert_eq!(
        outline(&document),
        [
            "p: Heron Class Reference",
            "p: A wading bird.",
            "h2: Public Member Functions",
            "p: bool wade (int depth)",
            "p: Wades in.",
            "p: void fly ()",
            "h2: wade()",
            "code -: bool Heron::wade ( int depth )",
            "p: Wades in, slowly.",
        ]
    );
}

#[test]
fn a_page_without_a_generator_whose_main_part_is_made_of_code() {
    let document = read(
        r##"<html lang="en-US"><head><title>wade() - Fen Docs</title></head><body><div class="page-wrapper"><div class="main-wrapper">
        <nav class="breadcrumb"><a href="/">Docs</a></nav><div class="left-sidebar sidebar"><ul><li><a href="/a">Other methods</a></li></ul></div>
        <main id="content"><header><h1>wade()</h1><details><summary>Baseline</summary></details></header><p>Wades in.</p><h2 id="syntax"><a href="#syntax">Syntax</a></h2>
        <div class="code-example"><pre class="brush: js notranslate"><code>wade(depth)
wade(depth, speed)</code></pre></div><dl><dt id="depth"><a href="#depth"><code>depth</code></a></dt><dd><p>In cm.</p></dd></dl>
        <ul class="related-methods"><li><a href="/strike">strike()</a></li></ul></main></div></div><footer><a href="/about">About Fen</a></footer></body></html>"##,
    );
    leaves_out(&document, &["Docs", "Other methods", "About Fen"]);
    assert_eq!(
        outline(&document),
        [
            "h1: wade()",
            "p: Baseline",
            "p: Wades in.",
            "h2: Syntax",
            "code js: wade(depth)\nwade(depth, speed)",
            "p: depth",
            "p: In cm.",
            "li0: strike()",
        ]
    );
}

#[test]
fn a_post_with_much_code_that_says_it_is_an_article_is_one() {
    let prose = "A heron waits in shallow water, still as a post, until a fish comes near enough. ".repeat(4);
    let document = read(&format!(
        "<html><head><meta property='og:type' content='article'></head><body><main><div class='post'><p>{prose}</p><pre>heron.wade();\n\
         heron.strike();</pre><p>{prose}</p></div><div class='comments'><p>I saw one, too, at the pond, and it was huge.</p></div></main></body></html>"
    ));
    leaves_out(&document, &["I saw one"]);
    assert!(document.text.contains("heron.strike();"));
}
