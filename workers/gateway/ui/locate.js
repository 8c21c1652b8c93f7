// Finding extracted blocks in the original's text. Only letters and digits are compared, since markup, spacing and punctuation
// differ; a block is looked for behind the one before it first.

const WORD = /[\p{L}\p{N}]/u;
// What ends a sentence belongs to it.
const END = /[.!?…:;)\]"”’]/;
// How far ahead is looked before everything is searched; letters that are enough to know a block by its beginning.
const NEAR = 50_000;
const KNOWN_BY = 40;

// Letters and digits of a text, and where each stands in it.
function reduced(text) {
  const letters = [], places = [];
  let at = 0;
  for (const character of text) {
    for (const part of character.normalize("NFKD").toLowerCase()) {
      if (WORD.test(part)) { letters.push(part); for (let unit = 0; unit < part.length; unit += 1) places.push(at); }
    }
    at += character.length;
  }
  places.push(at);
  return { letters: letters.join(""), places };
}

export class Haystack {
  constructor(text) {
    this.text = text;
    Object.assign(this, reduced(text));
    this.cursor = 0;
  }

  // The place of a block, as `{ start, end }` in the text, or null.
  find(block) {
    for (const form of [block.text, block.markdown]) {
      const needle = reduced(form).letters;
      if (!needle) continue;
      const start = this.#search(needle);
      if (start >= 0) return this.#place(start, start + needle.length);
    }
    return this.#byItsEnds(reduced(block.text).letters);
  }

  // Where something stands between the words of a block, its first and its last letters tell where it is.
  #byItsEnds(needle) {
    if (needle.length < KNOWN_BY) return null;
    const start = this.#search(needle.slice(0, KNOWN_BY));
    if (start < 0) return null;
    const tail = needle.slice(-KNOWN_BY);
    const end = this.letters.indexOf(tail, start);
    const near = end >= 0 && end + tail.length - start < needle.length * 3 + KNOWN_BY;
    return this.#place(start, near ? end + tail.length : start + KNOWN_BY);
  }

  #search(needle) {
    const near = this.letters.slice(this.cursor, this.cursor + NEAR + needle.length).indexOf(needle);
    if (near >= 0) return this.cursor + near;
    // What is short stands in many places.
    return needle.length < KNOWN_BY ? -1 : this.letters.indexOf(needle);
  }

  #place(start, end) {
    if (start >= this.cursor) this.cursor = end;
    const last = this.places[end - 1];
    let behind = last + (this.text.codePointAt(last) > 0xffff ? 2 : 1);
    while (END.test(this.text.charAt(behind))) behind += 1;
    return { start: this.places[start], end: behind };
  }
}
