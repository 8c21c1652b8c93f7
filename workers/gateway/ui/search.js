// Search as you type, and the passages that were found with their words marked.
import { read } from "./api.js";
import { byId, element, marked, place, plural } from "./elements.js";
import { open } from "./drawer.js";

let newest = 0;

export function start() {
  const box = byId("search-box");
  let typing;
  box.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => find(box.value), 250); });
  byId("search-form").addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(typing); find(box.value); });
  byId("results-close").addEventListener("click", () => { box.value = ""; find(""); box.focus(); });
  const begun = new URLSearchParams(location.search).get("q");
  if (begun) { box.value = begun; find(begun); }
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest?.("input, textarea, select, dialog[open]");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); box.focus(); }
    if (event.key === "Escape" && event.target === box) { box.value = ""; find(""); }
  });
}

async function find(words) {
  const asked = ++newest;
  const section = byId("results");
  const query = words.trim();
  history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
  if (!query) { section.hidden = true; return; }
  let found, note;
  try {
    found = await read(`/search?limit=20&q=${encodeURIComponent(query)}`);
    note = said(found);
  } catch (error) {
    note = error.message;
  }
  // An answer that a later question has overtaken is not shown.
  if (asked !== newest) return;
  section.hidden = false;
  byId("results-note").textContent = note;
  byId("hits").replaceChildren(...(found?.hits ?? []).map(hit));
}

function said({ hits, matched, mode }) {
  if (!hits.length) return "No passage has any of these words.";
  if (mode === "hybrid") return `${plural(hits.length, "passage")} by words and meaning, best first`;
  return matched === "all" ? `${plural(hits.length, "passage")} with these words, best first`
    : `No passage has all of these words. ${plural(hits.length, "passage")} with some of them, best first`;
}

function hit(found) {
  return element("li", { class: "hit" },
    element("h3", {}, element("button", { type: "button", class: "plain", onclick: () => open(found.document_id, found.ordinal) }, found.title || found.name)),
    element("p", { class: "place" }, place(found)),
    element("p", { class: "text" }, marked(found.highlight)),
    element("p", { class: "why" }, `Found by ${reasons(found.why)}`));
}

// Which parts of the search found it, and at which place.
function reasons(why) {
  const parts = { words: "its words", literal: "its spelling", heading: "its heading", meaning: "its meaning" };
  return Object.entries(parts).filter(([part]) => why[part]).map(([part, told]) => `${told} (${ordinal(why[part].rank)})`).join(", ");
}

function ordinal(rank) { return rank === 1 ? "best" : `place ${rank}`; }
