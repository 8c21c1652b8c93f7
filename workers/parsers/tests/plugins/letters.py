"""A processor in Python: letters, one a file, with headers and paragraphs. The example for whoever writes one.

Bytes come on standard input; one JSON object goes to standard output (schemas/answer.json says what may be in it).
"""

import json
import sys


def rejected(reason, detail):
    return {"rejected": {"reason": reason, "detail": detail}}


def read(text):
    head, _, body = text.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    if "Subject" not in headers:
        return rejected("malformed", "the letter has no subject; write `Subject: ...` in its first lines")
    blocks = [{"kind": "heading", "level": 1, "text": headers["Subject"]}]
    for paragraph in body.split("\n\n"):
        if paragraph.startswith("> "):
            blocks.append({"kind": "quote", "text": paragraph[2:]})
        else:
            blocks.append({"kind": "paragraph", "text": paragraph})
    return {"media_type": "text/x-letter", "metadata": {"author": headers.get("From", "")}, "blocks": blocks}


json.dump(read(sys.stdin.buffer.read().decode("utf-8", "replace")), sys.stdout)
