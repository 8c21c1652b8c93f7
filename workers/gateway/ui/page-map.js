// A small map of the page that the marked block stands on.
import { byId, element } from "./elements.js";

const SVG = "http://www.w3.org/2000/svg";

export function showPlace(block, { blocks, pages }) {
  const map = byId("map");
  const page = pages.get(block.page);
  map.hidden = !(page?.width && block.bounds);
  if (map.hidden) return;
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", `0 0 ${page.width} ${page.height}`);
  drawing.setAttribute("width", page.width);
  drawing.setAttribute("height", page.height);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `Where on page ${page.page} the block stands`);
  for (const other of blocks) {
    if (other.page !== block.page || !other.bounds) continue;
    const { left, top, right, bottom } = other.bounds;
    const box = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ x: left, y: top, width: Math.max(right - left, 1), height: Math.max(bottom - top, 1), rx: 2 })) box.setAttribute(name, value);
    if (other === block) box.setAttribute("class", "marked");
    drawing.append(box);
  }
  map.replaceChildren(drawing, element("figcaption", {}, `Page ${page.page}`));
}
