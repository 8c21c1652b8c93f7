"""Judges texts with datatrove's own filters: `filters.py ROWS.jsonl`, a JSON object with `text` a line. Writes one JSON object: for each
filter the processor seconds that it took over all texts, and how many it kept. What a user of datatrove would run, and no more."""

import json
import sys
import time

from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter

FILTERS = {
    "gopher_qual": lambda: GopherQualityFilter(),
    "gopher_rep": lambda: GopherRepetitionFilter(),
    "c4": lambda: C4QualityFilter(),
    "c4_noterm": lambda: C4QualityFilter(filter_no_terminal_punct=False),
    "fineweb": lambda: FineWebQualityFilter(),
}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    report = {}
    for name, make in FILTERS.items():
        judge = make().filter
        judge(Document(text="The tokenizer is loaded with the first text.", id="warm"))
        documents = [Document(text=text, id=str(number)) for number, text in enumerate(texts)]
        start = time.process_time()
        kept = sum(judge(document) is True for document in documents)
        report[name] = {"seconds": time.process_time() - start, "kept": kept}
    print(json.dumps({"texts": len(texts), "filters": report}))


if __name__ == "__main__":
    main()
