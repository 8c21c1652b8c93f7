// The pipeline in one line: is it well, how far behind, and what waits.
import { glance } from "./api.js";
import { byId, count, element } from "./elements.js";
import { showCounts } from "./documents.js";

const EVERY_MS = 2500;

export function start() {
  const look = async () => {
    if (!document.hidden) await refresh();
    setTimeout(look, EVERY_MS);
  };
  return look();
}

async function refresh() {
  let status;
  try {
    status = await glance("/status");
  } catch (error) {
    byId("footer").replaceChildren(state("bad", error.message));
    return;
  }
  showCounts(status.documents);
  const halted = status.subscription.partitions.filter((partition) => partition.halted);
  const waiting = status.todo.filter((list) => list.rows > 0);
  const lag = status.subscription.lag_events;
  const busy = lag > 0 || waiting.length > 0;
  const parked = status.dead_letters.count;
  byId("footer").replaceChildren(
    halted.length ? state("bad", `${halted.length} partitions stand still: ${halted[0].halted}`) : busy ? state("wait", "Working") : state("good", "Up to date"),
    fact("Events", status.log.events), fact("Passages", status.rows.chunks), fact("Behind the log", lag),
    ...waiting.map((list) => fact(`To ${list.role}`, list.rows)),
    parked ? fact("Parked", parked, "alarm") : "");
}

const state = (kind, text) => element("span", { class: `state ${kind}`, role: "status" }, text);
const fact = (name, number, kind) => element("span", { class: kind ?? "" }, `${name} `, element("b", {}, count(number)));
