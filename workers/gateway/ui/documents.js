// The list of documents, kept fresh by the stream of events.
import { read } from "./api.js";
import { byId, chip, count, element, qualityBar, size, toast } from "./elements.js";
import { open } from "./drawer.js";

const STATES = [["", "All"], ["received", "Waiting"], ["parsed", "Parsed"], ["rejected", "Rejected"]];
const EVENTS = ["document.received", "document.parsed", "document.rejected", "document.superseded", "document.deleted",
  "knowledge.validated", "knowledge.reviewed"];
const PAGE = 50;
const view = { status: "", name: "", shown: PAGE, known: null };

export function start() {
  const filter = byId("status-filter");
  for (const [status, label] of STATES) {
    filter.append(element("button", { type: "button", "aria-pressed": String(status === view.status), onclick: (event) => {
      for (const other of filter.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
      Object.assign(view, { status, shown: PAGE, known: null });
      refresh();
    } }, label, element("b", { id: `count-${status || "all"}` })));
  }
  let typing;
  byId("name-filter").addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => { Object.assign(view, { name: event.target.value, shown: PAGE, known: null }); refresh(); }, 200);
  });
  byId("documents-more").addEventListener("click", () => { view.shown = Math.min(view.shown + PAGE, 500); refresh(); });
  follow();
  return refresh();
}

// The log is a moment ahead of the list, so it is read again a little later.
let soon, later;
export function refreshSoon() {
  soon ??= setTimeout(() => { soon = undefined; refresh(); }, 400);
  clearTimeout(later);
  later = setTimeout(refresh, 1800);
}

// Everything that happens, for other parts of the page, too.
export let events;

function follow() {
  events = new EventSource("/events");
  const live = byId("live");
  events.onopen = () => { live.textContent = "live"; live.classList.add("on"); refreshSoon(); };
  events.onerror = () => { live.textContent = "reconnecting"; live.classList.remove("on"); };
  for (const name of EVENTS) events.addEventListener(name, refreshSoon);
}

async function refresh() {
  const asked = new URLSearchParams({ limit: view.shown });
  if (view.status) asked.set("status", view.status);
  if (view.name.trim()) asked.set("q", view.name.trim());
  try {
    show(await read(`/documents?${asked}`));
  } catch (error) {
    toast(error.message);
  }
}

function show({ documents, duplicates, next }) {
  const repeats = new Map(duplicates.map((duplicate) => [duplicate.document_id, duplicate]));
  const fresh = (id) => view.known !== null && !view.known.has(id);
  byId("documents").replaceChildren(...documents.map((document) => row(document, repeats.get(document.id), fresh(document.id))));
  view.known = new Set(documents.map((document) => document.id));
  const empty = byId("documents-empty");
  empty.hidden = documents.length > 0;
  empty.textContent = view.status || view.name ? "No document is like that." : "No documents yet. Add some above: they appear here as they arrive.";
  byId("documents-more").hidden = next === null || view.shown >= 500;
}

function row(document, repeat, fresh) {
  const said = document.rejection_detail ?? (document.title && document.title !== document.name ? document.name : "");
  const title = element("td", { class: "title" },
    element("button", { type: "button", class: "plain", title: document.name, onclick: () => open(document.id) }, document.title || document.name),
    said ? element("span", { class: "note", title: said }, said) : null);
  const states = element("td", {}, chip(document.status),
    repeat ? element("span", {}, " ", element("span", { class: "chip duplicate", title: "Another document has this text" }, repeat.kind === "exact" ? "repeat" : "near repeat")) : null,
    document.review ? element("span", {}, " ", chip(document.review)) : null);
  return element("tr", { class: fresh ? "fresh" : "" }, title, states,
    element("td", { class: "number" }, size(document.size_bytes)),
    element("td", { class: "number" }, document.chunks === null ? "–" : count(document.chunks)),
    element("td", {}, qualityBar(document.quality, document.accepted)));
}

export function showCounts(counts) {
  const total = Object.entries(counts).reduce((sum, [status, number]) => sum + (status === "deleted" ? 0 : number), 0);
  for (const [status] of STATES) byId(`count-${status || "all"}`).textContent = ` ${count(status ? counts[status] : total)}`;
}
