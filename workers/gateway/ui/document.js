// One document: the original beside the Markdown that was extracted from it, with the block under the cursor marked in both.
import { read } from "./api.js";
import { byId, chip, element, plural, size, time } from "./elements.js";
import { showBlocks } from "./extract.js";
import { showOriginal } from "./original.js";
import { showPlace } from "./page-map.js";

const id = location.pathname.split("/").at(-1);

try {
  const found = await read(`/documents/${id}`);
  describe(found);
  const original = await showOriginal(found);
  const extract = showBlocks(found, { marked, arrived: (blocks) => original.place(blocks) });
  original.onpoint = (ordinal) => extract.mark(ordinal, true);

  function marked(block, chosen) {
    showPlace(block, extract);
    original.mark(block, chosen);
  }
} catch (error) {
  byId("title").textContent = "Not there";
  byId("title").after(element("p", { class: "note" }, error.message));
}

function describe(found) {
  const title = found.title || found.name;
  document.title = `${title} – Elite`;
  byId("title").textContent = title;
  byId("title").title = title;
  const facts = [
    found.title && found.title !== found.name ? found.name : null, found.media_type ?? found.declared_type, size(found.size_bytes),
    found.pages ? plural(found.pages, "page") : null, found.characters ? plural(found.characters, "character") : null,
    found.chunks ? plural(found.chunks, "passage") : null, found.parser ? `read by ${found.parser}` : null, time(found.received_at),
  ];
  byId("about").replaceChildren(chip(found.status), ` ${facts.filter(Boolean).join(" · ")}`);
  const actions = [element("a", { href: `/documents/${id}/content`, download: "" }, "Download")];
  if (found.parsed) actions.push(element("a", { href: `/documents/${id}/markdown`, download: `${found.name}.md` }, "Markdown"));
  if (found.superseded_by) actions.push(element("a", { href: `/documents/${found.superseded_by}` }, "Newer version"));
  byId("actions").replaceChildren(...actions);
  if (found.rejection_detail) {
    byId("alert").hidden = false;
    byId("alert").replaceChildren(element("b", {}, `Rejected (${found.rejection_reason.replaceAll("_", " ")}): `), found.rejection_detail);
  }
}
