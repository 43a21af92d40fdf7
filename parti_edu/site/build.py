"""Lessons → pages: run, with mathematics, pictures and explorers inside, to be read from a folder.

`python -m parti_edu.site.build [--to site] [lesson …]` writes index.html, a page a lesson, what all share.
"""

import argparse
import importlib
import json
import os
import re
import shutil
from html import escape, unescape
from pathlib import Path

import nbformat
from latex2mathml.converter import convert
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from pygments.formatters import HtmlFormatter

HERE = Path(__file__).parent
NOTEBOOKS = next(p for p in (HERE.parent / "_notebooks", HERE.parents[1] / "notebooks") if p.is_dir())
CELL_LIMIT = 120  # seconds for one cell
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+?)\$", flags=re.S)
CODE_SPAN = re.compile(r"(```.*?```|`[^`\n]*`)", flags=re.S)
GUESS = re.compile(r"^(guess\w*(, \w+)* = None|predict\()", flags=re.M)
MARK = "# NBVAL_CHECK_OUTPUT\n"
OWN_LOOK = re.compile(r"<style>pre \{.*?</style>", flags=re.S)  # of code that IPython shows: for a light page
CHECK = re.compile(r"^tasks\.(\w+)\.check\(")


def lessons():
    return sorted(NOTEBOOKS.glob("[01]*.ipynb"))


def run(path):
    """The lesson's notebook, run from top to bottom in a kernel of its own, explorers as tables."""
    notebook = nbformat.read(path, as_version=4)
    os.environ["PARTI_EDU_STATIC"] = "1"
    ExecutePreprocessor(timeout=CELL_LIMIT).preprocess(notebook, {"metadata": {"path": str(NOTEBOOKS)}})
    return notebook


def mathematics(text):
    """Markdown with its formulas as MathML, which browsers draw without help; code stays as it is."""

    def formula(found):
        block, inline = found.groups()
        display = "block" if block else "inline"
        return " ".join(convert((block or inline).strip(), display=display).split())

    pieces = CODE_SPAN.split(text)
    return "".join(p if i % 2 else FORMULA.sub(formula, p) for i, p in enumerate(pieces))


def fold(summary, inside):
    return f'<details class="fold"><summary>{summary}</summary>{inside}</details>'


def body(notebook, number):
    """The lesson as HTML: answers to predictions and solutions to exercises behind a fold."""
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    parts: list[str] = []
    answer: list[str] = []

    def close():
        if answer:
            parts.append(fold("Open the answer", "".join(answer)))
            answer.clear()

    waiting = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            close()
            waiting = False
            cell.source = mathematics(cell.source)
        elif GUESS.search(cell.source):
            close()
            waiting = True
            parts.append('<p class="guess">Write your guess down before you go on.</p>')
            continue
        solved = cell.cell_type == "code" and CHECK.match(cell.source)
        if solved:
            parts.append(fold("A solution", highlighted(solution(number, solved[1]))))
            continue
        cell.source = cell.source.removeprefix(MARK)
        html = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))[0]
        html = OWN_LOOK.sub("", html)
        (answer if waiting else parts).append(html)
    close()
    return "\n".join(parts)


def solution(number, name):
    """The source of an exercise's solution."""
    tasks = importlib.import_module(f"parti_edu.exercises.lesson_{number}").tasks
    return getattr(tasks, name).source()


def highlighted(source):
    from pygments import highlight
    from pygments.lexers import PythonLexer

    return highlight(source, PythonLexer(), HtmlFormatter())


def page(title, inside, navigation=""):
    """A whole page around its content."""
    return (
        (HERE / "page.html")
        .read_text(encoding="utf-8")
        .format(title=escape(title), inside=inside, navigation=navigation)
    )


def headings(html):
    """(anchor, words) of each heading of a page, from what nbconvert has written."""
    found = re.findall(r'<h[12] id="([^"]+)">(.*?)(?:<a class="anchor-link"|</h)', html, flags=re.S)
    return [(anchor, plain(words)) for anchor, words in found]


def plain(html):
    """The words of a piece of HTML, without code, pictures and tables of explorers."""
    html = re.sub(r"<(script|style|svg|text|math|pre)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def sections(html):
    """The page cut at its headings: (anchor, heading, words of the section)."""
    pieces = re.split(r'(?=<h[12] id=")', html)
    for piece in pieces:
        for anchor, heading in headings(piece)[:1]:
            yield anchor, heading, plain(piece)


def links(at, pages):
    """Previous, contents, next."""
    before = f'<a rel="prev" href="{pages[at - 1][0]}.html">← {escape(pages[at - 1][1])}</a>' if at else ""
    last = at + 1 == len(pages)
    after = "" if last else f'<a rel="next" href="{pages[at + 1][0]}.html">{escape(pages[at + 1][1])} →</a>'
    return (
        f'<nav aria-label="lessons">{before or "<span></span>"}<a href="index.html">Contents</a>{after}</nav>'
    )


def build(folder, chosen):
    """Write the pages of the chosen lessons into a folder; what was there under their names is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    books = {}
    for path in chosen:
        print(path.stem, flush=True)
        books[path.stem] = run(path)
    pages = [(stem, _title(notebook)) for stem, notebook in books.items()]
    index, entries = [], []
    for at, (stem, title) in enumerate(pages):
        plan = books[stem].metadata["lesson"]
        html = body(books[stem], stem[:2])
        index += [[stem, title, *section] for section in sections(html)]
        (folder / f"{stem}.html").write_text(page(title, html, links(at, pages)), encoding="utf-8")
        minutes = sum(plan["minutes"].values())
        entries.append(
            f'<li><a href="{stem}.html">{escape(title)}</a> <small>{minutes} minutes</small><br>'
            f"{escape(plan['question'])}</li>"
        )
    front = (HERE / "front.html").read_text(encoding="utf-8").format(lessons="\n".join(entries))
    (folder / "index.html").write_text(page("parti_edu", front), encoding="utf-8")
    told = json.dumps(index, ensure_ascii=False)
    (folder / "search.js").write_text(f"const sections = {told};\n", encoding="utf-8")
    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs("[data-jp-theme-light=false] .highlight")
    style = (HERE / "page.css").read_text(encoding="utf-8")
    (folder / "page.css").write_text("\n".join([light, dark, style]), encoding="utf-8")
    shutil.copyfile(HERE / "page.js", folder / "page.js")


def _title(notebook):
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Write the course as pages that need no Python.")
    parser.add_argument("--to", type=Path, default=Path("site"), help="folder (default: site)")
    parser.add_argument("lesson", nargs="*", help="numbers, such as 00 03; all by default")
    wanted = parser.parse_args(arguments)
    chosen = [path for path in lessons() if not wanted.lesson or path.stem[:2] in wanted.lesson]
    build(wanted.to, chosen)
    size = sum(file.stat().st_size for file in wanted.to.iterdir()) / 1e6
    print(f"{len(chosen)} lessons, {size:.1f} MB in {wanted.to}/index.html")


if __name__ == "__main__":
    main()
