// The original, as far as a browser can show it: PDF in its viewer, HTML without scripts, text as text.
//
// Each way answers `place(blocks)`, which finds new blocks in it and says of each whether it was found, and `mark(block, chosen)`,
// which marks one; `chosen` says that somebody clicked, so that more may move.
import { byId, element, size } from "./elements.js";
import { Haystack } from "./locate.js";

const TEXT_BYTES_MAX = 4_000_000;
// No list of pages, and pages as wide as the pane.
const PDF_VIEW = "navpanes=0&view=FitH";
const nowhere = () => ({ place: () => new Map(), mark: () => {} });

export async function showOriginal(found) {
  const type = found.media_type ?? found.declared_type ?? "";
  const pane = byId("original");
  const url = `/documents/${found.id}/content`;
  if (type === "application/pdf" && navigator.pdfViewerEnabled !== false && found.media_type) return pdf(pane, `${url}?inline=true`);
  if (found.size_bytes > TEXT_BYTES_MAX) return none(pane, `${size(found.size_bytes)} are too much to show here.`);
  if (found.media_type === "text/html") return html(pane, `${url}?inline=true`);
  const bytes = await fetch(url).then((answer) => answer.ok ? answer.arrayBuffer() : null, () => null);
  const source = bytes && textOf(bytes);
  if (source === null) return none(pane, found.status === "rejected" ? "This file cannot be shown." : "A browser cannot show this kind of file.");
  return text(pane, source);
}

function none(pane, why) {
  pane.replaceChildren(element("p", { class: "empty" }, `${why} Download it to look at it beside the text.`));
  return nowhere();
}

// A click moves the viewer to the block's page; the cursor alone only marks the place on the map.
function pdf(pane, url) {
  const frame = element("iframe", { class: "shown", title: "The original PDF", src: `${url}#${PDF_VIEW}` });
  pane.replaceChildren(frame);
  byId("original-note").textContent = "Click a block to turn to its page";
  return { place: () => new Map(), mark: (block, chosen) => {
    if (chosen && block.page) frame.src = `${url}#page=${block.page}&${PDF_VIEW}`;
  } };
}

// What is no text in UTF-8, UTF-16 or, failing these, has bytes that no text has, is not shown as one.
function textOf(buffer) {
  const bytes = new Uint8Array(buffer);
  const [a, b] = bytes;
  const charset = a === 0xff && b === 0xfe ? "utf-16le" : a === 0xfe && b === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes).replaceAll("\r\n", "\n");
  } catch {
    const control = bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
    return control ? null : new TextDecoder("windows-1252").decode(bytes).replaceAll("\r\n", "\n");
  }
}

function text(pane, source) {
  const pre = element("pre", { class: "source" });
  pane.replaceChildren(pre);
  const rest = document.createTextNode(source);
  pre.append(rest);
  const haystack = new Haystack(source);
  const spans = new Map();
  let shownTo = 0, current;
  const original = { onpoint: null, place, mark };
  // Blocks stand one behind the other in the source; one that is found before the last has no span of its own.
  function place(blocks) {
    const seen = new Map();
    for (const block of blocks) {
      const found = haystack.find(block);
      seen.set(block.ordinal, Boolean(found));
      if (!found || found.start < shownTo) continue;
      const span = element("span", { "data-block": String(block.ordinal) }, source.slice(found.start, found.end));
      rest.before(source.slice(shownTo, found.start), span);
      shownTo = found.end;
      spans.set(block.ordinal, span);
    }
    rest.data = source.slice(shownTo);
    return seen;
  }
  function mark(block) {
    current?.classList.remove("marked");
    current = spans.get(block.ordinal);
    current?.classList.add("marked");
    if (current && !pre.matches(":hover")) current.scrollIntoView({ block: "nearest" });
  }
  pre.addEventListener("mouseover", (event) => {
    const ordinal = event.target.dataset?.block;
    if (ordinal !== undefined) original.onpoint?.(Number(ordinal));
  });
  return original;
}

// The frame's page may be looked into, and runs nothing: see the policy that it comes with.
async function html(pane, url) {
  const frame = element("iframe", { class: "shown", title: "The original page, without its scripts", sandbox: "allow-same-origin", src: url });
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  pane.replaceChildren(frame);
  byId("original-note").textContent = "Without scripts, pictures and what is elsewhere";
  await loaded;
  const page = frame.contentDocument;
  if (!page?.body) return nowhere();
  const nodes = [];
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  let length = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("script, style, noscript, template")) continue;
    nodes.push({ node, start: length });
    length += node.data.length;
  }
  const haystack = new Haystack(nodes.map(({ node }) => node.data).join(""));
  const ranges = new Map();
  const at = (offset) => nodes.findLast(({ start }) => start <= offset);
  let current;
  return {
    place(blocks) {
      const seen = new Map();
      for (const block of blocks) {
        const found = haystack.find(block);
        seen.set(block.ordinal, Boolean(found));
        if (!found) continue;
        const range = page.createRange(), first = at(found.start), last = at(found.end - 1);
        range.setStart(first.node, found.start - first.start);
        range.setEnd(last.node, found.end - last.start);
        ranges.set(block.ordinal, range);
      }
      return seen;
    },
    mark(block) {
      const range = ranges.get(block.ordinal);
      if (current) Object.assign(current.style, { outline: "", backgroundColor: "" });
      current = range ? boxOf(range.commonAncestorContainer) : null;
      if (!current) return;
      Object.assign(current.style, { outline: "2px solid #2a6659", backgroundColor: "#fbe6a2" });
      current.scrollIntoView({ block: "nearest" });
    },
  };
}

// The element to outline: never the whole page.
function boxOf(node) {
  const box = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  return box === box.ownerDocument.body ? null : box;
}
