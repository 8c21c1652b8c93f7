// The extracted blocks as Markdown, in reading order, loaded as they come into view.
import { read } from "./api.js";
import { byId, element, plural } from "./elements.js";

const PAGE = 200;

// Shows them. `marked` is told of the block under the cursor, `arrived` of blocks that were loaded.
export function showBlocks(found, { marked, arrived }) {
  const list = byId("blocks");
  const extract = { blocks: [], pages: new Map(), mark };
  let current = null, next = 0, loading = false, notedPage = null;

  function mark(ordinal, scroll = false, chosen = false) {
    if (current === ordinal && !chosen) return;
    const row = rowOf(ordinal);
    if (!row) return;
    rowOf(current)?.classList.remove("marked");
    row.classList.add("marked");
    current = ordinal;
    if (scroll) row.scrollIntoView({ block: "nearest" });
    marked(extract.blocks[ordinal], chosen);
  }

  const rowOf = (ordinal) => (ordinal === null ? null : list.querySelector(`[data-block="${ordinal}"]`));
  const ordinalAt = (event) => {
    const row = event.target.closest(".block");
    return row ? Number(row.dataset.block) : null;
  };

  async function load() {
    if (loading || next === null) return;
    loading = true;
    try {
      const page = await read(`/documents/${found.id}/blocks?limit=${PAGE}&cursor=${next}`);
      for (const note of page.pages) extract.pages.set(note.page, note);
      extract.blocks.push(...page.blocks);
      for (const block of page.blocks) {
        if (block.page && block.page !== notedPage) list.append(pageNote(block.page, extract.pages.get(block.page)));
        notedPage = block.page ?? notedPage;
        list.append(row(block));
      }
      next = page.next;
      byId("extract-note").textContent = plural(page.total, "block");
      const places = arrived(page.blocks);
      for (const [ordinal, seen] of places) if (!seen) rowOf(ordinal).classList.add("unseen");
    } catch (error) {
      list.append(element("p", { class: "empty" }, error.message));
      next = null;
    }
    loading = false;
    if (next !== null && list.scrollHeight <= list.clientHeight * 2) load();
  }

  list.addEventListener("mouseover", (event) => { const ordinal = ordinalAt(event); if (ordinal !== null) mark(ordinal); });
  list.addEventListener("focusin", (event) => { const ordinal = ordinalAt(event); if (ordinal !== null) mark(ordinal); });
  list.addEventListener("click", (event) => { const ordinal = ordinalAt(event); if (ordinal !== null) mark(ordinal, false, true); });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const ordinal = ordinalAt(event);
    if (event.key === "Enter" && ordinal !== null) mark(ordinal, false, true);
    if (!step || ordinal === null) return;
    event.preventDefault();
    rowOf(ordinal + step)?.focus();
  });
  list.addEventListener("scroll", () => { if (list.scrollTop + list.clientHeight * 2 > list.scrollHeight) load(); });

  if (found.parsed) load();
  else list.append(element("p", { class: "empty" }, found.status === "received" ? "No worker has come to it yet." : "There is no text: see the reason above."));
  return extract;
}

function pageNote(number, note) {
  const label = note?.label ? ` (“${note.label}”)` : "";
  return element("p", { class: "page-note" }, element("b", {}, `Page ${number}${label}`),
    note ? ` · text by ${note.engine}${note.why ? `: ${note.why}` : ""}` : "");
}

function row(block) {
  return element("article", { class: `block ${block.kind}`, tabindex: "0", "data-block": String(block.ordinal), title: placeInWords(block) },
    element("span", { class: "place" }, block.page ? element("b", {}, `p. ${block.page}`) : null, kindInWords(block)),
    element("pre", {}, block.markdown),
    block.syntax_error ? element("span", { class: "fault" }, `Line ${block.syntax_error.line} of this code: ${block.syntax_error.why}`) : null);
}

function kindInWords({ kind, level, language, first_line: line }) {
  if (kind === "heading") return `heading ${level}`;
  if (kind === "code") return [language ?? "code", line ? `line ${line}` : ""].filter(Boolean).join(" ");
  return kind.replaceAll("_", " ").replace("paragraph", "text");
}

function placeInWords({ range, page, text_language: language }) {
  const parts = [`Characters ${range.start} to ${range.end}`, page ? `page ${page}` : null, language ? `language ${language}` : null];
  return parts.filter(Boolean).join(", ");
}
