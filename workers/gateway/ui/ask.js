// Asking questions in one session, and saying what one thinks of the answers.
import { post } from "./api.js";
import { byId, element, place, toast } from "./elements.js";
import { open } from "./drawer.js";

let session;

export function start() {
  const form = byId("ask-form");
  const question = byId("question");
  question.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const prompt = question.value.trim();
    if (!prompt) return;
    question.value = "";
    const shown = element("article", { class: "answer" }, element("p", { class: "asked" }, prompt), element("p", { class: "note thinking" }, "Looking for an answer"));
    byId("answers").prepend(shown);
    try {
      session ??= (await post("/sessions", { title: prompt.slice(0, 120) })).id;
      show(shown, prompt, await post(`/sessions/${session}/interactions`, { prompt }));
    } catch (error) {
      shown.lastChild.replaceWith(element("p", { class: "alert" }, error.message));
    }
  });
}

function show(shown, prompt, interaction) {
  const asked = element("p", { class: "asked" }, prompt);
  if (interaction.status === "failed") {
    shown.replaceChildren(asked, element("p", { class: "alert" }, interaction.failure));
    return;
  }
  if (interaction.status !== "answered") {
    shown.replaceChildren(asked, element("p", { class: "note" }, "There is no answer yet. It will be in the session when it is there."));
    return;
  }
  const citations = interaction.citations ?? [];
  shown.replaceChildren(asked, element("p", { class: "text" }, interaction.answer),
    element("ol", { class: "citations" }, citations.map(citation)), verdicts(interaction));
}

function citation(cited) {
  return element("li", {}, element("div", {},
    element("button", { type: "button", class: "plain", title: place({ range: cited.range, ordinal: cited.chunk }), onclick: () => open(cited.document, cited.chunk) }, cited.name),
    element("p", { class: "quote" }, cited.quote)));
}

function verdicts(interaction) {
  const give = async (verdict, button) => {
    try {
      await post("/feedback", { interaction: interaction.id, ...verdict });
      for (const other of button.parentElement.querySelectorAll("button[aria-pressed]")) other.setAttribute("aria-pressed", String(other === button));
    } catch (error) { toast(error.message); }
  };
  const thumb = (up, label) => element("button", { type: "button", "aria-pressed": "false", onclick: (event) => give({ kind: "thumbs", up }, event.currentTarget) }, label);
  const row = element("div", { class: "verdicts" }, thumb(true, "Helpful"), thumb(false, "Not helpful"),
    element("button", { type: "button", class: "quiet", onclick: (event) => { event.currentTarget.hidden = true; row.after(correction(interaction)); } }, "Correct it"),
    element("span", { class: "note" }, interaction.model));
  return row;
}

function correction(interaction) {
  const text = element("textarea", { rows: 4, "aria-label": "The better answer", value: interaction.answer });
  const form = element("form", { class: "correction" }, text, element("button", { type: "submit" }, "Save the correction"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await post("/feedback", { interaction: interaction.id, kind: "correction", text: text.value });
      form.replaceChildren(element("p", { class: "note" }, "Saved. It becomes a row of SFT and preference datasets."));
    } catch (error) { toast(error.message); }
  });
  queueMicrotask(() => text.focus());
  return form;
}
