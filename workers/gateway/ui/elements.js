// Making elements, and writing numbers and places as people read them.

// An element with properties and children. Text is always text, never markup.
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

const UNITS = ["bytes", "KB", "MB", "GB"];

export function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  let unit = 0;
  while (bytes >= 1000 && unit < UNITS.length - 1) { bytes /= 1000; unit += 1; }
  return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${UNITS[unit]}`;
}

export const count = (number) => new Intl.NumberFormat("en").format(number ?? 0);

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

export function time(text) {
  if (!text) return "";
  return new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

export function chip(state) {
  return element("span", { class: `chip ${state}` }, state);
}

export function qualityBar(quality, accepted) {
  if (quality === null || quality === undefined) return element("span", { class: "note" }, "–");
  const percent = Math.round(quality * 100);
  const fill = element("i");
  fill.style.width = `${percent}%`;
  const verdict = accepted ? "accepted" : "not accepted";
  return element("span", { class: "quality", title: `${percent} % of the deciding rules passed; ${verdict}` },
    element("span", { class: `bar${accepted ? "" : " low"}`, "aria-hidden": "true" }, fill), `${percent} %`);
}

// Where a passage stands, in words.
export function place({ heading_path: headings = [], page, range, start_char: start, end_char: end, ordinal }) {
  const parts = [];
  if (headings.length) parts.push(headings.join(" › "));
  if (page) parts.push(`page ${page}`);
  if (ordinal !== undefined) parts.push(`passage ${ordinal + 1}`);
  parts.push(`characters ${count(range ? range.start : start)} to ${count(range ? range.end : end)}`);
  return parts.join(" · ");
}

// Highlights come escaped with <mark> around words; only text and marks are taken from them.
export function marked(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.childNodes].map((node) =>
    node.nodeName === "MARK" ? element("mark", {}, node.textContent) : document.createTextNode(node.textContent));
}

let hiding;
export function toast(text) {
  const shown = byId("toast");
  shown.textContent = text;
  shown.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => shown.classList.remove("shown"), 6000);
}
