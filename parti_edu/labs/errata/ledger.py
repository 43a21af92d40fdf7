"""The ledger: all that the articles print and promise, each with a verdict that a cell of a lesson computes.

`python -m parti_edu.labs.errata.ledger` runs the lessons and writes notebooks/LEDGER.md. Statements stand
here and in the catalogue; verdicts and numbers come from the lessons alone.
"""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .catalogue import ERRATA

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
PAGE = NOTEBOOKS / "LEDGER.md"
LIMIT = 300  # seconds for one lesson
ARTICLES = {
    "A1": "*Parti原理与代码实例讲解*, Parti: principle and worked code",
    "A2": "on Parti as *分区*, partition of compute and storage",
    "A3": "on over-fitting and *模型平行化*, model parallelisation",
    "A4": "on *模型优化的并行技术*, parallel techniques for model optimisation",
    "A5": "*参数效率训练: AI模型优化的新方向*, parameter-efficiency training",
}
# What is promised: id → (article, in our words).
BENEFITS = {
    "B01": ("A1", "computation is saved and accuracy kept"),
    "B02": ("A1", "picking at random makes results unstable"),
    "B03": ("A1", "several copies of the parameters need memory"),
    "B04": ("A1", "unbalanced data do harm"),
    "B05": ("A1", "the learning rate should start at 1e-5 and fall"),
    "B06": ("A1, A5", "early stopping, regularisation, augmentation, and grouping too, reduce over-fitting"),
    "B07": ("A2", "dividing data, compute and storage makes training faster and lets it grow"),
    "B08": ("A3", "over-fitting is being good on training data and bad on new data"),
    "B09": ("A4", "parallel optimisation generalises better"),
    "B10": ("A5", "pruning, low rank, quantisation and distillation keep the accuracy with fewer parameters"),
    "B11": ("A5", "the initialisation decides the speed"),
    "B12": ("A5", "accuracy, precision, recall and F1 tell how good a classifier is"),
    "B13": ("A5", "less energy: performance per watt"),
    "B14": ("A1, A5", "federated learning and differential privacy protect the data"),
    "B15": ("A1", "grouping and iteration can be chosen automatically"),
    "B16": ("A1", "grouping and merging add overhead"),
    "B17": ("A1", "the advantage grows with data and model"),
    "B18": ("A1", "accumulating gradients saves memory"),
    "B19": ("A1", "fusing models improves the result"),
    "B20": ("A1", "random or stratified picking keeps a round representative"),
    "B21": ("A1, A5", "such models are hard to interpret"),
    "B22": ("A3", "much data: divide the data; a large model: divide the model"),
    "B23": ("A1, A2", "textbooks cover Parti; there is an official documentation and a community"),
}
STATEMENTS = {id: (e.article, f"{e.title}: {e.as_printed}") for id, e in ERRATA.items()} | BENEFITS
STATIC = re.compile(r'claim\(\s*"([A-Z]\d\d)"')
SHOWN = re.compile(r"^✓ ([A-Z]\d\d) · (.*) \[(\w+)\]$", flags=re.M)


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: what a lesson showed of a statement."""

    id: str
    lesson: str
    text: str
    verdict: str


def lessons():
    return sorted(NOTEBOOKS.glob("[01]*.ipynb"))


def claimed():
    """(id, lesson) of each verdict that a lesson's cells claim, in the lessons' order."""
    for path in lessons():
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for id in STATIC.findall("".join(cell["source"])) if cell["cell_type"] == "code" else ():
                yield id, path.stem


def entries(path):
    """Run a lesson in a process of its own, and give what it showed.

    Raises:
        RuntimeError: if the lesson fails, with the end of what it said; TimeoutError: after LIMIT seconds.
    """
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--stdout", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, encoding="utf-8")
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{path.name} must run within {LIMIT} s") from None
    if done.returncode:
        raise RuntimeError(f"{path.name} must run, got\n{done.stderr[-2000:]}")
    outputs = [out for cell in json.loads(done.stdout)["cells"] for out in cell.get("outputs", ())]
    printed = "".join("".join(out.get("text", "")) for out in outputs)
    return [Entry(id, path.stem, text, verdict) for id, text, verdict in SHOWN.findall(printed)]


def page(found):
    """The ledger as Markdown.

    Raises:
        ValueError: if an id is unknown, missing or doubled.
    """
    ids = [entry.id for entry in found]
    for told, wrong in (
        ("unknown", set(ids) - set(STATEMENTS)),
        ("missing", set(STATEMENTS) - set(ids)),
        ("doubled", {id for id in ids if ids.count(id) > 1}),
    ):
        if wrong:
            raise ValueError(f"ids must stand once each, got {told}: {', '.join(sorted(wrong))}")
    counts = {verdict: [e.verdict for e in found].count(verdict) for verdict in VERDICTS}
    lines = [
        "# The ledger",
        "",
        "Made by `make ledger`, which runs the lessons; the numbers are of the machine that it ran on.",
        "",
        "Five articles introduced the loop. What they print and promise stands here, in our words, with the",
        "verdict of the lesson that computes it: " + ", ".join(f"{n} {v}" for v, n in counts.items()) + ".",
        "",
        *(f"- **{verdict}**: {meaning}" for verdict, meaning in VERDICTS.items()),
        "",
        *(f"- {article}: {title}" for article, title in ARTICLES.items()),
        "",
        "F: formulas. C: listings. B: benefits that are promised.",
        "",
        "| id | article | statement | verdict | lesson | what the cell printed |",
        "|---|---|---|---|---|---|",
    ]
    for entry in sorted(found, key=lambda e: ("FCB".index(e.id[0]), e.id)):
        article, statement = STATEMENTS[entry.id]
        cells = (
            entry.id,
            article,
            statement,
            entry.verdict,
            f"[{entry.lesson[:2]}]({entry.lesson}.ipynb)",
            entry.text,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


VERDICTS = {
    "holds": "true as it stands",
    "conditional": "true only under a condition that is not stated; the lesson shows it",
    "corrected": "wrong as printed; the lesson shows the failure and the right form",
    "refuted": "measured, and false",
}


def main():
    with ThreadPoolExecutor(2) as pool:  # each lesson is a process of its own
        found = [entry for shown in pool.map(entries, lessons()) for entry in shown]
    PAGE.write_text(page(found), encoding="utf-8")
    print(f"{len(found)} verdicts in {PAGE.relative_to(NOTEBOOKS.parent)}")


if __name__ == "__main__":
    main()
