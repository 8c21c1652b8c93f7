// Adding documents: files and folders by drop or by choice, a few at a time, each with its progress and its result.
import { upload } from "./api.js";
import { byId, chip, element, plural } from "./elements.js";

const AT_ONCE = 4;
const SHOWN_MAX = 200;
const waiting = [];
const totals = { added: 0, done: 0, rejected: 0, duplicates: 0, failed: 0 };
let running = 0;

export function start(changed) {
  const drop = byId("drop");
  const input = byId("file-input");
  input.addEventListener("change", () => {
    add([...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })), changed);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    add(await dropped(event.dataTransfer), changed);
  });
  // A file that misses the zone must not replace the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, name: file.name }));
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ file, name: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!portion.length) return;
    for (const child of portion) await walk(child, found);
  }
}

function add(files, changed) {
  for (const { file, name } of files) {
    const fill = element("i");
    const state = element("span", {}, chip("waiting"));
    const bar = element("div", { class: "progress" }, fill);
    const row = element("li", { class: "upload" }, element("span", { class: "name", title: name }, name), state, bar);
    const list = byId("uploads");
    list.prepend(row);
    while (list.children.length > SHOWN_MAX) list.lastChild.remove();
    waiting.push({ file, name, row, state, bar, fill });
    totals.added += 1;
  }
  summarise();
  while (running < AT_ONCE && waiting.length) next(changed);
}

async function next(changed) {
  const one = waiting.shift();
  if (!one) return;
  running += 1;
  one.state.replaceChildren(chip("uploading"));
  try {
    const document = await upload(one.file, one.name, (share) => { one.fill.style.width = `${share * 100}%`; });
    finish(one, document);
  } catch (error) {
    totals.failed += 1;
    one.state.replaceChildren(chip("failed"));
    one.row.append(element("span", { class: "reason" }, error.message));
  }
  one.bar.remove();
  running -= 1;
  totals.done += 1;
  summarise();
  changed();
  next(changed);
}

function finish(one, document) {
  if (document.duplicate) totals.duplicates += 1;
  if (document.status === "rejected") {
    totals.rejected += 1;
    one.row.append(element("span", { class: "reason" }, document.rejection_detail));
  }
  one.state.replaceChildren(document.duplicate ? chip("duplicate") : chip(document.status));
}

function summarise() {
  const parts = [`${totals.done} of ${plural(totals.added, "file")} done`];
  if (totals.rejected) parts.push(`${totals.rejected} rejected`);
  if (totals.duplicates) parts.push(`${totals.duplicates} were there already`);
  if (totals.failed) parts.push(`${totals.failed} failed`);
  byId("upload-summary").textContent = parts.join(" · ");
}
