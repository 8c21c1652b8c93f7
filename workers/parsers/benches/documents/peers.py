"""Reads documents with one package from PyPI: `peers.py PACKAGE`, a path a line on standard input. Writes a JSON object a line:
path, text or error, and the processor time in milliseconds. What a user of the package would write, and no more."""

import json
import signal
import sys
import time

SECONDS_MAX = 60


def engine(package):
    """A function from a path to a text."""
    if package == "pypdf":
        from pypdf import PdfReader

        return lambda path: "\n".join(page.extract_text() for page in PdfReader(path).pages)
    if package == "PyMuPDF":
        import pymupdf

        pymupdf.TOOLS.mupdf_display_errors(False)
        return lambda path: "\n".join(page.get_text() for page in pymupdf.open(path))
    if package == "python-docx":
        return docx_text
    if package == "beautifulsoup4":
        from bs4 import BeautifulSoup

        def read(path):
            with open(path, "rb") as file:
                soup = BeautifulSoup(file, "html.parser")
            for part in soup(["script", "style"]):
                part.decompose()
            return soup.get_text("\n")

        return read
    if package == "trafilatura":
        import trafilatura

        def article(path):
            with open(path, "rb") as file:
                return trafilatura.extract(file.read(), include_comments=False) or ""

        return article
    if package == "Markdown":
        import markdown

        def render(path):
            with open(path, encoding="utf-8") as file:
                return markdown.markdown(file.read(), extensions=["tables", "fenced_code"])

        return render
    if package == "kreuzberg":
        import kreuzberg

        # Without its cache, which would answer from an earlier run.
        config = kreuzberg.ExtractionConfig(use_cache=False)
        return lambda path: kreuzberg.extract_file_sync(path, config=config).content
    raise SystemExit(f"no way to read with {package}")


def docx_text(path):
    import docx

    document = docx.Document(path)
    lines = [paragraph.text for paragraph in document.paragraphs]
    for table in document.tables:
        lines += ["\t".join(cell.text for cell in row.cells) for row in table.rows]
    return "\n".join(lines)


def too_slow(_number, _frame):
    raise TimeoutError(f"more than {SECONDS_MAX} s")


def main():
    read = engine(sys.argv[1])
    paths = [line.rstrip("\n") for line in sys.stdin]
    signal.signal(signal.SIGALRM, too_slow)
    if paths:
        # What is loaded with the first document is not its fault.
        try:
            read(paths[0])
        except Exception:
            pass
    for path in paths:
        result = {"path": path}
        signal.alarm(SECONDS_MAX)
        before = time.process_time()
        try:
            result["text"] = read(path)
        except Exception as error:
            result["error"] = f"{type(error).__name__}: {error}"[:200]
        result["cpu_ms"] = (time.process_time() - before) * 1000
        signal.alarm(0)
        print(json.dumps(result), flush=True)


main()
