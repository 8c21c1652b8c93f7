// Building training datasets and taking them away.
import { post, read } from "./api.js";
import { byId, chip, count, element, plural, size, toast } from "./elements.js";

export function start() {
  const form = byId("dataset-form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    button.textContent = "Building…";
    try {
      await post("/datasets", {
        name: byId("dataset-name").value.trim(), kind: byId("dataset-kind").value, include_rejected: byId("dataset-rejected").checked,
      });
      form.reset();
    } catch (error) {
      toast(error.message);
    }
    button.disabled = false;
    button.textContent = "Build";
    refresh();
  });
  return refresh();
}

async function refresh() {
  try {
    const { datasets } = await read("/datasets?limit=20");
    byId("datasets").replaceChildren(...datasets.map(row));
    if (datasets.some((dataset) => dataset.status === "requested")) setTimeout(refresh, 2000);
  } catch (error) {
    toast(error.message);
  }
}

function row(dataset) {
  const built = dataset.rows !== null;
  const said = built ? `${dataset.kind} · ${plural(dataset.rows, "row")} · ${size(dataset.size_bytes)} · ${count(dataset.left_out)} left out` : dataset.kind;
  const links = built ? element("span", { class: "links" },
    element("a", { href: `/datasets/${dataset.id}/export?format=jsonl`, download: "" }, "Export"),
    element("a", { href: `/datasets/${dataset.id}/manifest`, download: "" }, "Manifest")) : chip(dataset.status);
  return element("li", {}, element("span", { class: "name", title: dataset.name }, dataset.name), links, element("span", { class: "note" }, said));
}
