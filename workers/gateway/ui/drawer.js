// One document in full: what it is, how its text was judged, and its passages.
import { call, post, read } from "./api.js";
import { checked } from "./checks.js";
import { byId, chip, count, element, place, plural, qualityBar, size, time, toast } from "./elements.js";

const PASSAGES = 20;

// What each rule looks at, in words. A rule that is not here is shown by its name.
const RULES = await read("/ui/rules.json").catch(() => ({}));

function ruleInWords(rule) {
  const repeated = /^duplicated_(\d+)_n_grams$/.exec(rule);
  return repeated ? `text in repeated runs of ${repeated[1]} words` : RULES[rule] ?? rule.replaceAll("_", " ");
}

function number(value) {
  return Number.isInteger(value) ? count(value) : value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function measured({ passed, value, threshold }) {
  // Of what stands at its bound nobody can tell on which side it should be; none is most of all what there may be.
  if (passed && value === threshold && threshold !== 0) return `${number(value)}, the bound itself`;
  const atLeast = passed === (value >= threshold) && threshold !== 0;
  return `${number(value)}, needs ${atLeast ? "at least" : "at most"} ${number(threshold)}`;
}

export async function open(id, passage) {
  const drawer = byId("drawer");
  drawer.replaceChildren(head("Loading…"));
  if (!drawer.open) drawer.showModal();
  try {
    const document = await read(`/documents/${id}`);
    const body = element("div", { class: "drawer-body" }, about(document), actions(document));
    drawer.replaceChildren(head(document.title || document.name), body);
    if (document.status === "parsed") {
      body.append(await judgement(document), await passages(document, passage));
      body.querySelector(".chunk.target")?.scrollIntoView({ block: "center" });
    }
  } catch (error) {
    drawer.replaceChildren(head("Not there"), element("div", { class: "drawer-body" }, element("p", {}, error.message)));
  }
}

export function start() {
  const drawer = byId("drawer");
  drawer.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });
}

function head(title) {
  return element("div", { class: "drawer-head" }, element("h2", { id: "drawer-title" }, title),
    element("button", { type: "button", class: "quiet", onclick: () => byId("drawer").close() }, "Close"));
}

function about(document) {
  const facts = [
    ["State", chip(document.status)], ["Name", document.name], ["Size", size(document.size_bytes)],
    ["Type", document.media_type ?? document.declared_type], ["Pages", document.pages && count(document.pages)],
    ["Text", document.characters && plural(document.characters, "character")],
    ["Parser", document.parser], ["Received", time(document.received_at)], ["Id", document.id],
  ];
  return element("div", {},
    document.rejection_detail ? element("p", { class: "alert" }, document.rejection_detail) : null,
    element("dl", { class: "facts" }, facts.filter(([, fact]) => fact).map(([name, fact]) => [element("dt", {}, name), element("dd", {}, fact)]).flat()));
}

function actions(document) {
  const review = (accepted) => element("button", { type: "button", onclick: async () => {
    try {
      await post(`/knowledge/${document.id}/review`, { accepted, reviewer: "page" });
      await open(document.id);
    } catch (error) { toast(error.message); }
  } }, accepted ? "Accept" : "Reject");
  const remove = element("button", { type: "button", class: "danger", onclick: async () => {
    if (!window.confirm(`Delete “${document.title || document.name}”?`)) return;
    try {
      await call("DELETE", `/documents/${document.id}`);
      byId("drawer").close();
    } catch (error) { toast(error.message); }
  } }, "Delete");
  const parsed = document.status === "parsed";
  return element("div", { class: "actions" },
    element("a", { href: `/documents/${document.id}` }, "Original and text"),
    element("a", { href: `/documents/${document.id}/content`, download: "" }, "Download the file"),
    parsed ? review(true) : null, parsed ? review(false) : null, remove);
}

async function judgement(document) {
  let found;
  try {
    found = await read(`/knowledge/${document.id}`);
  } catch (error) {
    return element("p", { class: "note" }, error.message);
  }
  const failed = found.scores.filter((score) => !score.passed);
  const passed = found.scores.filter((score) => score.passed);
  return element("section", {},
    element("div", { class: "row" }, element("h3", {}, `Judged as ${found.profile ?? "text"}`), qualityBar(found.quality, found.accepted)),
    found.review ? element("p", { class: "note" }, `${found.reviewer} says: ${found.review}${found.review_comment ? `, “${found.review_comment}”` : ""}`) : null,
    found.failure ? element("p", { class: "alert" }, found.failure) : null,
    found.duplicates.map((duplicate) => element("p", { class: "alert wait" },
      duplicate.kind === "exact" ? "Another document has exactly this text. " : "Another document has nearly this text. ",
      element("button", { type: "button", class: "plain", onclick: () => open(duplicate.duplicate_of) }, "Show it"))),
    element("ul", { class: "scores" }, failed.map(score)),
    passed.length ? element("details", { open: failed.length === 0 && passed.length < 8 },
      element("summary", {}, `${plural(passed.length, "rule")} passed`), element("ul", { class: "scores" }, passed.map(score))) : null,
    (found.earlier ?? []).filter((before) => before.changes.length).map((before) => element("details", {},
      element("summary", {}, `Rules of version ${before.rules_version} found ${plural(before.changes.length, "thing")} differently`),
      element("ul", { class: "scores" }, before.changes.map((change) => element("li", {}, change.in_words))))),
    checked(found.check, open));
}

function score(found) {
  return element("li", { class: found.passed ? "pass" : "fail" },
    element("span", { class: "sign", title: found.passed ? "passed" : "failed" }, found.passed ? "✓" : "✗"),
    element("span", { title: found.rule }, ruleInWords(found.rule)), element("span", { class: "measured" }, measured(found)),
    found.evidence ? element("span", { class: "evidence" }, found.evidence) : null);
}

async function passages(document, target) {
  const list = element("div", { class: "chunks" });
  const more = element("button", { type: "button", class: "quiet more" }, "Show more passages");
  let next = target === undefined ? 0 : Math.max(0, target - 1);
  const load = async () => {
    const page = await read(`/documents/${document.id}/chunks?limit=${PASSAGES}&cursor=${next}`);
    list.append(...page.chunks.map((chunk) => element("article", { class: `chunk${chunk.ordinal === target ? " target" : ""}` },
      element("p", { class: "place" }, place(chunk)), element("p", { class: "text" }, chunk.text))));
    next = page.next;
    more.hidden = next === null;
  };
  more.addEventListener("click", () => load().catch((error) => toast(error.message)));
  await load();
  return element("section", {}, element("h3", {}, plural(document.chunks ?? 0, "passage")), list, more);
}
