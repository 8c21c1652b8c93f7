// The queue of conflicts: two passages side by side, the words that differ marked, and a person's decision between them.
import { post, read } from "./api.js";
import { byId, chip, element, plural, time, toast } from "./elements.js";
import { events } from "./documents.js";
import { open } from "./drawer.js";

const EVENTS = ["conflict.detected", "conflict.resolved", "document.superseded", "document.deleted"];
const STATES = [["open", "Open"], ["decided", "Decided"], ["outdated", "Outdated"]];
const EMPTY = {
  open: "No conflicts wait for a decision.", decided: "Nothing was decided yet.",
  outdated: "No conflict lost one of its documents.",
};
const KINDS = {
  negation: "One denies what the other says", opposite: "They say opposites", other: "They name different things",
  number: "Different amounts", date: "Different dates", version: "Different versions", default: "Different defaults",
  signature: "Different declarations of one function",
};
const PAGE = 20;
const view = { state: "open", shown: PAGE };

export function start() {
  const filter = byId("conflict-filter");
  for (const [state, label] of STATES) {
    filter.append(element("button", { type: "button", "aria-pressed": String(state === view.state), onclick: (event) => {
      for (const other of filter.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
      Object.assign(view, { state, shown: PAGE });
      refresh();
    } }, label));
  }
  byId("conflicts-more").addEventListener("click", () => { view.shown = Math.min(view.shown + PAGE, 500); refresh(); });
  byId("conflicts").addEventListener("keydown", pressed);
  for (const name of EVENTS) events.addEventListener(name, refreshSoon);
  return refresh();
}

let soon;
function refreshSoon() {
  soon ??= setTimeout(() => { soon = undefined; refresh(); }, 1200);
}

async function refresh() {
  try {
    show(await read(`/conflicts?state=${view.state}&limit=${view.shown}`));
  } catch (error) {
    toast(error.message);
  }
}

function show({ conflicts, next }) {
  const list = byId("conflicts");
  const focused = document.activeElement?.closest?.(".conflict")?.dataset.id;
  conflicts.sort((one, other) => other.confidence - one.confidence);
  list.replaceChildren(...conflicts.map(row));
  if (focused) focus(list.querySelector(`[data-id="${CSS.escape(focused)}"]`) ?? list.firstElementChild);
  const empty = byId("conflicts-empty");
  empty.hidden = conflicts.length > 0;
  empty.textContent = EMPTY[view.state];
  byId("conflicts-note").textContent = conflicts.length ? `${plural(conflicts.length, "conflict")}${next ? " and more" : ""}` : "";
  byId("conflicts-more").hidden = next === null || view.shown >= 500;
}

const focus = (item) => item?.focus({ preventScroll: false });

function row(conflict) {
  const made = element("li", { class: "conflict", tabIndex: view.state === "open" ? 0 : -1,
    "aria-label": `${KINDS[conflict.kind] ?? conflict.kind}: ${conflict.left_name} and ${conflict.right_name}` },
    element("div", { class: "row" }, element("h3", {}, KINDS[conflict.kind] ?? conflict.kind),
      element("span", { class: "note", title: `confidence ${conflict.confidence.toFixed(2)}` }, confidenceInWords(conflict))),
    element("div", { class: "sides" }, side(conflict, "left"), side(conflict, "right")),
    conflict.state === "open" ? decisions(conflict) : element("p", { class: "note" }, outcome(conflict)));
  made.dataset.id = conflict.id;
  made.conflict = conflict;
  return made;
}

// How sure a denial is, is calibrated. Of the rest nobody has measured it: it is said how alike the two sentences are.
function confidenceInWords({ kind, confidence }) {
  if (kind !== "negation") return `But for that the sentences are ${Math.round(confidence * 100)} % alike`;
  return confidence >= 0.9 ? "Very likely a conflict" : confidence >= 0.7 ? "Likely a conflict" : "Perhaps a conflict";
}

function side(conflict, which) {
  const passage = conflict[which];
  const held = conflict.state === "decided" && conflict.keep === passage.document;
  return element("div", { class: `side${held ? " held" : ""}` },
    element("button", { type: "button", class: "plain name", tabIndex: -1, onclick: () => open(passage.document, passage.chunk) },
      conflict[`${which}_title`] || conflict[`${which}_name`] || "A document"),
    conflict[`${which}_status`] === "parsed" ? null : chip(conflict[`${which}_status`] ?? "deleted"),
    passage.heading_path?.length ? element("p", { class: "place" }, passage.heading_path.join(" › ")) : null,
    element("blockquote", {}, quoted(passage)));
}

// Places count characters, not UTF-16 units.
function quoted({ text, span }) {
  if (!span) return text;
  const characters = [...text];
  return [characters.slice(0, span.start).join(""), element("mark", {}, characters.slice(span.start, span.end).join("")), characters.slice(span.end).join("")];
}

function outcome(conflict) {
  if (conflict.state === "outdated") return "One of the documents is not in use any more.";
  const name = conflict.keep === conflict.left.document ? conflict.left_name : conflict.right_name;
  const said = conflict.keep ? `“${name}” holds` : "Both hold";
  return `${conflict.resolved_by}: ${said}${conflict.comment ? `, “${conflict.comment}”` : ""} · ${time(conflict.resolved_at)}`;
}

function decisions(conflict) {
  const button = (holds, label, key) => element("button", { type: "button", tabIndex: -1, title: `Key ${key}`, onclick: () => decide(conflict, holds) }, label);
  return element("div", { class: "decisions" }, button("this", "Left holds", "1"), button("both", "Both hold, no conflict", "0"), button("other", "Right holds", "2"));
}

async function decide(conflict, holds) {
  const item = byId("conflicts").querySelector(`[data-id="${CSS.escape(conflict.id)}"]`);
  const next = item?.nextElementSibling ?? item?.previousElementSibling;
  for (const button of item?.querySelectorAll(".decisions button") ?? []) button.disabled = true;
  try {
    await post(`/knowledge/${conflict.left.document}/review`, { conflict: conflict.id, holds, reviewer: "page" });
    focus(next);
    item?.remove();
    refreshSoon();
  } catch (error) {
    for (const button of item?.querySelectorAll(".decisions button") ?? []) button.disabled = false;
    toast(error.message);
  }
}

function pressed(event) {
  const item = event.target.closest(".conflict");
  if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = { ArrowDown: item.nextElementSibling, j: item.nextElementSibling, ArrowUp: item.previousElementSibling, k: item.previousElementSibling }[event.key];
  const holds = { 1: "this", ArrowLeft: "this", 2: "other", ArrowRight: "other", 0: "both" }[event.key];
  if (to) { event.preventDefault(); focus(to); }
  else if (holds && item.conflict.state === "open") { event.preventDefault(); decide(item.conflict, holds); }
}
