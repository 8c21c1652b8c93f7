// How far trusted sources support a text: each claim with what supports it, what is missing and what is said otherwise.
import { count, element, plural } from "./elements.js";

const VERDICTS = { supported: "supported", unsupported: "not supported", unclear: "unclear", cannot_say: "cannot say" };
const SIGNS = { supported: "✓", unsupported: "✗", unclear: "?", cannot_say: "–" };
const REASONS = {
  no_claim: "it says nothing that could be looked for", no_evidence: "no trusted source speaks of it",
  unknown_script: "it is written in a script whose words are not known here",
  unrelated: "trusted sources speak of it in other words, or of something else",
};
const MISMATCHES = {
  negation: "one denies what the other says", only: "one says only, the other does not", opposite: "they say opposites",
  other: "they name different things", number: "different amounts", date: "different dates", version: "different versions",
};

const inWords = (reason) => REASONS[reason] ?? reason;
const share = (number) => number.toFixed(2);

// The check as a part of a page; nothing where there is none. `open` shows a passage of another document.
export function checked(check, open) {
  if (!check) return null;
  const { detail } = check;
  const left = detail.claims_left_out;
  return element("section", { class: "claims" }, element("h3", {}, "Held against trusted sources"),
    element("p", { class: "note" }, summary(check)),
    element("p", { class: "note" }, expected(check)),
    detail.model ? element("p", { class: "note" }, judge(detail.model)) : null,
    detail.claims.length ? element("details", { open: detail.claims.length <= 8 }, element("summary", {}, plural(detail.claims.length, "claim")),
      element("ul", { class: "scores" }, detail.claims.map((claim) => row(claim, open)))) : null,
    left ? element("p", { class: "note" }, `${plural(left, "more claim")} not shown`) : null);
}

function summary({ claims, supported, unsupported, unclear, unsaid }) {
  if (!claims) return "It makes no claim that could be checked.";
  const rest = [unsupported && `${count(unsupported)} not`, unclear && `${count(unclear)} unclear`, unsaid && `of ${count(unsaid)} nothing can be said`];
  return [`${count(supported)} of ${plural(claims, "claim")} supported by trusted sources`, ...rest.filter(Boolean)].join(", ") + ".";
}

function expected({ score, low, high, cannot_say: reason, judge, evidence_documents: documents }) {
  const by = `by ${judge} against ${plural(documents, "document")} of trusted and known sources`;
  return score === null ? `Cannot say how far: ${inWords(reason)} (${by}).`
    : `Share to be expected ${share(score)} (${share(low)} to ${share(high)}), ${by}.`;
}

function judge({ model, cannot_say: why, asked, samples, abstained }) {
  return why ? `The model ${model} said nothing: ${why}.`
    : `The model ${model} was asked about ${plural(asked, "claim")}, ${samples} times each, and abstained of ${count(abstained)}.`;
}

function row(claim, open) {
  const { evidence, score } = claim;
  const missing = new Set((claim.missing ?? []).flatMap((range) => places(range)));
  return element("li", { class: { supported: "pass", unsupported: "fail" }[claim.verdict] ?? "" },
    element("span", { class: "sign", title: VERDICTS[claim.verdict] }, SIGNS[claim.verdict]),
    element("span", {}, marked(claim, evidence ? missing : new Set())),
    element("span", { class: "measured" }, score ? `${share(score.value)} (${share(score.low)} to ${share(score.high)})` : "cannot say"),
    claim.cannot_say ? element("span", { class: "evidence" }, inWords(claim.cannot_say)) : null,
    evidence ? element("span", { class: "evidence" },
      element("button", { type: "button", class: "plain", onclick: () => open(evidence.document, evidence.chunk) }, evidence.name), ` (${evidence.trust}): “${evidence.quote}”`) : null,
    (claim.mismatches ?? []).map(({ kind }) => element("span", { class: "evidence" }, MISMATCHES[kind] ?? kind)),
    claim.likeness ? element("span", { class: "evidence" }, `${share(claim.likeness)} alike in meaning`) : null,
    claim.judged ? element("span", { class: "evidence" }, judged(claim.judged)) : null);
}

function judged({ verdict, agreed, cannot_say: why }) {
  return why ? `The model cannot say: ${why}` : `${plural(agreed, "sample")} of the model: ${VERDICTS[verdict]}`;
}

function places({ start, end }) {
  return Array.from({ length: Math.max(0, Math.min(end - start, 300)) }, (_, at) => start + at);
}

// The claim with the words marked that the evidence has not. Places count characters, not UTF-16 units.
function marked({ text, range }, missing) {
  const parts = [];
  for (const [at, character] of [...text].entries()) {
    const absent = missing.has(range.start + at);
    if (parts.at(-1)?.absent === absent) parts.at(-1).text += character;
    else parts.push({ absent, text: character });
  }
  return parts.map((part) => part.absent ? element("mark", {}, part.text) : part.text);
}
